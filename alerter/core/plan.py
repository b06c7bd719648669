"""Which windows to ask for. Planned from the rules and what the ledger holds, never accumulated.

First start, restart, outage and new rule all take this same path: what is needed less what is stored.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerter.core.book import RuleBook
from alerter.core.calendar import before, day_windows_before, last_full, local_day, midnight
from alerter.core.checks import Watched
from alerter.core.kinds.case import FINAL_FOR, PeriodSpec, Reads, Stretch
from alerter.core.kinds.quota import spec_of
from alerter.core.metrics import Metric, MetricKind, catalogue
from alerter.core.model import Ask, AskKind, Window
from alerter.core.ports import Subject
from alerter.core.series import SETTLE, SlotKey

DAY = timedelta(days=1)
CALENDAR_MONTH = PeriodSpec("month", None, None, "UTC")


@dataclass(slots=True)
class Needs:
    """What one account is asked for. `looked_back` are the metrics that rules read over completed time, `maps` the
    top maps that rules read."""

    periods: dict[PeriodSpec, None]
    sliding: dict[timedelta, None]
    stretches: dict[Stretch, None]
    zones: dict[str, None]
    looked_back: dict[str, None]
    maps: dict[str, None] = field(default_factory=dict)


def needs(book: RuleBook, subjects: Mapping[Subject, Watched]) -> dict[str, Needs]:
    """What every account of the rule book is asked for: the union over its licenses and rules."""
    found = {name: Needs({}, {}, {}, {}, {}) for name in book.accounts}
    known = catalogue(book.metrics.values())
    for item in subjects.values():
        for name in item.accounts:
            _of_license(found[name], item, known)
        for check in item.checks:
            reads: Reads = check.rule.options.reads(check)
            for name in check.accounts:
                _of_check(found[name], reads, check.metric)
    for need in found.values():
        need.zones = need.zones or {"UTC": None}
        if not need.periods and not need.sliding:
            need.periods[CALENDAR_MONTH] = None
    return found


def _of_license(need: Needs, item: Watched, known: Mapping[str, Metric]) -> None:
    if item.license is None:
        return
    need.zones[item.timezone] = None
    for quota in item.license.quotas.values():
        # a number at a moment with no period comes with any window
        if known[quota.metric].kind is not MetricKind.GAUGE or quota.per != "none":
            need.periods[spec_of(item.license, quota)] = None


def _of_check(need: Needs, reads: Reads, metric: Metric | None) -> None:
    if metric is not None and metric.kind is MetricKind.MAP:
        need.maps[metric.name] = None
    if reads.period is not None:
        need.periods[reads.period] = None
    if reads.sliding is not None:
        need.sliding[reads.sliding] = None
    if reads.stretch is not None:
        need.stretches[reads.stretch] = None
        need.zones[reads.stretch.timezone] = None
        if metric is not None:
            need.looked_back.update(
                dict.fromkeys((metric.name, *metric.minus) if not metric.plus else metric.plus + metric.minus)
            )


def live_asks(need: Needs, now: datetime) -> list[Ask]:
    """The windows of one poll: each current period from its start, and each sliding stretch, up to now."""
    now = now.replace(microsecond=0)
    starts: dict[datetime, None] = {}
    for spec in need.periods:
        period = spec.at(now)
        if period is not None and period.start < now:
            starts[period.start] = None
    if not starts and not need.sliding:
        # no license runs now: the calendar month still shows whether the account answers
        month = CALENDAR_MONTH.at(now)
        if month is not None and month.start < now:
            starts[month.start] = None
    asks = [Ask(Window(start, now), AskKind.PERIOD) for start in starts]
    return asks + [Ask(Window(now - length, now), AskKind.SLIDING) for length in need.sliding]


def live_slots(need: Needs, now: datetime) -> list[tuple[AskKind, SlotKey]]:
    """The slots that `live_asks` fills."""
    return [
        (ask.kind, ask.window.start if ask.kind is AskKind.PERIOD else ask.window.length)
        for ask in live_asks(need, now)
    ]


def final_windows(need: Needs, now: datetime) -> list[Window]:
    """The periods that ended lately: asked for once more as a whole, for what came after the last poll."""
    found: dict[Window, None] = {}
    for spec in need.periods:
        since = now - FINAL_FOR
        if spec.starts is not None:
            since = max(since, midnight(spec.starts, spec.timezone))
        earlier = spec.at(since)
        current = spec.at(now)
        # term and none have no successor; a day or a week may have several ends in between, the last one counts
        while earlier is not None and earlier.end is not None and earlier.end <= now - SETTLE:
            following = spec.at(earlier.end)
            if following == current or following is None:
                found[Window(earlier.start, earlier.end)] = None
                break
            earlier = following
    return list(found)


def closed_windows(need: Needs, now: datetime, history: timedelta, have: AbstractSet[Window]) -> list[Window]:
    """Completed windows that are needed and not in `have`, newest first."""
    settled = now - SETTLE
    wanted: dict[Window, None] = dict.fromkeys(final_windows(need, now))
    for item in need.stretches:
        if item.exact:
            window = last_full(item.length, settled, item.timezone)
            for _ in range(item.count):
                wanted[window] = None
                window = before(window, item.timezone)
    for timezone in need.zones:
        wanted.update(dict.fromkeys(day_windows_before(settled, history // DAY, timezone)))
    return sorted((w for w in wanted if w not in have), key=lambda w: (w.end, w.start), reverse=True)


def next_closing(need: Needs, now: datetime) -> datetime:
    """When the next completed window can be asked for."""
    settled = now - SETTLE
    ends = [midnight(local_day(settled, timezone) + DAY, timezone) for timezone in need.zones]
    if any(item.exact and item.length < DAY for item in need.stretches):
        ends.append(settled.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
    return min((end for end in ends if end > settled), default=settled + timedelta(hours=1)) + SETTLE


def depth(need: Needs) -> timedelta:
    """How far back rules look over completed time; zero when none does."""
    # one stretch more: the newest may not be read yet. Two days more: local days are up to 25 hours long
    return max((s.length * (s.count + 1) + 2 * DAY for s in need.stretches), default=timedelta(0))
