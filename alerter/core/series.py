"""Readings as the rule kinds read them: pooled over accounts, fresh or not, complete or a lower bound."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from alerter.core.calendar import days_between
from alerter.core.days import ClosedCounts
from alerter.core.metrics import Metric, MetricKind
from alerter.core.model import AskKind, Outcome, PollState, Reading, Window

SETTLE = timedelta(minutes=10)
"""How long after its end a window is asked for as closed: the API's lag is not documented."""

AHEAD = timedelta(minutes=-1)
"""A reading may end this far in the future (clocks differ) and still be believed."""

SlotKey = datetime | timedelta
"""A period's start, or a sliding window's length."""


def slot_of(reading: Reading) -> SlotKey:
    return reading.window.start if reading.kind is AskKind.PERIOD else reading.window.length


@dataclass(slots=True)
class AccountView:
    """What is known now of one account: the newest reading of each slot, counts of closed windows, how polling goes.

    `live` holds one reading per slot; `closed` the reported counts of each closed window that rules look back on.
    `awaited`: it has not been asked since the start, and soon will be.
    """

    live: dict[SlotKey, Reading] = field(default_factory=dict)
    closed: ClosedCounts = field(default_factory=ClosedCounts)
    poll: PollState | None = None
    awaited: bool = False

    def newest(self) -> Reading | None:
        """The reading with the latest end, whatever its window: right for numbers at a moment."""
        return max(self.live.values(), key=lambda r: (r.window.end, r.read_at), default=None)

    def fresh(self, reading: Reading, now: datetime, fresh_for: timedelta) -> bool:
        failing = self.poll is not None and self.poll.failing_since is not None
        return not failing and AHEAD <= now - reading.window.end <= fresh_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """One metric over the accounts of a subject.

    `outcome` is `ok`, or `incomplete` (`value` is a lower bound), `not_reported`, `stale` or `error` (`value` is the
    last one known, or None). `as_of` is the end of the oldest window in it. `missing` and `silent` are accounts
    without a fresh reading, and those that do not report the metric.
    """

    outcome: Outcome
    why: str
    value: int | None
    as_of: datetime | None
    missing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    approximate: bool = False


@dataclass(slots=True)
class _Sum:
    total: int = 0
    fresh: int = 0
    known: int = 0
    as_of: datetime | None = None
    missing: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    awaited: bool = False
    approximate: bool = False

    def add(self, value: int, reading: Reading, *, fresh: bool) -> None:
        self.total += value
        self.known += 1
        self.fresh += fresh
        if self.as_of is None or reading.window.end < self.as_of:
            self.as_of = reading.window.end

    def without(self, name: str, view: AccountView | None) -> None:
        """There is no fresh reading of this account."""
        self.missing.append(name)
        if view is not None and view.poll is not None and view.poll.failing_since is not None:
            self.failing.append(name)
        self.awaited |= view is not None and view.awaited


def pool(
    views: Mapping[str, AccountView],
    accounts: Sequence[str],
    metric: Metric,
    slot: SlotKey | None,
    now: datetime,
    fresh_for: timedelta,
) -> Pooled:
    """One metric of one slot over `accounts`; `slot` of None reads a number at a moment from the newest reading.

    An account that does not answer adds the last count it gave in this very slot: counts of a growing window only
    grow, so the sum stays a lower bound. A number at a moment gives no such bound and is left out.
    """
    into = _Sum()
    for name in accounts:
        view = views.get(name)
        reading = None if view is None else view.newest() if slot is None else view.live.get(slot)
        if view is None or reading is None:
            into.without(name, view)
            continue
        _add(into, name, view, reading, metric, now, fresh_for, alone=len(accounts) == 1)
    return _pooled(into, accounts)


def _add(
    into: _Sum,
    name: str,
    view: AccountView,
    reading: Reading,
    metric: Metric,
    now: datetime,
    fresh_for: timedelta,
    *,
    alone: bool,
) -> None:
    fresh = view.fresh(reading, now, fresh_for)
    if not fresh:
        into.without(name, view)
    value = metric.value(reading.values)
    if value is None:
        into.silent.append(name)
    elif fresh or alone or metric.kind is not MetricKind.GAUGE:
        into.add(value, reading, fresh=fresh)
        into.approximate |= reading.approximate and "sobjects" in (metric.name, *metric.plus)


def _pooled(into: _Sum, accounts: Sequence[str]) -> Pooled:
    value = into.total if into.known else None
    outcome, why = Outcome.OK, ""
    if into.awaited:
        outcome, why = Outcome.STALE, "not every account has been asked yet"
    elif into.fresh == 0:
        if into.failing:
            outcome, why = Outcome.ERROR, "the account does not answer"
        elif into.missing:
            outcome, why = Outcome.STALE, "no fresh reading"
        else:
            outcome, why = Outcome.NOT_REPORTED, "the account does not report it"
    elif into.missing or into.silent:
        outcome, why = Outcome.INCOMPLETE, "not every account of the pool is in it"
    return Pooled(
        outcome=outcome,
        why=why,
        value=value,
        as_of=into.as_of,
        missing=tuple(into.missing),
        silent=tuple(into.silent),
        approximate=into.approximate,
    )


def stretch(view: AccountView, window: Window, metric: Metric, timezone: str) -> int | Outcome | None:
    """A metric over a closed window of one account: the count, None when not reported, `too_early` when not read.

    Read as one window where it was asked for as such; only operation counts may be added up from days.
    """
    key, worked = (metric.name, window, timezone), view.closed.worked
    if key not in worked:
        worked[key] = _stretch(view, window, metric, timezone)
    found: int | Outcome | None = worked[key]
    return found


def _stretch(view: AccountView, window: Window, metric: Metric, timezone: str) -> int | Outcome | None:
    exact = view.closed.get(window)
    if exact is not None:
        return metric.value(exact)
    if metric.kind is not MetricKind.COUNTER:
        return Outcome.TOO_EARLY
    total = 0
    for day in _days(window, timezone):
        counts = view.closed.get(day)
        if counts is None:
            return Outcome.TOO_EARLY
        value = metric.value(counts)
        if value is None:
            return None
        total += value
    return total


@lru_cache(maxsize=1024)
def _days(window: Window, timezone: str) -> tuple[Window, ...]:
    """The whole local days of a window, remembered: every account looks back on the same ones."""
    return tuple(days_between(window.start, window.end, timezone))


def fallen(before: Reading | None, after: Reading, metrics: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Counts of a growing window that became smaller: metric → (before, after). The vendor corrected them."""
    if before is None or before.kind is not AskKind.PERIOD or after.window.end < before.window.end:
        return {}
    found = {}
    for name in metrics:
        old, new = before.values.get(name), after.values.get(name)
        if old is not None and new is not None and new < old:
            found[name] = (old, new)
    return found
