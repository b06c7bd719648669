"""From the outbox to the channels: claim, send, mark. Each channel on its own."""

import asyncio
import hashlib
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from alerter.core.delivery import CALM, QUIET, arrange, next_try
from alerter.core.errors import RetryLater, StoreError, Undeliverable
from alerter.core.facts import notice
from alerter.core.model import Delivery, Event, Reason, Receipt, Severity
from alerter.core.ports import Channel, Outbox, Settlement, Waiting

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=3)
"""Longer than any channel's time-outs together."""

SEND_WITHIN = 60.0
AT_A_TIME = 500

# fmt: off
SLIM = (
    "type", "reason", "severity", "rule", "kind", "subject_kind", "subject", "license", "metric", "metric_words",
    "unit", "value", "limit", "share", "remaining", "threshold", "exceeded", "complete", "approximate", "period",
    "days_left", "as_of", "at", "alert", "link_path", "summary", "extra", "limit_before", "metrics", "metrics_words",
    "title", "text", "measure", "missing",
)
# fmt: on
"""What an entry of a list needs of its message."""


class Kept(Outbox, Protocol):
    """The outbox, and a way to add to it."""

    async def settle(self, settlement: Settlement) -> None: ...


class Deliverer:
    """Sends what waits. `ops` is the channel that is told about messages no channel will take."""

    def __init__(
        self,
        outbox: Kept,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        *,
        ops: str | None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outbox = outbox
        self.channels = channels
        self._clock = clock
        self._ops = ops
        self._pause = pause
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self.sent = 0
        self.latest: list[float] = []

    async def deliver(self) -> None:
        """Start a drain for every channel with something due; channels never wait for one another."""
        for name in await self._outbox.busy_channels(self._clock()):
            task = self._running.get(name)
            if task is None or task.done():
                self._running[name] = asyncio.get_running_loop().create_task(self._drain(name))
            else:
                self._again.add(name)

    async def idle(self) -> None:
        """Wait for the drains under way."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop sending; what was claimed is taken back by the next process."""
        for task in self._running.values():
            task.cancel()
        await self.idle()

    async def _drain(self, name: str) -> None:
        try:
            while await self.deliver_some(name) or name in self._again:
                self._again.discard(name)
        except StoreError as error:
            log.error("the outbox does not answer", channel=name, error=str(error))
        except Exception:
            log.exception("a channel's round failed and is begun again", channel=name)

    async def deliver_some(self, name: str) -> bool:
        """One round of one channel; True when there may be more to do at once."""
        now = self._clock()
        rows = await self._outbox.waiting(name, now, AT_A_TIME)
        if not rows:
            return False
        plan = arrange(rows, await self._outbox.sent_since(name, now - CALM), now)
        gathered = [merged(group, now) for group in plan.merge]
        for event, group in zip(gathered, plan.merge, strict=True):
            await self._outbox.gather(name, [row.id for row in group], event, now)
        if plan.bundle:
            await self._outbox.gather(name, [row.id for row in plan.bundle], bundled(plan.bundle, now), now)
        for row in plan.send:
            if not await self._send(name, row.id):
                return False
        return bool(plan.merge or plan.bundle or plan.send)

    async def _send(self, name: str, row: int) -> bool:
        """Claim and send one row; False when the channel should be left alone for now."""
        now = self._clock()
        delivery = await self._outbox.claim(row, now, LEASE)
        if delivery is None:
            return False
        channel = self.channels.get(name)
        if channel is None:
            return await self._park(delivery, f"the rule book has no channel {name} any more")
        try:
            async with asyncio.timeout(SEND_WITHIN):
                receipt = await channel.send(delivery.message, delivery.attempt)
        except Undeliverable as error:
            return await self._park(delivery, str(error))
        except Exception as error:  # noqa: BLE001  (a fault of our own must not stop the channel)
            return await self._later(delivery, _passing(error))
        await self._sure(lambda: self._outbox.sent(delivery, receipt, self._clock()))
        self._count(delivery)
        if receipt.refused:
            await self._partly(delivery, receipt)
        log.info("sent", channel=name, receipt=receipt.id, attempt=delivery.attempt.number, note=receipt.note or None)
        return True

    async def _sure(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write down what the channel said, however long the database is away: or the message would go out twice."""
        for attempt in itertools.count():
            try:
                await write()
                break
            except StoreError as error:
                log.error("what a channel answered could not be stored yet", error=str(error))
                await self._pause(min(2.0**attempt, 30.0))

    def _count(self, delivery: Delivery) -> None:
        self.sent += 1
        self.latest.append((self._clock() - delivery.message.created_at).total_seconds())
        del self.latest[:-1000]

    async def _later(self, delivery: Delivery, error: RetryLater) -> bool:
        now = self._clock()
        attempt = delivery.attempt
        due = next_try(delivery.message.key, attempt.number, delivery.since, now, error.after)
        if due is None:
            return await self._park(delivery, f"given up after 24 hours: {error}", doubt=error.doubt)
        hold = now + error.after if error.after else min(due, now + QUIET)
        log.warning(
            "not sent, tried again later",
            channel=delivery.channel,
            attempt=attempt.number,
            error=str(error),
            next_try=due.isoformat(),
        )
        doubt = error.doubt or attempt.doubt
        await self._sure(lambda: self._outbox.postpone(delivery, str(error), now, due, doubt=doubt, hold=hold))
        return False

    async def _park(self, delivery: Delivery, error: str, *, doubt: bool = False) -> bool:
        """Give this row up; the channel goes on with the next."""
        log.error("not delivered", channel=delivery.channel, error=error)
        lost, now = self._lost(delivery, error), self._clock()
        await self._sure(lambda: self._outbox.park(delivery, error, now, lost, doubt=doubt))
        return True

    async def _partly(self, delivery: Delivery, receipt: Receipt) -> None:
        """Some recipients were refused: the others have their message, and somebody must look."""
        event = self._to_ops(
            delivery,
            f"partly-{delivery.id}",
            Severity.WARNING,
            title=f"{delivery.channel} did not reach everybody",
            text=f"{receipt.note}. The others have the message.",
            details={"channel": delivery.channel, "refused": ", ".join(receipt.refused)},
        )
        if event is not None:
            await self._sure(lambda: self._outbox.settle(Settlement(events=[event])))

    def _lost(self, delivery: Delivery, error: str) -> Event | None:
        """The ops channel is told, with the lost message."""
        return self._to_ops(
            delivery,
            f"lost-{delivery.id}-{delivery.attempt.number}",
            Severity.CRITICAL,
            title=f"The channel {delivery.channel} did not take a message",
            text=f"{error}. It is kept; once the cause is mended, send it again with: alerter outbox retry",
            details={"channel": delivery.channel, "attempts": delivery.attempt.number},
            lost=delivery.message.payload,
        )

    def _to_ops(self, delivery: Delivery, name: str, severity: Severity, **words: Any) -> Event | None:
        """What the ops channel is told about another one; not about itself."""
        if self._ops is None or delivery.channel == self._ops or self._ops not in self.channels:
            return None
        now = self._clock()
        return Event(
            id=name,
            alert=None,
            key=None,
            at=now,
            reason=Reason.SERVICE,
            severity=severity,
            channels=(self._ops,),
            payload=notice(now=now, severity=severity.value, **words),
        )


def _passing(error: Exception) -> RetryLater:
    """Whatever went wrong while sending, as something to try again: it may have got through."""
    if isinstance(error, RetryLater):
        return error
    if isinstance(error, TimeoutError):
        return RetryLater("no answer in time", doubt=True)
    log.error("sending failed", exc_info=error)
    return RetryLater(f"internal error: {type(error).__name__}", doubt=True)


def _items(rows: Sequence[Waiting]) -> list[Mapping[str, object]]:
    """The messages in these rows, one level deep."""
    found: list[Mapping[str, object]] = []
    for row in rows:
        inner = row.payload.get("items")
        found += inner if isinstance(inner, list) else [row.payload]
    return found


def _event(prefix: str, rows: Sequence[Waiting], payload: dict[str, object], alert: str | None, now: datetime) -> Event:
    digest = hashlib.blake2b("\x1f".join(row.event for row in rows).encode(), digest_size=8).hexdigest()
    severity = max((Severity(str(i["severity"])) for i in _items(rows)), key=lambda s: s.rank)
    return Event(
        id=f"{prefix}-{digest}",
        alert=alert,
        key=None,
        at=now,
        reason=Reason.SERVICE,
        severity=severity,
        payload={**payload, "severity": severity.value, "at": now.isoformat()},
    )


def merged(rows: Sequence[Waiting], now: datetime) -> Event:
    """One message for what happened to one alert while nothing could be sent."""
    return _event("merged", rows, {"type": "merged", "items": _items(rows)}, rows[0].alert, now)


def bundled(rows: Sequence[Waiting], now: datetime) -> Event:
    """One message with a list, for many at once; of one alert's story its last word."""
    last = [_items([row])[-1] for row in rows]
    slim = [{name: item[name] for name in SLIM if name in item} for item in last]
    return _event("bundle", rows, {"type": "bundle", "items": slim}, None, now)
