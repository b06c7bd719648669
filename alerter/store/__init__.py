"""The database: readings, alerts and the outbox, in one SQLite file."""

from alerter.store.database import Database, lock_for_run, open_store

__all__ = ["Database", "lock_for_run", "open_store"]
