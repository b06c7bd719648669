"""The pace of requests, on a loop whose clock jumps instead of waiting."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from support.dsm import JumpingLoop

from alerter.sources.limiter import Pace


def run(story: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(story)


async def turn(pace: Pace, log: list[tuple[str, float]], name: str, *, urgent: bool) -> None:
    await pace.wait(urgent=urgent)
    log.append((name, round(asyncio.get_running_loop().time(), 3)))


def test_turns_come_evenly() -> None:
    async def story() -> list[float]:
        pace, log = Pace(5), list[tuple[str, float]]()
        await asyncio.gather(*(turn(pace, log, "live", urgent=True) for _ in range(4)))
        return [at for _, at in log]

    assert run(story()) == [0.0, 0.2, 0.4, 0.6]


def test_what_was_not_used_is_not_saved_up() -> None:
    async def story() -> list[float]:
        pace, log = Pace(5), list[tuple[str, float]]()
        await asyncio.sleep(60)
        await asyncio.gather(*(turn(pace, log, "live", urgent=True) for _ in range(3)))
        return [at for _, at in log]

    assert run(story()) == [60.0, 60.2, 60.4]


def test_live_polls_go_before_history_that_came_first() -> None:
    async def story() -> list[str]:
        pace, log = Pace(1), list[tuple[str, float]]()
        history = [turn(pace, log, f"history {i}", urgent=False) for i in range(3)]
        live = [turn(pace, log, f"live {i}", urgent=True) for i in range(2)]
        await asyncio.gather(*history, *live)
        return [name for name, _ in log]

    assert run(story()) == ["history 0", "live 0", "live 1", "history 1", "history 2"]


def test_who_gives_up_while_waiting_costs_nobody_a_turn() -> None:
    async def story() -> list[tuple[str, float]]:
        pace, log = Pace(1), list[tuple[str, float]]()
        tasks = [asyncio.create_task(turn(pace, log, name, urgent=True)) for name in ("a", "b", "c")]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return log

    assert run(story()) == [("a", 0.0), ("c", 1.0)]


def test_a_free_turn_is_taken_at_once_but_not_past_a_queue() -> None:
    async def story() -> list[bool]:
        pace, log = Pace(1), list[tuple[str, float]]()
        first, second = pace.take(), pace.take()
        waiting = asyncio.create_task(turn(pace, log, "history", urgent=False))
        await asyncio.sleep(0)
        passed = pace.take()
        await waiting
        return [first, second, passed]

    assert run(story()) == [True, False, False]


def test_a_fast_pace_holds_whatever_timers_do() -> None:
    async def story() -> float:
        pace, log = Pace(1000), list[tuple[str, float]]()
        await asyncio.gather(*(turn(pace, log, "live", urgent=True) for _ in range(2100)))
        return log[-1][1]

    assert 1.9 < run(story()) < 2.1
