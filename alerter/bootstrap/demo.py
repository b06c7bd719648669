"""`alerter demo`: the service over the bundled simulator and the example rules, with nothing to configure."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import uvicorn

from alerter.bootstrap import clock, wiring
from alerter.bootstrap.books import Opened, read_book
from alerter.bootstrap.page import QuietServer, listen
from alerter.bootstrap.service import serve
from alerter.channels import OPTIONS
from alerter.channels.builtin import data_folder
from alerter.core.book import Channel as ChannelSpec
from alerter.core.book import Rule, RuleBook
from alerter.settings import Secrets, Settings
from alerter.sources.simulator.app import create_app
from alerter.sources.simulator.demo import DEMO_KEYS, demo_world

SCREEN = "screen"
"""The one channel of the demo: what Slack would get, on the terminal."""


@asynccontextmanager
async def simulator() -> AsyncIterator[str]:
    """A DSM that exists only on this machine, for as long as the block runs; gives its address."""
    app = create_app(demo_world(clock.now()), clock.now)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    listener = listen("127.0.0.1", 0)
    server = QuietServer(config)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def on_screen(book: RuleBook, address: str) -> RuleBook:
    """The same book, asking the simulator and telling the terminal."""
    return replace(
        book,
        accounts={name: replace(account, url=address) for name, account in book.accounts.items()},
        channels={SCREEN: ChannelSpec(name=SCREEN, kind="console", options=OPTIONS["console"]())},
        rules={name: _to_screen(rule) for name, rule in book.rules.items()},
    )


def _to_screen(rule: Rule) -> Rule:
    thresholds = tuple(replace(threshold, notify=None) for threshold in rule.thresholds)
    return replace(rule, thresholds=thresholds, notify=(SCREEN,))


class _Keys(Secrets):
    """The simulator's keys go first; they open nothing else."""

    def __call__(self, name: str) -> str:
        return DEMO_KEYS[name] if name in DEMO_KEYS else super().__call__(name)


async def demo(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Without a database of its own, everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="alerter-demo-") as folder:
        fields = settings.model_fields_set
        changes: dict[str, object] = {"rules": data_folder("rules"), "requests_per_second": 500, "ops_channel": None}
        if "poll_every" not in fields:
            changes["poll_every"] = timedelta(seconds=5)
        if "history" not in fields:
            changes["history"] = timedelta(days=60)
        if "database_url" not in fields:
            changes["database_url"] = f"sqlite:///{Path(folder) / 'demo.db'}"
        settings = settings.model_copy(update=changes)
        async with simulator() as address:
            opened = read_book(settings)
            book = on_screen(opened.book, address)
            keys = _Keys(settings.secrets_dir)
            source = wiring.source(settings, keys)
            try:
                await serve(
                    settings,
                    keys,
                    source=source,
                    opened=Opened(book=book, files=opened.files),
                    ready=lambda page: print(f"\nThe page: {page}   (Ctrl-C ends the demo)\n", flush=True),  # noqa: T201
                )
            finally:
                await source.close()
