"""`anomaly`: the last completed day lies outside what its weekday and the trend predict.

The score is how many robust standard deviations (1.4826 times the median absolute deviation) the day is away from a
Theil-Sen line through the same weekdays before it; see Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import combinations
from statistics import median
from typing import ClassVar, Literal

from alerter.core.book import Unit, key
from alerter.core.calendar import last_full, local_day, midnight
from alerter.core.checks import Check
from alerter.core.kinds.case import Case, Finding, Mark, Reads, Stretch, clear_line
from alerter.core.model import Outcome, Window
from alerter.core.series import SETTLE, stretch

DAY = timedelta(days=1)
WEEKS = 10
ENOUGH = 5
"""Same weekdays looked back at, and how many of them must have been read."""

LEAST = 0.03
"""The least spread a series is taken to have, as a share of what is expected: a flat one is not judged by its noise."""


@dataclass(frozen=True, slots=True)
class Score:
    """`deviations` from what is `typical` of the day; below zero: fewer."""

    typical: float
    deviations: float


def score(value: int, before: Sequence[tuple[int, int]]) -> Score:
    """A day against (weeks ago, count) of the same weekday, at least two of them."""
    slope = median((b - a) / (i - j) for (i, a), (j, b) in combinations(before, 2))
    typical = max(0.0, median(count + slope * weeks for weeks, count in before))
    errors = [abs(count - (typical - slope * weeks)) for weeks, count in before]
    # two parameters were fitted, and a count of n varies by its root even when nothing happens
    widened = 1.4826 * median(errors) * (len(before) / (len(before) - 2)) ** 0.5
    spread = max(widened, LEAST * typical, typical**0.5, 1.0)
    return Score(typical, (value - typical) / spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyRule:
    """Fires when the last completed day is at least `at` robust deviations off what its weekday and trend predict."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.RATIO,)
    AT_EXAMPLE: ClassVar[str] = "4"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = False
    PER_ACCOUNT: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = (
        "{{ subject }} had {{ value|count }} {{ metric_words }} on {{ extra.day|date(extra.zone) }}, where about "
        "{{ extra.typical|count }} are typical of that weekday: {{ extra.score }} deviations "
        "{{ 'more' if value > extra.typical else 'less' }}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }}: {{ metric_words }} are as usual again, {{ value|count }} on "
        "{{ extra.day|date(extra.zone) }} where about {{ extra.typical|count }} are typical"
    )

    direction: Literal["up", "down", "both"] = key(
        "`up`: only unusually many; `down`: only unusually few; `both`.", example="up", default="both"
    )
    ignore_below: int = key(
        "Stay silent while both the day and what is typical of it are below this count.", example="10k", default=0
    )

    def reads(self, check: Check) -> Reads:
        return Reads(stretch=Stretch(DAY, check.timezone, 7 * WEEKS + 1, exact=False))

    def find(self, case: Case) -> Finding:
        timezone = case.check.timezone
        day = last_full(DAY, case.now - SETTLE, timezone)
        value = _count(case, day)
        if value is Outcome.TOO_EARLY:
            # the day that has just ended is not read yet: the one before still tells
            day = last_full(DAY, day.end - timedelta(seconds=1), timezone)
            value = _count(case, day)
        if isinstance(value, Outcome):
            return Finding(outcome=value, why=_WHY[value])
        before = [(weeks, n) for weeks in range(1, WEEKS + 1) if isinstance(n := _weeks_ago(case, day, weeks), int)]
        if len(before) < ENOUGH:
            return Finding(outcome=Outcome.TOO_EARLY, why=f"fewer than {ENOUGH} such weekdays before have been read")
        return self._finding(case, day, value, score(value, before))

    def _finding(self, case: Case, day: Window, value: int, found: Score) -> Finding:
        if max(value, found.typical) < self.ignore_below:
            return Finding(outcome=Outcome.BELOW_FLOOR, why="below ignore_below", value=value, as_of=day.end)
        signed = Decimal(found.deviations)
        level = {"up": signed, "down": -signed, "both": abs(signed)}[self.direction]
        rule = case.check.rule
        return Finding(
            outcome=Outcome.OK,
            value=value,
            level=level,
            as_of=day.end,
            settles=True,
            marks=tuple(
                Mark(threshold=t, line=t.at.value, clear=clear_line(t, rule.clear_below, 0)) for t in rule.thresholds
            ),
            extra={
                "day": day.start.isoformat(),
                "zone": case.check.timezone,
                "typical": round(found.typical),
                "score": f"{abs(signed).quantize(Decimal('0.1'), rounding=ROUND_DOWN)}",
            },
        )


_WHY = {
    Outcome.TOO_EARLY: "no completed day has been read",
    Outcome.NOT_REPORTED: "the account does not report it",
    Outcome.INCOMPLETE: "not every account reports it",
}


def _weeks_ago(case: Case, day: Window, weeks: int) -> int | Outcome:
    timezone = case.check.timezone
    then = local_day(day.start, timezone) - weeks * 7 * DAY
    return _count(case, Window(midnight(then, timezone), midnight(then + DAY, timezone)))


def _count(case: Case, day: Window) -> int | Outcome:
    """The check's metric on one day, over its accounts; else why there is none."""
    check, total, silent = case.check, 0, 0
    if check.metric is None:
        return Outcome.TOO_EARLY
    for name in check.accounts:
        view = case.views.get(name)
        part = Outcome.TOO_EARLY if view is None else stretch(view, day, check.metric, check.timezone)
        if isinstance(part, Outcome):
            return part
        silent += part is None
        total += part or 0
    if not silent:
        return total
    return Outcome.NOT_REPORTED if silent == len(check.accounts) else Outcome.INCOMPLETE
