"""What share of an ordinary day each day is expected to bring: by weekday, and around the end of a month."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from statistics import median

from alerter.core.forecast.days import DAY, Days

WEEKS = 16
"""Weekdays are compared over this many weeks: longer than a level lasts, since a rhythm outlives it."""

SHRINK = 2.0
"""Weeks in which every weekday is taken to be alike before any data is seen."""

EDGE = (-3, -2, -1, 1, 2)
"""Days that may have a rhythm of their own: the last three of a month and the first two."""

EDGE_MONTHS = 3
"""A month-end rhythm must show in this many months at least, and in each of the last six."""

EDGE_FACTOR = 1.5
"""… and every time by this factor, up or down, for it to be believed."""


def rhythm(known: Days, ahead: int) -> tuple[list[float], bool]:
    """The factor of each day, `ahead` days to come included (1.0: an ordinary day), and whether month ends stand out."""
    weekdays = weekday_factors(known, None)
    edges = month_edges(known, weekdays)
    if not edges:
        return _spread_out(weekdays, known.first, len(known) + ahead), False
    dates = [known.first + i * DAY for i in range(len(known) + ahead)]
    edge = [edges.get(_edge_of(day), 1.0) for day in dates]
    weekdays = weekday_factors(known, edge)
    return [weekdays[day.weekday()] * factor for day, factor in zip(dates, edge, strict=True)], True


def weekday_factors(known: Days, edge: list[float] | None) -> list[float]:
    """Factor of Monday to Sunday, drawn towards 1 by two weeks' worth of it; mean 1.

    `edge` divides out what month ends bring, so that a batch job on a Tuesday does not make Tuesdays busy.
    """
    n = len(known)
    offset = known.first.weekday()
    first = max(0, n - 7 * WEEKS)
    counts = known.counts if edge is None else [c / f for c, f in zip(known.counts, edge, strict=False)]
    seen = sum(known.known[first:])
    total = sum(counts[first:])
    if total <= 0:
        return [1.0] * 7
    mean = total / seen
    factors = []
    for weekday in range(7):
        at = first + (weekday - offset - first) % 7
        factors.append((sum(counts[at::7]) / mean + SHRINK) / (sum(known.known[at::7]) + SHRINK))
    scale = sum(factors) / 7
    return [factor / scale for factor in factors]


def month_edges(known: Days, weekdays: list[float]) -> Mapping[int, float]:
    """The factor of each edge day that stood out in every one of the last three to six months; often empty."""
    ratios: dict[int, list[float]] = {}
    expected = _spread_out(weekdays, known.first, len(known))
    if 0 in known.known:
        expected = [e * k for e, k in zip(expected, known.known, strict=True)]
    for start, end in _whole_months(known)[-6:]:
        usual = sum(expected[start + 2 : end - 3])
        level = sum(known.counts[start + 2 : end - 3]) / usual if usual else 0.0
        if level <= 0:
            continue
        for edge in EDGE:
            at = end + edge if edge < 0 else start + edge - 1
            if expected[at]:
                ratios.setdefault(edge, []).append(known.counts[at] / (level * expected[at]))
    return {edge: median(seen) for edge, seen in ratios.items() if _stands_out(seen)}


def _stands_out(ratios: list[float]) -> bool:
    return len(ratios) >= EDGE_MONTHS and (min(ratios) > EDGE_FACTOR or max(ratios) < 1 / EDGE_FACTOR)


def _whole_months(known: Days) -> list[tuple[int, int]]:
    """Index of the first day and past the last day of each calendar month that lies wholly inside, oldest first."""
    day = known.first
    at = 0 if day.day == 1 else monthrange(day.year, day.month)[1] - day.day + 1
    found = []
    while at < len(known):
        day = known.first + at * DAY
        until = at + monthrange(day.year, day.month)[1]
        if until <= len(known):
            found.append((at, until))
        at = until
    return found


def _edge_of(day: date) -> int:
    """-1 for the last day of a month, -3 for the third last; 1 and up otherwise."""
    left = monthrange(day.year, day.month)[1] - day.day
    return -1 - left if left < 3 else day.day


def _spread_out(weekdays: list[float], first: date, length: int) -> list[float]:
    """The weekday factors of `length` days from `first` on."""
    offset = first.weekday()
    week = weekdays[offset:] + weekdays[:offset]
    return (week * (length // 7 + 1))[:length]
