"""Readings as they were stored, for lists and spreadsheets."""

from datetime import datetime

from sqlalchemy import select, tuple_

from alerter.core.model import AskKind, Reading
from alerter.store.encoding import seconds
from alerter.store.parts import Part
from alerter.store.queries.values import Page, cursor_parts, page
from alerter.store.rows import KIND_NUMBERS, reading
from alerter.store.tables import accounts, readings


class ReadingQueries(Part):
    async def readings(
        self,
        *,
        account: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kind: AskKind | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Reading]:
        """By account and time, windows that end in (since, until]: closed days that start in [since, until)."""
        r = readings.c
        key = (r.account_id, r.kind, r.slot, r.to_ts)
        wanted = [
            None if account is None else accounts.c.name == account,
            None if since is None else r.to_ts > seconds(since),
            None if until is None else r.to_ts <= seconds(until),
            None if kind is None else r.kind == KIND_NUMBERS[kind],
            None if after is None else tuple_(*key) > tuple(cursor_parts(after, 4)),
        ]
        found = select(*r, accounts.c.name).join(accounts).order_by(*key).limit(limit + 1)
        found = found.where(*(condition for condition in wanted if condition is not None))
        async with self.connections.reading() as conn:
            rows = (await conn.execute(found)).all()
        return page(rows, limit, lambda row: reading(row[-1], row[:-1]), lambda row: row[:4])
