"""`growth` against other stretches than the one just before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.story import START, Story, book, days, quota, rule

from alerter.core.kinds.baselines import MedianOf, elapsed, month_before
from alerter.core.kinds.case import PeriodSpec
from alerter.core.kinds.growth import GrowthRule
from alerter.core.model import Window

DAY = timedelta(days=1)
SOON = timedelta(minutes=15)


def utc(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def growing(against: Any, *at: str, now: datetime = START, window: timedelta = DAY, **lic: Any) -> Story:
    options = GrowthRule(against=against, window=window)
    return Story(book(rule(*at, metrics=("num_operations",), options=options), **lic), now=now)


@pytest.mark.parametrize(
    ("window", "before"),
    [
        pytest.param(Window(utc(4, 8), utc(4, 15)), Window(utc(3, 8), utc(3, 15)), id="a week in mid-month"),
        pytest.param(Window(utc(3, 25), utc(4, 1)), Window(utc(2, 22), utc(3, 1)), id="the end of March"),
        pytest.param(Window(utc(3, 30), utc(3, 31)), Window(utc(2, 28), utc(3, 1)), id="the 30th clamps"),
    ],
)
def test_the_same_days_of_the_month_before(window: Window, before: Window) -> None:
    assert month_before(window, "UTC") == before


@pytest.mark.parametrize(
    ("now", "current", "before"),
    [
        pytest.param(utc(4, 15), (utc(4, 1), utc(4, 15)), (utc(3, 1), utc(3, 15)), id="mid-month"),
        pytest.param(utc(3, 31), (utc(3, 1), utc(3, 31)), (utc(2, 1), utc(3, 1)), id="a shorter month is taken whole"),
        pytest.param(utc(4, 1), (utc(3, 1), utc(4, 1)), (utc(2, 1), utc(3, 1)), id="on the first, the month before"),
    ],
)
def test_as_many_days_of_the_period_before(
    now: datetime, current: tuple[datetime, datetime], before: tuple[datetime, datetime]
) -> None:
    found = elapsed(PeriodSpec("month", None, None, "UTC"), now)
    assert found is not None
    assert (found.current, found.baselines) == (Window(*current), (Window(*before),))


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        pytest.param((10,) * 60 + (15,) * 14, [("crossed", "+50%")], id="half as much again"),
        pytest.param((10,) * 60 + (14,) * 14, [], id="less than that"),
        pytest.param((15,) * 14, [], id="nothing to compare with"),
    ],
)
def test_this_period_so_far_against_the_last_one(counts: tuple[int, ...], told: list[tuple[str, str]]) -> None:
    assert growing("same_elapsed", "+50%").closed(days(*counts)).judge(SOON).told == told


def test_the_first_period_of_a_license_has_none_before() -> None:
    found = growing("same_elapsed", "+50%", starts=date(2026, 4, 1)).closed(days(*(10,) * 60)).judge(SOON)
    assert found.outcomes == {"num_operations": "too_early"}


def test_an_alert_of_a_period_so_far_ends_with_the_period() -> None:
    found = growing("same_elapsed", "+50%").closed(days(*(10,) * 60, *(20,) * 14)).judge(SOON)
    for day in range(20):
        found.closed(days(20 if day < 16 else 25, until=START + (day + 1) * DAY)).judge(DAY)
    assert found.reasons == ["crossed", "period_closed"]


def test_a_month_before() -> None:
    counts = [20 if day < 14 else 10 for day in range(73)]
    counts[-1] = 16
    found = growing("same_last_month", "+50%").closed(days(*counts)).judge(SOON)
    assert found.told == [("crossed", "+50%")]
    assert found.events[0].payload["extra"]["against"] == "same days of the month before"  # type: ignore[index]


def test_the_median_of_eight_is_not_moved_by_one_wild_stretch() -> None:
    found = growing(MedianOf(8), "+50%").closed(days(10, 10, 10, 10, 500, 10, 10, 10, 15)).judge(SOON)
    assert found.told == [("crossed", "+50%")]
    assert found.events[0].payload["extra"]["baseline"] == 10  # type: ignore[index]


def test_a_median_needs_all_its_stretches() -> None:
    assert growing(MedianOf(8), "+50%").closed(days(*(10,) * 8)).judge(SOON).outcomes == {"num_operations": "too_early"}


def test_different_apps_are_not_compared_over_parts_of_a_period() -> None:
    found = Story(book(rule("+50%", options=GrowthRule(against="same_elapsed")), quotas=(quota("apps.generic", 5),)))
    assert found.judge().outcomes == {"num_operations": "too_early"}
