"""From an empty file to the schema that the code speaks."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from support.store_values import T0

from alerter.core.errors import ConfigurationError, NewerSchema
from alerter.store import open_store
from alerter.store.schema import HEAD
from alerter.store.tables import metadata


def dump(conn: Connection) -> dict[str, str]:
    rows = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'"))
    return {name: " ".join(sql.split()) for name, sql in rows}


async def test_the_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    await (await open_store(f"sqlite:///{tmp_path}/migrated.db")).close()
    migrated = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    direct = create_engine(f"sqlite:///{tmp_path}/direct.db")
    metadata.create_all(direct)
    with migrated.connect() as conn, direct.connect() as other:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        found, wanted = dump(conn), dump(other)
    migrated.dispose()
    direct.dispose()
    assert found.keys() == wanted.keys()
    for word in (" CHECK ", " UNIQUE ", " REFERENCES ", "NOT NULL", " WHERE "):
        assert {n: sql.count(word) for n, sql in found.items()} == {n: sql.count(word) for n, sql in wanted.items()}
    assert [name for name, sql in found.items() if "WITHOUT ROWID" in sql] == ["readings"]


async def test_a_database_up_to_date_needs_no_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/alerter.db"
    await (await open_store(url)).close()
    code = (
        "import asyncio, sys; from alerter.store import open_store\n"
        "async def main(): await (await open_store(sys.argv[1])).close()\n"
        "asyncio.run(main()); sys.exit('alembic' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, url)
    assert await process.wait() == 0


async def test_a_newer_schema_is_refused_and_untouched(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/alerter.db"
    store = await open_store(url)
    await store.watch(["a"], T0)
    with sqlite3.connect(tmp_path / "alerter.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '0999'")
    newer.close()
    with pytest.raises(NewerSchema):
        await store.claim_polls(T0, 1, T0 - T0)
    with pytest.raises(NewerSchema):
        await store.check()
    await store.close()
    with pytest.raises(NewerSchema, match="0999"):
        await open_store(url)


async def test_an_old_schema_is_left_alone_when_upgrading_is_not_allowed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="alerter db upgrade"):
        await open_store(f"sqlite:///{tmp_path}/alerter.db", upgrade=False)


async def test_two_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/alerter.db"
    for store in await asyncio.gather(*(open_store(url) for _ in range(3))):
        await store.check()
        await store.close()
    with sqlite3.connect(tmp_path / "alerter.db") as conn:
        assert conn.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
    conn.close()
