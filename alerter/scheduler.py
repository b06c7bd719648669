"""When the use cases run on one machine: APScheduler's ticks, and nothing else.

A tick that is still running is not started again; ticks missed while the machine slept are made up once.
"""

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

Work = Callable[[], Awaitable[object]]


class Scheduler:
    """Calls each loop at its interval. `beat` is told (loop, error or None) whenever one has run."""

    def __init__(self, beat: Callable[[str, str | None], None], jumped: Callable[[float], Awaitable[None]]) -> None:
        self._beat = beat
        self._jumped = jumped
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._offset = _offset()

    def every(self, interval: timedelta, name: str, work: Work) -> None:
        """Run `work` every `interval`, the first time at once."""
        seconds = max(1, int(interval.total_seconds()))
        self._scheduler.add_job(self._run, IntervalTrigger(seconds=seconds), args=(name, work), id=name)

    def start(self) -> None:
        self._scheduler.start()
        self.now()

    def now(self, *names: str) -> None:
        """Run these loops (default: all) at the next chance instead of at their next tick."""
        for job in self._scheduler.get_jobs():
            if (not names or job.id in names) and job.next_run_time is not None:
                job.modify(next_run_time=_wall(self._scheduler))

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def look_at_clock(self) -> None:
        """Notice that the wall clock was set: what waits for a time that moved away is due again."""
        now = _offset()
        jump, self._offset = now - self._offset, now
        if abs(jump) > JUMP:
            log.warning("the clock jumped", seconds=round(jump, 1))
            await self._jumped(jump)
            self.now()

    async def _run(self, name: str, work: Work) -> None:
        try:
            await work()
        except AlerterError as error:
            log.error("a loop failed and goes on", loop=name, error=str(error))
            self._beat(name, str(error))
        except Exception as error:
            log.exception("a loop failed and goes on", loop=name)
            self._beat(name, type(error).__name__)
        else:
            self._beat(name, None)


def _offset() -> float:
    return time.time() - time.monotonic()


def _wall(scheduler: AsyncIOScheduler) -> datetime:
    return datetime.fromtimestamp(time.time(), scheduler.timezone)
