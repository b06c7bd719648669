"""Opening the store: one object that is every port of alerter.core.ports, on one database."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alerter.core.errors import ConfigurationError, StoreError
from alerter.store import ledger, polls
from alerter.store.accounts import AccountNumbers
from alerter.store.alerts import AlertStore
from alerter.store.books import BookShelf
from alerter.store.connections import Connections, database_file
from alerter.store.housekeeping import Housekeeping
from alerter.store.ledger import LedgerStore
from alerter.store.outbox import OutboxQueue
from alerter.store.outcomes import OutboxOutcomes
from alerter.store.parts import Prepared
from alerter.store.polls import PollTimes
from alerter.store.queries import Queries
from alerter.store.schema import upgrade as upgrade_schema
from alerter.store.tables import readings


class Database(BookShelf, PollTimes, LedgerStore, AlertStore, OutboxQueue, OutboxOutcomes, Housekeeping):
    """The port `Store`; `queries` is what pages and commands read."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections, AccountNumbers(connections), _prepared(connections))
        self.queries = Queries(connections, self.numbers, self.prepared)


async def open_store(url: str, *, upgrade: bool = True, busy: float = 5.0) -> Database:
    """Open the database at `url`, made and brought up to date if need be.

    With `upgrade` off the file is taken as it is: neither made nor changed by opening it, and only read where it
    cannot be written. `busy` is how many seconds to wait for another process's lock. Raises ConfigurationError for a
    URL that cannot be used or, with `upgrade` off, no database or an old schema; NewerSchema; StoreError when the
    database does not answer.
    """
    file = database_file(url)
    connections = Connections(_made(file) if upgrade else _found(file), busy=busy, as_it_is=not upgrade)
    try:
        await upgrade_schema(connections, allowed=upgrade)
    except BaseException:
        await connections.close()
        raise
    return Database(connections)


@contextmanager
def lock_for_run(url: str) -> Iterator[None]:
    """Only one process runs the service on a database; raises ConfigurationError when another one does.

    The lock goes with the process, however it ends. A database in memory needs none.
    """
    file = database_file(url)
    if file is None:
        yield
        return
    path = file.with_name(file.name + ".lock")
    try:
        lock = path.open("a")
    except OSError as error:
        raise ConfigurationError(f"cannot write beside the database: {path}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(f"another alerter run is using {file}") from error
        yield


def _made(file: Path | None) -> Path | None:
    """The file exists afterwards: connections never make one, so that a vanished database is noticed."""
    try:
        if file is not None:
            file.touch()
    except OSError as error:
        raise StoreError(f"the database file cannot be written: {file}: {error.strerror}") from error
    return file


def _found(file: Path | None) -> Path | None:
    if file is not None and not file.exists():
        raise ConfigurationError(f"there is no database at {file}: `alerter db upgrade` makes it")
    return file


def _prepared(connections: Connections) -> Prepared:
    return Prepared(
        keep_closed=connections.prepare(ledger.keep(connections.insert(readings))),
        replace_open=connections.prepare(ledger.replace_same_window(connections.insert(readings))),
        polls=connections.prepare(polls.SETTLE),
        fills=connections.prepare(polls.SETTLE_FILL),
    )
