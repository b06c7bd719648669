"""Delivering, when the database or a channel does not go along."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from alerter.core.errors import RetryLater, StoreError
from alerter.core.model import Attempt, Delivery, Event, Message, Reason, Receipt, Severity
from alerter.core.ports import Settlement
from alerter.pipeline.deliver import Deliverer
from alerter.store import Database, open_store

T0 = datetime(2026, 4, 15, 12, tzinfo=UTC)


class Taking:
    """A channel that takes everything, or says `error`."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.taken: list[str] = []

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        if self.error:
            raise self.error
        self.taken.append(str(message.payload["title"]))
        return Receipt(id="1")


@pytest.fixture
async def store() -> AsyncIterator[Database]:
    found = await open_store("sqlite://")
    yield found
    await found.close()


async def no_pause(_seconds: float) -> None:
    """Tests do not wait."""


async def waiting(store: Database, *severities: Severity) -> None:
    events = [
        Event(
            id=f"e{number}",
            alert=None,
            key=None,
            at=T0,
            reason=Reason.SERVICE,
            severity=severity,
            channels=("c",),
            payload={"type": "notice", "title": f"e{number}", "severity": severity.value},
        )
        for number, severity in enumerate(severities)
    ]
    await store.settle(Settlement(events=events))


async def test_what_a_channel_took_is_not_sent_again_because_the_database_was_away(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await waiting(store, Severity.INFO)
    real, failures = store.sent, [StoreError("locked"), StoreError("locked")]

    async def sent(delivery: Delivery, receipt: Receipt, now: datetime) -> None:
        if failures:
            raise failures.pop()
        await real(delivery, receipt, now)

    monkeypatch.setattr(store, "sent", sent)
    channel = Taking()
    deliverer = Deliverer(store, {"c": channel}, lambda: T0, ops=None, pause=no_pause)
    assert await deliverer.deliver_some("c")
    assert not await deliverer.deliver_some("c")
    assert channel.taken == ["e0"]


async def test_a_severe_message_goes_before_mild_ones_that_waited_longer(store: Database) -> None:
    await waiting(store, Severity.INFO, Severity.INFO, Severity.CRITICAL)
    channel = Taking()
    await Deliverer(store, {"c": channel}, lambda: T0, ops=None).deliver_some("c")
    assert channel.taken == ["e2", "e0", "e1"]


async def test_a_throttled_channel_is_left_alone_until_it_said(store: Database) -> None:
    await waiting(store, Severity.INFO)
    channel = Taking(RetryLater("429", after=timedelta(minutes=5)))
    deliverer = Deliverer(store, {"c": channel}, lambda: T0, ops=None)
    assert not await deliverer.deliver_some("c")
    channel.error = None
    await Deliverer(store, {"c": channel}, lambda: T0 + timedelta(minutes=4), ops=None).deliver_some("c")
    assert channel.taken == []
    await Deliverer(store, {"c": channel}, lambda: T0 + timedelta(minutes=6), ops=None).deliver_some("c")
    assert channel.taken == ["e0"]


async def test_sends_stamped_in_the_future_do_not_silence_a_channel(store: Database) -> None:
    await waiting(store, *[Severity.INFO] * 5)
    channel = Taking()
    await Deliverer(store, {"c": channel}, lambda: T0 + timedelta(hours=6), ops=None).deliver_some("c")
    await store.settle(
        Settlement(
            events=[
                Event(
                    id="later",
                    alert=None,
                    key=None,
                    at=T0,
                    reason=Reason.SERVICE,
                    severity=Severity.INFO,
                    channels=("c",),
                    payload={"type": "notice", "title": "later", "severity": "info"},
                )
            ]
        )
    )
    await Deliverer(store, {"c": channel}, lambda: T0, ops=None).deliver_some("c")
    assert channel.taken[-1] == "later"
