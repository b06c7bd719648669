"""Deliveries, channels, and how many wait."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, ColumnElement, Row, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from alerter.store.chunks import chunks
from alerter.store.encoding import micros, when, when_or_none
from alerter.store.outbox import PENDING
from alerter.store.parts import Part
from alerter.store.queries.values import (
    AttemptLine,
    Backlog,
    ChannelState,
    DeliveryLine,
    Page,
    cursor_parts,
    page,
)
from alerter.store.tables import attempts, channels, events, outbox

_STATUS: dict[str, Literal["pending", "sent", "failed"]] = {
    "pending": "pending",
    "gathered": "pending",
    "sent": "sent",
    "failed": "failed",
    "dropped": "failed",
}


class DeliveryQueries(Part):
    async def undelivered(self, *, limit: int = 100, after: str | None = None) -> Page[DeliveryLine]:
        """What waits or failed, oldest first."""
        which: ColumnElement[bool] = outbox.c.state.in_(["pending", "failed"])
        if after is not None:
            which &= tuple_(outbox.c.created_at, outbox.c.id) > tuple(cursor_parts(after, 2))
        async with self.connections.reading() as conn:
            found = await read_deliveries(conn, which, [outbox.c.created_at, outbox.c.id], limit + 1)
        return page(found, limit, lambda line: line, _place)

    async def channel_states(self) -> list[ChannelState]:
        """Every channel that a message was ever meant for, by name."""
        async with self.connections.reading() as conn:
            return [_channel(row) for row in await conn.execute(select(channels).order_by(channels.c.name))]

    async def backlog(self) -> Backlog:
        waiting = select(outbox.c.channel, func.count(), func.min(outbox.c.created_at)).where(PENDING)
        states = select(outbox.c.state, func.count().label("total")).group_by(outbox.c.state)
        async with self.connections.reading() as conn:
            per_channel = (await conn.execute(waiting.group_by(outbox.c.channel))).all()
            by_state = {row.state: row.total for row in await conn.execute(states)}
        return Backlog(
            waiting={name: count for name, count, _ in per_channel},
            oldest={name: when(created_at) for name, _, created_at in per_channel},
            by_state=by_state,
        )


async def read_deliveries(
    conn: AsyncConnection, which: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int
) -> list[DeliveryLine]:
    """Outbox rows with their attempts; where a row went into a bundle, the bundle's."""
    bundle = outbox.alias("bundle")
    tables = outbox.join(events).outerjoin(bundle, bundle.c.id == outbox.c.gathered_into)
    found = select(outbox, events.c.alert, bundle).select_from(tables).where(which).order_by(*order).limit(limit)
    found = found.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
    rows = (await conn.execute(found)).all()
    logs = await _read_attempts(conn, [row.bundle_id or row.outbox_id for row in rows])
    return [_line(row, logs) for row in rows]


async def _read_attempts(conn: AsyncConnection, ids: Sequence[int]) -> dict[int, list[AttemptLine]]:
    found: dict[int, list[AttemptLine]] = defaultdict(list)
    for some in chunks(sorted(set(ids))):
        which = select(attempts).where(attempts.c.outbox_id.in_(some))
        for row in await conn.execute(which.order_by(attempts.c.outbox_id, attempts.c.number)):
            found[row.outbox_id].append(_attempt(row))
    return found


def _line(row: Row[Any], logs: dict[int, list[AttemptLine]]) -> DeliveryLine:
    facts = row._mapping  # noqa: SLF001 - public in SQLAlchemy; the underscore keeps column names free
    of = "bundle" if row.bundle_id is not None else "outbox"
    state = facts[f"{of}_state"]
    return DeliveryLine(
        id=row.outbox_id,
        event=row.outbox_event_id,
        alert=row.events_alert,
        channel=row.outbox_channel,
        status=_STATUS[state],
        dropped=state == "dropped",
        bundle=row.bundle_id,
        created_at=when(row.outbox_created_at),
        attempts=facts[f"{of}_attempts"],
        next_try=when(facts[f"{of}_due_at"]) if state == "pending" else None,
        sent_at=when_or_none(facts[f"{of}_sent_at"]),
        receipt=facts[f"{of}_receipt"],
        note=facts[f"{of}_note"],
        error=facts[f"{of}_error"],
        log=tuple(logs.get(facts[f"{of}_id"], ())),
    )


def _attempt(row: Row[Any]) -> AttemptLine:
    return AttemptLine(
        number=row.number, at=when(row.at), result=row.result, error=row.error, next_at=when_or_none(row.next_at)
    )


def _channel(row: Row[Any]) -> ChannelState:
    return ChannelState(
        name=row.name,
        hold_until=when_or_none(row.hold_until or None),
        failing_since=when_or_none(row.failing_since),
        error=row.error,
        last_sent_at=when_or_none(row.last_sent_at),
    )


def _place(line: DeliveryLine) -> tuple[int, int]:
    return micros(line.created_at), line.id
