"""alerter by its public door, with a clock that a test sets: rule files in, messages out.

Everything between is real: rule files on disk, SQLite, the DSM client over HTTP to a simulated DSM on loopback, the
channels. Only the loops' ticks are called by hand.
"""

import contextlib
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.dsm import Dsm, fortanix, keys, served

from alerter.bootstrap.books import check_usable, keep_book, open_book, read_book
from alerter.bootstrap.parts import Parts, assemble
from alerter.core.errors import ConfigurationError
from alerter.core.model import Attempt, Message, Receipt
from alerter.pipeline.upkeep import close_removed
from alerter.pipeline.watch import Watch
from alerter.settings import Secrets, Settings
from alerter.sources.fortanix import Fortanix
from alerter.sources.simulator import World
from alerter.sources.simulator.usage import Scripted
from alerter.store import open_store

RULES = """
accounts:
  acme: {{url: {url}, account_id: {acme}, credential: ACME_KEY}}
  dr: {{url: {url}, account_id: {dr}, credential: DR_KEY}}
channels:
  screen: {{kind: console}}
"""


@dataclass
class Door:
    """One installation. `now` is its clock; `said` what its channels were given, in order."""

    folder: Path
    world: World
    dsm: Dsm
    now: datetime
    settings: Settings
    secrets: Secrets
    parts: Parts = field(init=False)
    out: io.StringIO = field(default_factory=io.StringIO)
    said: list[Mapping[str, Any]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    _source: Fortanix = field(init=False)

    def write(self, rules: str, *, accounts: bool = True) -> "Door":
        """Put this into the rules folder (with the accounts acme and dr, and a console channel `screen`)."""
        ids = {a.name: a.id for a in self.world.accounts.values()}
        head = RULES.format(url=self.dsm.url, acme=ids["acme"], dr=ids["dr"]) if accounts else ""
        (self.settings.rules / "rules.yaml").write_text(head + rules, encoding="utf-8")
        return self

    def use(self, amount: int, metric: str = "num_operations", account: str = "acme") -> "Door":
        """So many operations happen just now."""
        self.usage(account).add(metric, int(self.now.timestamp()) - 1, amount)
        return self

    def usage(self, account: str = "acme") -> Scripted:
        return next(a for a in self.world.accounts.values() if a.name == account).scripted

    async def start(self) -> "Door":
        """Open the installation as a new process would."""
        store = await open_store(self.settings.database_url)
        await store.take_back(self.now)
        try:
            opened = await open_book(self.settings, store, self.secrets)
        except ConfigurationError:
            await store.close()
            raise
        self._source = fortanix(keys(self.world), now=lambda: self.now)
        self.parts = assemble(
            self.settings, self.secrets, store, opened, self._source, out=self.out, now=lambda: self.now
        )
        await store.watch(list(opened.book.accounts), self.now)
        await keep_book(store, opened, self.now)
        self._listen()
        return self

    def _listen(self) -> None:
        self.parts.deliverer.channels = {name: _Heard(channel, self) for name, channel in self.parts.channels.items()}

    async def restart(self) -> "Door":
        await self.stop()
        return await self.start()

    async def stop(self) -> None:
        await self.parts.close()
        await self._source.close()
        await self.parts.store.close()

    async def poll(self, after: timedelta = timedelta(minutes=15)) -> "Door":
        """Time passes; every account is asked, everything judged, everything due is sent."""
        self.now += after
        await self.parts.store.make_due(None, self.now)
        await self.parts.collector.collect()
        await self.parts.collector.idle()
        await self.deliver()
        return self

    async def fill(self) -> "Door":
        """All missing history is asked for."""
        await self.parts.collector.fill()
        await self.deliver()
        return self

    async def deliver(self, after: timedelta = timedelta(0)) -> None:
        self.now += after
        await self.parts.deliverer.deliver()
        await self.parts.deliverer.idle()

    async def edit(self, rules: str) -> "Door":
        """Write other rules and reload, as SIGHUP does; a book with mistakes leaves the old one in force."""
        self.write(rules)
        with contextlib.suppress(ConfigurationError):
            opened = read_book(self.settings)
            check_usable(opened, self.settings, self.secrets)
            await self.parts.connect(opened)
            self._listen()
            await self.parts.settler.change(Watch.over(opened.book))
            await keep_book(self.parts.store, opened, self.now)
            await close_removed(self.parts.store, self.parts.watch, self.now)
            await self.parts.settler.rejudge(list(self.parts.watch.subjects), self.now)
            await self.deliver()
        return self

    @property
    def told(self) -> list[tuple[str, str | None]]:
        """(reason, threshold) of everything said, in order."""
        return [(str(p["reason"]), p.get("threshold")) for p in self.said]

    @property
    def printed(self) -> str:
        return self.out.getvalue()


@dataclass
class _Heard:
    """A real channel; what it took is noted."""

    channel: Any
    door: Door

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        receipt: Receipt = await self.channel.send(message, attempt)
        items = message.payload.get("items")
        self.door.said += items if isinstance(items, list) else [message.payload]
        return receipt


@contextlib.asynccontextmanager
async def door(
    folder: Path, rules: str, *, now: datetime = datetime(2026, 4, 15, 12, tzinfo=UTC), **settings: Any
) -> AsyncIterator[Door]:
    """An installation with two scripted accounts, acme and dr."""
    world = World()
    world.add("acme")
    world.add("dr")
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "secrets").mkdir(exist_ok=True)
    for name, value in keys(world).items():
        (folder / "secrets" / name).write_text(value, encoding="utf-8")
    made = Settings(
        rules=folder / "rules",
        secrets_dir=folder / "secrets",
        database_url=f"sqlite:///{folder / 'alerter.db'}",
        **{"history": timedelta(0), **settings},
    )
    installations: list[Door] = []
    with served(world, lambda: installations[0].now) as dsm:
        found = Door(folder, world, dsm, now, made, Secrets(made.secrets_dir, {}))
        installations.append(found)
        found.write(rules)
        await found.start()
        try:
            yield found
        finally:
            await found.stop()
