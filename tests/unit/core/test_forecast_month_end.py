"""Batch jobs at the end of a month: expected where the history shows them, and only there."""

from calendar import monthrange
from datetime import date, timedelta

import pytest

from alerter.core.forecast import forecast

DAY = timedelta(days=1)
START, END, TODAY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 5, 20)


def history(months: int, *, batch: int = 10_000, skip: date | None = None) -> list[tuple[date, int | None]]:
    """1,000 a day, but `batch` on the last day of every month except `skip`'s; whole months up to May."""
    year, month = divmod(12 * 2026 + 4 - months, 12)
    day = date(year, month + 1, 1)
    found: list[tuple[date, int | None]] = []
    while day <= TODAY:
        last = day.day == monthrange(day.year, day.month)[1]
        found.append((day, batch if last and day != skip else 1000))
        day += DAY
    return found


@pytest.mark.parametrize("months", [3, 6])
def test_three_month_ends_are_enough_to_expect_a_fourth(months: int) -> None:
    found = forecast(history(months), START, END, TODAY)
    assert found.daily[-1] == pytest.approx(10_000, rel=0.05)
    assert found.daily[:-1] == pytest.approx([1000] * 10, rel=0.05)
    assert "month-end rhythm" in found.method


@pytest.mark.parametrize(
    "known",
    [history(2), history(6, skip=date(2026, 3, 31)), history(6, batch=1300)],
    ids=["two month ends", "one of six was ordinary", "too little to tell"],
)
def test_what_does_not_show_every_time_is_not_expected(known: list[tuple[date, int | None]]) -> None:
    found = forecast(known, START, END, TODAY)
    assert max(found.daily) < 2000
    assert "month-end" not in found.method


def test_a_batch_job_does_not_raise_the_level_of_the_days_after() -> None:
    today = date(2026, 5, 1)
    known = [(day, count) for day, count in history(6) if day <= today]
    assert forecast(known, START, END, today).expected == pytest.approx(30_000 + 10_000, rel=0.06)


def test_an_idle_last_day_is_expected_to_be_nearly_idle() -> None:
    found = forecast(history(6, batch=0), START, END, TODAY)
    assert found.daily[-1] < 150


def test_a_year_ahead_has_every_month_end_in_it() -> None:
    found = forecast(history(6), date(2026, 1, 1), date(2027, 1, 1), TODAY)
    assert sum(count > 5000 for count in found.daily) == 8
