"""Checks of licenses and of secrets in rule files; and every check is on its page."""

from datetime import date
from pathlib import Path

import pytest
from support.rule_texts import BASE, KINDS

from alerter.rulebook import load
from alerter.rulebook.checks import CHECKS, ELSEWHERE

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 6, 1)


def warned(text: str) -> list[tuple[str, int]]:
    return [(w.check, w.line) for w in load({"a.yaml": text}, KINDS, today=TODAY).warnings]


def base(keys: str) -> str:
    return BASE.replace("    accounts: [prod]\n", f"    accounts: [prod]\n{keys}")


def second(keys: str) -> str:
    """A second license over the same account."""
    return BASE.replace(
        "channels:", f"  more:\n    accounts: [prod]\n{keys}    quotas: {{num_operations: {{limit: 5}}}}\nchannels:"
    )


@pytest.mark.parametrize(
    ("ends", "expected"),
    [("2026-05-31", [("license-ended", 6)]), ("2026-06-01", [("license-ended", 6)]), ("2026-07-01", [])],
)
def test_a_license_that_is_over_is_said(ends: str, expected: list[tuple[str, int]]) -> None:
    found = warned(base(f"    ends: {ends}\n"))
    assert [w for w in found if w[0] == "license-ended"] == expected


@pytest.mark.parametrize(
    ("dates", "per", "cut"),
    [
        ("    starts: 2026-03-15\n    ends: 2027-03-15\n", "month", False),
        ("    starts: 2026-03-15\n    ends: 2027-03-10\n", "month", True),
        ("    starts: 2026-03-15\n    ends: 2027-03-10\n", "term", False),
        ("    starts: 2026-01-31\n    ends: 2027-02-28\n", "month", False),
        ("    starts: 2026-03-15\n    ends: 2027-09-15\n", "year", True),
        ("    ends: 2027-01-15\n", "month", True),
        ("    ends: 2027-01-01\n    timezone: Asia/Tokyo\n", "quarter", False),
    ],
)
def test_a_period_that_the_end_of_the_license_cuts_is_said(dates: str, per: str, cut: bool) -> None:
    text = base(dates).replace("{limit: 50M}", f"{{limit: 50M, per: {per}}}")
    assert [check for check, _ in warned(text)] == ["period-cut"] * cut


def test_two_licenses_on_one_metric_of_one_account_are_said() -> None:
    assert warned(second("")) == [("quota-claimed-twice", 10)]


def test_a_license_that_follows_another_claims_nothing_twice() -> None:
    text = second("    starts: 2027-01-01\n").replace(
        "  base:\n    accounts: [prod]\n", "  base:\n    accounts: [prod]\n    ends: 2027-01-01\n"
    )
    assert warned(text) == []


@pytest.mark.parametrize(
    "secret",
    ["xoxb-1234567890-abcdef", "https://hooks.slack.com/services/T000/B000/xyz", "smtp://me:hunter2@mail.example.com"],
)
def test_a_secret_in_a_comment_is_said_without_repeating_it(secret: str) -> None:
    loaded = load({"a.yaml": BASE + f"# the old one was {secret}\n"}, KINDS)
    [found] = loaded.warnings
    assert (found.check, found.line) == ("literal-secret", 15)
    assert secret not in str(found)


@pytest.mark.parametrize("text", ["https://amer.smartkey.io/x@y", "xoxb", "mail me: a@example.com"])
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert warned(BASE + f"# {text}\n") == []


def test_each_of_them_can_be_silenced() -> None:
    comment = "  # alerter: ignore[literal-secret]"
    assert warned(BASE + f"# xoxb-1234567890-abcdef{comment}\n") == []
    assert warned(base("    ends: 2026-05-01  # alerter: ignore[license-ended]\n")) == []


def test_every_check_is_on_the_page_about_checks() -> None:
    page = (ROOT / "docs/checks.md").read_text("utf-8")
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted([*CHECKS, *ELSEWHERE])
