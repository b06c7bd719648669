"""The engine, and the two ways to use it: reading, and writing one transaction at a time."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Executable, Table, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.dml import Insert

from alerter.core.errors import ConfigurationError, StoreError
from alerter.store.failures import as_store_errors

_PREFIX = "sqlite://"
_SUPPORTED = "supported are sqlite:///file.db, sqlite:////absolute/file.db and sqlite:// (in memory)"


def database_file(url: str) -> Path | None:
    """The file a database URL names, None for one in memory; raises ConfigurationError for anything else."""
    if url.startswith(("postgresql:", "postgres:", "postgresql+")):
        raise ConfigurationError(f"PostgreSQL is not available in this version; {_SUPPORTED}")
    if url in (_PREFIX, _PREFIX + "/", _PREFIX + "/:memory:"):
        return None
    if not url.startswith(_PREFIX + "/") or "?" in url:
        raise ConfigurationError(f"the database URL cannot be used; {_SUPPORTED}")
    return Path(url[len(_PREFIX) + 1 :]).absolute()


class Statement:
    """A statement compiled once for this database, run for many rows of plain values.

    SQLAlchemy's own handling of a row of 30 columns costs more than SQLite's; the text stays SQLAlchemy's.
    """

    def __init__(self, statement: Executable, engine: AsyncEngine) -> None:
        compiled = statement.compile(dialect=engine.dialect)  # type: ignore[attr-defined]
        self.text = str(compiled)
        self.order: tuple[str, ...] = tuple(compiled.positiontup or ())

    async def run(self, conn: AsyncConnection, rows: list[tuple[Any, ...]]) -> None:
        """Run it once a row; each holds the values in `order`."""
        if rows:
            await conn.exec_driver_sql(self.text, rows)


class Connections:
    """One database. `busy` is how many seconds a writer waits for another process.

    With `as_it_is` the file keeps its journal mode, and what cannot be written is opened for reading only.
    """

    def __init__(self, file: Path | None, *, busy: float = 5.0, as_it_is: bool = False) -> None:
        self.file = file
        self.engine = _engine(file, busy, as_it_is=as_it_is)
        self._writer = self.engine.execution_options(alerter_writes=True)
        self._turn = asyncio.Lock()
        self._inode = _inode(file)
        self._compiled: dict[tuple[Callable[[int], Executable], int], Statement] = {}

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one moment of the database; raises StoreError."""
        # In memory everybody shares one connection, which has one transaction at a time.
        turn: AbstractAsyncContextManager[object] = nullcontext() if self.file else self._turn
        async with turn:
            with as_store_errors():
                async with self.engine.begin() as conn:
                    yield conn

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, kept when the block ends and undone when it raises; raises StoreError.

        Writers of this process queue here: SQLite's own waiting sleeps, and wakes in no order.
        """
        async with self._turn:
            with as_store_errors():
                async with self._writer.begin() as conn:
                    yield conn

    def insert(self, table: Table) -> "sqlite.Insert":
        """INSERT with ON CONFLICT, in this database's dialect."""
        return sqlite.insert(table)

    def prepare(self, statement: Executable) -> Statement:
        return Statement(statement, self.engine)

    def prepared(self, build: Callable[[int], Executable], size: int) -> Statement:
        """What `build` makes for `size`, compiled the first time only."""
        found = self._compiled.get((build, size))
        if found is None:
            found = self._compiled[build, size] = self.prepare(build(size))
        return found

    async def same_file(self) -> None:
        """Raises StoreError when the file was removed or replaced: what is written now would be lost."""
        if _inode(self.file) != self._inode:
            await self.engine.dispose()
            self._inode = _inode(self.file)
            raise StoreError("the database file was removed or replaced")

    async def close(self) -> None:
        await self.engine.dispose()


def upsert(statement: "sqlite.Insert", table: Table, *columns: str) -> Insert:
    """The same row again replaces these columns (none: everything but the key)."""
    key = [column.name for column in table.primary_key]
    names = columns or tuple(column.name for column in table.columns if column.name not in key)
    return statement.on_conflict_do_update(index_elements=key, set_={name: statement.excluded[name] for name in names})


def _inode(file: Path | None) -> tuple[int, int] | None:
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _engine(file: Path | None, busy: float, *, as_it_is: bool) -> AsyncEngine:
    options: dict[str, Any] = {"timeout": busy, "isolation_level": None}
    if file is None:
        engine = create_async_engine("sqlite+aiosqlite://", connect_args=options)
    else:
        query = {**_mode(file, as_it_is=as_it_is), "uri": "true"}
        url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(file))}", query=query)
        engine = create_async_engine(url, connect_args=options, pool_size=5, max_overflow=5, pool_timeout=10)
    event.listen(engine.sync_engine, "connect", _configure if as_it_is else _configure_wal)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _mode(file: Path, *, as_it_is: bool) -> dict[str, str]:
    """Never one that makes a file: one that vanished is an error, and no new and empty database."""
    if not as_it_is or (_may_write(file) and _may_write(file.parent)):
        return {"mode": "rw"}
    shared, log = (file.with_name(file.name + end) for end in ("-shm", "-wal"))
    if shared.exists() or (log.exists() and log.stat().st_size > 0):
        return {"mode": "ro"}  # somebody uses it, and part of what is stored is in the log
    return {"mode": "ro", "immutable": "1"}  # or SQLite wants to make those two files, even to read


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _configure_wal(connection: Any, record: object) -> None:
    with _closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
    _configure(connection, record)


def _configure(connection: Any, _record: object) -> None:
    """FULL: what was committed survives a power cut, at one fsync a commit."""
    with _closing(connection.cursor()) as cursor:
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")


def _begin(conn: Connection) -> None:
    """A writer takes the lock at once: one that reads first and locks later fails when somebody wrote in between."""
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("alerter_writes") else "BEGIN")


@contextmanager
def _closing(cursor: Any) -> Iterator[Any]:
    try:
        yield cursor
    finally:
        cursor.close()
