"""Noticing that the disk under the database is nearly full, before nothing can be stored any more."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Protocol

import structlog

from alerter.bootstrap import clock
from alerter.core.facts import notice
from alerter.core.model import Event, Reason, Severity

log = structlog.get_logger(__name__)

SHARE = 0.05
BYTES = 20_000_000
"""Less free space than this share of the disk, or than so many bytes, is nearly full."""


class Usage(Protocol):
    """What `shutil.disk_usage` gives."""

    @property
    def total(self) -> int: ...

    @property
    def free(self) -> int: ...


class Disk:
    """Looks at the disk under `folder`. `trouble` says what is wrong with it; it is told once a day."""

    def __init__(
        self,
        folder: Path,
        ops: Callable[[], tuple[str, ...]],
        note: Callable[[list[Event]], Awaitable[None]],
        usage: Callable[[Path], Usage] = shutil.disk_usage,
    ) -> None:
        self._folder = folder
        self._ops = ops
        self._note = note
        self._usage = usage
        self._told: date | None = None
        self.trouble: str | None = None

    async def look(self) -> None:
        found = await asyncio.to_thread(self._usage, self._folder)
        if found.free >= BYTES and found.free >= SHARE * found.total:
            self.trouble = None
            return
        share = 100 * found.free / max(found.total, 1)
        self.trouble = f"the disk is nearly full: {found.free // 1_000_000:,} MB free ({share:.1f} %)"
        now = clock.now()
        if self._told == now.date():
            return
        log.warning("the disk is nearly full", folder=str(self._folder), free_bytes=found.free)
        await self._note([self._event()])
        self._told = now.date()

    def _event(self) -> Event:
        now = clock.now()
        return Event(
            id=f"disk-{now:%Y%m%d}",
            alert=None,
            key=None,
            at=now,
            reason=Reason.SERVICE,
            severity=Severity.WARNING,
            channels=self._ops(),
            payload=notice(
                title="The disk of the database is nearly full",
                text=f"{self.trouble}. When it is full, nothing can be stored: make room in {self._folder}.",
                now=now,
                details={"folder": str(self._folder)},
            ),
        )
