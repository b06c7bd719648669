"""What keeps a service up: patience at its start, bounded steps at its end, a look at the disk."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerter.bootstrap.disk import Disk
from alerter.bootstrap.starting import Stopped, patiently
from alerter.bootstrap.stopping import bounded
from alerter.core.errors import NewerSchema, StoreError
from alerter.core.model import Event


@dataclass
class Room:
    total: int
    free: int


def at_once(_failures: int) -> float:
    return 0.0


async def test_a_database_that_comes_back_is_waited_for() -> None:
    said: list[str] = []

    async def work() -> str:
        if len(said) < 3:
            raise StoreError(f"locked {len(said)}")
        return "open"

    assert await patiently(work, asyncio.Event(), said.append, at_once) == "open"
    assert said == ["locked 0", "locked 1", "locked 2"]


async def test_a_stop_ends_the_waiting() -> None:
    stop = asyncio.Event()

    async def work() -> str:
        raise StoreError("locked")

    with pytest.raises(Stopped):
        await patiently(work, stop, lambda _: stop.set(), lambda _: 3600.0)


async def test_a_newer_schema_is_not_waited_for() -> None:
    async def work() -> str:
        raise NewerSchema("newer")

    with pytest.raises(NewerSchema):
        await patiently(work, asyncio.Event(), wait=at_once)


async def test_a_step_that_hangs_or_fails_does_not_keep_the_end() -> None:
    async def fails() -> None:
        raise RuntimeError

    await bounded(asyncio.Event().wait(), "hangs", 0.01)
    await bounded(fails(), "fails", 1)


async def test_a_nearly_full_disk_is_said_once_a_day_and_stays_visible_until_there_is_room() -> None:
    room, told = Room(1_000_000_000, 500_000_000), list[Event]()

    async def note(events: list[Event]) -> None:
        told.extend(events)

    disk = Disk(Path("/data"), lambda: ("ops",), note, lambda _: room)
    await disk.look()
    assert (disk.trouble, told) == (None, [])
    room.free = 49_000_000
    await disk.look()
    await disk.look()
    assert disk.trouble == "the disk is nearly full: 49 MB free (4.9 %)"
    assert [(event.id, event.channels) for event in told] == [(f"disk-{told[0].at:%Y%m%d}", ("ops",))]
    room.total, room.free = 100_000_000, 19_000_000
    await disk.look()
    assert disk.trouble is not None
    room.free = 50_000_000
    await disk.look()
    assert disk.trouble is None
