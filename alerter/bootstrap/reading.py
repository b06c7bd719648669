"""What looking at stored things takes: the database and the rule book; no secret, no network."""

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alerter.bootstrap.books import Opened, book_to_read
from alerter.core.errors import ConfigurationError, StoreError
from alerter.pipeline.overview import Overview
from alerter.pipeline.watch import Watch
from alerter.settings import Settings
from alerter.store import Database, lock_for_run, open_store
from alerter.store.chunks import chunks
from alerter.store.connections import database_file
from alerter.store.queries import DeliveryLine
from alerter.store.queries.deliveries import read_deliveries
from alerter.store.tables import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A database that may be in use, and the rule book to look at it with."""

    store: Database
    opened: Opened
    watch: Watch
    overview: Overview


@asynccontextmanager
async def stored(settings: Settings) -> AsyncIterator[Database]:
    """The database as it is, neither made nor upgraded; raises ConfigurationError when there is none."""
    file = database_file(settings.database_url)
    if file is not None and not file.exists():
        raise ConfigurationError(f"there is no database at {file} yet: alerter run or alerter check makes it")
    store = await open_store(settings.database_url, upgrade=False)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Reader]:
    """For commands that only look, while the service runs or not."""
    async with stored(settings) as store:
        opened = await book_to_read(settings, store)
        overview = Overview(store=store, fresh_for=settings.fresh_for)
        yield Reader(store=store, opened=opened, watch=Watch.over(opened.book), overview=overview)


def is_served(settings: Settings) -> bool:
    """Whether a service runs on this database now."""
    try:
        with lock_for_run(settings.database_url):
            return False
    except ConfigurationError:
        return True


@contextmanager
def rehearsal(settings: Settings) -> Iterator[Settings]:
    """Settings with a copy of the database as it is now, thrown away afterwards."""
    file = database_file(settings.database_url)
    with tempfile.TemporaryDirectory(prefix="alerter-dry-run-") as folder:
        copy = Path(folder) / "alerter.db"
        if file is not None and file.exists():
            _copy(file, copy)
        yield settings.model_copy(update={"database_url": f"sqlite:///{copy}"})


def _copy(file: Path, to: Path) -> None:
    """SQLite's own backup: whole, whoever is writing meanwhile."""
    try:
        with closing(sqlite3.connect(file, timeout=30)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise StoreError(f"the database cannot be copied: {error}") from None


async def deliveries_of(store: Database, events: Sequence[str]) -> dict[str, list[DeliveryLine]]:
    """How each of these events fared on its way to its channels."""
    found: dict[str, list[DeliveryLine]] = {event: [] for event in events}
    async with store.connections.reading() as conn:
        for some in chunks(list(found)):
            which = outbox.c.event_id.in_(some)
            for line in await read_deliveries(conn, which, [outbox.c.id], 100 * len(some)):
                found[line.event].append(line)
    return found
