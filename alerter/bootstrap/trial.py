"""One marked message, the whole way: into the outbox, out of it, to the channel."""

import asyncio
from uuid import uuid4

from alerter.bootstrap.parts import Parts
from alerter.bootstrap.reading import deliveries_of
from alerter.core.facts import notice
from alerter.core.model import Event, Reason, Severity
from alerter.store.queries import DeliveryLine

LOOKS = 60
"""How often, half a second apart, is looked whether a running service has sent it."""


async def send_trial(parts: Parts, channel: str, *, served: bool) -> DeliveryLine:
    """How the message fared. A running service (`served`) sends it itself, as it does every message."""
    event = _trial(parts, channel)
    await parts.settler.note([event])
    if not served:
        await parts.deliverer.deliver_some(channel)
        return (await deliveries_of(parts.store, [event.id]))[event.id][0]
    for _ in range(LOOKS):
        line = (await deliveries_of(parts.store, [event.id]))[event.id][0]
        if line.status != "pending" or line.attempts:
            return line
        await asyncio.sleep(0.5)
    return line


def _trial(parts: Parts, channel: str) -> Event:
    now = parts.now()
    return Event(
        id=f"test-{uuid4().hex}",
        alert=None,
        key=None,
        at=now,
        reason=Reason.SERVICE,
        severity=Severity.INFO,
        channels=(channel,),
        payload=notice(
            title="Test message: nothing is wrong",
            text=f"Somebody ran alerter send-test {channel}. Messages to this channel arrive.",
            now=now,
            severity="info",
            details={"channel": channel, "kind": parts.watch.book.channels[channel].kind},
        ),
    )
