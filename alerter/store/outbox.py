"""The outbox: which message waits for which channel, who tries it, and what came of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, exists, literal, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerter.core.model import Attempt, Delivery, Event, Message
from alerter.core.ports import Waiting
from alerter.store.chunks import chunks
from alerter.store.connections import Connections
from alerter.store.encoding import FAR_AHEAD, micros, unpack, when
from alerter.store.outbox_rows import know_channels, log_attempt, outbox_row, write_events
from alerter.store.parts import Part
from alerter.store.schema import refuse_newer
from alerter.store.tables import attempts, channels, events, outbox

PENDING = outbox.c.state == literal_column("'pending'")
"""A literal, so that SQLite sees that its partial indexes fit."""


class Taken(Exception):
    """A row to be gathered is not as it was; undoes the transaction."""


class OutboxQueue(Part):
    """The first half of the port `Outbox`: what waits, and taking it."""

    async def busy_channels(self, now: datetime) -> list[str]:
        due = exists().where(outbox.c.channel == channels.c.name, PENDING, outbox.c.due_at <= micros(now))
        busy = select(channels.c.name).where(channels.c.hold_until <= micros(now), due).order_by(channels.c.name)
        async with self.connections.reading() as conn:
            return list((await conn.execute(busy)).scalars())

    async def waiting(self, channel: str, now: datetime, limit: int) -> list[Waiting]:
        # "+ 0" keeps the planner to the index that is in this order, or it would sort all that wait.
        due = (outbox.c.channel == channel) & PENDING & (outbox.c.due_at + 0 <= micros(now))
        held = exists().where(channels.c.name == channel, channels.c.hold_until > micros(now))
        oldest = select(outbox, events.c.alert, events.c.payload).join(events).where(due, ~held)
        oldest = oldest.order_by(outbox.c.created_at, outbox.c.id).limit(limit)
        async with self.connections.reading() as conn:
            return [_waiting(row) for row in await conn.execute(oldest)]

    async def sent_since(self, channel: str, since: datetime) -> list[datetime]:
        times = select(outbox.c.sent_at).where(outbox.c.channel == channel, outbox.c.sent_at >= micros(since))
        async with self.connections.reading() as conn:
            return [when(at) for at in (await conn.execute(times.order_by(outbox.c.sent_at))).scalars()]

    async def gather(self, channel: str, ids: Sequence[int], event: Event, now: datetime) -> bool:
        try:
            async with self.connections.writing() as conn:
                await write_events(conn, self.connections, [_to_nobody(event)])
                await know_channels(conn, self.connections, {channel})
                row = {**outbox_row(event, channel, gathered=True), "due_at": micros(now)}
                bundle = self.connections.insert(outbox).on_conflict_do_nothing().returning(outbox.c.id)
                await _gather_into((await conn.execute(bundle, row)).scalar(), conn, channel, ids)
        except Taken:
            return False
        return True

    async def claim(self, row: int, now: datetime, lease: timedelta) -> Delivery | None:
        async with self.connections.writing() as conn:
            await refuse_newer(conn)
            seen = (await conn.execute(_MESSAGE, {"row": row})).first()
            if seen is None:
                return None
            tried = {
                "first_tried_at": seen.first_tried_at or micros(now),
                "retry_since": min(seen.retry_since or micros(now), micros(now)),  # later: the clock was ahead
            }
            taken = await conn.execute(
                update(outbox)
                .where(outbox.c.id == row, outbox.c.attempts == seen.attempts, _is_due(now), ~_is_held(now))
                .values(
                    due_at=micros(now + lease),
                    claimed=True,
                    attempts=seen.attempts + 1,
                    doubt=True,
                    **tried,
                )
            )
            if taken.rowcount != 1:
                return None
            if seen.claimed:  # the lease ran out on somebody
                await log_attempt(conn, self.connections, row, seen.attempts, "unknown", now)
            return _delivery(seen, when(tried["first_tried_at"]), when(tried["retry_since"]))


async def release(conn: AsyncConnection, connections: Connections, now: datetime) -> None:
    """What a process that died had claimed is due at once; whether the channel took it stays unknown.

    So is what waited for another try: a start is a good moment for one. A channel's hold (Retry-After) still counts,
    unless it lies so far ahead that it was set by a clock that was.
    """
    ours = outbox.c.claimed & PENDING
    lost = select(outbox.c.id, outbox.c.attempts, literal(micros(now)), literal("unknown")).where(ours)
    tries = connections.insert(attempts).from_select(["outbox_id", "number", "at", "result"], lost)
    await conn.execute(tries.on_conflict_do_nothing())
    await conn.execute(update(outbox).where(ours).values(due_at=micros(now), claimed=False))
    await conn.execute(update(outbox).where(PENDING, outbox.c.due_at > micros(now)).values(due_at=micros(now)))
    too_long = channels.c.hold_until > micros(now + FAR_AHEAD)
    await conn.execute(update(channels).where(too_long).values(hold_until=micros(now)))


_MESSAGE = select(outbox, events.c.alert, events.c.payload).join(events).where(outbox.c.id == bindparam("row"), PENDING)


def _to_nobody(event: Event) -> Event:
    return replace(event, channels=())


async def _gather_into(bundle: int | None, conn: AsyncConnection, channel: str, ids: Sequence[int]) -> None:
    if bundle is None:
        raise Taken
    certain = [outbox.c.channel == channel, PENDING, ~outbox.c.doubt, ~outbox.c.claimed]
    for some in chunks(list(dict.fromkeys(ids))):
        these = update(outbox).where(outbox.c.id.in_(some), outbox.c.id != bundle, *certain)
        done = await conn.execute(these.values(state="gathered", gathered_into=bundle))
        if done.rowcount != len(some):
            raise Taken


def _is_due(now: datetime) -> ColumnElement[bool]:
    return PENDING & (outbox.c.due_at <= micros(now))


def _is_held(now: datetime) -> ColumnElement[bool]:
    return exists().where(channels.c.name == outbox.c.channel, channels.c.hold_until > micros(now))


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(
        id=row.id,
        event=row.event_id,
        alert=row.alert,
        created_at=when(row.created_at),
        due_at=when(row.due_at),
        attempts=row.attempts,
        doubt=row.doubt,
        gathered=row.gathered,
        payload=unpack(row.payload),
    )


def _delivery(row: Row[Any], first_tried_at: datetime, since: datetime) -> Delivery:
    """`row` as it was before the claim: its doubt is what earlier tries left."""
    message = Message(
        key=message_key(row.event_id, row.channel, row.created_at),
        alert=row.alert,
        created_at=when(row.created_at),
        payload=unpack(row.payload),
    )
    attempt = Attempt(number=row.attempts + 1, doubt=row.doubt, first_tried_at=first_tried_at)
    return Delivery(id=row.id, channel=row.channel, message=message, attempt=attempt, since=since)


def message_key(event_id: str, channel: str, created_at: int) -> str:
    """The same on every try and after every restart; another one for each channel. Safe in a header.

    Two installations, and one whose database was lost, compute the same event ids for messages that are not the same:
    the row's `created_at` in microseconds tells them apart.
    """
    return f"{event_id}-{hashlib.blake2b(f'{channel}:{created_at}'.encode(), digest_size=8).hexdigest()}"
