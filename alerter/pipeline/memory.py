"""What the judge reads, kept in memory and loaded from the store when first needed.

An account's newest readings and the counts that rules look back on; a subject's alerts, outcomes and said notices.
Anything here can be dropped at any time: it is read again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import nlargest
from typing import Protocol

from alerter.core.kinds.course import adds_up
from alerter.core.kinds.outlook import HISTORY
from alerter.core.metrics import REPORTED
from alerter.core.model import AskKind, PollState, Reading, Window
from alerter.core.plan import Needs, depth, live_slots
from alerter.core.ports import Alerts, Ledger, Polls, Record, Slot, Subject
from alerter.core.series import AccountView, slot_of
from alerter.pipeline.watch import Watch

FIRST_ROUND = timedelta(hours=1)
"""How long after the start an account that was not asked yet is waited for, rather than taken for missing."""

KEPT = 20
"""How many entries of a top map are kept."""


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
        self._answered: set[str] = set()
        self._since: datetime | None = None

    def answered(self, account: str) -> AccountView:
        """This account was asked: there is no answer to wait for."""
        self._answered.add(account)
        view = self.views[account]
        view.awaited = False
        return view

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
            found = await load_views(self._store, watch.needs, missing, now)
            self._since = self._since or now
            for name, view in found.items():
                view.awaited = name not in self._answered and now - self._since < FIRST_ROUND
            self.views.update(found)

    def take(self, reading: Reading, need: Needs, now: datetime) -> Reading | None:
        """Put a new reading in its place; returns the one it follows, if any."""
        view = self.views.setdefault(reading.account, AccountView())
        if reading.kind is AskKind.CLOSED:
            self._take_closed(view, reading.window, reading.values, need, now)
            return None
        slot = slot_of(reading)
        before = view.live.get(slot)
        view.live[slot] = _lean(reading, need)
        if before is None:
            _drop_old_slots(view, need, now)
        return before

    @staticmethod
    def _take_closed(view: AccountView, window: Window, values: Mapping[str, int], need: Needs, now: datetime) -> None:
        since = now - depth(need)
        if window.start < since or not need.looked_back:
            return
        view.closed[window] = {name: values[name] for name in need.looked_back if name in values}
        view.closed.drop_before(since)


def _lean(reading: Reading, need: Needs) -> Reading:
    """A reading with only those top maps that rules read."""
    if not reading.maps:
        return reading
    return replace(reading, maps={name: _top(counts) for name, counts in reading.maps.items() if name in need.maps})


def _top(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The largest entries: who makes most is among them."""
    return dict(nlargest(KEPT, counts.items(), key=lambda item: item[1]))


def _drop_old_slots(view: AccountView, need: Needs, now: datetime) -> None:
    """A new slot means that a period began: keep the current ones only."""
    current = {slot for _, slot in live_slots(need, now)}
    for slot in [s for s in view.live if s not in current]:
        del view.live[slot]


async def load_views(
    store: Recalled,
    needs: Mapping[str, Needs],
    accounts: Sequence[str],
    now: datetime,
    before: datetime | None = None,
    *,
    days: bool = True,
) -> dict[str, AccountView]:
    """Views of these accounts from the ledger; `before`: what was known then; without `days`: no completed windows."""
    views = {name: AccountView() for name in accounts}
    for poll in await store.poll_states(accounts):
        views[poll.account].poll = poll
    slots = [_slot(name, kind, slot) for name in accounts for kind, slot in live_slots(needs[name], now)]
    for reading in await store.latest(slots, before):
        views[reading.account].live[slot_of(reading)] = _lean(reading, needs[reading.account])
    backward = [name for name in accounts if days and needs[name].looked_back]
    metrics = [m for m in REPORTED if any(m in needs[name].looked_back for name in backward)]
    if metrics:
        since = min(now - depth(needs[name]) for name in backward)
        for name, window, counts in await store.closed_counts(backward, metrics, since, before):
            views[name].closed[window] = counts
    return views


async def load_days(
    store: Recalled, watch: Watch, subjects: Sequence[Subject], views: Mapping[str, AccountView], now: datetime
) -> None:
    """Put into these views the completed days of every quota whose use adds up, whatever rules look back on."""
    quotas = [q for s in subjects if (lic := watch.subjects[s].license) for q in lic.quotas.values()]
    counted = [watch.known[q.metric] for q in quotas if adds_up(watch.known[q.metric])]
    fields = list(dict.fromkeys(name for m in counted for name in ((*m.plus, *m.minus) if m.plus else (m.name,))))
    if fields:
        since = now - timedelta(days=HISTORY + 2)
        for name, window, counts in await store.closed_counts(list(views), fields, since):
            views[name].closed[window] = counts


def _slot(account: str, kind: AskKind, key: object) -> Slot:
    if isinstance(key, datetime):
        return Slot(account, kind, start=key)
    return Slot(account, kind, length=key)  # type: ignore[arg-type]
