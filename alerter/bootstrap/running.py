"""The loops and the reloads of one running process."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import structlog

from alerter.bootstrap import clock
from alerter.bootstrap.books import Opened, check_usable, keep_book, mistakes_of, read_book
from alerter.bootstrap.changes import book_before, told_changes
from alerter.bootstrap.disk import Disk
from alerter.bootstrap.parts import Parts
from alerter.bootstrap.starting import patiently
from alerter.bootstrap.stopping import bounded
from alerter.bootstrap.watching import RuleFiles
from alerter.core.book import RuleBook
from alerter.core.errors import ConfigurationError, Mistake, StoreError
from alerter.core.facts import notice
from alerter.core.model import Event, Reason, Severity
from alerter.pipeline.upkeep import close_removed
from alerter.pipeline.watch import Watch
from alerter.scheduler import Scheduler, Work
from alerter.settings import Secrets
from alerter.store.connections import database_file
from alerter.web.state import ServiceState

log = structlog.get_logger(__name__)

CHUNK = 200
LOOK_EVERY = timedelta(seconds=2)
"""How often is looked whether rule files were saved."""

STOP_WITHIN = 4.0
LOOPS_WITHIN = 3.0
"""Seconds for what is being sent, and for loops that are under way, to finish after SIGTERM."""


class Service:
    """A running alerter. It runs until `stop` is set."""

    def __init__(self, parts: Parts, state: ServiceState, secrets: Secrets, stop: asyncio.Event) -> None:
        self.parts = parts
        self.state = state
        self._secrets = secrets
        self.stop = stop
        self._turn = asyncio.Lock()
        self._owed: Owed | None = None
        self._worked: set[str] = set()
        self.files: RuleFiles | None = None
        file = database_file(parts.settings.database_url)
        self.disk = Disk(file.parent, self._ops, parts.settler.note) if file else None
        self.scheduler = Scheduler(self._beat, self._clock_jumped)

    async def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Take over from the process before this one, then start the loops. Raises Stopped."""
        parts = self.parts
        async with self._turn:
            await patiently(lambda: parts.store.take_back(clock.now()), self.stop, say)
            before = await patiently(lambda: book_before(parts), self.stop, say)
            self._in_force(parts.opened)
            self._owed = Owed(parts.opened, before.book, judge=not before.same)
            await patiently(self._store_owed, self.stop, say)
            if parts.opened.rejected:
                await patiently(lambda: self._reject(parts.opened.rejected), self.stop, say)
        self._schedule()

    def _schedule(self) -> None:
        parts, every = self.parts, self._every
        every(timedelta(seconds=1), "collect", parts.collector.collect)
        every(timedelta(seconds=1), "deliver", parts.deliverer.deliver)
        every(timedelta(seconds=5), "fill", parts.collector.fill)
        every(timedelta(seconds=60), "judge", self._rejudge_failing)
        every(timedelta(seconds=5), "clock", self.scheduler.look_at_clock)
        every(timedelta(seconds=5), "book", self._finish)
        every(timedelta(hours=24), "prune", self._prune, hurried=False)
        if self.disk is not None:
            every(timedelta(seconds=60), "disk", self.disk.look)
        if self.files is not None:
            every(LOOK_EVERY, "rules", self.files.look)
        if parts.settings.heartbeat_url:
            every(timedelta(seconds=60), "heartbeat", self._heartbeat, hurried=False)
        self.scheduler.start()

    def _every(self, interval: timedelta, name: str, work: Work, *, hurried: bool = True) -> None:
        self.state.expect(name, interval)
        self.scheduler.every(interval, name, work, hurried=hurried)

    def _beat(self, loop: str, error: str | None) -> None:
        if error is None:
            self._worked.add(loop)
        if loop == "disk" and self.disk is not None:
            error = error or self.disk.trouble
        self.state.beat(loop, error)

    def _ops(self) -> tuple[str, ...]:
        """The channel that is told about the service itself, if there is one."""
        ops = self.parts.settings.ops_channel
        return (ops,) if ops and ops in self.parts.deliverer.channels else ()

    def _in_force(self, opened: Opened) -> None:
        self.state.book_hash, self.state.book_loaded_at = opened.book.hash, clock.now()
        self.state.reload_ok, self.state.rejected = not opened.rejected, opened.rejected

    async def _put_in_force(self, opened: Opened) -> None:
        """From now on this book is obeyed; raises ConfigurationError, then nothing has changed."""
        parts = self.parts
        old, before, earlier = parts.opened.book, dict(parts.watch.needs), self._owed
        watch, channels = Watch.over(opened.book), parts.ready(opened)
        await parts.settler.change(watch)
        changed = {name for name, need in watch.needs.items() if before.get(name) != need}
        parts.opened = opened
        self._in_force(opened)
        self._owed = Owed(opened, old, changed | (earlier.changed if earlier else set()))
        await parts.use(channels)

    async def _finish(self) -> None:
        """Store what the last change of the rule book still owes."""
        if self._owed is not None and not self._turn.locked():
            async with self._turn:
                await self._store_owed()

    async def _store_owed(self) -> None:
        """Keep the book in force as the last good one, judge everything by it, and say what it changed."""
        parts, now, owed = self.parts, clock.now(), self._owed
        if owed is None:
            return
        opened = owed.opened
        await parts.store.watch(list(opened.book.accounts), now)
        if not opened.rejected:
            await keep_book(parts.store, opened, now)
        owed.events += await close_removed(parts.store, parts.watch, now)
        changed = [name for name in owed.changed if name in parts.watch.needs]
        if changed:
            await parts.store.make_due(changed, now)
        if owed.judge:
            owed.events += await self._rejudge_all()
        self._owed = None
        if owed.instead_of is not None and owed.instead_of.hash != opened.book.hash:
            self.state.changes = told_changes(owed.instead_of, opened.book, owed.events)
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
            await self._put_in_force(opened)
        except ConfigurationError as error:
            await self._reject(mistakes_of(error, settings))
            return False
        try:
            await self._store_owed()
        except StoreError as error:
            log.error("the new rule book is in force, but not stored yet; tried again", error=str(error))
        self.scheduler.now("collect", "deliver")
        log.info("rule book reloaded", hash=opened.book.hash[:12], rules=len(opened.book.rules))
        return True

    async def _reject(self, mistakes: tuple[Mistake, ...]) -> None:
        self.state.reload_ok, self.state.rejected, self.state.rejected_at = False, mistakes, clock.now()
        for mistake in mistakes:
            log.error("rule book rejected; the last good one stays in force", mistake=str(mistake))
        now = clock.now()
        text = "The last good one stays in force. " + "; ".join(str(m) for m in mistakes[:10])
        event = Event(
            id=f"rejected-{_digest(mistakes)}-{now:%Y%m%d}",
            alert=None,
            key=None,
            at=now,
            reason=Reason.SERVICE,
            severity=Severity.WARNING,
            channels=self._ops(),
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
        if url is None or not self._worked >= {"collect", "deliver"}:
            return
        if self.state.late() or self.state.errors("collect", "deliver"):
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
        """Stop the loops; let what is being sent or stored finish, for a few seconds."""
        sends = bounded(self.parts.deliverer.idle(), "sends", STOP_WITHIN)
        await asyncio.gather(bounded(self.scheduler.stop(LOOPS_WITHIN), "loops", STOP_WITHIN), sends)
        await bounded(self.parts.close(), "channels", 1)


@dataclass(slots=True)
class Owed:
    """What is still to be stored of a rule book in force; `changed` are accounts that are asked for something else."""

    opened: Opened
    instead_of: RuleBook | None
    changed: set[str] = field(default_factory=set)
    judge: bool = True
    events: list[Event] = field(default_factory=list)


def _digest(mistakes: tuple[Mistake, ...]) -> str:
    text = "\n".join(str(mistake) for mistake in mistakes)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
