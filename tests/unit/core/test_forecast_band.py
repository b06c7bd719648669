"""The 80 % band and the method's own past error: narrow where it has been right, wide where it has not."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerter.core.forecast import Forecast, forecast

START, END, TODAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 15)
DAY = timedelta(days=1)


def seen(counts: Sequence[int | None], today: date = TODAY) -> Forecast:
    history = [(today - (len(counts) - 1 - i) * DAY, count) for i, count in enumerate(counts)]
    return forecast(history, START, END, today)


def bursty(length: int) -> list[int]:
    draw = random.Random(7)
    return [round(1000 * draw.lognormvariate(0, 1.2)) for _ in range(length)]


def test_a_steady_series_has_a_narrow_band_and_a_bursty_one_a_wide_one() -> None:
    steady, wild = seen([1000] * 200), seen(bursty(200))
    assert steady.high - steady.low < 0.15 * steady.expected
    assert wild.high - wild.low > 3 * (steady.high - steady.low)


def test_without_history_the_band_is_wide_even_if_the_first_days_agree() -> None:
    assert seen([1000] * 3, date(2026, 3, 3)).spread > 2 * seen([1000] * 200).spread


def test_the_band_closes_as_the_month_fills_up() -> None:
    widths = [found.high - found.low for found in (seen([1000] * (150 + d), START + d * DAY) for d in (2, 12, 22, 29))]
    assert widths == sorted(widths, reverse=True)


def test_an_error_is_told_only_after_whole_periods() -> None:
    assert seen([1000] * 40).error is None
    assert seen([1000] * 200).error == pytest.approx(0)


def test_the_error_is_what_the_method_missed_before() -> None:
    error = seen(bursty(200)).error
    assert error is not None
    assert 0.05 < error < 0.5


def test_a_band_holds_about_four_times_in_five() -> None:
    draw, held = random.Random(3), 0
    for _ in range(100):
        counts = [draw.randint(500, 1500) for _ in range(216)]
        found = seen(counts[:200])
        held += found.low <= sum(counts[185:]) <= found.high
    assert 70 <= held <= 100


@pytest.mark.parametrize("counts", [[], [None], [None] * 40], ids=["no day", "one hole", "forty holes"])
def test_with_nothing_known_nothing_is_expected(counts: list[int | None]) -> None:
    found = seen(counts)
    assert (found.expected, found.error, found.method) == (0.0, None, "no usage known yet")


def test_an_unused_metric_is_expected_to_stay_unused() -> None:
    found = seen([0] * 100)
    assert found.expected == 0
    assert found.high < 2


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**12)), max_size=250), st.integers(0, 30))
def test_a_forecast_is_never_below_what_is_used_and_lies_in_its_band(counts: list[int | None], gone: int) -> None:
    today = START + gone * DAY
    found = seen(counts, today)
    used = sum(count or 0 for count in counts[-gone - 1 :])
    assert used <= found.expected * (1 + 1e-9)
    assert used * (1 - 1e-9) <= found.low <= found.expected <= found.high
    assert len(found.daily) == 30 - gone
    assert min(found.daily, default=0) >= 0


@given(st.lists(st.integers(0, 10**6), min_size=20, max_size=200))
def test_older_history_than_it_reads_changes_nothing(counts: list[int]) -> None:
    recent = bursty(200)
    assert seen(counts + recent) == seen([1] * len(counts) + recent)
