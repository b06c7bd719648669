"""What good rule files come to."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from support.rule_texts import BASE, KINDS

from alerter.core.book import Channel, LimitStep, Overage, Rule
from alerter.core.errors import RuleBookError
from alerter.rulebook import files_hash, load, rebuild
from alerter.rulebook.nodes import Plain
from alerter.rulebook.words import Nearest, is_secret_name, veil


def rule(keys: str) -> Rule:
    return load({"a.yaml": BASE, "b.yaml": f"rules:\n  mine: {{notify: [team], {keys}}}\n"}, KINDS).book.rules["mine"]


def test_no_text_at_all_is_an_empty_book() -> None:
    book = load({"a.yaml": "", "b.yaml": "# nothing yet\n", "c.yaml": "rules:\naccounts: {}\n"}, KINDS).book
    assert (book.accounts, book.licenses, book.channels, book.rules) == ({}, {}, {}, {})


def test_limits_periods_and_overage() -> None:
    text = """\
licenses:
  mine:
    accounts: [prod]
    starts: 2026-03-15
    quotas:
      num_operations: {limit: 1.5M, overage: {price: 12.50, per: 1M, currency: USD}}
      plugin: {limit: [{from: 2026-03-15, value: 4}, {from: 2026-09-01, value: unlimited}]}
      apps.tep: {limit: unlimited, per: year}
"""
    quotas = load({"a.yaml": BASE, "b.yaml": text}, KINDS).book.licenses["mine"].quotas
    assert [(q.metric, q.per) for q in quotas.values()] == [
        ("num_operations", "month"),
        ("plugin", "none"),
        ("apps.tep", "year"),
    ]
    assert quotas["num_operations"].steps == (LimitStep(since=None, value=1_500_000),)
    assert quotas["num_operations"].overage == Overage(price=Decimal("12.50"), unit=1_000_000, currency="USD")
    assert quotas["plugin"].steps == (
        LimitStep(since=date(2026, 3, 15), value=4),
        LimitStep(since=date(2026, 9, 1), value=None),
    )


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ("kind: quota, thresholds: [{at: 90%, severity: info}, {at: 75%, severity: info}]", ["75%", "90%"]),
        (
            "kind: quota, measure: remaining, thresholds: [{at: 5%, severity: info}, {at: 10%, severity: info}]",
            ["10%", "5%"],
        ),
        ("kind: growth, thresholds: [{at: -50%, severity: info}, {at: -20%, severity: info}]", ["-20%", "-50%"]),
        ("kind: growth, thresholds: [{at: -50%, severity: info}, {at: +30%, severity: info}]", ["+30%", "-50%"]),
        ("kind: stale, thresholds: [{at: 1d, severity: info}, {at: 2h, severity: info}]", ["2h", "1d"]),
    ],
)
def test_thresholds_go_from_mild_to_severe(keys: str, order: list[str]) -> None:
    assert [t.at.text for t in rule(keys).thresholds] == order


def test_shared_and_own_keys_of_a_rule() -> None:
    found = rule("kind: growth, window: 14d, for: 2h, remind_every: 1w, thresholds: [{at: +30%, severity: info}]")
    assert (found.hold, found.remind_every) == (timedelta(hours=2), timedelta(days=7))
    assert found.options.window == timedelta(days=14)
    assert found.thresholds[0].at.value == Decimal("0.3")


def test_a_channel_gets_its_kind_of_keys() -> None:
    text = "channels:\n  room: {kind: chat, room: '#ops', token: BOT_TOKEN, loud: true}\n"
    channel = load({"a.yaml": text}, KINDS).book.channels["room"]
    assert channel == Channel(
        name="room", kind="chat", options=KINDS["chat"](room="#ops", token="BOT_TOKEN", loud=True)
    )


def test_yaml_1_2_words_and_numbers_stay_text_in_labels() -> None:
    labels = "labels: {env: on, no: yes, center: 4711, version: 1.10, zip: 0123}"
    text = BASE.replace("credential: PROD_KEY", f"credential: PROD_KEY, {labels}")
    found = load({"a.yaml": text}, KINDS).book.accounts["prod"].labels
    assert found == {"env": "on", "no": "yes", "center": "4711", "version": "1.10", "zip": "0123"}


def test_the_hash_is_of_names_and_texts_and_of_no_order() -> None:
    one = files_hash({"a": "x", "b": "y"})
    assert one == files_hash({"b": "y", "a": "x"})
    assert len({one, files_hash({"a": "y", "b": "x"}), files_hash({"ax": "", "b": "y"}), files_hash({"a": "x"})}) == 4


def test_a_book_is_rebuilt_from_json_without_its_text() -> None:
    loaded = load({"a.yaml": BASE}, KINDS)
    assert rebuild(json.loads(json.dumps(loaded.plain)), loaded.book.hash, KINDS) == loaded.book


@pytest.mark.parametrize("plain", [{"rules": {"a": {"kind": "gone"}}}, {"accounts": {"a": {}}}, {"x": {"a": "b"}}])
def test_a_stored_book_that_no_longer_fits_is_refused(plain: dict[str, dict[str, Plain]]) -> None:
    with pytest.raises(RuleBookError, match="does not fit this version"):
        rebuild(plain, "", KINDS)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("num_operation", "num_operations"),
        ("NUM_OPERATIONS", "num_operations"),
        ("tokenisation_operations", "tokenization_operations"),
        ("detokenize_operations", "detokenization_operations"),
        ("encryption", "encryption_operations"),
        ("generic", "apps.generic"),
        ("apps.aws_xks_instance", "apps.aws_xks_instances"),
        ("apps.google_projects", "apps.google_ekm_projects"),
        ("plugins", "plugin"),
        ("hsm-gateway", "hsm_gateway"),
        ("sobject", "sobjects"),
        ("weather", None),
    ],
)
def test_the_nearest_right_name(name: str, right: str | None) -> None:
    from alerter.core.metrics import CATALOGUE

    assert Nearest().find(name, CATALOGUE) == right


def test_looking_for_nearest_names_stops_at_its_budget() -> None:
    nearest = Nearest(budget=3)
    assert nearest.find("ab", ["abc", "xyz"]) == "abc"
    assert nearest.find("ab", ["abc", "xyz"]) is None


@pytest.mark.parametrize("name", ["ACME_PROD_KEY", "acme-prod.key", "token", "SLACK_WEBHOOK_URL", "TENANT_00017_KEY"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "secret", ["xoxb-1-2-abc", "https://hooks.slack.com/x", "a=b", "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6", "two words", ""]
)
def test_what_is_no_name_of_a_secret(secret: str) -> None:
    assert not is_secret_name(secret)


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("credential: hunter 2", "credential: ********"),
        ("  token: ACME_KEY # why", "  token: ACME_KEY # why"),
        ("url: https://me:pw@host", "url: https://*****@host"),
        ("x: xoxb-12", "x: *******"),
    ],
)
def test_a_shown_line_has_stars_in_place_of_secrets(line: str, safe: str) -> None:
    assert veil(line) == safe
