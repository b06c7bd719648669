"""`expiry`: what is left of a license, and after it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.story import START, Story, book, quota, rule

from alerter.core.kinds.expiry import ExpiryRule

DAY = timedelta(days=1)


def license_until(ends: date | None, *at: str, timezone: str = "UTC", **more: Any) -> Story:
    return Story(book(rule(*at, options=ExpiryRule(), **more), ends=ends, timezone=timezone))


@pytest.mark.parametrize(
    ("ends", "timezone", "outcome", "left"),
    [
        pytest.param(date(2026, 5, 15), "UTC", "breach", 30, id="30 days left to the second"),
        pytest.param(date(2026, 5, 16), "UTC", "ok", 31, id="31 days left"),
        pytest.param(date(2026, 5, 15), "Asia/Tokyo", "breach", 30, id="midnight comes earlier in Tokyo"),
        pytest.param(date(2026, 5, 15), "America/New_York", "ok", 31, id="midnight comes later in New York"),
        pytest.param(date(2026, 4, 15), "UTC", "breach", 0, id="ended just now"),
        pytest.param(date(2026, 1, 1), "UTC", "breach", 0, id="ended long ago"),
        pytest.param(None, "UTC", "ok", 0, id="no end"),
    ],
)
def test_thirty_days(ends: date | None, timezone: str, outcome: str, left: int) -> None:
    judged = license_until(ends, "30d", timezone=timezone).judge().last["license", "lic"].judged[0]
    assert (judged.outcome.value, judged.finding.value) == (outcome, left)


def test_days_in_and_days_told_out() -> None:
    story = license_until(date(2026, 5, 20), "30d", "7d")
    told = []
    for day in range(45):
        story.read(DAY if day else timedelta(0), num_operations=day)
        told += [(day, e.reason.value, e.threshold) for e in story.events if e.channels]
        story.events.clear()
    assert told == [(5, "crossed", "30d"), (28, "escalated", "7d")]


def test_a_license_that_ended_before_anything_was_read_is_one_message() -> None:
    story = license_until(date(2026, 4, 1), "90d", "30d", "7d").judge()
    assert story.told == [("crossed", "7d")]
    assert story.events[0].payload["passed"] == ["90d", "30d"]
    assert story.events[0].payload["extra"] == {"ends": "2026-04-01T00:00:00+00:00", "ended": True, "zone": "UTC"}


@pytest.mark.parametrize("ends", [date(2027, 5, 1), None], ids=["renewed", "no end any more"])
def test_a_renewal_is_told_and_the_next_end_fires_again(ends: date | None) -> None:
    story = license_until(date(2026, 5, 1), "30d").judge()
    story.edit(license_until(ends, "30d").book).judge(DAY)
    story.edit(license_until(date(2026, 5, 2), "30d").book).judge(DAY)
    assert story.told == [("crossed", "30d"), ("recovered", "30d"), ("crossed", "30d")]


def test_it_is_judged_once_a_license_and_also_before_it_starts_and_while_accounts_are_silent() -> None:
    quotas = (quota("num_operations", 100), quota("apps.generic", 10))
    ending = rule("30d", options=ExpiryRule())
    story = Story(book(ending, quotas=quotas, starts=date(2026, 4, 20), ends=date(2026, 5, 1)))
    story.fail()
    assert story.told == [("crossed", "30d")]


def test_an_account_has_no_end_of_its_own() -> None:
    story = license_until(date(2026, 5, 1), "30d", accounts=("acme",)).judge()
    assert [k.subject_kind for k in (e.key for e in story.events) if k] == ["license"]


def test_the_hour_the_license_ends_is_local() -> None:
    story = license_until(date(2026, 5, 15), "30d", timezone="America/New_York")
    assert story.judge().told == []
    story.now = datetime(2026, 4, 15, 4, tzinfo=UTC)
    assert story.judge().told == [("crossed", "30d")]
    assert story.now > START
