"""`alerter run`: one process with its page, from its start to its end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress

import structlog

from alerter.bootstrap import wiring
from alerter.bootstrap.books import Opened, open_book
from alerter.bootstrap.page import Front, serve_page
from alerter.bootstrap.parts import MakeChannels, Parts, assemble
from alerter.bootstrap.running import Service
from alerter.bootstrap.starting import Stopped, patiently
from alerter.bootstrap.stopping import bounded, listen_to_signals
from alerter.bootstrap.watching import RuleFiles, fingerprint
from alerter.core.ports import Source
from alerter.settings import Secrets, Settings
from alerter.store import lock_for_run, open_store
from alerter.web.state import Counts, ServiceState

log = structlog.get_logger(__name__)


async def serve(
    settings: Settings,
    secrets: Secrets,
    *,
    source: Source | None = None,
    opened: Opened | None = None,
    make_channels: MakeChannels = wiring.channels,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the service until SIGTERM or SIGINT; `ready` is called with the page's address once it has begun.

    A database that does not answer is waited for; the page says so meanwhile.
    """
    stop, front, running = asyncio.Event(), Front(), list[Service]()

    def say(why: str) -> None:
        front.waiting = why

    def reload() -> Awaitable[object] | None:
        return running[0].reload() if running and opened is None else None

    async with AsyncExitStack() as stack:
        stack.enter_context(lock_for_run(settings.database_url))
        address = await stack.enter_async_context(serve_page(settings, front))
        listen_to_signals(stop, reload)
        with suppress(Stopped):
            service = await _begun(stack, settings, secrets, stop, front, source, opened, make_channels, say)
            running.append(service)
            stack.push_async_callback(service.close)
            await service.start(say)
            front.waiting = None
            book = service.parts.opened.book
            log.info("running", page=address, accounts=len(book.accounts), rules=len(book.rules))
            ready(address)
            await stop.wait()
        log.info("stopping")


async def _begun(
    stack: AsyncExitStack,
    settings: Settings,
    secrets: Secrets,
    stop: asyncio.Event,
    front: Front,
    source: Source | None,
    opened: Opened | None,
    make_channels: MakeChannels,
    say: Callable[[str], None],
) -> Service:
    """The service over an open database, with its pages; its loops do not run yet. Raises Stopped."""
    store = await patiently(lambda: open_store(settings.database_url), stop, say)
    stack.push_async_callback(lambda: bounded(store.close(), "database", 1))
    fixed, seen = opened is not None, fingerprint(settings.rules)
    if opened is None:
        opened = await patiently(lambda: open_book(settings, store, secrets), stop, say)
    client = source or wiring.source(settings, secrets)
    state = ServiceState(monotonic=time.monotonic)
    kick: list[Callable[[], None]] = []
    parts = assemble(
        settings,
        secrets,
        store,
        opened,
        client,
        told=lambda: _each(kick),
        alive=state.beat,
        make_channels=make_channels,
    )
    state.counts = lambda: _counts(parts)
    service = Service(parts, state, secrets, stop)
    if not fixed and settings.reload == "watch":
        service.files = RuleFiles(settings.rules, seen, service.reload)
    kick.append(lambda: service.scheduler.now("deliver"))
    stack.callback(front.close)
    front.open(parts, state, secrets, None if fixed else service.reload)
    return service


def _counts(parts: Parts) -> Counts:
    collector, deliverer = parts.collector, parts.deliverer
    answered = collector.polls - sum(collector.failures.values())
    return Counts(
        polls={"ok": answered, **collector.failures},
        deliveries=deliverer.sent,
        judge_seconds=parts.settler.judge_seconds,
        latencies=tuple(deliverer.latest),
    )


def _each(kicks: Sequence[Callable[[], None]]) -> None:
    for kick in kicks:
        kick()
