"""The databases that the store's contract is held against."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerter.store import Database, open_store


@pytest.fixture(params=["file", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path}/alerter.db" if request.param == "file" else "sqlite://"
    database = await open_store(url)
    yield database
    await database.close()


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' views of one file."""
    url = f"sqlite:///{tmp_path}/alerter.db"
    one, other = await open_store(url), await open_store(url)
    yield one, other
    await one.close()
    await other.close()
