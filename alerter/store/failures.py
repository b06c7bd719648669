"""What SQLAlchemy and SQLite raise, as the error tree's StoreError with words for people."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from alerter.core.errors import StoreError
from alerter.store.encoding import clean

_WORDS = {
    sqlite3.SQLITE_BUSY: "the database is locked by another process",
    sqlite3.SQLITE_LOCKED: "the database is locked by another process",
    sqlite3.SQLITE_FULL: "the disk is full: the database cannot grow",
    sqlite3.SQLITE_READONLY: "the database is read-only",
    sqlite3.SQLITE_PERM: "the database may not be opened",
    sqlite3.SQLITE_CANTOPEN: "the database file is gone or cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk under the database does not answer",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
}


def words(error: BaseException) -> str:
    """What happened, without the statement or its values."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", None)
    known = _WORDS.get(code & 0xFF) if isinstance(code, int) else None
    if isinstance(error, OverflowError):
        return "a number is too large for the database"
    return known or clean(f"the database failed: {type(cause).__name__}: {cause}", 200)


@contextmanager
def as_store_errors() -> Iterator[None]:
    """Whatever the database raises inside comes out as StoreError."""
    try:
        yield
    except (DBAPIError, PendingRollbackError, PoolTimeout, sqlite3.Error, OverflowError) as error:
        raise StoreError(words(error)) from error
