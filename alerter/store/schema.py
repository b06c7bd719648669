"""Which revision the database has, and bringing it to ours. Alembic is imported only when there is something to do."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from alerter.core.errors import ConfigurationError, NewerSchema
from alerter.store.connections import Connections

HEAD = "0001"
"""The newest file in migrations/versions; revisions are numbers that grow."""

_REVISION = text("SELECT version_num FROM alembic_version")


async def upgrade(connections: Connections, *, allowed: bool = True) -> None:
    """Bring the schema to HEAD; raises NewerSchema, or ConfigurationError when it is old and that is not `allowed`."""
    async with connections.reading() as conn:
        stored = await conn.run_sync(_stored)
    if not _is_old(stored):
        return
    if not allowed:
        raise ConfigurationError("the database schema is not up to date: run `alerter db upgrade`")
    async with connections.writing() as conn:  # the lock: who comes second finds it done
        if _is_old(await conn.run_sync(_stored)):
            await conn.run_sync(_migrate)


async def refuse_newer(conn: AsyncConnection) -> None:
    """Raises NewerSchema when somebody upgraded the database under us: then no work may be taken."""
    _is_old((await conn.execute(_REVISION)).scalar())


def _is_old(stored: str | None) -> bool:
    if stored is not None and (not stored.isdigit() or int(stored) > int(HEAD)):
        raise NewerSchema(
            f"the database has schema {stored[:20]}, this alerter knows up to {HEAD}: use the newer alerter"
        )
    return stored != HEAD


def _stored(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    found = conn.execute(_REVISION).scalar()
    return None if found is None else str(found)


def _migrate(conn: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": conn})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    command.upgrade(config, "head")
