"""Whose poll is due, and who may ask."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from support.store_values import DAY, MINUTE, T0, a_poll, a_reading
from support.stores import pair, store

from alerter.core.model import PollState
from alerter.core.ports import Settlement
from alerter.store import Database

__all__ = ["pair", "store"]
LEASE = timedelta(minutes=2)


async def test_new_accounts_are_due_at_once_and_claimed_once(store: Database) -> None:
    await store.watch(["a", "b", "c"], T0)
    assert await store.claim_polls(T0, 2, LEASE) == ["a", "b"]
    assert await store.claim_polls(T0, 9, LEASE) == ["c"]
    assert await store.claim_polls(T0, 9, LEASE) == []
    assert await store.claim_polls(T0 + LEASE, 9, LEASE) == ["a", "b", "c"]


async def test_the_longest_due_come_first(store: Database) -> None:
    await store.watch(["a", "b", "c"], T0)
    await store.settle(Settlement(polls=[a_poll(n, T0 + d * MINUTE) for n, d in (("a", 3), ("b", 1), ("c", 2))]))
    assert await store.claim_polls(T0 + DAY, 9, LEASE) == ["b", "c", "a"]


async def test_a_settled_poll_is_due_when_it_says(store: Database) -> None:
    await store.watch(["a"], T0)
    await store.claim_polls(T0, 1, LEASE)
    failed = PollState(
        account="a",
        next_poll_at=T0 + 15 * MINUTE,
        watched_since=T0,
        failing_since=T0,
        failures=2,
        error="Denied",
        error_text="x" * 900,
    )
    await store.settle(Settlement(polls=[failed], fills={"a": T0 + DAY}))
    (stored,) = await store.poll_states()
    assert (stored.failures, stored.error, stored.failing_since) == (2, "Denied", T0)
    assert len(stored.error_text or "") == 500
    assert await store.claim_polls(T0 + 14 * MINUTE, 1, LEASE) == []
    assert await store.claim_polls(T0 + 15 * MINUTE, 1, LEASE) == ["a"]
    assert await store.claim_fills(T0 + 15 * MINUTE, 1, LEASE) == []
    assert await store.claim_fills(T0 + DAY, 1, LEASE) == ["a"]


async def test_others_keep_their_times_and_who_vanished_is_not_polled(store: Database) -> None:
    await store.watch(["a", "b"], T0)
    await store.settle(Settlement(polls=[a_poll("a", T0 + DAY)], readings=[a_reading("b")]))
    await store.watch(["a", "c"], T0 + MINUTE)
    assert await store.claim_polls(T0 + MINUTE, 9, LEASE) == ["c"]
    assert [s.account for s in await store.poll_states()] == ["a", "c"]
    assert [s.account for s in await store.poll_states(["b"])] == ["b"]
    assert [r.account for r in (await store.queries.readings()).items] == ["b"]


async def test_who_comes_back_is_due_at_once(store: Database) -> None:
    await store.watch(["a"], T0)
    await store.settle(Settlement(polls=[a_poll("a", T0 + DAY)]))
    await store.watch([], T0 + MINUTE)
    await store.watch(["a"], T0 + 2 * MINUTE)
    assert await store.claim_polls(T0 + 2 * MINUTE, 9, LEASE) == ["a"]
    assert [s.watched_since for s in await store.poll_states()] == [T0 + 2 * MINUTE]


async def test_who_comes_back_has_no_past(store: Database) -> None:
    await store.watch(["a"], T0)
    failing = replace(a_poll("a", T0 + DAY), failing_since=T0, failures=3, error="Denied", error_text="403")
    await store.settle(Settlement(polls=[failing]))
    await store.watch([], T0 + MINUTE)
    back = T0 + 2 * MINUTE
    await store.watch(["a"], back)
    assert await store.poll_states() == [PollState(account="a", next_poll_at=back, watched_since=back)]


async def test_what_a_clock_that_was_ahead_planned_is_due_at_once(store: Database) -> None:
    await store.watch(["far", "near"], T0)
    now = T0 + MINUTE
    plans = {"far": now + DAY + MINUTE, "near": now + DAY}
    await store.settle(Settlement(polls=[a_poll(name, at) for name, at in plans.items()], fills=plans))
    await store.take_back(now)
    assert await store.claim_polls(now, 9, LEASE) == ["far"]
    assert await store.claim_fills(now, 9, LEASE) == ["far"]


async def test_an_answer_from_the_future_is_forgotten(store: Database) -> None:
    await store.watch(["ahead"], T0 + DAY)
    await store.watch(["ahead", "true"], T0)
    polls = [replace(a_poll("ahead", T0), last_ok_at=T0 + DAY, watched_since=T0 + DAY), a_poll("true", T0)]
    await store.settle(Settlement(polls=polls))
    await store.take_back(T0 + MINUTE)
    states = {s.account: (s.last_ok_at, s.watched_since) for s in await store.poll_states()}
    assert states == {"ahead": (None, T0 + MINUTE), "true": (T0, T0)}


async def test_an_account_known_by_its_readings_only_is_not_polled(store: Database) -> None:
    await store.settle(Settlement(readings=[a_reading("a")]))
    assert await store.poll_states(["a"]) == []
    assert await store.claim_polls(T0 + DAY, 9, LEASE) == []


async def test_what_a_dead_process_had_claimed_is_due_at_once(store: Database) -> None:
    await store.watch(["a", "b"], T0)
    await store.settle(Settlement(polls=[a_poll("b", T0 + DAY)], fills={"b": T0 + DAY}))
    await store.claim_polls(T0, 9, LEASE)
    await store.claim_fills(T0, 9, LEASE)
    await store.take_back(T0 + MINUTE)
    assert await store.claim_polls(T0 + MINUTE, 9, LEASE) == ["a"]
    assert await store.claim_fills(T0 + MINUTE, 9, LEASE) == ["a"]


async def test_made_due(store: Database) -> None:
    await store.watch(["a", "b"], T0)
    later = Settlement(polls=[a_poll(n, T0 + DAY) for n in "ab"], fills={"a": T0 + DAY, "b": T0 + DAY})
    await store.settle(later)
    await store.make_due(["b"], T0)
    assert await store.claim_polls(T0, 9, LEASE) == ["b"]
    assert await store.claim_fills(T0, 9, LEASE) == ["b"]
    await store.settle(later)
    await store.make_due(None, T0)
    assert await store.claim_polls(T0, 9, LEASE) == ["a", "b"]


async def test_two_processes_never_claim_one_account(pair: tuple[Database, Database]) -> None:
    names = [f"tenant-{n}" for n in range(200)]
    await pair[0].watch(names, T0)
    got = await asyncio.gather(*(pair[n % 2].claim_polls(T0, 30, LEASE) for n in range(10)))
    assert sorted(name for some in got for name in some) == sorted(names)
