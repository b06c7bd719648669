"""What a forecast makes of a level, a weekday rhythm, a new workload, a spike, a holiday, holes and growth."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from alerter.core.forecast import Forecast, forecast

START, END = date(2026, 3, 1), date(2026, 4, 1)
DAY = timedelta(days=1)
MIDDLE = date(2026, 3, 15)


def ending(today: date, counts: Sequence[int | None]) -> list[tuple[date, int | None]]:
    return [(today - (len(counts) - 1 - i) * DAY, count) for i, count in enumerate(counts)]


def seen(counts: Sequence[int | None], today: date = MIDDLE) -> Forecast:
    return forecast(ending(today, counts), START, END, today)


def weekly(count_of: Callable[[date], int], today: date = MIDDLE, length: int = 150) -> list[tuple[date, int | None]]:
    return [(day, count_of(day)) for day in (today - i * DAY for i in reversed(range(length)))]


def test_a_steady_month_comes_to_its_days() -> None:
    found = seen([1000] * 120)
    assert found.expected == pytest.approx(31_000)
    assert found.daily == pytest.approx([1000] * 16)
    assert found.method == "recent daily level, weekday rhythm"


def test_weekends_are_expected_to_be_weekends() -> None:
    history = weekly(lambda day: 100 if day.weekday() > 4 else 1000)
    found = forecast(history, START, END, MIDDLE)
    saturday, monday = found.daily[5], found.daily[7]
    assert saturday == pytest.approx(100, rel=0.9)
    assert saturday < 0.2 * monday
    assert found.expected == pytest.approx(22 * 1000 + 9 * 100, rel=0.03)


def test_a_service_closed_at_weekends_does_not_look_slower_on_sundays() -> None:
    history = weekly(lambda day: 0 if day.weekday() > 4 else 1000, date(2026, 3, 18))
    wednesday = forecast(history, START, END, date(2026, 3, 18))
    sunday = forecast(history[:-3], START, END, date(2026, 3, 15))
    assert sunday.expected == pytest.approx(wednesday.expected, rel=0.03)


def test_a_new_workload_shows_within_two_days() -> None:
    before, after = seen([1000] * 120), seen([1000] * 118 + [4000] * 2)
    assert sum(after.daily) > 1.8 * sum(before.daily)
    assert after.method.endswith("new level since 2026-03-14")


def test_within_a_week_a_new_workload_is_all_that_is_expected() -> None:
    assert sum(seen([1000] * 113 + [4000] * 7).daily) == pytest.approx(16 * 4000, rel=0.25)


def test_a_single_day_is_a_spike_and_not_a_level() -> None:
    found = seen([1000] * 119 + [4000])
    assert sum(found.daily) < 1.35 * 16_000
    assert "new level" not in found.method


def test_two_quiet_days_may_be_a_holiday() -> None:
    assert sum(seen([1000] * 118 + [100] * 2).daily) > 0.75 * 16_000


@pytest.mark.parametrize("hole", [None, "absent"], ids=["a day without a count", "a day that is absent"])
def test_a_hole_is_taken_to_have_been_as_expected(hole: str | None) -> None:
    history: list[tuple[date, int | None]] = [(day, count) for day, count in ending(MIDDLE, [1000] * 120)]
    history[-10:-5] = [] if hole else [(day, None) for day, _ in history[-10:-5]]
    assert forecast(history, START, END, MIDDLE).expected == pytest.approx(31_000)


def test_a_hole_at_the_end_of_the_history_does_not_move_it() -> None:
    assert sum(seen([1000] * 117 + [None] * 3).daily) == pytest.approx(16_000)


def test_a_history_that_begins_within_the_period_is_filled_up() -> None:
    assert seen([1000] * 5).expected == pytest.approx(31_000)


def test_growth_beyond_doubt_is_carried_on() -> None:
    found = seen([round(1000 * 1.05 ** (i / 7)) for i in range(120)])
    today = 1000 * 1.05 ** (119 / 7)
    assert found.daily[-1] == pytest.approx(today * 1.05 ** (16 / 7), rel=0.03)
    assert found.method.endswith("growth of 5% a week")


def test_a_decline_beyond_doubt_too() -> None:
    assert "decline of" in seen([round(90_000 * 0.95 ** (i / 7)) for i in range(120)]).method


def test_growth_in_doubt_is_not() -> None:
    noisy = [1000 + (i * 7919 % 13) * 100 + i for i in range(120)]
    assert "growth" not in seen(noisy).method


def test_a_forecast_of_a_year_goes_without_a_trend() -> None:
    counts = [round(1000 * 1.05 ** (i / 7)) for i in range(120)]
    found = forecast(ending(MIDDLE, counts), date(2026, 1, 1), date(2027, 1, 1), MIDDLE)
    assert "growth" not in found.method
    assert len(found.daily) == 291


def test_on_the_last_day_the_total_is_known() -> None:
    today = date(2026, 3, 31)
    found = forecast(ending(today, [1000] * 120), START, END, today)
    assert (found.expected, found.low, found.high, found.daily) == (31_000, 31_000, 31_000, ())


def test_a_forecast_can_be_made_before_the_first_day_is_over() -> None:
    today = START - DAY
    found = seen([1000] * 120, today)
    assert found.expected == pytest.approx(31_000)
    assert len(found.daily) == 31
