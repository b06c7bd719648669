"""Periods and windows: when a quota's period, a local day or a completed stretch begins and ends, as UTC instants.

Everything is built on `midnight`. Bounds are always anchor + n, never chained from one to the next (31 January + 1 + 1
months must be 31 March), and are compared in UTC (a naive difference calls a 23-hour day 24). So neighbours share their
bound exactly: no hour is counted twice or lost. A date that a zone skipped (Pacific/Apia, 30 December 2011) is no day.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, pairwise
from typing import cast
from zoneinfo import ZoneInfo

from alerter.core.book import Per
from alerter.core.model import Period, Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAYS = {"week": 7, "day": 1}
MONDAY = date(1970, 1, 5)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The time zone of this name in the tz database; raises ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


@lru_cache(maxsize=65536)
def midnight(day: date, tz: str) -> datetime:
    """The UTC instant at which this local day begins.

    Where clocks skip midnight it is the first instant after it; where midnight happens twice, the first of them.
    """
    local = datetime.combine(day, time(), zone(tz))
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _first_instant(day, local.replace(fold=1).astimezone(UTC), instant, zone(tz))


def _first_instant(day: date, early: datetime, late: datetime, local: ZoneInfo) -> datetime:
    """The first second in (early, late] on this local date or a later one; `early` lies before it."""
    seconds = range(1, int((late - early).total_seconds()) + 1)
    found = bisect_right(seconds, False, key=lambda s: (early + s * SECOND).astimezone(local).date() >= day)
    return early + seconds[found] * SECOND


def local_day(now: datetime, tz: str) -> date:
    """The local day that `now` lies in: the last one that has begun, even where a clock was set back over midnight."""
    day = now.astimezone(zone(tz)).date()
    return day + DAY if midnight(day + DAY, tz) <= now else day


def period_at(per: Per, now: datetime, *, starts: date | None, ends: date | None, tz: str) -> Period | None:
    """The period that `now` lies in; None before `starts` and from `ends` on (both at local midnight).

    With `starts` periods are anchored there; without, they are the calendar's (weeks from Monday, quarters from
    January). `ends` cuts the last one. `term` is [starts, ends); `none` is a balance since `starts` (else since 1970)
    that has no end. A `term` without `starts` or `ends` is open on that side.
    """
    begins, periods = _periods(per, starts, ends, tz, now.year)
    found = bisect_right(begins, now) - 1
    if found < 0:
        return None
    period = periods[found]
    over = period.end or (ends and midnight(ends, tz))
    return None if over and now >= over else period


def previous_period(period: Period, *, starts: date | None, ends: date | None, tz: str) -> Period | None:
    """The period just before this one; None for the first one, for a term and for a balance."""
    return period_at(cast("Per", period.per), period.start - SECOND, starts=starts, ends=ends, tz=tz)


@lru_cache(maxsize=8192)
def _periods(
    per: Per, starts: date | None, ends: date | None, tz: str, year: int
) -> tuple[tuple[datetime, ...], tuple[Period, ...]]:
    """Every period that touches this UTC year, oldest first, and where each begins (what a bisection searches)."""
    last = midnight(ends, tz) if ends else None
    if per in {"term", "none"}:
        start = midnight(starts, tz) if starts else EPOCH
        return (start,), (Period(start=start, end=last if per == "term" else None, per=per),)
    # Two days more on each side than the year: no zone's offset, and no date it skipped, reaches further.
    days = _first_days(per, starts, date(year - 1, 12, 30), date(year + 1, 1, 3))
    bounds = sorted({midnight(day, tz) for day in days})
    pairs = [(a, min(b, last or b)) for a, b in pairwise(bounds) if not last or a < last]
    return tuple(a for a, _ in pairs), tuple(Period(start=a, end=b, per=per) for a, b in pairs)


def _first_days(per: str, starts: date | None, since: date, until: date) -> Iterator[date]:
    """First days of periods: from the one that holds `since` (the first one, if that is later) to one after `until`."""
    anchor = starts or (MONDAY if per == "week" else EPOCH.date())
    first = _index(per, anchor, since)
    for n in count(max(first, 0) if starts else first):
        day = _first_day(per, anchor, n)
        yield day
        if day > until:
            return


def _first_day(per: str, anchor: date, n: int) -> date:
    """Where period `n` begins, the anchor's own being 0. The 29th to 31st clamp to the month's end."""
    if per in DAYS:
        return anchor + n * DAYS[per] * DAY
    years, month = divmod(anchor.month - 1 + n * MONTHS[per], 12)
    year = anchor.year + years
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def _index(per: str, anchor: date, day: date) -> int:
    """The number of the period that holds `day`."""
    if per in DAYS:
        return (day - anchor).days // DAYS[per]
    n = ((day.year - anchor.year) * 12 + day.month - anchor.month) // MONTHS[per]
    return n if _first_day(per, anchor, n) <= day else n - 1


def days_between(start: datetime, end: datetime, tz: str) -> list[Window]:
    """All whole local days inside [start, end), oldest first."""
    return list(_days_between(start, end, tz))


@lru_cache(maxsize=2048)
def _days_between(start: datetime, end: datetime, tz: str) -> tuple[Window, ...]:
    day = local_day(start, tz)
    found = []
    while (until := midnight(day + DAY, tz)) <= end:
        since = midnight(day, tz)
        if start <= since < until:
            found.append(Window(since, until))
        day += DAY
    return tuple(found)


def day_windows_before(now: datetime, count: int, tz: str) -> list[Window]:
    """The last `count` completed local days, newest first."""
    return list(_days_before(local_day(now, tz), count, tz))


@lru_cache(maxsize=256)
def _days_before(day: date, count: int, tz: str) -> tuple[Window, ...]:
    """The `count` local days before this one, newest first."""
    found: list[Window] = []
    while len(found) < count:
        day -= DAY
        window = Window(midnight(day, tz), midnight(day + DAY, tz))
        if window.start < window.end:
            found.append(window)
    return tuple(found)


def last_full(length: timedelta, now: datetime, tz: str) -> Window:
    """The last completed stretch of this length.

    Whole days: the last so many completed local days. Any other length ends at the last full UTC hour.
    """
    if length % DAY:
        end = EPOCH + (now - EPOCH) // HOUR * HOUR
        return Window(end - length, end)
    return _days_until(local_day(now, tz), length // DAY, tz)


@lru_cache(maxsize=2048)
def _days_until(day: date, count: int, tz: str) -> Window:
    """The `count` local days before this one as one window."""
    days = _days_before(day, count, tz)
    return Window(days[-1].start, days[0].end)


@lru_cache(maxsize=4096)
def before(window: Window, tz: str) -> Window:
    """The stretch just before: of as many local days if the window is whole local days, else of the same length."""
    days = days_between(window.start, window.end, tz)
    if days and days[0].start == window.start and days[-1].end == window.end:
        return _days_until(local_day(window.start, tz), len(days), tz)
    return Window(window.start - window.length, window.start)


def days_left(period_end: datetime, now: datetime, tz: str) -> int:
    """Local days until `period_end`, today counted whole: 1 on the last day, 0 only when the end has come."""
    if now >= period_end:
        return 0
    return (local_day(period_end - SECOND, tz) - local_day(now, tz)).days + 1
