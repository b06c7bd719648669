"""Tapes from the ledger, of what was; and of what would be if usage went on as it does now, or grew."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Protocol

from alerter.core.calendar import days_between, local_day, midnight
from alerter.core.checks import Watched
from alerter.core.kinds.quota import spec_of
from alerter.core.metrics import REPORTED
from alerter.core.model import AskKind, Reading, Window
from alerter.core.plan import Needs, depth, live_slots
from alerter.core.ports import Ledger, Slot, Subject
from alerter.pipeline.tape import COUNTERS, DAY, Counts, Tape, day_windows
from alerter.pipeline.watch import Watch

WEEKS = 4
"""How many weeks back usage is looked at to say what a Monday is like."""


class Days(Protocol):
    """Where stored readings of periods are found at the grain of a day."""

    async def last_of_days(self, accounts: Sequence[str], since: datetime, until: datetime) -> list[Reading]:
        """The last reading of each period and UTC day that ends in [since, until], by account and end."""


async def load(
    ledger: Ledger, days: Days, watch: Watch, subjects: Sequence[Subject], since: datetime, until: datetime
) -> dict[str, Tape]:
    """Tapes of every account of these subjects: from as early as judging `since` looks back, up to `until`."""
    accounts = watch.accounts_of(list(subjects))
    start = min((begin(watch.subjects[s], watch.needs, since) for s in subjects), default=since)
    closed: dict[str, list[tuple[Window, Counts]]] = {name: [] for name in accounts}
    for name, window, counts in await ledger.closed_counts(accounts, _metrics(watch, subjects), start, until):
        if window.end <= until:
            closed[name].append((window, counts))
    periods: dict[str, list[Reading]] = {name: [] for name in accounts}
    for reading in await days.last_of_days(accounts, start, until):
        periods[reading.account].append(reading)
    return {
        name: Tape(closed=sorted(closed[name], key=lambda c: (c[0].end, c[0].start)), periods=periods[name])
        for name in accounts
    }


def begin(item: Watched, needs: Mapping[str, Needs], since: datetime) -> datetime:
    """How far back judging this subject at `since` looks: its periods' starts, and what rules look back on."""
    specs = [spec_of(item.license, quota) for quota in item.license.quotas.values()] if item.license else []
    specs += [spec for check in item.checks if (spec := check.rule.options.reads(check).period) is not None]
    starts = [period.start for spec in specs if (period := spec.at(since)) is not None]
    reach = max((depth(needs[name]) for name in item.accounts if name in needs), default=timedelta(0))
    return min([*starts, since]) - reach


def _metrics(watch: Watch, subjects: Iterable[Subject]) -> list[str]:
    """What must be read of each day: every part of every metric that is judged or has a quota."""
    wanted: set[str] = set()
    for subject in subjects:
        item = watch.subjects[subject]
        names = {c.key.metric for c in item.checks} | set(item.license.quotas if item.license else ())
        for name in names & watch.known.keys():
            metric = watch.known[name]
            wanted |= {name, *metric.plus, *metric.minus}
    return [name for name in REPORTED if name in wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """`metrics` (a glob) grow by `share` every `every`, compounding."""

    metrics: str
    share: float
    every: timedelta

    def factor(self, ahead: timedelta) -> float:
        """By how much usage is larger so long from now."""
        return float((1 + self.share) ** (ahead / self.every))


async def imagine(
    ledger: Ledger, past: Mapping[str, Tape], watch: Watch, item: Watched, now: datetime, days: int,
    growths: Sequence[Growth],
) -> dict[str, Tape]:  # fmt: skip
    """The same tapes, going on for `days` more days as the last weeks went, with this growth."""
    slots = [_slot(n, kind, key) for n in item.accounts for kind, key in live_slots(watch.needs[n], now)]
    readings = await ledger.latest(slots)
    zone = item.timezone
    return {
        name: _imagined(past[name], [r for r in readings if r.account == name], zone, now, days, growths)
        for name in item.accounts
    }


def _slot(account: str, kind: AskKind, key: object) -> Slot:
    if isinstance(key, datetime):
        return Slot(account, kind, start=key)
    return Slot(account, kind, length=key)  # type: ignore[arg-type]


def _imagined(
    tape: Tape, readings: Sequence[Reading], zone: str, now: datetime, days: int, growths: Sequence[Growth]
) -> Tape:
    today = midnight(local_day(now, zone), zone)
    end = midnight(local_day(now, zone) + timedelta(days=days + 1), zone)
    live = [r for r in readings if r.kind is AskKind.PERIOD]
    known = {w: counts for w, counts in tape.closed if w.end <= today}
    usual = _Usual(known, day_windows({"": Tape(closed=list(known.items()))}, [zone]), live, today)
    ahead = [(day, _grown(usual.on(day), day.end - now, growths)) for day in days_between(today, end, zone)]
    first = ahead[0]
    left = (first[0].end - now) / first[0].length
    topped = [_topped(reading, first[1], left, first[0].end) for reading in live]
    return Tape(closed=[*known.items(), *ahead], periods=[*tape.periods, *topped])


def _grown(day: Counts, ahead: timedelta, growths: Sequence[Growth]) -> Counts:
    found = dict(day)
    for growth in growths:
        for name, count in found.items():
            if fnmatchcase(name, growth.metrics):
                found[name] = round(count * growth.factor(ahead))
    return found


def _topped(reading: Reading, day: Counts, left: float, until: datetime) -> Reading:
    """What this period's count will be at the end of today: as read, and the rest of the day."""
    values = {
        name: count + round(day.get(name, 0) * left) if name in COUNTERS else count
        for name, count in reading.values.items()
    }
    return Reading(
        account=reading.account,
        window=Window(reading.window.start, until),
        kind=AskKind.PERIOD,
        read_at=until,
        values=values,
    )


class _Usual:
    """What a day is like: the mean of the same weekday in the last weeks, else of the period so far.

    Counts that are no operations stay as they were last.
    """

    def __init__(
        self, known: Mapping[Window, Counts], days: Sequence[Window], live: Sequence[Reading], today: datetime
    ) -> None:
        lately = [day for day in days if day.end > today - WEEKS * 7 * DAY]
        self._by_weekday: dict[int, list[Counts]] = {}
        for day in lately:
            self._by_weekday.setdefault(_weekday(day), []).append(known[day])
        self._all = [known[day] for day in lately]
        self._last: dict[str, int] = {}
        for day in lately:
            self._last.update(known[day])
        self._rate: dict[str, float] = {}
        for reading in sorted(live, key=lambda r: r.window.length):
            self._last.update({n: c for n, c in reading.values.items() if n not in COUNTERS})
            for name, count in reading.values.items():
                self._rate.setdefault(name, count / max(reading.window.length / DAY, 1.0))

    def on(self, day: Window) -> Counts:
        same = self._by_weekday.get(_weekday(day)) or self._all
        found = {name: count for name, count in self._last.items() if name not in COUNTERS}
        for name in COUNTERS & (self._last.keys() | self._rate.keys()):
            counts = [one[name] for one in same if name in one]
            found[name] = round(sum(counts) / len(counts) if counts else self._rate.get(name, 0.0))
        return found


def _weekday(day: Window) -> int:
    return (day.start + (day.end - day.start) / 2).weekday()


def matching(glob: str, names: Iterable[str]) -> list[str]:
    """The names that a growth's glob stands for."""
    return [name for name in names if fnmatchcase(name, glob)]
