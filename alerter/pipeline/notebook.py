"""A store for one rule test: it keeps what settling asks back, and every event, in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerter.core.model import AskKind, Event, PollState, Reading, Window
from alerter.core.ports import Record, Settlement, Slot, Subject

Counts = Mapping[str, int]


class Notebook:
    """Begins empty. `events` are in the order they were decided, by id."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self._closed: dict[datetime, list[tuple[str, Window, Counts]]] = {}

    async def settle(self, settlement: Settlement) -> None:
        """Keep the events, an id once, and the readings of closed windows."""
        for event in settlement.events:
            self.events.setdefault(event.id, event)
        for reading in settlement.readings:
            if reading.kind is AskKind.CLOSED:
                row = (reading.account, reading.window, reading.values)
                self._closed.setdefault(reading.window.start, []).append(row)

    async def closed_counts(
        self, accounts: Sequence[str], metrics: Sequence[str], since: datetime, until: datetime | None = None
    ) -> list[tuple[str, Window, Counts]]:
        """Every closed reading of these accounts that starts in [since, until)."""
        starts = (s for s in self._closed if since <= s and (until is None or s < until))
        return [row for start in starts for row in self._closed[start] if row[0] in accounts]

    async def records(self, subjects: Sequence[Subject], now: datetime) -> dict[Subject, Record]:
        """Nothing: each test begins anew."""
        return {}

    async def poll_states(self, accounts: Sequence[str] | None = None) -> list[PollState]:
        """Nothing: no account was asked before."""
        return []

    async def latest(self, slots: Sequence[Slot], before: datetime | None = None) -> list[Reading]:
        """Nothing: no account was asked before."""
        return []
