"""What came of an attempt: sent, postponed or parked; and a person's word: again, or never."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update

from alerter.core.model import Delivery, Event, Receipt
from alerter.store.chunks import chunks
from alerter.store.encoding import clean, micros
from alerter.store.outbox import PENDING
from alerter.store.outbox_rows import hold_channel, log_attempt, mark_failing, note_channel, write_events
from alerter.store.parts import Part
from alerter.store.tables import outbox


class OutboxOutcomes(Part):
    """The second half of the port `Outbox`, and what `alerter outbox` does."""

    async def sent(self, delivery: Delivery, receipt: Receipt, now: datetime) -> None:
        """Whoever holds the row by now: the channel took the message, so nobody may send it again."""
        took = update(outbox).where(outbox.c.id == delivery.id, outbox.c.state != "gathered")
        took = took.values(
            state="sent",
            claimed=False,
            doubt=False,
            sent_at=micros(now),
            receipt=clean(receipt.id),
            note=clean(receipt.note),
            error=None,
        )
        async with self.connections.writing() as conn:
            await conn.execute(took)
            await log_attempt(conn, self.connections, delivery.id, delivery.attempt.number, "sent", now)
            facts = {"last_sent_at": micros(now), "failing_since": None, "error": None}
            await note_channel(conn, self.connections, delivery.channel, **facts)

    async def postpone(
        self, delivery: Delivery, error: str, now: datetime, due_at: datetime, *, doubt: bool, hold: datetime | None
    ) -> None:
        text = clean(error)
        later = {"due_at": micros(due_at), "claimed": False, "doubt": doubt or delivery.attempt.doubt, "error": text}
        async with self.connections.writing() as conn:
            await conn.execute(update(outbox).where(_still_ours(delivery)).values(later))
            await log_attempt(
                conn, self.connections, delivery.id, delivery.attempt.number, "retry", now, text, next_at=due_at
            )
            if hold is not None:
                await hold_channel(conn, self.connections, delivery.channel, hold)

    async def park(
        self, delivery: Delivery, error: str, now: datetime, notice: Event | None, *, doubt: bool = False
    ) -> None:
        text = clean(error)
        failed = {"state": "failed", "claimed": False, "doubt": doubt or delivery.attempt.doubt, "error": text}
        async with self.connections.writing() as conn:
            done = await conn.execute(update(outbox).where(_still_ours(delivery)).values(failed))
            await log_attempt(conn, self.connections, delivery.id, delivery.attempt.number, "parked", now, text)
            if done.rowcount == 1:  # else somebody tries it again, or it was sent after all
                await mark_failing(conn, self.connections, delivery.channel, text, now)
                await write_events(conn, self.connections, [notice] if notice else [])

    async def retry(self, ids: Sequence[int] | None, now: datetime) -> int:
        """Failed rows (None: all) are due at once, with a fresh day of tries; how many."""
        again = {"state": "pending", "due_at": micros(now), "claimed": False, "retry_since": None}
        return await self._change(ids, ["failed"], again)

    async def drop(self, ids: Sequence[int]) -> int:
        """These rows are never sent, if they were not yet; how many."""
        return await self._change(ids, ["pending", "failed"], {"state": "dropped", "claimed": False})

    async def _change(self, ids: Sequence[int] | None, states: list[str], to: dict[str, Any]) -> int:
        change = update(outbox).where(outbox.c.state.in_(states)).values(to)
        changed = 0
        async with self.connections.writing() as conn:
            for some in [None] if ids is None else chunks(ids):
                these = change if some is None else change.where(outbox.c.id.in_(some))
                changed += (await conn.execute(these)).rowcount
        return changed


def _still_ours(delivery: Delivery) -> ColumnElement[bool]:
    """Not sent, dropped, or taken by another after our lease ran out."""
    return (outbox.c.id == delivery.id) & PENDING & (outbox.c.attempts == delivery.attempt.number)
