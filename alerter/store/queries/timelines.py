"""Alerts, their events, and decisions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, tuple_

from alerter.core.model import Alert, Event, Outcome, Severity, Status
from alerter.store import rows
from alerter.store.encoding import micros, when, when_or_none
from alerter.store.parts import Part
from alerter.store.queries.deliveries import read_deliveries
from alerter.store.queries.values import AlertStory, Decision, Page, cursor_pair, page
from alerter.store.tables import alerts, decisions, events, outbox

_STORY = 1000
"""Events of one alert that are shown; an alert has a handful."""


class TimelineQueries(Part):
    async def alerts(self, status: Status | None = None, *, limit: int = 100, after: str | None = None) -> Page[Alert]:
        """The last opened first; without a `status` all but pending ones, which nobody was told of."""
        which = alerts.c.status != Status.PENDING.value if status is None else alerts.c.status == status.value
        found = select(alerts).where(which).order_by(alerts.c.opened_at.desc(), alerts.c.id.desc())
        if after is not None:
            found = found.where(tuple_(alerts.c.opened_at, alerts.c.id) < cursor_pair(after))
        return page(await self._all(found.limit(limit + 1)), limit, rows.alert, lambda row: (row.opened_at, row.id))

    async def alert(self, alert_id: str) -> AlertStory | None:
        """One alert with all that came of it."""
        timeline = select(events).where(events.c.alert == alert_id).order_by(events.c.at, events.c.id).limit(_STORY)
        async with self.connections.reading() as conn:
            row = (await conn.execute(select(alerts).where(alerts.c.id == alert_id))).first()
            if row is None:
                return None
            told = tuple(rows.event(event) for event in await conn.execute(timeline))
            sent = await read_deliveries(conn, events.c.alert == alert_id, [outbox.c.id], _STORY)
        return AlertStory(alert=rows.alert(row), timeline=told, deliveries=tuple(sent))

    async def events(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Event]:
        """Everything that went onto a timeline in [since, until), the last first."""
        found = select(events).order_by(events.c.at.desc(), events.c.id.desc())
        if since is not None:
            found = found.where(events.c.at >= micros(since))
        if until is not None:
            found = found.where(events.c.at < micros(until))
        if after is not None:
            found = found.where(tuple_(events.c.at, events.c.id) < cursor_pair(after))
        return page(await self._all(found.limit(limit + 1)), limit, rows.event, lambda row: (row.at, row.id))

    async def decisions(
        self,
        rule: str | None = None,
        *,
        subject: str | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        limit: int = 100,
    ) -> list[Decision]:
        """How checks came to stand as they do, in [since, before), the last first."""
        found = select(decisions).order_by(decisions.c.at.desc(), decisions.c.id.desc())
        wanted = [
            None if rule is None else decisions.c.rule == rule,
            None if subject is None else decisions.c.subject == subject,
            None if since is None else decisions.c.at >= micros(since),
            None if before is None else decisions.c.at < micros(before),
        ]
        found = found.where(*(condition for condition in wanted if condition is not None))
        return [_decision(row) for row in await self._all(found.limit(limit))]

    async def _all(self, found: Select[*tuple[Any, ...]]) -> list[Row[*tuple[Any, ...]]]:
        async with self.connections.reading() as conn:
            return list((await conn.execute(found)).all())


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        at=when(row.at),
        key=rows.check_key(row),
        outcome=Outcome(row.outcome),
        why=row.why,
        period=when_or_none(row.period or None),
        value=row.value,
        severity=Severity(row.severity) if row.severity else None,
    )
