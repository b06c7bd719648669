"""One alerter in this process, put together as `alerter run` does, without its loops: rounds are called by hand."""

import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from alerter.bootstrap import clock, wiring
from alerter.bootstrap.books import keep_book, open_book
from alerter.bootstrap.parts import Parts, assemble
from alerter.core.model import AskKind, Reading, Window
from alerter.core.ports import Settlement
from alerter.settings import Secrets
from alerter.store import open_store
from benchmarks import shape

DAYS = 15
BATCH = 2_000


class Inside:
    """`now` is its clock; it stands still within a round and moves on by a minute between two.

    It begins some minutes ago, so that a real process can go on after it, and no account counts as stale.
    """

    def __init__(self, parts: Parts, now: datetime) -> None:
        self.parts = parts
        self.now = now

    async def round(self) -> float:
        """Ask every account and judge and store what it says; seconds of this process's CPU."""
        self.now += timedelta(minutes=1)
        await self.parts.store.make_due(None, self.now)
        began = time.process_time()
        await self.parts.collector.collect()
        await self.parts.collector.idle()
        return time.process_time() - began


@asynccontextmanager
async def inside(folder: Path, began: timedelta) -> AsyncIterator[Inside]:
    """The installation in `folder`, its clock so long ago, with its rule book in force."""
    settings = shape.settings(folder)
    secrets = Secrets(settings.secrets_dir)
    store = await open_store(settings.database_url)
    source = wiring.source(settings, secrets)
    opened = await open_book(settings, store, secrets)
    parts = assemble(settings, secrets, store, opened, source, now=lambda: found.now)
    found = Inside(parts, clock.now() - began)
    await store.watch(list(opened.book.accounts), found.now)
    await keep_book(store, opened, found.now)
    try:
        yield found
    finally:
        await parts.close()
        await source.close()
        await store.close()


async def prefill(folder: Path, accounts: int) -> None:
    """Store 15 closed days of every account, and that no more history is missing until tomorrow."""
    now = clock.now()
    names = [shape.account_name(n) for n in range(accounts)]
    store = await open_store(shape.settings(folder).database_url)
    try:
        await store.watch(names, now)
        for start in range(0, accounts, BATCH):
            some = names[start : start + BATCH]
            readings = [reading for name in some for reading in _days(name, now)]
            await store.settle(Settlement(readings=readings, fills=dict.fromkeys(some, now + timedelta(days=1))))
    finally:
        await store.close()


async def make_due(folder: Path) -> None:
    """Every account is asked as soon as a process runs."""
    store = await open_store(shape.settings(folder).database_url)
    try:
        await store.take_back(clock.now())
        await store.make_due(None, clock.now())
    finally:
        await store.close()


def _days(name: str, now: datetime) -> list[Reading]:
    midnight = shape.last_midnight(now - timedelta(minutes=10))
    found = []
    for back in range(DAYS):
        window = Window(midnight - timedelta(days=back + 1), midnight - timedelta(days=back))
        counts = {"num_operations": 480_000 + 10 * back, "sign_operations": 36_000, "apps.generic": 30}
        found.append(Reading(account=name, window=window, kind=AskKind.CLOSED, read_at=now, values=counts))
    return found


def peak_mb() -> float:
    """The most memory this process ever had resident, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(**found: object) -> None:
    """The result of a part that runs in a process of its own."""
    json.dump(found, sys.stdout)
    sys.stdout.write("\n")
