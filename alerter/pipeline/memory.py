"""What the judge reads, kept in memory and loaded from the store when first needed.

An account's newest readings and the counts that rules look back on; a subject's alerts, outcomes and said notices.
Anything here can be dropped at any time: it is read again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from alerter.core.metrics import REPORTED
from alerter.core.model import AskKind, PollState, Reading, Window
from alerter.core.plan import Needs, depth, live_slots
from alerter.core.ports import Alerts, Ledger, Polls, Record, Slot, Subject
from alerter.core.series import AccountView, slot_of
from alerter.pipeline.watch import Watch


class Readable(Ledger, Alerts, Polls, Protocol):
    """The parts of the store that hold what was read and judged."""


class Recalled(Protocol):
    """What memory is loaded from; a store has all of it."""

    async def records(self, subjects: Sequence[Subject], now: datetime) -> dict[Subject, Record]: ...

    async def poll_states(self, accounts: Sequence[str] | None = None) -> list[PollState]: ...

    async def latest(self, slots: Sequence[Slot], before: datetime | None = None) -> list[Reading]: ...

    async def closed_counts(
        self, accounts: Sequence[str], metrics: Sequence[str], since: datetime, until: datetime | None = None
    ) -> list[tuple[str, Window, Mapping[str, int]]]: ...


class Memory:
    """Views of accounts and records of subjects, by name."""

    def __init__(self, store: Recalled) -> None:
        self._store = store
        self.views: dict[str, AccountView] = {}
        self.records: dict[Subject, Record] = {}

    def forget(self) -> None:
        """Drop everything: after a failed write, or when the rule book changed."""
        self.views.clear()
        self.records.clear()

    def forget_records(self, subjects: Iterable[Subject]) -> None:
        for subject in subjects:
            self.records.pop(subject, None)

    async def load(self, watch: Watch, subjects: Sequence[Subject], now: datetime) -> None:
        """Make sure that these subjects and all their accounts are here."""
        strange = [s for s in subjects if s not in self.records]
        if strange:
            self.records.update({s: Record() for s in strange} | await self._store.records(strange, now))
        await self.load_accounts(watch, watch.accounts_of(list(subjects)), now)

    async def load_accounts(self, watch: Watch, accounts: Sequence[str], now: datetime) -> None:
        missing = [name for name in accounts if name not in self.views]
        if missing:
            self.views.update(await load_views(self._store, watch.needs, missing, now))

    def take(self, reading: Reading, need: Needs, now: datetime) -> Reading | None:
        """Put a new reading in its place; returns the one it follows, if any."""
        view = self.views.setdefault(reading.account, AccountView())
        if reading.kind is AskKind.CLOSED:
            self._take_closed(view, reading.window, reading.values, need, now)
            return None
        slot = slot_of(reading)
        before = view.live.get(slot)
        view.live[slot] = replace(reading, maps={}) if reading.maps else reading
        if before is None:
            _drop_old_slots(view, need, now)
        return before

    @staticmethod
    def _take_closed(view: AccountView, window: Window, values: Mapping[str, int], need: Needs, now: datetime) -> None:
        since = now - depth(need)
        if window.start < since or not need.looked_back:
            return
        view.closed[window] = {name: values[name] for name in need.looked_back if name in values}
        for old in [w for w in view.closed if w.start < since]:
            del view.closed[old]


def _drop_old_slots(view: AccountView, need: Needs, now: datetime) -> None:
    """A new slot means that a period began: keep the current ones only."""
    current = {slot for _, slot in live_slots(need, now)}
    for slot in [s for s in view.live if s not in current]:
        del view.live[slot]


async def load_views(
    store: Recalled, needs: Mapping[str, Needs], accounts: Sequence[str], now: datetime, before: datetime | None = None
) -> dict[str, AccountView]:
    """Views of these accounts from the ledger; `before` shows what was known then."""
    views = {name: AccountView() for name in accounts}
    for poll in await store.poll_states(accounts):
        views[poll.account].poll = poll
    slots = [_slot(name, kind, slot) for name in accounts for kind, slot in live_slots(needs[name], now)]
    for reading in await store.latest(slots, before):
        views[reading.account].live[slot_of(reading)] = replace(reading, maps={})
    backward = [name for name in accounts if needs[name].looked_back]
    metrics = [m for m in REPORTED if any(m in needs[name].looked_back for name in backward)]
    if metrics:
        since = min(now - depth(needs[name]) for name in backward)
        for name, window, counts in await store.closed_counts(backward, metrics, since, before):
            views[name].closed[window] = counts
    return views


def _slot(account: str, kind: AskKind, key: object) -> Slot:
    if isinstance(key, datetime):
        return Slot(account, kind, start=key)
    return Slot(account, kind, length=key)  # type: ignore[arg-type]
