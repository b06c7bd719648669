"""When a forecast is worth a warning, and on which day the quota runs out."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerter.core.forecast import MARGINS, Forecast, Sensitivity, alarm, forecast, on_course, run_out

START, END = date(2026, 3, 1), date(2026, 4, 1)
DAY = timedelta(days=1)

TEN_DAYS = Forecast(
    expected=2000, low=1900, high=2100, daily=(100.0,) * 10, method="recent daily level", error=None, spread=0.1
)
TODAY = date(2026, 3, 21)


def told(before: Sequence[int], month: Sequence[int], quota: int, sensitivity: Sensitivity) -> Iterator[date]:
    """The days of March at whose end this sensitivity warns."""
    history: list[tuple[date, int | None]] = [(START - (len(before) - i) * DAY, c) for i, c in enumerate(before)]
    for gone, count in enumerate(month):
        history.append((START + gone * DAY, count))
        found = forecast(history, START, END, START + gone * DAY)
        if on_course(sum(month[: gone + 1]), quota, found, sensitivity):
            yield START + gone * DAY


@pytest.mark.parametrize(
    ("used", "quota", "says"),
    [
        (1000, 1000, math.inf),
        (1001, 1000, math.inf),
        (0, 0, math.inf),
        (1000, 2000, -1.1),
        (1000, 1500, 2.7),
        (1000, 1001, 37.2),
        (0, 10**9, -77.7),
    ],
    ids=["used up", "exceeded", "no quota", "just enough left", "half enough", "nearly nothing left", "plenty"],
)
def test_what_is_to_come_against_what_is_left(used: float, quota: int, says: float) -> None:
    assert alarm(used, quota, TEN_DAYS) == pytest.approx(says, abs=0.1)


def test_nothing_to_come_is_no_reason_to_warn() -> None:
    assert alarm(999, 1000, replace(TEN_DAYS, daily=())) == -math.inf
    assert alarm(999, 1000, replace(TEN_DAYS, daily=(0.0,) * 10)) == -math.inf


def test_the_same_ratio_alarms_less_where_forecasts_go_wrong() -> None:
    assert alarm(1000, 1500, replace(TEN_DAYS, spread=0.8)) < alarm(1000, 1500, TEN_DAYS) / 2


def test_the_same_ratio_alarms_more_when_less_time_is_left() -> None:
    late = replace(TEN_DAYS, daily=(100.0,) * 3)
    assert alarm(1000, 1200, late) > alarm(1000, 1000 + 1000 / 1.5, TEN_DAYS)


def test_what_is_used_of_the_first_day_is_not_counted_twice() -> None:
    assert alarm(1050, 1500, TEN_DAYS, gone=0.5) < alarm(1050, 1500, TEN_DAYS)
    assert run_out(1050, TEN_DAYS, 1150, TODAY, gone=0.5) == date(2026, 3, 23)
    assert run_out(1050, TEN_DAYS, 1150, TODAY) == date(2026, 3, 22)


def test_each_sensitivity_waits_for_more() -> None:
    assert MARGINS["early"] < MARGINS["balanced"] < MARGINS["sure"]


@pytest.mark.parametrize(
    ("quota", "day"),
    [(1000, TODAY), (1001, date(2026, 3, 22)), (1100, date(2026, 3, 22)), (1101, date(2026, 3, 23)), (2001, None)],
)
def test_the_day_a_quota_is_used_up(quota: int, day: date | None) -> None:
    assert run_out(1000, TEN_DAYS, quota, TODAY) == day


@pytest.mark.parametrize(
    ("quota", "first"),
    [(24_000, date(2026, 3, 4)), (28_000, date(2026, 3, 17)), (31_500, None)],
    ids=["far over", "somewhat over", "just enough"],
)
def test_a_steady_month_is_warned_of_once_it_can_be_known(quota: int, first: date | None) -> None:
    days = list(told([1000] * 120, [1000] * 30, quota, "balanced"))
    assert (days[0] if days else None) == first


def test_a_new_workload_that_will_not_fit_is_told_two_days_after_it_began() -> None:
    month = [1000] * 14 + [4000] * 14
    assert next(told([1000] * 120, month, 40_000, "balanced")) <= START + 16 * DAY


def test_one_spike_is_not_told() -> None:
    month = [1000] * 14 + [6000] + [1000] * 15
    assert not list(told([1000] * 120, month, 38_000, "balanced"))


def test_a_bursty_month_is_told_later_than_a_steady_one() -> None:
    draw = random.Random(5)
    wild = [round(1000 * draw.lognormvariate(-0.5, 1)) for _ in range(120)]
    calm = [sum(wild) // 120] * 120
    month = [1000] * 30
    assert next(told(wild, month, 24_000, "balanced")) > next(told(calm, month, 24_000, "balanced"))


def test_early_is_told_first_and_sure_last() -> None:
    first = [next(told([1000] * 120, [1000] * 30, 26_000, s)) for s in MARGINS]
    assert first == sorted(first)
    assert len(set(first)) == 3


@given(st.floats(0, 2000), st.floats(1, 1000), st.floats(0, 1))
def test_more_used_or_less_quota_never_calms(used: float, more: float, gone: float) -> None:
    now = alarm(used, 3000, TEN_DAYS, gone)
    assert alarm(used + more, 3000, TEN_DAYS, gone) >= now
    assert alarm(used, 3000 + more, TEN_DAYS, gone) <= now
