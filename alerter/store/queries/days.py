"""Readings of periods at the grain of a day: what replaying the past reads."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, select

from alerter.core.model import AskKind, Reading
from alerter.store.chunks import chunks
from alerter.store.encoding import seconds
from alerter.store.parts import Part
from alerter.store.rows import KIND_NUMBERS, reading
from alerter.store.tables import readings

_DAY = 86_400


class DayQueries(Part):
    async def last_of_days(self, accounts: Sequence[str], since: datetime, until: datetime) -> list[Reading]:
        """The last reading of each period and UTC day that ends in [since, until], by account and end."""
        r = readings.c
        found: list[Reading] = []
        async with self.connections.reading() as conn:
            numbers = await self.numbers.of(conn, accounts)
            names = {number: name for name, number in numbers.items()}
            for some in chunks(sorted(names)):
                which = and_(
                    r.account_id.in_(some),
                    r.kind == KIND_NUMBERS[AskKind.PERIOD],
                    r.to_ts.between(seconds(since), seconds(until)),
                )
                last = select(r.account_id, r.slot, func.max(r.to_ts).label("to_ts")).where(which)
                newest = last.group_by(r.account_id, r.slot, r.to_ts // _DAY).subquery()
                same = and_(
                    r.account_id == newest.c.account_id,
                    r.kind == KIND_NUMBERS[AskKind.PERIOD],
                    r.slot == newest.c.slot,
                    r.to_ts == newest.c.to_ts,
                )
                rows = select(*r).join(newest, same).order_by(r.account_id, r.to_ts)
                found += [reading(names[row[0]], row) for row in await conn.execute(rows)]
        return found
