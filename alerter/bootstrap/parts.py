"""Everything a command works with, put together and taken apart again."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TextIO

import structlog

from alerter.bootstrap import clock, wiring
from alerter.bootstrap.books import Opened, book_in_force, open_book
from alerter.bootstrap.reading import is_served
from alerter.channels import Edges, OpenChannel
from alerter.core.book import Channel as ChannelSpec
from alerter.core.book import RuleBook
from alerter.core.checks import watched
from alerter.core.plan import depth, needs
from alerter.core.ports import Source
from alerter.pipeline.collect import Collector
from alerter.pipeline.deliver import Deliverer
from alerter.pipeline.overview import Overview
from alerter.pipeline.settle import Settler
from alerter.pipeline.upkeep import Reconciler
from alerter.pipeline.watch import Watch
from alerter.settings import Secrets, Settings
from alerter.sources.fortanix import Fortanix
from alerter.store import Database, open_store

log = structlog.get_logger(__name__)

MakeChannels = Callable[[Mapping[str, ChannelSpec], Edges], dict[str, OpenChannel]]


@dataclass(slots=True, kw_only=True)
class Parts:
    """One alerter, wired. `opened` is the rule book in force."""

    settings: Settings
    secrets: Callable[[str], str]
    store: Database
    opened: Opened
    edges: Edges
    settler: Settler
    collector: Collector
    deliverer: Deliverer
    channels: dict[str, OpenChannel]
    reconciler: Reconciler
    overview: Overview
    make_channels: MakeChannels
    now: Callable[[], datetime]
    retired: dict[str, OpenChannel] = field(default_factory=dict)

    @property
    def watch(self) -> Watch:
        return self.settler.watch

    def ready(self, opened: Opened) -> dict[str, OpenChannel]:
        """The channels of this rule book, to be used later; raises ConfigurationError."""
        return self.make_channels(opened.book.channels, self.edges)

    async def connect(self, opened: Opened) -> None:
        """Use the channels of this rule book from now on; raises ConfigurationError, then nothing has changed."""
        await self.use(self.ready(opened))

    async def use(self, channels: dict[str, OpenChannel]) -> None:
        """Use these channels from now on; those before may still be sending and are closed later."""
        done, self.retired, self.channels = self.retired, self.channels, channels
        self.deliverer.channels = channels
        await _close(done)

    async def close(self) -> None:
        """Stop asking and sending. What is under way is done again by the next process."""
        await self.collector.close()
        await self.deliverer.close()
        await _close(self.retired)
        await _close(self.channels)


async def _close(channels: Mapping[str, OpenChannel]) -> None:
    for name, channel in channels.items():
        try:
            await channel.close()
        except Exception as error:  # noqa: BLE001  (one that cannot be closed must not keep the others)
            log.warning("a channel could not be closed", channel=name, error=type(error).__name__)


def assemble(
    settings: Settings,
    secrets: Callable[[str], str],
    store: Database,
    opened: Opened,
    source: Source,
    *,
    told: Callable[[], None] = lambda: None,
    alive: Callable[[str], None] = lambda _: None,
    make_channels: MakeChannels = wiring.channels,
    out: TextIO | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Parts:
    """Put one alerter together.

    `told` is called when something was put into the outbox, `alive` with a loop's name at its every step.
    """
    edges = wiring.edges(settings, secrets, out)
    settler = Settler(
        store,
        Watch.over(opened.book),
        poll_every=settings.poll_every,
        fresh_for=settings.fresh_for,
        ops=settings.ops_channel,
        told=told,
    )
    reconciler = Reconciler(store, source, settler, ops=settings.ops_channel)
    channels = make_channels(opened.book.channels, edges)
    return Parts(
        settings=settings,
        secrets=secrets,
        store=store,
        opened=opened,
        edges=edges,
        settler=settler,
        collector=Collector(
            store, source, settler, now, history=settings.history, filled=reconciler.filled, alive=alive
        ),
        deliverer=Deliverer(store, channels, now, ops=settings.ops_channel),
        channels=channels,
        reconciler=reconciler,
        overview=Overview(store=store, fresh_for=settings.fresh_for),
        make_channels=make_channels,
        now=now,
    )


@asynccontextmanager
async def wired(
    settings: Settings,
    *,
    make_channels: MakeChannels = wiring.channels,
    out: TextIO | None = None,
    as_rules_look_back: bool = False,
) -> AsyncIterator[Parts]:
    """One alerter for one command: store, rule book, client, channels; closed at the end.

    `as_rules_look_back` asks for no more history than the rules need. Beside a running service its rule book counts,
    and which accounts are watched is left to it.
    """
    secrets = Secrets(settings.secrets_dir)
    served = is_served(settings)
    store = await open_store(settings.database_url)
    source: Fortanix = wiring.source(settings, secrets)
    try:
        running = await book_in_force(settings, store, secrets) if served else None
        opened = running or await open_book(settings, store, secrets)
        if as_rules_look_back:
            settings = settings.model_copy(update={"history": min(settings.history, looked_back(opened.book))})
        parts = assemble(settings, secrets, store, opened, source, make_channels=make_channels, out=out)
        if running is None:
            await store.watch(list(opened.book.accounts), clock.now())
        try:
            yield parts
        finally:
            await parts.close()
    finally:
        await source.close()
        await store.close()


def looked_back(book: RuleBook) -> timedelta:
    """How much history the rules of this book read."""
    return max((depth(need) for need in needs(book, watched(book)).values()), default=timedelta(0))
