"""Alerts, last outcomes, what was said once, and the one transaction that stores a settlement."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Insert, Table, and_, bindparam, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerter.core.errors import Conflict
from alerter.core.model import Alert, Standing, Status
from alerter.core.ports import Record, Settlement, Subject
from alerter.store import rows
from alerter.store.chunks import chunks
from alerter.store.connections import Connections, upsert
from alerter.store.encoding import micros
from alerter.store.ledger import write_readings
from alerter.store.outbox_rows import write_events
from alerter.store.parts import Part
from alerter.store.polls import write_polls
from alerter.store.tables import alerts, decisions, said, standings

_REMEMBERED = timedelta(days=3)
_LIVE = [status.value for status in Status if status is not Status.CLOSED]


class AlertStore(Part):
    """The port `Alerts`."""

    async def records(self, subjects: Sequence[Subject], now: datetime) -> dict[Subject, Record]:
        """A closed alert without a period stays remembered: the same check may open it again."""
        found: dict[Subject, Record] = {subject: Record() for subject in subjects}
        async with self.connections.reading() as conn:
            for some in chunks(list(found)):
                await _read_records(conn, some, now, found)
        return found

    async def live_alerts(self) -> list[Alert]:
        async with self.connections.reading() as conn:
            live = select(alerts).where(alerts.c.status.in_(_LIVE)).order_by(alerts.c.opened_at, alerts.c.id)
            return [rows.alert(row) for row in await conn.execute(live)]

    async def settle(self, settlement: Settlement) -> None:
        s = settlement
        named = {r.account for r in s.readings} | {p.account for p in s.polls} | s.fills.keys()
        async with self.connections.writing() as conn:
            numbers = await self.numbers.of_all(conn, named)
            await write_readings(conn, self.prepared, s.readings, numbers)
            await write_polls(conn, self.prepared, s.polls, s.fills, numbers)
            await _write_alerts(conn, self.connections, s.alerts)
            await _write_standings(conn, self.connections, s.standings)
            await write_events(conn, self.connections, s.events)
            await _write_said(conn, self.connections, s.said)


async def _read_records(
    conn: AsyncConnection, subjects: Sequence[Subject], now: datetime, found: dict[Subject, Record]
) -> None:
    recent = or_(
        alerts.c.status != Status.CLOSED.value,
        alerts.c.period_end.is_(None),
        alerts.c.period_end >= micros(now - _REMEMBERED),
    )
    for row in (await conn.execute(select(alerts).where(_about(alerts, subjects), recent))).all():
        alert = rows.alert(row)
        found[row.subject_kind, row.subject].alerts[alert.key] = alert
    for row in (await conn.execute(select(standings).where(_about(standings, subjects)))).all():
        standing = rows.standing(row)
        found[standing.key.subject_kind, standing.key.subject].standings[standing.key] = standing
    for row in await conn.execute(select(said).where(_about(said, subjects))):
        found[row.subject_kind, row.subject].said.add(row.text)


def _about(table: Table, subjects: Sequence[Subject]) -> ColumnElement[bool]:
    """Kind by kind: SQLite scans the table for a list of pairs."""
    kinds = {kind for kind, _ in subjects}
    names = {kind: [name for k, name in subjects if k == kind] for kind in sorted(kinds)}
    return or_(*(and_(table.c.subject_kind == kind, table.c.subject.in_(some)) for kind, some in names.items()))


async def _write_alerts(conn: AsyncConnection, connections: Connections, found: Sequence[Alert]) -> None:
    """Compare and set on the version; raises Conflict, and the whole settlement is undone."""
    new = [rows.alert_row(alert) for alert in found if alert.version == 1]
    if new:
        statement = connections.insert(alerts).on_conflict_do_nothing().returning(alerts.c.id)
        stored = (await conn.execute(statement, new)).all()
        if len(stored) != len(new):
            raise Conflict("another process opened the same alert first")
    for alert in sorted((a for a in found if a.version != 1), key=lambda a: a.version):
        same = (alerts.c.id == alert.key.id) & (alerts.c.version == alert.version - 1)
        done = await conn.execute(update(alerts).where(same).values(rows.alert_row(alert)))
        if done.rowcount != 1:
            raise Conflict(f"another process changed alert {alert.key.id} first")


async def _write_standings(conn: AsyncConnection, connections: Connections, found: Sequence[Standing]) -> None:
    """Keep the last outcome of each check, and every change of it as a decision."""
    if not found:
        return
    stored = [rows.standing_row(standing) for standing in found]
    await conn.execute(_DECIDE, [{f"new_{name}": value for name, value in row.items()} for row in stored])
    await conn.execute(upsert(connections.insert(standings), standings), stored)


async def _write_said(conn: AsyncConnection, connections: Connections, found: Sequence[tuple[Subject, str]]) -> None:
    rows_ = [{"subject_kind": kind, "subject": subject, "text": text} for (kind, subject), text in found]
    if rows_:
        await conn.execute(connections.insert(said).on_conflict_do_nothing(), rows_)


def _decide() -> Insert:
    """A decision unless the check stands as it stood: same outcome, same why, same period."""
    given = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in standings.c}
    telling = ("subject_kind", "subject", "rule", "metric", "outcome", "why", "period")
    unchanged = exists().where(*(standings.c[name] == given[name] for name in telling))
    names = ["at" if name == "since" else name for name in given]
    return insert(decisions).from_select(names, select(*given.values()).where(~unchanged))


_DECIDE = _decide()
