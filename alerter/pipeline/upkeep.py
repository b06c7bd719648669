"""What runs once in a while: closing what no rule watches, comparing sums of days with totals, pruning."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import structlog

from alerter.core.calendar import days_between
from alerter.core.errors import SourceError
from alerter.core.facts import notice
from alerter.core.judge import removed
from alerter.core.metrics import CATALOGUE, REPORTED, MetricKind
from alerter.core.model import Ask, AskKind, Event, Reason, Severity, Window
from alerter.core.ports import Ledger, Settlement, Source, Store
from alerter.pipeline.settle import Settler
from alerter.pipeline.watch import Watch

log = structlog.get_logger(__name__)

OFF_BY = 0.001
"""A sum of days that differs by more than this share from the period's own total is shown."""

COUNTERS = tuple(name for name in REPORTED if CATALOGUE[name].kind is MetricKind.COUNTER)


async def close_removed(store: Store, watch: Watch, now: datetime) -> Sequence[Event]:
    """Alerts that no rule of the book in force watches any more are closed, and said so where they were announced."""
    verdict = removed(await store.live_alerts(), watch.subjects, now)
    if verdict.alerts:
        await store.settle(Settlement(alerts=verdict.alerts, events=verdict.events))
    return verdict.events


def differences(total: Mapping[str, int], days: Sequence[Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """Counts whose days do not add up to the total: metric → (sum of days, total). Only what every day reports."""
    found = {}
    for name in COUNTERS:
        whole = total.get(name)
        parts = [day.get(name) for day in days]
        if whole is None or any(part is None for part in parts):
            continue
        summed = sum(part for part in parts if part is not None)
        if abs(summed - whole) > OFF_BY * max(whole, 1):
            found[name] = (summed, whole)
    return found


class Reconciler:
    """Once a day and account: the sum of the closed days of each current period against the period's own total."""

    def __init__(self, ledger: Ledger, source: Source, settler: Settler, *, ops: str | None) -> None:
        self._ledger = ledger
        self._source = source
        self._settler = settler
        self._ops = ops
        self.off: dict[tuple[str, str], float] = {}
        self._compared: dict[str, date] = {}

    async def filled(self, name: str, now: datetime) -> None:
        """An account's history is complete: compare, once a day."""
        if self._compared.get(name) == now.date():
            return
        self._compared[name] = now.date()
        try:
            events = await self.compare(name, now)
        except SourceError as error:
            log.warning("totals not compared", account=name, error=error.name)
            return
        if events:
            await self._settler.note(events)

    async def compare(self, name: str, now: datetime) -> list[Event]:
        """Ask for each period up to the last midnight and compare; raises SourceError."""
        watch = self._settler.watch
        account, need = watch.book.accounts[name], watch.needs[name]
        events: list[Event] = []
        for spec in need.periods:
            period = spec.at(now)
            days = days_between(period.start, now, spec.timezone) if period else []
            counts = await self._counts(name, days)
            if len(days) < 2 or len(counts) < len(days):
                continue
            window = Window(days[0].start, days[-1].end)
            reading = await self._source.read(account, Ask(window, AskKind.CLOSED), urgent=False)
            for metric, (summed, whole) in differences(reading.values, counts).items():
                self.off[name, metric] = (summed - whole) / max(whole, 1)
                events.append(self._event(name, metric, window, summed, whole, now))
        return events

    async def _counts(self, name: str, days: Sequence[Window]) -> list[Mapping[str, int]]:
        if not days:
            return []
        end = days[-1].start + timedelta(seconds=1)
        rows = await self._ledger.closed_counts([name], COUNTERS, days[0].start, end)
        stored = {window: counts for _, window, counts in rows}
        return [stored[day] for day in days if day in stored]

    def _event(self, name: str, metric: str, window: Window, summed: int, whole: int, now: datetime) -> Event:
        log.warning("days do not add up", account=name, metric=metric, days=summed, total=whole)
        return Event(
            id=f"off-{name}-{metric}-{int(window.start.timestamp())}-{int(window.end.timestamp())}",
            alert=None,
            key=None,
            at=now,
            reason=Reason.SERVICE,
            severity=Severity.WARNING,
            channels=(self._ops,) if self._ops else (),
            payload=notice(
                title=f"{name}: the days of {metric} do not add up",
                text=f"The days since {window.start:%d %b %Y} add up to {summed:,}; the API's own total is {whole:,}.",
                now=now,
                details={"account": name, "metric": metric, "days": summed, "total": whole},
            ),
        )
