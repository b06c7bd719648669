"""Writing events, their outbox rows and what is known of the channels: shared by whatever stores an event."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import case
from sqlalchemy.ext.asyncio import AsyncConnection

from alerter.core.model import Event
from alerter.store.connections import Connections
from alerter.store.encoding import micros
from alerter.store.rows import event_row
from alerter.store.tables import attempts, channels, events, outbox

_NEW_CHANNEL = {"hold_until": 0}


async def write_events(conn: AsyncConnection, connections: Connections, found: Sequence[Event]) -> None:
    """Store each event once, with a row for each of its channels; one that is stored already keeps the rows it has."""
    new = await _insert_events(conn, connections, found)
    rows = [outbox_row(new[event_id], channel) for event_id in new for channel in dict.fromkeys(new[event_id].channels)]
    if rows:
        await know_channels(conn, connections, {str(row["channel"]) for row in rows})
        await conn.execute(connections.insert(outbox).on_conflict_do_nothing(), rows)


async def _insert_events(
    conn: AsyncConnection, connections: Connections, found: Sequence[Event]
) -> Mapping[str, Event]:
    """Those that were not stored before, by id."""
    by_id: dict[str, Event] = {}
    for event in found:
        by_id.setdefault(event.id, event)
    if not by_id:
        return {}
    statement = connections.insert(events).on_conflict_do_nothing().returning(events.c.id)
    stored = set((await conn.execute(statement, [event_row(e) for e in by_id.values()])).scalars())
    return {event.id: event for event in by_id.values() if event.id in stored}


def outbox_row(event: Event, channel: str, *, gathered: bool = False) -> dict[str, object]:
    """A row that is due since its event."""
    return {
        "event_id": event.id,
        "channel": channel,
        "state": "pending",
        "gathered": gathered,
        "attempts": 0,
        "created_at": micros(event.at),
        "due_at": micros(event.at),
        "claimed": False,
        "doubt": False,
    }


async def know_channels(conn: AsyncConnection, connections: Connections, names: set[str]) -> None:
    """A row for each channel, which `busy_channels` starts from."""
    rows = [{"name": name, **_NEW_CHANNEL} for name in sorted(names)]
    await conn.execute(connections.insert(channels).on_conflict_do_nothing(), rows)


async def note_channel(conn: AsyncConnection, connections: Connections, name: str, **facts: object) -> None:
    """Remember this of a channel: `last_sent_at`, `failing_since`, `error`."""
    new = connections.insert(channels).values(name=name, **_NEW_CHANNEL, **facts)
    await conn.execute(new.on_conflict_do_update(index_elements=["name"], set_=facts))


async def mark_failing(conn: AsyncConnection, connections: Connections, name: str, error: str, now: datetime) -> None:
    """Failing since the first failure after the last success."""
    at = micros(now)
    new = connections.insert(channels).values(name=name, **_NEW_CHANNEL, failing_since=at, error=error)
    since = case((channels.c.failing_since.is_(None), at), else_=channels.c.failing_since)
    await conn.execute(
        new.on_conflict_do_update(index_elements=["name"], set_={"failing_since": since, "error": error})
    )


async def hold_channel(conn: AsyncConnection, connections: Connections, name: str, until: datetime) -> None:
    """Nothing goes to this channel before `until`; a longer hold stays."""
    at = micros(until)
    new = connections.insert(channels).values(name=name, hold_until=at)
    longer = case((channels.c.hold_until < at, at), else_=channels.c.hold_until)
    await conn.execute(new.on_conflict_do_update(index_elements=["name"], set_={"hold_until": longer}))


async def log_attempt(
    conn: AsyncConnection,
    connections: Connections,
    row: int,
    number: int,
    result: str,
    now: datetime,
    error: str | None = None,
    next_at: datetime | None = None,
) -> None:
    """One line of a delivery's story; what turns out later replaces `unknown`."""
    facts = {"at": micros(now), "result": result, "error": error, "next_at": micros(next_at) if next_at else None}
    new = connections.insert(attempts).values(outbox_id=row, number=number, **facts)
    await conn.execute(new.on_conflict_do_update(index_elements=["outbox_id", "number"], set_=facts))
