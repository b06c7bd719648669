"""One service over a real database: reloads that fail half-way, its heartbeat, and commands beside it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerter.bootstrap import wiring
from alerter.bootstrap.books import open_book, read_book
from alerter.bootstrap.parts import assemble, wired
from alerter.bootstrap.running import Service
from alerter.channels import Edges, OpenChannel
from alerter.core.book import Channel
from alerter.core.errors import ConfigurationError, StoreError
from alerter.settings import Secrets, Settings, load_settings
from alerter.store import Database, lock_for_run, open_store
from alerter.web.state import ServiceState

RULES = """
accounts:
  acme: {url: "http://127.0.0.1:9", account_id: 11111111-1111-1111-1111-111111111111, credential: ACME_KEY}
licenses:
  acme-enterprise: {accounts: [acme], quotas: {num_operations: {limit: 1000, per: year}}}
channels:
  screen: {kind: console}
rules:
  quota-used: {kind: quota, thresholds: [{at: 75%, severity: info}], notify: [screen]}
"""


@dataclass
class Place:
    settings: Settings
    store: Database
    service: Service
    refused: bool = False

    def edit(self) -> None:
        (self.settings.rules / "rules.yaml").write_text(RULES.replace("1000", "500"))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    (tmp_path / "ACME_KEY").write_text("key")
    settings = load_settings(
        {}, rules=tmp_path / "rules", secrets_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/alerter.db"
    )
    secrets = Secrets(tmp_path)
    store = await open_store(settings.database_url)
    source = wiring.source(settings, secrets)

    def channels(specs: Mapping[str, Channel], edges: Edges) -> dict[str, OpenChannel]:
        if found.refused:
            raise ConfigurationError("no such token")
        return wiring.channels(specs, edges)

    opened = await open_book(settings, store, secrets)
    found = Place(settings, store, None)  # type: ignore[arg-type]
    parts = assemble(settings, secrets, store, opened, source, make_channels=channels)
    found.service = Service(parts, ServiceState(monotonic=lambda: 0.0), secrets, asyncio.Event())
    yield found
    await found.service.close()
    await source.close()
    await store.close()


async def test_channels_that_cannot_be_made_leave_everything_as_it_was(place: Place) -> None:
    parts = place.service.parts
    before = (parts.opened, parts.channels, parts.deliverer.channels, parts.watch)
    place.edit()
    place.refused = True
    assert await place.service.reload() is False
    assert before == (parts.opened, parts.channels, parts.deliverer.channels, parts.watch)
    assert parts.retired is not parts.channels
    assert not place.service.state.reload_ok


async def test_a_database_that_fails_after_the_change_is_caught_up_with_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: object) -> None:
        raise StoreError("the database is locked")

    place.edit()
    new = read_book(place.settings).book.hash
    with monkeypatch.context() as patched:
        patched.setattr(place.store, "watch", locked)
        assert await place.service.reload() is True
    assert (place.service.parts.opened.book.hash, place.service.state.book_hash) == (new, new)
    assert await place.store.last_book() is None
    await place.service._finish()
    last = await place.store.last_book()
    assert last is not None
    assert last.hash == new


async def test_nothing_is_pinged_before_a_collect_and_a_deliver_round_worked(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    pings: list[str] = []

    async def get(_client: object, url: str) -> None:
        pings.append(url)

    monkeypatch.setattr("httpx.AsyncClient.get", get)
    service = place.service
    service.parts.settings = place.settings.model_copy(update={"heartbeat_url": "http://127.0.0.1:9/"})
    service.state.beat("collect")
    for loop, error in (("collect", "locked"), ("deliver", None)):
        service._beat(loop, error)
        await service._heartbeat()
    assert pings == []
    service._beat("collect", None)
    await service._heartbeat()
    assert len(pings) == 1


async def test_a_command_beside_a_running_service_obeys_the_book_in_force(place: Place) -> None:
    await place.service.reload()
    in_force = place.service.parts.opened.book.hash
    place.edit()
    with lock_for_run(place.settings.database_url):
        async with wired(place.settings) as parts:
            assert parts.opened.book.hash == in_force
    async with wired(place.settings) as parts:
        assert parts.opened.book.hash != in_force
