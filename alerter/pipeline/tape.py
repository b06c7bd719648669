"""What is known of an account, played a day at a time into the view that the judge reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerter.core.calendar import days_between
from alerter.core.checks import Watched
from alerter.core.kinds.case import PeriodSpec
from alerter.core.kinds.quota import spec_of
from alerter.core.metrics import CATALOGUE, MetricKind
from alerter.core.model import AskKind, Reading, Window
from alerter.core.plan import CALENDAR_MONTH, Needs
from alerter.core.series import AccountView

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
Counts = Mapping[str, int]

COUNTERS = frozenset(name for name, metric in CATALOGUE.items() if metric.kind is MetricKind.COUNTER)
GAUGES = frozenset(name for name, metric in CATALOGUE.items() if metric.kind is MetricKind.GAUGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """What is known of one account, each by its end: windows that were closed, and periods as they stood."""

    closed: Sequence[tuple[Window, Counts]] = ()
    periods: Sequence[Reading] = ()


def day_windows(tapes: Mapping[str, Tape], timezones: Sequence[str]) -> list[Window]:
    """Every stored day of the first of these time zones that has any, oldest first."""
    for timezone in timezones:
        stored = {w for tape in tapes.values() for w, _ in tape.closed}
        if not stored:
            return []
        first, last = min(w.start for w in stored), max(w.end for w in stored)
        found = [day for day in days_between(first, last, timezone) if day in stored]
        if found:
            return found
    return []


class Player:
    """One account's tape, played a day at a time into its view.

    A period's count is made of its days, and is never below what a stored reading of the period said by then. Counts
    that may not be added (apps) stand at the highest that any day or reading showed: a lower bound.
    """

    def __init__(self, name: str, item: Watched, need: Needs | None, tape: Tape) -> None:
        self.name = name
        self.view = AccountView()
        self._looked_back = tuple(need.looked_back) if need else ()
        self._closed = list(tape.closed)
        self._periods = list(tape.periods)
        self._next_closed = self._next_period = 0
        self._specs = _specs(item)
        self._sliding = _sliding(item)
        self._totals: dict[PeriodSpec, tuple[datetime, dict[str, int]]] = {}
        self._lately: list[Counts] = []

    def play(self, day: Window, reach: timedelta) -> bool:
        """Take in everything up to the end of this day; False when the day itself is not on the tape."""
        counts: Counts | None = None
        while self._next_closed < len(self._closed) and self._closed[self._next_closed][0].end <= day.end:
            window, values = self._closed[self._next_closed]
            self._next_closed += 1
            if window == day:
                counts = values
            if self._looked_back:
                self.view.closed[window] = {name: values[name] for name in self._looked_back if name in values}
        self._forget(day.end - reach)
        known = self._readings_until(day.end)
        for spec in self._specs:
            self._count(spec, day, counts, known)
        self._slide(day, counts)
        return counts is not None

    def _forget(self, before: datetime) -> None:
        closed = self.view.closed
        while closed:
            oldest = next(iter(closed))
            if oldest.start >= before - DAY:
                return
            del closed[oldest]

    def _readings_until(self, end: datetime) -> list[Reading]:
        first = self._next_period
        while self._next_period < len(self._periods) and self._periods[self._next_period].window.end <= end:
            self._next_period += 1
        return self._periods[first : self._next_period]

    def _count(self, spec: PeriodSpec, day: Window, counts: Counts | None, known: Sequence[Reading]) -> None:
        period = spec.at(day.end - SECOND)
        if period is None:
            return
        start, totals = self._totals.get(spec, (None, {}))
        if start != period.start:
            if start is not None:
                self.view.live.pop(start, None)
            totals = {}
            self._totals[spec] = period.start, totals
        as_of = self.view.live[period.start].window.end if period.start in self.view.live else None
        if counts is not None and day.end > period.start:
            add(totals, counts)
            as_of = day.end
        for reading in known:
            if reading.window.start == period.start:
                raise_to(totals, reading.values)
                as_of = max(as_of or reading.window.end, reading.window.end)
        if as_of is not None:
            self.view.live[period.start] = self._reading(Window(period.start, as_of), AskKind.PERIOD, totals)

    def _slide(self, day: Window, counts: Counts | None) -> None:
        if not self._sliding:
            return
        self._lately.append(counts or {})
        del self._lately[: -max(length // DAY for length in self._sliding)]
        for length in self._sliding:
            totals: dict[str, int] = {}
            for one in self._lately[-(length // DAY) :]:
                add(totals, one)
            if counts is not None:
                self.view.live[length] = self._reading(Window(day.end - length, day.end), AskKind.SLIDING, totals)

    def _reading(self, window: Window, kind: AskKind, values: dict[str, int]) -> Reading:
        return Reading(account=self.name, window=window, kind=kind, read_at=window.end, values=values)


def add(totals: dict[str, int], day: Counts) -> None:
    """One more day: operations add up, apps stand at their highest, what is a number at a moment is the last one."""
    for name, count in day.items():
        if name in COUNTERS:
            totals[name] = totals.get(name, 0) + count
        elif name in GAUGES or count > totals.get(name, -1):
            totals[name] = count


def raise_to(totals: dict[str, int], read: Counts) -> None:
    """A reading of the whole period so far: no count is lower than it says."""
    for name, count in read.items():
        if name not in totals or (name not in GAUGES and count > totals[name]):
            totals[name] = count


def _specs(item: Watched) -> tuple[PeriodSpec, ...]:
    """Every period that the checks or the quotas of this subject are counted in."""
    found: dict[PeriodSpec, None] = {}
    if item.license is not None:
        found.update(dict.fromkeys(spec_of(item.license, quota) for quota in item.license.quotas.values()))
    for check in item.checks:
        spec = check.rule.options.reads(check).period
        if spec is not None:
            found[spec] = None
    return tuple(found) or (CALENDAR_MONTH,)


def _sliding(item: Watched) -> tuple[timedelta, ...]:
    lengths = (check.rule.options.reads(check).sliding for check in item.checks)
    return tuple(dict.fromkeys(length for length in lengths if length is not None))
