"""When each account is polled next, and when its missing history is looked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerter.core.model import PollState
from alerter.store.accounts import UNWATCHED
from alerter.store.chunks import chunks
from alerter.store.encoding import FAR_AHEAD, micros
from alerter.store.parts import Part, Prepared
from alerter.store.rows import poll_row, poll_state
from alerter.store.schema import refuse_newer
from alerter.store.tables import accounts

_POLL = (accounts.c.next_poll_at, accounts.c.poll_claimed)
_FILL = (accounts.c.next_fill_at, accounts.c.fill_claimed)
_OF_THE_PAST = ("last_ok_at", "failing_since", "error", "error_text")
_OF_STATE = (
    "next_poll_at",
    "poll_claimed",
    "watched_since",
    "last_ok_at",
    "failing_since",
    "failures",
    "error",
    "error_text",
)
SETTLE = (
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values({name: bindparam(f"new_{name}") for name in _OF_STATE})
)
SETTLE_FILL = (
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values(next_fill_at=bindparam("new_next_fill_at"), fill_claimed=bindparam("new_fill_claimed"))
)


class PollTimes(Part):
    """The port `Polls`."""

    async def watch(self, names: Sequence[str], now: datetime) -> None:
        """Exactly these are polled from now on; one that was away comes back as new, with its readings kept."""
        at = micros(now)
        async with self.connections.writing() as conn:
            active = {name for (name,) in await conn.execute(select(accounts.c.name).where(accounts.c.active))}
            for gone in chunks(sorted(active - set(names))):
                await conn.execute(update(accounts).where(accounts.c.name.in_(gone)).values(active=False))
            due = {"next_poll_at": at, "next_fill_at": at, "watched_since": at, "active": True}
            fresh = {**UNWATCHED, **dict.fromkeys(_OF_THE_PAST), **due}
            rows = [{**fresh, "name": name} for name in dict.fromkeys(names) if name not in active]
            if rows:
                new = self.connections.insert(accounts)
                set_ = {name: new.excluded[name] for name in fresh}
                await conn.execute(new.on_conflict_do_update(index_elements=["name"], set_=set_), rows)

    async def claim_polls(self, now: datetime, limit: int, lease: timedelta) -> list[str]:
        return await self._claim(_POLL, now, limit, lease)

    async def claim_fills(self, now: datetime, limit: int, lease: timedelta) -> list[str]:
        return await self._claim(_FILL, now, limit, lease)

    async def _claim(
        self, columns: tuple[Column[Any], Column[Any]], now: datetime, limit: int, lease: timedelta
    ) -> list[str]:
        """Compare and set; what came back is ours, in the order it fell due."""
        due, claimed = columns
        is_due = accounts.c.active & (due <= micros(now))
        longest_due = select(accounts.c.id, accounts.c.name).where(is_due).order_by(due, accounts.c.id).limit(limit)
        async with self.connections.writing() as conn:
            await refuse_newer(conn)
            candidates = (await conn.execute(longest_due)).all()
            taken: set[int] = set()
            for some in chunks(candidates):
                take = update(accounts).where(accounts.c.id.in_([row.id for row in some]), is_due)
                take = take.values({due: micros(now + lease), claimed: True})
                taken.update((await conn.execute(take.returning(accounts.c.id))).scalars())
        return [row.name for row in candidates if row.id in taken]

    async def make_due(self, names: Sequence[str] | None, now: datetime) -> None:
        at = micros(now)
        change = update(accounts).where(accounts.c.active)
        async with self.connections.writing() as conn:
            for some in [None] if names is None else chunks(names):
                these = change if some is None else change.where(accounts.c.name.in_(some))
                # Claimed ones are being asked this moment, and settle with their own next time.
                await conn.execute(these.where(~accounts.c.poll_claimed).values(next_poll_at=at))
                await conn.execute(these.where(~accounts.c.fill_claimed).values(next_fill_at=at))

    async def poll_states(self, names: Sequence[str] | None = None) -> list[PollState]:
        """Of these accounts, watched or not any more; None: of all that are watched. By name."""
        known = select(accounts).where(accounts.c.watched_since.is_not(None)).order_by(accounts.c.name)
        found: list[PollState] = []
        async with self.connections.reading() as conn:
            for some in [None] if names is None else chunks(sorted(set(names))):
                those = known.where(accounts.c.active if some is None else accounts.c.name.in_(some))
                found += [poll_state(row) for row in await conn.execute(those)]
        return found


async def write_polls(
    conn: AsyncConnection,
    prepared: Prepared,
    polls: Sequence[PollState],
    fills: Mapping[str, datetime],
    numbers: Mapping[str, int],
) -> None:
    """Store how polls went and when fills are due, and release the claims on both."""
    await prepared.polls.run(conn, [poll_row(state, numbers[state.account]) for state in polls])
    rows: list[tuple[Any, ...]] = [(micros(at), False, numbers[name]) for name, at in fills.items()]
    await prepared.fills.run(conn, rows)


async def release(conn: AsyncConnection, now: datetime) -> None:
    """What was claimed by a process that died with it is due at once; so is what a clock that was ahead planned."""
    at, far = micros(now), micros(now + FAR_AHEAD)
    for due, claimed in (_POLL, _FILL):
        await conn.execute(update(accounts).where(claimed).values({due: at, claimed: False}))
        await conn.execute(update(accounts).where(due > far).values({due: at}))
    await conn.execute(update(accounts).where(accounts.c.last_ok_at > at).values(last_ok_at=None))
    await conn.execute(update(accounts).where(accounts.c.watched_since > at).values(watched_since=at))
