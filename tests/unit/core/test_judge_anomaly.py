"""`anomaly`: the last completed day against its weekday and the trend."""

from datetime import timedelta
from typing import Any

import pytest
from support.story import START, Story, book, days, rule

from alerter.core.kinds.anomaly import AnomalyRule, score

DAY = timedelta(days=1)
SOON = timedelta(minutes=15)
WEEK = (1000, 1100, 1050, 1080, 990, 200, 100)


def story(*at: str, **options: Any) -> Story:
    return Story(book(rule(*at, metrics=("num_operations",), options=AnomalyRule(**options))))


def result(found: Story) -> tuple[str, str]:
    judged = found.last["license", "lic"].judged[0]
    return judged.outcome.value, judged.finding.why


@pytest.mark.parametrize(
    ("last", "direction", "outcome"),
    [
        pytest.param(100, "both", "ok", id="a quiet Sunday as always"),
        pytest.param(1000, "both", "breach", id="as busy as a weekday"),
        pytest.param(1000, "up", "breach", id="busy, looked for"),
        pytest.param(1000, "down", "ok", id="busy, not looked for"),
        pytest.param(0, "down", "breach", id="nothing at all"),
        pytest.param(0, "up", "ok", id="nothing, not looked for"),
    ],
)
def test_the_seventh_day_of_ten_weeks(last: int, direction: str, outcome: str) -> None:
    found = story("4x", direction=direction).closed(days(*WEEK * 10, *WEEK[:6], last)).judge(SOON)
    assert result(found) == (outcome, "")


def test_a_trend_is_followed() -> None:
    weeks = [round(n * (1 + 0.1 * week)) for week in range(11) for n in WEEK]
    assert result(story("4x").closed(days(*weeks)).judge(SOON)) == ("ok", "")


@pytest.mark.parametrize("weeks", [0, 1, 4])
def test_too_little_history_is_too_early(weeks: int) -> None:
    found = story("4x").closed(days(*WEEK * weeks, *WEEK)).judge(SOON)
    assert result(found) == ("too_early", "fewer than 5 such weekdays before have been read")


def test_holes_in_the_history_are_left_out() -> None:
    holed = [None if week in {1, 4} else n for week in range(8) for n in WEEK]
    assert result(story("4x").closed(days(*holed)).judge(SOON))[0] == "ok"


def test_nothing_read_is_too_early() -> None:
    assert result(story("4x").judge(SOON)) == ("too_early", "no completed day has been read")


def test_small_numbers_are_below_the_floor() -> None:
    found = story("4x", ignore_below=2000).closed(days(*WEEK * 10, *WEEK[:6], 1999)).judge(SOON)
    assert result(found) == ("below_floor", "below ignore_below")


def test_a_flat_series_is_not_judged_by_its_noise() -> None:
    assert score(1_010, [(week, 1_000) for week in range(1, 11)]).deviations < 1


def test_one_wild_week_does_not_hide_the_next() -> None:
    quiet = [(week, 1_000 + week % 3) for week in range(2, 11)]
    assert score(9_000, [(1, 9_000), *quiet]).deviations > 4


def test_days_in_and_days_told_out() -> None:
    found = story("4x").closed(days(*WEEK * 10))
    told = []
    for day, count in enumerate((1000, 5000, 1050, 1080, 0, 200, 100), start=1):
        found.closed(days(count, until=START + day * DAY)).judge(DAY if day > 1 else DAY + SOON)
        told += [(day, e.reason.value) for e in found.events]
        found.events.clear()
    assert told == [(2, "crossed"), (3, "recovered"), (5, "crossed"), (6, "recovered")]


def test_while_the_last_day_is_not_read_the_one_before_tells() -> None:
    found = story("4x").closed(days(*WEEK * 10, *WEEK[:5], 5000, None)).judge(SOON)
    assert result(found)[0] == "breach"
