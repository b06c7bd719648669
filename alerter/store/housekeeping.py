"""Whether the database answers, and dropping what is too old."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Delete, Table, and_, delete, exists, func, or_, select, tuple_

from alerter.core.errors import StoreError
from alerter.core.model import AskKind, Status
from alerter.store import outbox as queue
from alerter.store import polls
from alerter.store.chunks import SIZE, chunks
from alerter.store.encoding import micros, seconds
from alerter.store.parts import Part
from alerter.store.rows import KIND_NUMBERS
from alerter.store.schema import refuse_newer
from alerter.store.tables import accounts, alerts, attempts, decisions, events, outbox, pulse, readings, rule_books

_OPEN_WINDOWS = timedelta(days=35)
_ACCOUNTS_AT_ONCE = 20
_FINISHED = ("sent", "dropped", "gathered", "failed")


class Housekeeping(Part):
    """The rest of the port `Store`."""

    async def check(self) -> None:
        await self.connections.same_file()
        async with self.connections.writing() as conn:
            await refuse_newer(conn)
            beat = self.connections.insert(pulse).values(id=1, beats=1)
            beat = beat.on_conflict_do_update(index_elements=["id"], set_={"beats": pulse.c.beats + 1})
            beats = (await conn.execute(beat.returning(pulse.c.beats))).scalar()
        async with self.connections.reading() as conn:
            stored = (await conn.execute(select(pulse.c.beats))).scalar()
        if beats is None or stored is None or stored < beats:
            raise StoreError("the database does not return what was just written")

    async def take_back(self, now: datetime) -> None:
        async with self.connections.writing() as conn:
            await polls.release(conn, now)
            await queue.release(conn, self.connections, now)

    async def prune(self, now: datetime, retention: timedelta) -> Mapping[str, int]:
        """In many short transactions, so that nobody waits for it."""
        cutoff = micros(now - retention)
        dropped = {"readings": await self._prune_readings(now, retention)}
        for table, old in _old_rows(cutoff):
            dropped[table.name] = await self._prune_table(table, old)
        return dropped

    async def close(self) -> None:
        await self.connections.close()

    async def _prune_table(self, table: Table, old: ColumnElement[bool]) -> int:
        key = list(table.primary_key)
        some = select(*key).where(old).limit(SIZE)
        statement = delete(table).where(tuple_(*key).in_(some) if len(key) > 1 else key[0].in_(some))
        dropped = 0
        while True:
            async with self.connections.writing() as conn:
                gone = (await conn.execute(statement)).rowcount
            dropped += gone
            if gone < SIZE:
                return dropped

    async def _prune_readings(self, now: datetime, retention: timedelta) -> int:
        async with self.connections.reading() as conn:
            numbers = list((await conn.execute(select(accounts.c.id).order_by(accounts.c.id))).scalars())
        dropped = 0
        for some in chunks(numbers, _ACCOUNTS_AT_ONCE):
            async with self.connections.writing() as conn:
                for statement in _old_readings(some, now, retention):
                    dropped += (await conn.execute(statement)).rowcount
        return dropped


def _old_rows(cutoff: int) -> list[tuple[Table, ColumnElement[bool]]]:
    """What goes of each table, in the order in which nothing is left pointing at what went."""
    finished = and_(outbox.c.state.in_(_FINISHED), outbox.c.created_at < cutoff)
    its_row = exists().where(outbox.c.id == attempts.c.outbox_id, finished)
    waiting = exists().where(outbox.c.event_id == events.c.id)
    newest = select(func.max(rule_books.c.id)).scalar_subquery()
    return [
        (attempts, its_row),
        (outbox, finished),
        (events, and_(events.c.at < cutoff, ~waiting)),
        (decisions, decisions.c.at < cutoff),
        (alerts, and_(alerts.c.status == Status.CLOSED.value, alerts.c.updated_at < cutoff)),
        (rule_books, and_(rule_books.c.loaded_at < cutoff, rule_books.c.id != newest)),
    ]


def _old_readings(numbers: Sequence[int], now: datetime, retention: timedelta) -> list[Delete]:
    """Everything past retention; of open windows past 35 days the sliding ones, and all but the last of a period."""
    r = readings.c
    old, thin = seconds(now - retention), seconds(now - _OPEN_WINDOWS)
    each = readings.alias("each_reading")
    last = select(func.max(each.c.to_ts)).where(
        each.c.account_id == r.account_id, each.c.kind == r.kind, each.c.slot == r.slot
    )
    of_these = r.account_id.in_(numbers)
    sliding, period, closed = (KIND_NUMBERS[k] for k in (AskKind.SLIDING, AskKind.PERIOD, AskKind.CLOSED))
    return [
        delete(readings).where(of_these, r.kind == sliding, r.to_ts < max(old, thin)),
        delete(readings).where(
            of_these, r.kind == period, or_(r.to_ts < old, and_(r.to_ts < thin, r.to_ts < last.scalar_subquery()))
        ),
        delete(readings).where(of_these, r.kind == closed, r.to_ts < old),
    ]
