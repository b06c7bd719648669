"""When the use cases run on one machine: APScheduler's ticks, and nothing else.

A tick that is still running is not started again; ticks missed while the machine slept are made up once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from alerter.core.errors import AlerterError

log = structlog.get_logger(__name__)

JUMP = 5.0
"""Seconds by which the wall clock may drift from the monotonic one between two looks before it counts as a jump."""

LONGEST = 30.0
"""Seconds after which a loop that keeps failing is tried again at the latest."""

Work = Callable[[], Awaitable[object]]


def back_off(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4 … at most 30."""
    return min(LONGEST, float(1 << min(max(failures - 1, 0), 10)))


class Scheduler:
    """Calls each loop at its interval. `beat` is told (loop, error or None) whenever one has run."""

    def __init__(self, beat: Callable[[str, str | None], None], jumped: Callable[[float], Awaitable[None]]) -> None:
        self._beat = beat
        self._jumped = jumped
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._offset = _offset()
        self._unhurried: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._running: set[asyncio.Task[object]] = set()
        self._stopping = False

    def every(self, interval: timedelta, name: str, work: Work, *, hurried: bool = True) -> None:
        """Run `work` every `interval`, the first time at once. Not `hurried`: a clock that is set does not start it."""
        seconds = max(1, int(interval.total_seconds()))
        if not hurried:
            self._unhurried[name] = seconds
        self._scheduler.add_job(self._run, IntervalTrigger(seconds=seconds), args=(name, work), id=name)

    def start(self) -> None:
        self._scheduler.start()
        self.now()

    def now(self, *names: str) -> None:
        """Run these loops (default: all) at the next chance instead of at their next tick."""
        for job in self._scheduler.get_jobs():
            if not names or job.id in names:
                self._plan(job.id, 0)

    async def stop(self, within: float) -> None:
        """Start nothing more, and wait for what runs; what still runs `within` seconds later is cancelled."""
        self._stopping = True
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=within)
        self._scheduler.shutdown(wait=False)

    async def look_at_clock(self) -> None:
        """Notice that the wall clock was set: what waits for a time that moved away is due again."""
        now = _offset()
        jump, self._offset = now - self._offset, now
        if abs(jump) > JUMP:
            log.warning("the clock jumped", seconds=round(jump, 1))
            for job in self._scheduler.get_jobs():
                self._plan(job.id, self._unhurried.get(job.id, 0))
            await self._jumped(jump)

    def _plan(self, name: str, seconds: float) -> None:
        """Run this loop so many seconds from now."""
        job = self._scheduler.get_job(name)
        if job is not None and job.next_run_time is not None and not self._stopping:
            job.modify(next_run_time=_wall(self._scheduler) + timedelta(seconds=seconds))

    async def _run(self, name: str, work: Work) -> None:
        if self._stopping or (name in self._unhurried and abs(_offset() - self._offset) > JUMP):
            return  # the clock was set just now: the next look at it plans this loop anew
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            await work()
        except AlerterError as error:
            log.error("a loop failed and goes on", loop=name, error=str(error))
            self._failed(name, str(error))
        except Exception as error:
            log.exception("a loop failed and goes on", loop=name)
            self._failed(name, type(error).__name__)
        else:
            self._failures.pop(name, None)
            self._beat(name, None)

    def _failed(self, name: str, error: str) -> None:
        self._failures[name] = self._failures.get(name, 0) + 1
        self._plan(name, back_off(self._failures[name]))
        self._beat(name, error)


def _offset() -> float:
    return time.time() - time.monotonic()


def _wall(scheduler: AsyncIOScheduler) -> datetime:
    return datetime.fromtimestamp(time.time(), scheduler.timezone)
