"""Signals, and an end within ten seconds whatever hangs."""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType

import structlog

log = structlog.get_logger(__name__)

AT_THE_LATEST = 9.5
"""Seconds after the signal at which the process ends, done or not: the next one takes back what this one held."""


async def bounded(step: Awaitable[object], name: str, within: float) -> None:
    """Wait for one step of the end; one that hangs or fails does not keep the others."""
    try:
        async with asyncio.timeout(within):
            await step
    except TimeoutError:
        log.warning("a step of stopping was given up", step=name, seconds=within)
    except Exception as error:  # noqa: BLE001  (whatever it is, the process ends)
        log.warning("a step of stopping failed", step=name, error=type(error).__name__)


def listen_to_signals(
    stop: asyncio.Event, reload: Callable[[], Awaitable[object] | None], within: float = AT_THE_LATEST
) -> None:
    """SIGTERM and SIGINT set `stop`, and end the process `within` seconds later; SIGHUP calls `reload`."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Future[object]] = set()

    def ends(_number: int, _frame: FrameType | None) -> None:
        last_resort(within)
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    def reloads() -> None:
        work = reload()
        if work is not None:
            task = asyncio.ensure_future(work)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    # not the loop's own handlers: these also run while the loop is busy
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ends)
    loop.add_signal_handler(signal.SIGHUP, reloads)


def last_resort(within: float) -> None:
    """End the process after so many seconds, unless it has ended by itself."""
    timer = threading.Timer(within, os._exit, args=(0,))
    timer.daemon = True
    timer.start()
