"""When loops run: again after a failure, not at once after the clock was set, and to their end at a stop."""

import asyncio
from datetime import timedelta

import pytest

from alerter import scheduler as module
from alerter.core.errors import StoreError
from alerter.scheduler import Scheduler, back_off

HOUR = timedelta(hours=1)


class Place:
    """A scheduler, and what it told."""

    def __init__(self) -> None:
        self.beats: list[tuple[str, str | None]] = []
        self.scheduler = Scheduler(lambda name, error: self.beats.append((name, error)), self.jumped)

    async def jumped(self, _seconds: float) -> None:
        return

    def due_in(self, name: str) -> float:
        job = self.scheduler._scheduler.get_job(name)
        return float((job.next_run_time - module._wall(self.scheduler._scheduler)).total_seconds())


def test_waits_double_up_to_half_a_minute() -> None:
    assert [back_off(n) for n in range(1, 9)] == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_a_loop_that_fails_is_left_alone_longer_each_time_until_it_works_again() -> None:
    place = Place()
    broken = [True]

    async def work() -> None:
        if broken[0]:
            raise StoreError("locked")

    place.scheduler.every(timedelta(seconds=1), "loop", work)
    place.scheduler._scheduler.start(paused=True)
    waits = []
    for _ in range(6):
        await place.scheduler._run("loop", work)
        waits.append(round(place.due_in("loop")))
    assert waits == [1, 2, 4, 8, 16, 30]
    broken[0] = False
    await place.scheduler._run("loop", work)
    broken[0] = True
    await place.scheduler._run("loop", work)
    assert round(place.due_in("loop")) == 1
    assert place.beats[-2:] == [("loop", None), ("loop", "locked")]
    await place.scheduler.stop(1)


@pytest.mark.parametrize("jump", [-90_000.0, 90_000.0])
async def test_a_clock_that_was_set_starts_what_is_hurried_only(jump: float, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    ran: list[str] = []

    async def work() -> None:
        ran.append("prune")

    place.scheduler.every(HOUR, "collect", work)
    place.scheduler.every(HOUR, "prune", work, hurried=False)
    place.scheduler._scheduler.start(paused=True)
    offset = module._offset()
    monkeypatch.setattr(module, "_offset", lambda: offset + jump)
    await place.scheduler._run("prune", work)
    assert ran == []
    await place.scheduler.look_at_clock()
    assert place.due_in("collect") <= 0
    assert 3590 < place.due_in("prune") <= 3600
    await place.scheduler._run("prune", work)
    assert ran == ["prune"]
    await place.scheduler.stop(1)


async def test_a_stop_waits_for_what_runs_and_starts_nothing_more() -> None:
    place = Place()
    began, go, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        await go.wait()
        ended.set()

    place.scheduler.every(HOUR, "loop", work)
    place.scheduler.start()
    await began.wait()
    stopping = asyncio.ensure_future(place.scheduler.stop(60))
    asyncio.get_running_loop().call_later(0.05, go.set)
    await stopping
    assert ended.is_set()
    await place.scheduler._run("loop", work)
    assert len(place.beats) == 1


async def test_a_stop_does_not_wait_for_what_hangs() -> None:
    place = Place()
    began, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    place.scheduler.every(HOUR, "loop", work)
    place.scheduler.start()
    await began.wait()
    await place.scheduler.stop(0.01)
    await cancelled.wait()
