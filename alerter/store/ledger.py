"""Readings: a wide row each, found by their slot."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, and_, bindparam, column, func, select, values
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from alerter.core.model import AskKind, Reading, Window
from alerter.core.ports import Slot
from alerter.store.chunks import chunks
from alerter.store.connections import upsert
from alerter.store.encoding import micros, moment, seconds
from alerter.store.parts import Part, Prepared
from alerter.store.rows import KIND_NUMBERS, reading, reading_row, slot_number
from alerter.store.tables import METRIC_COLUMNS, readings

Key = tuple[int, int, int]
"""Account number, kind number, slot number."""

_CLOSED = KIND_NUMBERS[AskKind.CLOSED]
_NEVER = 2**62
_SKEW = timedelta(minutes=1)
"""How far a window may end after it was read, for a host whose clock was set back a little meanwhile.

One that ends further ahead would count as the newest for all that time, before those that were read after it.
"""


def keep(insert: Insert) -> Insert:
    """A closed reading is stored once, and stays as it was."""
    return insert.values({c.name: bindparam(c.name) for c in readings.c}).on_conflict_do_nothing()


def replace_same_window(insert: Insert) -> Any:
    """The same open window asked again replaces what was answered before."""
    return upsert(insert.values({c.name: bindparam(c.name) for c in readings.c}), readings)


async def write_readings(
    conn: AsyncConnection, prepared: Prepared, found: Iterable[Reading], numbers: Mapping[str, int]
) -> None:
    closed: list[tuple[Any, ...]] = []
    opened: list[tuple[Any, ...]] = []
    for one in found:
        (closed if one.kind is AskKind.CLOSED else opened).append(reading_row(one, numbers[one.account]))
    await prepared.keep_closed.run(conn, closed)
    await prepared.replace_open.run(conn, opened)


class LedgerStore(Part):
    """The port `Ledger`."""

    async def latest(self, slots: Sequence[Slot], before: datetime | None = None) -> list[Reading]:
        """One seek a slot, to the window that ends last of those read by `before` that end by then, give or take."""
        found: list[Reading] = []
        read_by = micros(before) if before else _NEVER
        ends_by = seconds(before + _SKEW) if before else _NEVER
        async with self.connections.reading() as conn:
            numbers = await self.numbers.of(conn, {slot.account for slot in slots})
            names = {number: name for name, number in numbers.items()}
            for some in chunks(_keys(slots, numbers)):
                room = _room_for(len(some))
                statement = self.connections.prepared(_newest, room)
                given = _numbered(some, room) | {"read_by": read_by, "ends_by": ends_by}
                result = await conn.exec_driver_sql(statement.text, tuple(given[name] for name in statement.order))
                found += [reading(names[row[0]], row) for row in result.all()]
        return found

    async def closed_counts(
        self, accounts: Sequence[str], metrics: Sequence[str], since: datetime, until: datetime | None = None
    ) -> list[tuple[str, Window, Mapping[str, int]]]:
        """By account and time; of metrics that are no count of their own (maps, derived ones) nothing is found."""
        stored = tuple(metric for metric in metrics if metric in METRIC_COLUMNS)
        found: list[tuple[str, Window, Mapping[str, int]]] = []
        windows: dict[tuple[int, int], Window] = {}  # the same days of every account, once
        async with self.connections.reading() as conn:
            numbers = await self.numbers.of(conn, accounts)
            names = {number: name for name, number in numbers.items()}
            for some in chunks(sorted(names)):
                rows = (await conn.execute(_counts(some, stored, since, until))).all()
                for number, start, end, *counts in rows:
                    window = windows.get((start, end))
                    if window is None:
                        window = windows[start, end] = Window(moment(start), moment(end))
                    reported = {m: count for m, count in zip(stored, counts, strict=True) if count is not None}
                    found.append((names[number], window, reported))
        return found

    async def closed_windows(self, account: str, since: datetime) -> set[Window]:
        async with self.connections.reading() as conn:
            numbers = await self.numbers.of(conn, [account])
            rows = await conn.execute(_counts(list(numbers.values()), (), since, None))
            return {Window(moment(start), moment(end)) for _, start, end in rows}


def _keys(slots: Sequence[Slot], numbers: Mapping[str, int]) -> list[Key]:
    known = (slot for slot in slots if slot.account in numbers)
    return sorted({(numbers[s.account], KIND_NUMBERS[s.kind], slot_number(s)) for s in known})


def _counts(
    numbers: Sequence[int], metrics: Sequence[str], since: datetime, until: datetime | None
) -> Select[*tuple[Any, ...]]:
    r = readings.c
    columns = [r[METRIC_COLUMNS[metric]] for metric in metrics]
    found = select(r.account_id, r.slot, r.to_ts, *columns).where(
        r.account_id.in_(numbers), r.kind == _CLOSED, r.slot >= seconds(since)
    )
    if until is not None:
        found = found.where(r.slot < seconds(until))
    return found.order_by(r.account_id, r.slot, r.to_ts)


def _room_for(count: int) -> int:
    """Statements are compiled for a few sizes only; what is left over asks for an account that cannot be."""
    return next(size for size in (1, 8, 64, 500) if count <= size)


def _numbered(keys: Sequence[Key], room: int) -> dict[str, int]:
    padded = [*keys, *[(-1, 0, 0)] * (room - len(keys))]
    return {f"{name}{i}": number for i, key in enumerate(padded) for name, number in zip("aks", key, strict=True)}


def _newest(room: int) -> Select[*tuple[Any, ...]]:
    """The newest reading of each of `room` slots: each is a seek to the end of the slot in the primary key."""
    columns = (column("account_id", BigInteger), column("kind", BigInteger), column("slot", BigInteger))
    given = [tuple(bindparam(f"{name}{i}", type_=BigInteger) for name in "aks") for i in range(room)]
    wanted = values(*columns, name="wanted").data(given).cte("wanted")
    each = readings.alias("each_reading")
    newest = select(func.max(each.c.to_ts)).where(
        each.c.account_id == wanted.c.account_id,
        each.c.kind == wanted.c.kind,
        each.c.slot == wanted.c.slot,
        each.c.to_ts <= bindparam("ends_by", type_=BigInteger),
        each.c.read_at <= bindparam("read_by", type_=BigInteger),
    )
    same = and_(
        readings.c.account_id == wanted.c.account_id,
        readings.c.kind == wanted.c.kind,
        readings.c.slot == wanted.c.slot,
        readings.c.to_ts == newest.scalar_subquery(),
    )
    return select(*readings.c).select_from(wanted.join(readings, same))
