"""The outbox: nothing is lost, nothing is sent twice without a word of doubt."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.store_values import DAY, MINUTE, T0, an_event
from support.stores import pair, store

from alerter.core.model import Delivery, Receipt
from alerter.core.ports import Settlement
from alerter.store import Database, open_store

__all__ = ["pair", "store"]
LEASE = timedelta(minutes=2)


async def waiting_rows(store: Database, *names: str, channel: str = "slack") -> list[int]:
    """Store an event a name, a second apart; the ids of their rows."""
    events = [an_event(name, channel, at=T0 + timedelta(seconds=n)) for n, name in enumerate(names)]
    await store.settle(Settlement(events=events))
    return [row.id for row in await store.waiting(channel, T0 + MINUTE, 99)]


async def taken(store: Database, row: int, now: datetime = T0 + MINUTE) -> Delivery:
    delivery = await store.claim(row, now, LEASE)
    assert delivery is not None
    return delivery


async def test_a_claimed_row_carries_its_message_and_is_nobody_elses(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    delivery = await taken(store, row)
    assert (delivery.channel, delivery.message.payload["title"], delivery.message.created_at) == ("slack", "e", T0)
    assert (delivery.attempt.number, delivery.attempt.doubt, delivery.attempt.first_tried_at) == (1, False, T0 + MINUTE)
    assert await store.claim(row, T0 + MINUTE, LEASE) is None
    assert await store.busy_channels(T0 + MINUTE) == []


async def test_sent_is_never_due_again(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    await store.sent(await taken(store, row), Receipt(id="171.5", note="late"), T0 + 2 * MINUTE)
    assert await store.waiting("slack", T0 + DAY, 9) == []
    assert await store.claim(row, T0 + DAY, LEASE) is None
    assert await store.sent_since("slack", T0) == [T0 + 2 * MINUTE]
    assert await store.sent_since("slack", T0 + 3 * MINUTE) == []


async def test_the_key_is_the_same_on_every_try_and_another_for_another_channel(store: Database) -> None:
    await store.settle(Settlement(events=[an_event("e", "slack", "mail")]))
    (slack,), (mail,) = [await store.waiting(c, T0, 9) for c in ("slack", "mail")]
    first, other = await taken(store, slack.id), await taken(store, mail.id)
    again = await taken(store, slack.id, T0 + DAY)
    assert first.message.key == again.message.key != other.message.key


async def test_the_same_event_of_another_installation_has_another_key(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    other = await open_store("sqlite://")
    await other.settle(Settlement(events=[an_event("e", "slack", at=T0 + timedelta(microseconds=1))]))
    (same,) = await other.waiting("slack", T0 + MINUTE, 9)
    assert (await taken(store, row)).message.key != (await taken(other, same.id)).message.key
    await other.close()


async def test_a_lease_that_ran_out_leaves_doubt(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    await taken(store, row)
    again = await taken(store, row, T0 + MINUTE + LEASE)
    assert (again.attempt.number, again.attempt.doubt, again.attempt.first_tried_at) == (2, True, T0 + MINUTE)


async def test_after_a_crash_the_row_is_due_at_once_with_doubt(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/alerter.db"
    before = await open_store(url)
    (row,) = await waiting_rows(before, "e")
    await taken(before, row)
    await before.close()
    after = await open_store(url)
    await after.take_back(T0 + MINUTE)
    assert [w.doubt for w in await after.waiting("slack", T0 + MINUTE, 9)] == [True]
    delivery = await taken(after, row)
    assert (delivery.attempt.number, delivery.attempt.doubt) == (2, True)
    await after.sent(delivery, Receipt(id="1"), T0 + MINUTE)
    await after.close()


async def test_a_postponed_row_is_tried_at_the_next_start(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    due = T0 + 9 * MINUTE
    await store.postpone(await taken(store, row), "503", T0 + MINUTE, due, doubt=False, hold=None)
    assert await store.busy_channels(due - MINUTE) == []
    await store.take_back(T0 + 2 * MINUTE)
    again = await taken(store, row, T0 + 2 * MINUTE)
    assert (again.attempt.number, again.attempt.doubt) == (2, False)


async def test_a_hold_outlasts_a_restart(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    due = T0 + 9 * MINUTE
    await store.postpone(await taken(store, row), "429", T0 + MINUTE, due, doubt=False, hold=due)
    await store.take_back(T0 + 2 * MINUTE)
    assert await store.busy_channels(due - MINUTE) == []
    assert await store.busy_channels(due) == ["slack"]


async def test_a_hold_set_by_a_clock_that_was_ahead_ends_at_the_next_start(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    year = T0 + 365 * DAY
    await store.postpone(await taken(store, row), "429", T0 + MINUTE, year, doubt=False, hold=year)
    await store.take_back(T0 + 2 * MINUTE)
    assert await store.busy_channels(T0 + 2 * MINUTE) == ["slack"]


async def test_doubt_stays_until_the_message_is_sent(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    for minute, doubt in ((1, True), (2, False)):
        now = T0 + minute * MINUTE
        await store.postpone(await taken(store, row, now), "timeout", now, now + MINUTE, doubt=doubt, hold=None)
    assert (await taken(store, row, T0 + 3 * MINUTE)).attempt.doubt


async def test_a_hold_keeps_the_whole_channel_quiet_and_no_other(store: Database) -> None:
    one, two = await waiting_rows(store, "e1", "e2")
    (mail,) = await waiting_rows(store, "m", channel="mail")
    until = T0 + 5 * MINUTE
    await store.postpone(await taken(store, one), "429", T0 + MINUTE, until, doubt=False, hold=until)
    await store.postpone(await taken(store, mail), "451", T0 + MINUTE, T0 + MINUTE, doubt=False, hold=None)
    assert await store.busy_channels(T0 + 2 * MINUTE) == ["mail"]
    assert await store.waiting("slack", T0 + 2 * MINUTE, 9) == []
    assert len(await store.waiting("mail", T0 + 2 * MINUTE, 9)) == 1
    assert await store.claim(two, T0 + 2 * MINUTE, LEASE) is None
    assert await store.busy_channels(until) == ["mail", "slack"]
    assert await store.claim(two, until, LEASE) is not None


async def test_a_parked_message_marks_the_channel_and_tells_elsewhere(store: Database) -> None:
    row, other = await waiting_rows(store, "e", "e2")
    notice = an_event("notice", "ops", at=T0 + MINUTE)
    await store.park(await taken(store, row), "channel_not_found", T0 + MINUTE, notice)
    assert [w.event for w in await store.waiting("ops", T0 + MINUTE, 9)] == ["notice"]
    slack = {c.name: c for c in await store.queries.channel_states()}["slack"]
    assert (slack.failing_since, slack.error) == (T0 + MINUTE, "channel_not_found")
    await store.sent(await taken(store, other), Receipt(id="1"), T0 + 2 * MINUTE)
    slack = {c.name: c for c in await store.queries.channel_states()}["slack"]
    assert (slack.failing_since, slack.error, slack.last_sent_at) == (None, None, T0 + 2 * MINUTE)


async def test_a_late_word_of_who_lost_the_row_changes_nothing(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    late = await taken(store, row)
    await store.sent(await taken(store, row, T0 + DAY), Receipt(id="1"), T0 + DAY)
    await store.postpone(late, "timeout", T0 + DAY, T0 + DAY, doubt=True, hold=None)
    await store.park(late, "gone", T0 + DAY, an_event("notice", "ops"))
    assert await store.busy_channels(T0 + 2 * DAY) == []


async def test_sent_counts_even_from_who_lost_the_row(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    late = await taken(store, row)
    other = await taken(store, row, T0 + DAY)
    await store.sent(late, Receipt(id="1"), T0 + DAY)
    await store.postpone(other, "timeout", T0 + DAY, T0 + DAY, doubt=True, hold=None)
    assert await store.busy_channels(T0 + 2 * DAY) == []


async def test_rows_are_gathered_into_one(store: Database) -> None:
    rows = await waiting_rows(store, "e1", "e2", "e3")
    assert await store.gather("slack", rows, an_event("bundle", "mail", at=T0 + MINUTE), T0 + MINUTE)
    (bundle,) = await store.waiting("slack", T0 + MINUTE, 9)
    assert (bundle.event, bundle.gathered) == ("bundle", True)
    assert await store.busy_channels(T0 + DAY) == ["slack"]
    await store.sent(await taken(store, bundle.id), Receipt(id="9"), T0 + MINUTE)
    assert (await store.queries.backlog()).by_state == {"gathered": 3, "sent": 1}


async def test_nothing_is_gathered_once_one_was_taken(store: Database) -> None:
    rows = await waiting_rows(store, "e1", "e2")
    await store.claim(rows[1], T0 + MINUTE, LEASE)
    assert not await store.gather("slack", rows, an_event("bundle"), T0 + MINUTE)
    assert [w.event for w in await store.waiting("slack", T0 + MINUTE, 9)] == ["e1"]
    assert [e.id for e in (await store.queries.events()).items] == ["e2", "e1"]


async def test_what_was_tried_without_doubt_may_be_gathered(store: Database) -> None:
    rows = await waiting_rows(store, "e1", "e2")
    for row, doubt in zip(rows, (False, True), strict=True):
        await store.postpone(await taken(store, row), "503", T0 + MINUTE, T0 + MINUTE, doubt=doubt, hold=None)
    assert not await store.gather("slack", rows, an_event("bundle"), T0 + MINUTE)
    assert await store.gather("slack", rows[:1], an_event("bundle"), T0 + MINUTE)


async def test_failed_messages_are_tried_again_or_dropped_by_hand(store: Database) -> None:
    rows = await waiting_rows(store, "e1", "e2", "e3")
    for row in rows[:2]:
        await store.park(await taken(store, row), "invalid_auth", T0 + MINUTE, None)
    assert await store.retry(rows[:1], T0 + DAY) == 1
    again = await taken(store, rows[0], T0 + DAY)
    assert again.attempt.number == 2
    assert await store.drop([rows[1], rows[2]]) == 2
    assert await store.retry(None, T0 + DAY) == 0
    assert [line.event for line in (await store.queries.undelivered()).items] == ["e1"]


async def test_a_retry_by_hand_gives_a_fresh_day_and_keeps_the_first_try(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    first = await taken(store, row)
    await store.postpone(first, "503", T0 + MINUTE, T0 + 2 * MINUTE, doubt=False, hold=None)
    second = await taken(store, row, T0 + DAY)
    await store.park(second, "given up", T0 + DAY, None)
    await store.retry([row], T0 + 2 * DAY)
    third = await taken(store, row, T0 + 3 * DAY)
    assert [d.since for d in (first, second, third)] == [T0 + MINUTE, T0 + MINUTE, T0 + 3 * DAY]
    assert third.attempt.first_tried_at == T0 + MINUTE


async def test_a_day_of_tries_that_began_in_the_future_begins_now(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    await store.postpone(await taken(store, row, T0 + 9 * DAY), "503", T0, T0, doubt=False, hold=None)
    assert (await taken(store, row)).since == T0 + MINUTE


@pytest.mark.parametrize(("earlier", "this"), [(True, False), (False, True), (False, False)])
async def test_a_parked_message_keeps_its_doubt_for_a_later_retry(store: Database, earlier: bool, this: bool) -> None:
    (row,) = await waiting_rows(store, "e")
    await store.postpone(await taken(store, row), "503", T0 + MINUTE, T0 + MINUTE, doubt=earlier, hold=None)
    await store.park(await taken(store, row), "given up", T0 + MINUTE, None, doubt=this)
    await store.retry(None, T0 + DAY)
    assert (await taken(store, row, T0 + DAY)).attempt.doubt is (earlier or this)


async def test_a_delivery_tells_each_attempt(store: Database) -> None:
    (row,) = await waiting_rows(store, "e")
    await store.postpone(await taken(store, row), "503 " + "x" * 900, T0 + MINUTE, T0 + DAY, doubt=False, hold=None)
    await taken(store, row, T0 + DAY)
    await store.take_back(T0 + DAY)
    await store.park(await taken(store, row, T0 + DAY), "404", T0 + DAY, None)
    (line,) = (await store.queries.undelivered()).items
    assert (line.status, line.attempts, line.error, line.next_try) == ("failed", 3, "404", None)
    assert [(a.number, a.result, a.next_at) for a in line.log] == [
        (1, "retry", T0 + DAY),
        (2, "unknown", None),
        (3, "parked", None),
    ]
    assert len(line.log[0].error or "") == 500


async def test_the_backlog_is_counted(store: Database) -> None:
    await waiting_rows(store, "e1", "e2")
    await waiting_rows(store, "m", channel="mail")
    backlog = await store.queries.backlog()
    assert (backlog.waiting, backlog.oldest) == ({"slack": 2, "mail": 1}, {"slack": T0, "mail": T0})
    first = await store.queries.undelivered(limit=2)
    rest = await store.queries.undelivered(limit=2, after=first.next)
    assert sorted(line.event for line in (*first.items, *rest.items)) == ["e1", "e2", "m"]


async def test_old_finished_rows_go_and_waiting_ones_stay(store: Database) -> None:
    sent, _ = await waiting_rows(store, "e1", "e2")
    await store.sent(await taken(store, sent), Receipt(id="1"), T0 + MINUTE)
    dropped = await store.prune(T0 + 10 * DAY, DAY)
    assert (dropped["outbox"], dropped["attempts"], dropped["events"]) == (1, 1, 1)
    assert [w.event for w in await store.waiting("slack", T0 + DAY, 9)] == ["e2"]


async def test_two_processes_never_take_one_row(pair: tuple[Database, Database]) -> None:
    rows = await waiting_rows(pair[0], *(f"e{n:02}" for n in range(20)))
    claims = [pair[n].claim(row, T0 + MINUTE, LEASE) for row in rows for n in (0, 1)]
    got = [delivery.id for delivery in await asyncio.gather(*claims) if delivery]
    assert sorted(got) == rows
