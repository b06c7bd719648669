"""A database that is locked, full, gone or somebody else's: said clearly, and over when it is over."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from support.store_values import DAY, MINUTE, T0, a_reading, an_alert, an_event

from alerter.core.errors import ConfigurationError, StoreError
from alerter.core.model import Receipt
from alerter.core.ports import Settlement
from alerter.store import Database, lock_for_run, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    """A database that waits a tenth of a second for a lock."""
    database = await open_store(f"sqlite:///{tmp_path}/alerter.db", busy=0.1)
    yield database
    await database.close()


async def test_locked_and_free_again(store: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "alerter.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another process"):
        await store.settle(Settlement(events=[an_event("e", "slack")]))
    assert await store.busy_channels(T0) == []
    other.execute("ROLLBACK")
    other.close()
    await store.settle(Settlement(events=[an_event("e", "slack")]))
    assert await store.busy_channels(T0) == ["slack"]


async def test_a_full_disk_loses_nothing_that_was_stored(store: Database) -> None:
    await store.settle(Settlement(alerts=[an_alert()]))
    async with store.connections.writing() as conn:
        pages = (await conn.execute(text("PRAGMA page_count"))).scalar()
        await conn.execute(text(f"PRAGMA max_page_count = {pages}"))
    names = [f"tenant-{n}" for n in range(2000)]
    with pytest.raises(StoreError, match="disk is full"):
        await store.settle(Settlement(alerts=[an_alert(2)], readings=[a_reading(n) for n in names]))
    assert [a.version for a in await store.live_alerts()] == [1]
    async with store.connections.writing() as conn:
        await conn.execute(text("PRAGMA max_page_count = 1000000"))
    await store.settle(Settlement(alerts=[an_alert(2)], readings=[a_reading(n) for n in names]))
    assert len((await store.queries.readings(limit=3000)).items) == 2000


async def test_a_file_that_vanished_is_noticed_and_used_again_when_back(store: Database, tmp_path: Path) -> None:
    file, aside = tmp_path / "alerter.db", tmp_path / "aside"
    await store.settle(Settlement(alerts=[an_alert()]))
    await store.check()
    file.rename(aside)
    with pytest.raises(StoreError, match="removed or replaced"):
        await store.check()
    with pytest.raises(StoreError, match="gone or cannot be opened"):
        await store.live_alerts()
    assert not file.exists()
    aside.rename(file)
    with pytest.raises(StoreError, match="removed or replaced"):
        await store.check()
    await store.check()
    assert await store.live_alerts() == [an_alert()]


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "alerter.db").write_text("finance notes, nothing else\n" * 500)
    with pytest.raises(StoreError, match="not a database"):
        await open_store(f"sqlite:///{tmp_path}/alerter.db")


@pytest.fixture
def guarded() -> Iterator[Path]:
    """A folder that may be read by everybody and, after `nobody_writes`, written by none; outside of root's own."""
    with tempfile.TemporaryDirectory(prefix="alerter-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def nobody_writes(*paths: Path) -> Iterator[None]:
    """Without root's right to write anywhere."""
    before = os.geteuid()
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & 0o555 | 0o444)
    try:
        if before == 0:
            os.seteuid(65534)
        yield
    finally:
        os.seteuid(before)
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.parametrize("folder_too", [True, False])
async def test_a_copy_that_cannot_be_written_is_read(guarded: Path, folder_too: bool) -> None:
    file = guarded / "alerter.db"
    store = await open_store(f"sqlite:///{file}")
    await store.settle(Settlement(alerts=[an_alert()]))
    await store.close()
    content, changed = file.read_bytes(), file.stat().st_mtime_ns
    with nobody_writes(file, *([guarded] if folder_too else [])):
        copy = await open_store(f"sqlite:///{file}", upgrade=False)
        assert await copy.live_alerts() == [an_alert()]
        with pytest.raises(StoreError, match="read-only"):
            await copy.settle(Settlement(alerts=[an_alert(2)]))
        await copy.close()
    assert os.listdir(guarded) == ["alerter.db"]
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (content, changed)


async def test_what_is_still_in_the_log_of_a_running_service_is_read_too(guarded: Path) -> None:
    file = guarded / "alerter.db"
    service = await open_store(f"sqlite:///{file}")
    await service.settle(Settlement(alerts=[an_alert()]))
    with nobody_writes(guarded, *(guarded / name for name in os.listdir(guarded))):
        look = await open_store(f"sqlite:///{file}", upgrade=False)
        assert await look.live_alerts() == [an_alert()]
        await look.close()
    await service.close()


async def test_looking_changes_neither_the_file_nor_its_journal(tmp_path: Path) -> None:
    file = tmp_path / "alerter.db"
    await (await open_store(f"sqlite:///{file}")).close()
    with sqlite3.connect(file) as plain:
        plain.execute("PRAGMA journal_mode=DELETE")
    plain.close()
    content, changed = file.read_bytes(), file.stat().st_mtime_ns
    store = await open_store(f"sqlite:///{file}", upgrade=False)
    assert await store.live_alerts() == []
    await store.close()
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (content, changed)


async def test_looking_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no database"):
        await open_store(f"sqlite:///{tmp_path}/alerter.db", upgrade=False)
    assert os.listdir(tmp_path) == []


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        await open_store(f"sqlite:///{tmp_path}/nowhere/alerter.db")


async def test_a_number_too_large_is_an_error_and_no_crash(store: Database) -> None:
    with pytest.raises(StoreError, match="too large"):
        await store.settle(Settlement(readings=[a_reading(count=2**70)]))


async def test_odd_characters_in_the_path(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20#c"
    folder.mkdir()
    store = await open_store(f"sqlite:///{folder}/alerter.db")
    await store.check()
    await store.close()
    assert (folder / "alerter.db").stat().st_size > 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://user:secret@db/alerter", "PostgreSQL is not available in this version"),
        ("postgresql+asyncpg://user:secret@db/alerter", "PostgreSQL is not available in this version"),
        ("mysql://user:secret@db/alerter", "supported are"),
        ("sqlite:alerter.db", "supported are"),
        ("alerter.db", "supported are"),
        ("", "supported are"),
    ],
)
async def test_another_database_is_refused_without_repeating_its_secret(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        await open_store(url)
    assert "secret" not in str(caught.value)


async def test_the_commit_reaches_the_disk(store: Database) -> None:
    async with store.connections.reading() as conn:
        modes = [(await conn.execute(text(f"PRAGMA {name}"))).scalar() for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]


def test_one_run_a_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/alerter.db"
    refused = pytest.raises(ConfigurationError, match="another alerter run is using")
    with lock_for_run(url), refused, lock_for_run(url):
        pass
    with lock_for_run(url), lock_for_run("sqlite://"), lock_for_run("sqlite://"):
        pass


def test_the_lock_goes_with_the_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/alerter.db"
    code = "import os, sys, alerter.store as s\nwith s.lock_for_run(sys.argv[1]): os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code, url], check=False, timeout=60)
    assert done.returncode == -9
    with lock_for_run(url):
        assert os.path.exists(f"{tmp_path}/alerter.db.lock")


STEPS = st.lists(
    st.sampled_from(["claim", "lost", "sent", "postpone", "doubtful", "park", "retry", "crash", "gather", "again"]),
    max_size=25,
)


async def walk(store: Database, steps: list[str]) -> None:
    """Two messages of one channel, whatever happens to them, a minute a step."""
    events = [an_event(name, "slack") for name in ("e1", "e2")]
    await store.settle(Settlement(events=events))
    held = None
    for n, step in enumerate(steps):
        now = T0 + (n + 1) * 10 * MINUTE
        rows = await store.waiting("slack", now, 9)
        if step == "again":
            await store.settle(Settlement(events=events))
        elif step == "crash":
            await store.take_back(now)
        elif step == "retry":
            await store.retry(None, now)
        elif step == "gather":
            await store.gather("slack", [row.id for row in rows if not row.gathered], an_event(f"b{n}", at=now), now)
        elif step == "claim" and rows:
            held = await store.claim(rows[0].id, now, 5 * MINUTE)
        elif held and step in {"sent", "park"}:
            await (store.sent(held, Receipt(id="1"), now) if step == "sent" else store.park(held, "no", now, None))
        elif held and step in {"postpone", "doubtful"}:
            await store.postpone(held, "503", now, now, doubt=step == "doubtful", hold=None)


@settings(max_examples=30, deadline=None)
@given(STEPS)
async def test_no_order_of_events_loses_or_doubles_a_row(steps: list[str]) -> None:
    store = await open_store("sqlite://")
    try:
        await walk(store, steps)
        async with store.connections.reading() as conn:
            found = (await conn.execute(text("SELECT id, event_id, state, gathered_into FROM outbox"))).all()
        by_id = {row.id: row for row in found}
        assert [row.event_id for row in found if row.event_id.startswith("e")] == ["e1", "e2"]
        assert all(row.state in {"pending", "sent", "failed"} for row in found if row.gathered_into is None)
        assert all(by_id[row.gathered_into].event_id.startswith("b") for row in found if row.gathered_into)
        later = T0 + 9 * DAY
        due = {row.id for row in await store.waiting("slack", later, 9)}
        assert due == {row.id for row in found if row.state == "pending"}
    finally:
        await store.close()
