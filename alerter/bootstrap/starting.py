"""Waiting for a database that cannot be used yet, instead of ending and being started again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from alerter.core.errors import NewerSchema, StoreError
from alerter.scheduler import back_off

log = structlog.get_logger(__name__)

T = TypeVar("T")

LET_END = 2.0
"""Seconds for a call of the database to end once it is to be given up."""


class Stopped(Exception):
    """The process was asked to stop before it had begun."""


async def patiently(
    work: Callable[[], Awaitable[T]],
    stop: asyncio.Event,
    say: Callable[[str], None] = lambda _: None,
    wait: Callable[[int], float] = back_off,
) -> T:
    """What `work` gives, tried until the database answers. Raises Stopped once `stop` is set.

    `say` is told why there is nothing yet. A newer schema is no passing fault: NewerSchema goes through.
    """
    failures = 0
    while True:
        try:
            return await _unless_stopped(work, stop)
        except NewerSchema:
            raise
        except StoreError as error:
            failures += 1
            seconds = wait(failures)
            log.error("the database cannot be used; tried again", error=str(error), seconds=seconds)
            say(str(error))
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            continue
        raise Stopped


async def _unless_stopped(work: Callable[[], Awaitable[T]], stop: asyncio.Event) -> T:
    if stop.is_set():
        raise Stopped
    task, stopped = asyncio.ensure_future(work()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait((task,), timeout=LET_END)
        if not task.done():
            raise Stopped
        return task.result()
    finally:
        task.cancel()
        stopped.cancel()
