"""One broken rule test a row: where the mistake is told, and the words a person needs to mend it."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rule_texts import KINDS, places

from alerter.core.errors import Mistake, RuleBookError
from alerter.rulebook import load, load_trials

BOOK = """\
accounts:
  prod: {url: "https://amer.smartkey.io", account_id: 7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11, credential: PROD_KEY}
  dr: {url: "https://eu.smartkey.io", account_id: 7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11, credential: DR_KEY}
  other: {url: "https://x.smartkey.io", account_id: 7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11, credential: OTHER_KEY}
licenses:
  base:
    accounts: [prod, dr]
    timezone: America/New_York
    quotas:
      num_operations: {limit: 50M}
channels:
  team: {kind: mail, to: [finance@example.com]}
rules:
  used:
    kind: quota
    thresholds: [{at: 80%, severity: warning}]
    notify: [team]
  quiet:
    kind: stale
    accounts: [other]
    thresholds: [{at: 2h, severity: warning}]
    notify: [team]
"""
LOADED = load({"a.yaml": BOOK}, KINDS).book


def found_in(text: str) -> list[Mistake]:
    try:
        load_trials({"a.test.yaml": text}, LOADED)
    except RuleBookError as error:
        return list(error.mistakes)
    return []


def one(**changed: str) -> str:
    """A good test with some keys written otherwise; an empty text leaves the key out."""
    keys = {
        "license": "base",
        "start": "2026-05-01",
        "readings": '{prod: {num_operations: "1M x5"}}',
        "expect_nothing_else": "true",
    }
    return "".join(f"{key}: {value}\n" for key, value in {**keys, **changed}.items() if value)


def readings(text: str) -> str:
    return one(readings=text)


def expect(text: str) -> str:
    return one(expect=f"[{text}]")


NEW = "not available in this version"
ROWS: Mapping[str, tuple[str, ...]] = {
    "not YAML": ("license: §[base\n", "never closed"),
    "no test at all": ("§# nothing\n", "holds no test"),
    "a list": ("§- license: base\n", "mapping", "a list"),
    "a word": ("§base\n", "mapping", "base"),
    "a key written twice": (one() + "§license: base\n", "written twice"),
    "a key with nothing after it": (one(name="").replace("license", "§name:\nlicense"), "nothing is written"),
    "an unknown key": (one(**{"§expekt": "[]"}), "unknown key", "did you mean expect?"),
    "acknowledgements": (one(**{"§acknowledge": "[]"}), NEW),
    "silences": (one(**{"§silences": "[]"}), NEW),
    "no start": ("§" + one(start=""), "`start` is missing"),
    "no readings": ("§" + one(readings=""), "`readings` is missing"),
    "a start that is no date": (one(start="§1 May"), "a date such as"),
    "neither license nor account": ("§" + one(license=""), "`license` is missing", "or `account`"),
    "license and account": (one(**{"§account": "prod"}), "not both"),
    "an unknown license": (one(license="§bass"), "unknown license bass", "did you mean base?"),
    "an unknown account": (one(license="", account="§othr", readings="{other: {plugin: 1}}"), "did you mean other?"),
    "an unknown rule to look at": (one(rules="[§usd]"), "unknown rule", "did you mean used?"),
    "an account outside the license": (readings("{§other: {plugin: 1}}"), "account of base", "there are: prod, dr"),
    "an unknown metric": (readings("{prod: {§num_operation: 1}}"), "unknown metric", "num_operations"),
    "a derived metric": (readings("{prod: {§active_apps: 1}}"), "made of other metrics", "apps.generic"),
    "a map": (readings("{prod: {§operation_top_app: 1}}"), "by app or key"),
    "readings as a list": (readings("{prod: {plugin: §[1, 2]}}"), "a list", "a value a day"),
    "a word among the readings": (readings('{prod: {num_operations: "1M x3, §none, 2M"}}'), "none", "for example"),
    "an unquoted series": (readings("\n  prod:\n    num_operations: 1M x3, §2X"), "2X", "for example"),
    "history that cannot be read": (one(history="{prod: {plugin: '5 x2, §oops'}}"), "oops"),
    "lists of two lengths": (
        readings('{prod: {num_operations: §"1M x3"}, dr: {num_operations: "1M x5"}}'),
        "3 days; the test has 5",
        "0 x2",
    ),
    "operations on a day without a reading": (
        readings('{prod: {num_operations: "1M, _ x2", sign_operations: §"1k x3"}}'),
        "day 2 is `_` in num_operations",
        "write `_`",
    ),
    "an error and no reading": (
        readings('{prod: {num_operations: "1M, _", sign_operations: §"1k, error"}}'),
        "day 2",
        "whole account",
    ),
    "a quota that the license does not have": (
        one(quotas="[{at: 2026-05-02, metric: §sign_operations, limit: 5}]"),
        "unknown quota of base",
        "num_operations",
    ),
    "a limit that is no count": (
        one(quotas="[{at: 2026-05-02, metric: num_operations, limit: §lots}]"),
        "a count",
        "unlimited",
    ),
    "two limits on a day": (
        one(
            quotas="[{at: 2026-05-02, metric: num_operations, limit: 5}, "
            "{at: §2026-05-02, metric: num_operations, limit: 6}]"
        ),
        "changes twice",
    ),
    "a quota of an account": (
        one(
            license="",
            account="other",
            readings="{other: {plugin: 1}}",
            **{"§quotas": "[{at: 2026-05-02, metric: num_operations, limit: 5}]"},
        ),
        "an account has no quota",
    ),
    "nothing expected": ("§" + one(expect_nothing_else=""), "expects nothing", "expect"),
    "an empty expectation": (expect("§{}"), "says nothing"),
    "an unknown rule": (expect("{at: 2026-05-02, rule: §ussed}"), "unknown rule", "did you mean used?"),
    "an unknown channel": (expect("{at: 2026-05-02, channel: §teem}"), "unknown channel", "did you mean team?"),
    "an unknown metric to be told": (expect("{metric: §num_operation}"), "unknown metric", "num_operations"),
    "an unknown account to be told": (expect("{account: §prd}"), "unknown account", "did you mean prod?"),
    "an unknown reason": (expect("{reason: §crosed}"), "crosed", "did you mean crossed?"),
    "an unknown severity": (expect("{severity: §warn}"), "warn", "did you mean warning?"),
    "a day and a limit of it": (expect("{§at: 2026-05-02, before: 2026-05-03}"), "`at`, or `before` and `after`"),
    "no day": (expect("{at: §tomorrow}"), "tomorrow", "2026-05-09T14:00"),
    "no time": (expect("{at: §2026-05-02T25:00}"), "2026-05-09T14:00"),
    "a day after the last": (expect("{at: §2026-06-02}"), "is not judged", "2026-05-01 to 2026-05-05"),
    "before the first day": (expect("{before: §2026-05-01}"), "nothing is told before"),
    "after the last day": (expect("{after: §2026-05-05}"), "nothing is told after"),
    "an empty text to be said": (expect('{says: §["", "x"]}'), "text such as"),
    "the second document": (one() + "---\n" + one(license="§bass"), "unknown license"),
    "a tag": (one(start="§!date 2026-05-01"), "tags"),
}


def test_a_good_test_has_no_mistake() -> None:
    assert found_in(one()) == []


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_mistake_is_told_at_its_place(row: tuple[str, ...]) -> None:
    text, marks = places(row[0])
    found = found_in(text)
    assert [(m.line, m.column) for m in found] == marks, found
    for words in row[1:]:
        assert words in str(found[0])


def test_all_mistakes_of_all_documents_are_told_at_once() -> None:
    text, marks = places(
        one(license="§bass")
        + "---\n"
        + expect("{rule: §x, channel: §y}")
        + "---\n"
        + readings("{prod: {plugin: '§oops'}}")
    )
    assert [(m.line, m.column) for m in found_in(text)] == marks


def test_the_path_of_a_mistake_is_inside_its_document() -> None:
    [found] = found_in(expect("{severity: warn}"))
    assert (found.file, found.path) == ("a.test.yaml", "expect[0].severity")


def test_other_line_ends_than_usual_are_read_too() -> None:
    [found] = found_in(readings("\r  prod:\r    plugin: oops\r").replace("\n", "\r"))
    assert "oops" in found.text


@given(st.integers(0, len(one())), st.text(max_size=3), st.integers(0, 4))
def test_any_text_is_a_test_or_has_mistakes_with_a_place(at: int, put: str, cut: int) -> None:
    text = one()
    for mistake in found_in(text[:at] + put + text[at + cut :]):
        assert mistake.line >= 1
        assert mistake.column >= 1


def test_an_empty_document_between_two_is_no_test() -> None:
    assert len(load_trials({"a.test.yaml": one() + "---\n# later\n---\n" + one()}, LOADED)) == 2
