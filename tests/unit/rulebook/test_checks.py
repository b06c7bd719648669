"""Semantic checks: each warns at its line, and can be silenced there."""

from datetime import timedelta

import pytest
from support.rule_texts import BASE, KINDS, warned_in

from alerter.rulebook import load
from alerter.rulebook.checks import CHECKS

ACCOUNT = 'url: "https://a.example.com", account_id: 7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a12, credential: KEY'
CASES = {
    "thresholds-out-of-order": (
        BASE.replace("[{at: 80%, severity: warning}]", "[{at: 90%, severity: info}, {at: 80%, severity: info}]"),
        13,
    ),
    "threshold-unreachable": (
        BASE.replace("80%", "100%").replace("kind: quota\n", "kind: quota\n    measure: remaining\n"),
        14,
    ),
    "rule-matches-nothing": (
        BASE + "  other: {kind: stale, accounts: [prd], notify: [team], thresholds: [{at: 1h, severity: info}]}\n",
        15,
    ),
    "no-channel": (BASE + "  other:\n    kind: stale\n    thresholds: [{at: 1h, severity: info}]\n", 15),
    "unused-channel": (BASE.replace("rules:", "  spare: {kind: mail, to: [a]}\nrules:"), 10),
    "quota-without-rule": (
        BASE.replace("    thresholds", "    metrics: [plugin]\n    thresholds").replace(
            "      num", "      plugin: {limit: 5}\n      num"
        ),
        8,
    ),
    "unused-account": (BASE.replace("licenses:", "  spare: {" + ACCOUNT + "}\nlicenses:"), 3),
    "account-twice": (
        BASE.replace("[prod]", "[prod, same]").replace(
            "licenses:",
            f"  same: {{{ACCOUNT.replace('a12', 'a11').replace('a.example.com', 'amer.smartkey.io')}}}\nlicenses:",
        ),
        3,
    ),
    "unknown-check": (BASE.replace("kind: quota", "kind: quota  # alerter: ignore[no-chanel]"), 12),
}


def test_a_good_book_has_no_warning() -> None:
    assert warned_in(BASE) == []


@pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES.keys())
def test_a_check_warns_at_its_line(name: str, case: tuple[str, int]) -> None:
    assert warned_in(case[0]) == [(name, case[1])]


@pytest.mark.parametrize(("name", "case"), [c for c in CASES.items() if c[0] in CHECKS], ids=str)
def test_a_comment_on_the_line_silences_it(name: str, case: tuple[str, int]) -> None:
    lines = case[0].split("\n")
    lines[case[1] - 1] += f"  # alerter: ignore[{name}]"
    assert warned_in("\n".join(lines)) == []


def test_a_milder_severity_further_on_is_out_of_order() -> None:
    two = "[{at: 80%, severity: critical}, {at: 90%, severity: info}]"
    assert warned_in(BASE.replace("[{at: 80%, severity: warning}]", two)) == [("thresholds-out-of-order", 13)]


def test_a_window_shorter_than_the_polling_interval() -> None:
    text = (
        BASE
        + "  burst:\n    kind: usage\n    window: 5m\n    notify: [team]\n    thresholds: [{at: 5, severity: info}]\n"
    )
    slow = load({"a.yaml": text}, KINDS, poll_every=timedelta(minutes=15))
    assert [(w.check, w.line) for w in slow.warnings] == [("window-shorter-than-polling", 17)]
    assert load({"a.yaml": text}, KINDS, poll_every=timedelta(minutes=5)).warnings == ()


def test_more_requests_than_the_rate_limit_allows() -> None:
    found = load({"a.yaml": BASE}, KINDS, poll_every=timedelta(minutes=1), requests_per_second=0.01)
    assert [(w.check, w.line) for w in found.warnings] == [("request-rate", 2)]


def test_a_channel_that_settings_use_is_used() -> None:
    text = BASE.replace("rules:", "  ops: {kind: mail, to: [a]}\nrules:")
    assert load({"a.yaml": text}, KINDS, used_channels=["ops"]).warnings == ()
