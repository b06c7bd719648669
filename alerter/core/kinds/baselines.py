"""What growth is measured against: the stretch before, a month before, this stretch of the last period, a median.

Remembered, since every license of a time zone looks back on the same stretches.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from alerter.core.calendar import before, days_between, local_day, midnight, previous_period
from alerter.core.kinds.case import PeriodSpec
from alerter.core.model import Period, Window

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TWICE = {"day": 2, "week": 14, "month": 62, "quarter": 184, "year": 732}
"""Days in two periods, the longest there are: how far `same_elapsed` looks back."""


@dataclass(frozen=True, slots=True)
class MedianOf:
    """`{median_of: 8}`: the median of so many stretches before; 2 to 26."""

    count: int


Against = Literal["previous", "same_last_month", "same_elapsed"] | MedianOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A stretch and the ones it is measured against; `period` where it is a part of one."""

    current: Window
    baselines: tuple[Window, ...]
    period: Period | None = None


@lru_cache(maxsize=256)
def several_before(window: Window, count: int, tz: str) -> tuple[Window, ...]:
    """The stretches just before, newest first."""
    found: list[Window] = []
    for _ in range(count):
        window = before(window, tz)
        found.append(window)
    return tuple(found)


def _month_before(day: date) -> date:
    """The same day of the month before; the 29th to 31st clamp to its end."""
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@lru_cache(maxsize=256)
def month_before(window: Window, tz: str) -> Window:
    """As many local days, through the same day of the month before."""
    count = len(days_between(window.start, window.end, tz))
    last = _month_before(local_day(window.end - SECOND, tz))
    return Window(midnight(last - (count - 1) * DAY, tz), midnight(last + DAY, tz))


def elapsed(spec: PeriodSpec, until: datetime) -> Compared | None:
    """The completed days of the period before `until`, against as many of the period before; None without either.

    A shorter period before is taken whole.
    """
    return _elapsed(spec, midnight(local_day(until, spec.timezone), spec.timezone))


@lru_cache(maxsize=256)
def _elapsed(spec: PeriodSpec, today: datetime) -> Compared | None:
    period = spec.at(today - SECOND)
    if period is None:
        return None
    earlier = previous_period(period, starts=spec.starts, ends=spec.ends, tz=spec.timezone)
    if earlier is None or earlier.end is None:
        return None
    count = len(days_between(period.start, today, spec.timezone))
    first = local_day(earlier.start, spec.timezone)
    end = min(midnight(first + count * DAY, spec.timezone), earlier.end)
    return Compared(current=Window(period.start, today), baselines=(Window(earlier.start, end),), period=period)
