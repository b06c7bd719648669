"""`alerter run`: the loops, the page, signals and reloads of one process."""

import asyncio
import hashlib
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta

import httpx
import structlog

from alerter.bootstrap import clock, wiring
from alerter.bootstrap.books import Opened, check_usable, keep_book, mistakes_of, open_book, read_book
from alerter.bootstrap.changes import book_before, told_changes
from alerter.bootstrap.page import serve_page
from alerter.bootstrap.parts import MakeChannels, Parts, assemble
from alerter.bootstrap.watching import RuleFiles, fingerprint
from alerter.core.book import RuleBook
from alerter.core.errors import ConfigurationError, Mistake, StoreError
from alerter.core.facts import notice
from alerter.core.model import Event, Reason, Severity
from alerter.core.ports import Source
from alerter.pipeline.upkeep import close_removed
from alerter.pipeline.watch import Watch
from alerter.scheduler import Scheduler, Work
from alerter.settings import Secrets, Settings
from alerter.store import lock_for_run, open_store
from alerter.web.state import Counts, ServiceState

log = structlog.get_logger(__name__)

CHUNK = 200
LOOK_EVERY = timedelta(seconds=2)
"""How often is looked whether rule files were saved."""

STOP_WITHIN = 8.0
"""Seconds for what is under way to finish after SIGTERM."""


class Service:
    """A running alerter. `run` returns after `stop` is set."""

    def __init__(self, parts: Parts, state: ServiceState, secrets: Secrets) -> None:
        self.parts = parts
        self.state = state
        self._secrets = secrets
        self.stop = asyncio.Event()
        self._turn = asyncio.Lock()
        self.files: RuleFiles | None = None
        self.scheduler = Scheduler(state.beat, self._clock_jumped)

    async def start(self) -> None:
        """Take over from the process before this one, then start the loops."""
        parts = self.parts
        now = clock.now()
        await parts.store.take_back(now)
        before = await book_before(parts)
        await self._put_in_force(parts.opened, before)
        if parts.opened.rejected:
            await self._reject(parts.opened.rejected)
        self._schedule()

    def _schedule(self) -> None:
        parts, every = self.parts, self._every
        every(timedelta(seconds=1), "collect", parts.collector.collect)
        every(timedelta(seconds=1), "deliver", parts.deliverer.deliver)
        every(timedelta(seconds=5), "fill", parts.collector.fill)
        every(timedelta(seconds=60), "judge", self._rejudge_failing)
        every(timedelta(seconds=5), "clock", self.scheduler.look_at_clock)
        every(timedelta(hours=24), "prune", self._prune)
        if self.files is not None:
            every(LOOK_EVERY, "rules", self.files.look)
        if parts.settings.heartbeat_url:
            every(timedelta(seconds=60), "heartbeat", self._heartbeat)
        self.scheduler.start()

    def _every(self, interval: timedelta, name: str, work: Work) -> None:
        self.state.expect(name, interval)
        self.scheduler.every(interval, name, work)

    async def _put_in_force(self, opened: Opened, instead_of: RuleBook | None) -> None:
        """Store the book as the last good one, judge everything by it, and say what it changed."""
        parts, now = self.parts, clock.now()
        before = {name: need for name, need in parts.watch.needs.items() if opened is not parts.opened}
        watch = parts.watch if opened is parts.opened else Watch.over(opened.book)
        await parts.store.watch(list(opened.book.accounts), now)
        if not opened.rejected:
            await keep_book(parts.store, opened, now)
        if opened is not parts.opened:
            await parts.connect(opened)
            await parts.settler.change(watch)
            parts.opened = opened
        self.state.book_hash, self.state.book_loaded_at = opened.book.hash, now
        self.state.reload_ok, self.state.rejected = not opened.rejected, opened.rejected
        events = list(await close_removed(parts.store, watch, now))
        changed = [name for name, need in watch.needs.items() if before and before.get(name) != need]
        if changed:
            await parts.store.make_due(changed, now)
        events += await self._rejudge_all()
        if instead_of is not None and instead_of.hash != opened.book.hash:
            self.state.changes = told_changes(instead_of, opened.book, events)
            log.info("rule book changed", changes=list(self.state.changes))
        for warning in opened.warnings:
            log.warning("rule book", warning=str(warning))

    async def _rejudge_all(self) -> list[Event]:
        """Judge what is stored by the rule book in force, a part at a time; what that told."""
        subjects, events = list(self.parts.watch.subjects), []
        for start in range(0, len(subjects), CHUNK):
            settled = await self.parts.settler.rejudge(subjects[start : start + CHUNK], clock.now())
            events += settled.events
        return events

    async def _rejudge_failing(self) -> None:
        """Accounts that do not answer bring no reading that would have their licenses judged."""
        memory, watch = self.parts.settler.memory, self.parts.watch
        failing = [n for n, view in memory.views.items() if view.poll is not None and view.poll.failing_since]
        if failing:
            await self.parts.settler.rejudge(watch.subjects_of(failing), clock.now())

    async def reload(self) -> bool:
        """Read the rule files again; a book that cannot be obeyed changes nothing and is said. True when in force."""
        async with self._turn:
            return await self._reload()

    async def _reload(self) -> bool:
        settings = self.parts.settings
        try:
            opened = await asyncio.to_thread(read_book, settings)
            check_usable(opened, settings, self._secrets)
            await self._put_in_force(opened, self.parts.opened.book)
        except ConfigurationError as error:
            await self._reject(mistakes_of(error, settings))
            return False
        except StoreError as error:
            log.error("reload failed; the last good rule book stays in force", error=str(error))
            return False
        self.scheduler.now("collect", "deliver")
        log.info("rule book reloaded", hash=opened.book.hash[:12], rules=len(opened.book.rules))
        return True

    async def _reject(self, mistakes: tuple[Mistake, ...]) -> None:
        self.state.reload_ok, self.state.rejected, self.state.rejected_at = False, mistakes, clock.now()
        for mistake in mistakes:
            log.error("rule book rejected; the last good one stays in force", mistake=str(mistake))
        ops, now = self.parts.settings.ops_channel, clock.now()
        text = "The last good one stays in force. " + "; ".join(str(m) for m in mistakes[:10])
        event = Event(
            id=f"rejected-{_digest(mistakes)}-{now:%Y%m%d}",
            alert=None,
            key=None,
            at=now,
            reason=Reason.SERVICE,
            severity=Severity.WARNING,
            channels=(ops,) if ops and ops in self.parts.deliverer.channels else (),
            payload=notice(
                title="The rule book on disk was rejected",
                text=text,
                now=now,
                details={f"{m.file}:{m.line}:{m.column}": m.text for m in mistakes[:10]},
            ),
        )
        await self.parts.settler.note([event])

    async def _prune(self) -> None:
        dropped = await self.parts.store.prune(clock.now(), self.parts.settings.retention)
        log.info("pruned", **dropped)

    async def _heartbeat(self) -> None:
        """Ping the dead-man switch, only while judging and delivering work."""
        url = self.parts.settings.heartbeat_url
        if url is None or self.state.late() or self.state.errors("collect", "deliver"):
            return
        async with httpx.AsyncClient(timeout=10) as client:
            with suppress(httpx.HTTPError):
                await client.get(url)

    async def _clock_jumped(self, seconds: float) -> None:
        """After a step back, times that were planned lie in a future that may be far: all is due once."""
        if seconds < 0:
            await self.parts.store.make_due(None, clock.now())
            await self.parts.store.take_back(clock.now())

    async def close(self) -> None:
        """Stop the loops; let what is being sent finish, for a few seconds."""
        self.scheduler.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN):
                await self.parts.deliverer.idle()
        await self.parts.close()


def _digest(mistakes: tuple[Mistake, ...]) -> str:
    text = "\n".join(str(mistake) for mistake in mistakes)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


async def serve(
    settings: Settings,
    secrets: Secrets,
    *,
    source: Source | None = None,
    opened: Opened | None = None,
    make_channels: MakeChannels = wiring.channels,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the service until SIGTERM or SIGINT; `ready` is called with the page's address once it answers."""
    async with AsyncExitStack() as stack:
        stack.enter_context(lock_for_run(settings.database_url))
        store = await open_store(settings.database_url)
        stack.push_async_callback(store.close)
        fixed, seen = opened is not None, fingerprint(settings.rules)
        opened = opened or await open_book(settings, store, secrets)
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
        service = Service(parts, state, secrets)
        if not fixed and settings.reload == "watch":
            service.files = RuleFiles(settings.rules, seen, service.reload)
        kick.append(lambda: service.scheduler.now("deliver"))
        address = await stack.enter_async_context(serve_page(parts, state, secrets, None if fixed else service.reload))
        _listen_to_signals(service)
        await service.start()
        stack.push_async_callback(service.close)
        log.info("running", page=address, accounts=len(opened.book.accounts), rules=len(opened.book.rules))
        ready(address)
        await service.stop.wait()
        log.info("stopping")


def _counts(parts: Parts) -> Counts:
    collector, deliverer = parts.collector, parts.deliverer
    answered = collector.polls - sum(collector.failures.values())
    return Counts(
        polls={"ok": answered, **collector.failures}, deliveries=deliverer.sent, latencies=tuple(deliverer.latest)
    )


def _each(kicks: Sequence[Callable[[], None]]) -> None:
    for kick in kicks:
        kick()


def _listen_to_signals(service: Service) -> None:
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[bool]] = set()

    def reload() -> None:
        task = loop.create_task(service.reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload)
