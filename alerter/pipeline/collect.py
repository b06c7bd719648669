"""Asking accounts: the polls that are due, and the history that is missing behind them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from alerter.core.errors import SourceError, StoreError
from alerter.core.model import Ask, AskKind, Reading
from alerter.core.plan import closed_windows, live_asks, next_closing
from alerter.core.ports import Source, Store
from alerter.pipeline.gather import Gatherer
from alerter.pipeline.settle import Answer, Settler

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
AHEAD = 100
"""Accounts claimed at once."""

AT_ONCE = 20
UNSETTLED = 100
"""Answers that may wait to be stored while others are asked: they take no place of a question."""

FILLS_AT_ONCE = 2
CHUNK = 20
"""Windows of one account's history that are asked for before the next account has its turn."""

AGAIN = timedelta(minutes=15)
"""When history is looked for again after the API refused a window of it."""


class Collector:
    """Finds accounts that are due, asks them, and hands the answers on.

    `clock` tells the time of each question; `filled` is called when an account's history is complete, and `alive`
    with the loop's name (`collect`, `fill`) at every step, since a round may take long.
    """

    def __init__(
        self,
        store: Store,
        source: Source,
        settler: Settler,
        clock: Callable[[], datetime],
        *,
        history: timedelta,
        filled: Callable[[str, datetime], Awaitable[None]],
        alive: Callable[[str], None] = lambda _: None,
        at_once: int = AT_ONCE,
    ) -> None:
        self._store = store
        self._source = source
        self._settler = settler
        self._clock = clock
        self._history = history
        self._filled = filled
        self._alive = alive
        self._asking = asyncio.Semaphore(at_once)
        self._room = asyncio.Semaphore(at_once + UNSETTLED)
        self._running: set[asyncio.Task[None]] = set()
        self._gatherer = Gatherer(lambda answers: settler.settle(answers, clock()))
        self._gathering: asyncio.Task[None] | None = None
        self.polls = 0
        self.failures: dict[str, int] = {}

    async def collect(self) -> None:
        """Ask every account that is due now; returns when none is left to begin with. Slow ones go on behind."""
        waiting: deque[str] = deque()
        while True:
            if not waiting:
                waiting.extend(await self._store.claim_polls(self._clock(), AHEAD, LEASE))
            if not waiting:
                return
            await self._room.acquire()
            self._start(self.poll(waiting.popleft()))

    def _start(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._room.release()

    async def poll(self, name: str) -> None:
        """Ask one account for its current windows and have the answer settled."""
        async with self._asking:
            answer = await self._answer(name)
        if answer is not None:
            await self._settle(answer)

    async def _answer(self, name: str) -> Answer | None:
        need = self._settler.watch.needs.get(name)
        if need is None:
            return None
        asked_at = self._clock()
        readings, error = await self._ask(name, live_asks(need, asked_at), urgent=True)
        self.polls += 1
        if error is not None:
            self.failures[error.name] = self.failures.get(error.name, 0) + 1
            log.warning("poll failed", account=name, error=error.name, status=error.status, text=str(error))
        return Answer(account=name, asked_at=asked_at, readings=readings, error=error)

    async def _ask(self, name: str, asks: list[Ask], *, urgent: bool) -> tuple[list[Reading], SourceError | None]:
        """Readings up to the first window that fails."""
        account = self._settler.watch.book.accounts.get(name)
        readings: list[Reading] = []
        if account is None:
            return readings, None
        try:
            for ask in asks:
                readings.append(await self._source.read(account, ask, urgent=urgent))
                self._alive("collect" if urgent else "fill")
        except SourceError as error:
            return readings, error
        return readings, None

    async def _settle(self, answer: Answer) -> None:
        """What cannot be stored is dropped: the account's claim ends by itself, and it is asked again."""
        if self._gathering is None or self._gathering.done():
            self._gathering = asyncio.get_running_loop().create_task(self._gatherer.run())
        try:
            await self._gatherer.add(answer)
        except StoreError as error:
            log.error(
                "readings could not be stored; they are asked for again", account=answer.account, error=str(error)
            )
        except Exception as error:
            self.failures["Internal"] = self.failures.get("Internal", 0) + 1
            log.exception("an answer could not be judged", account=answer.account, error=type(error).__name__)

    async def fill(self) -> None:
        """Ask for missing history, a chunk an account at a time, newest first, until none is due."""
        while True:
            names = await self._store.claim_fills(self._clock(), FILLS_AT_ONCE, LEASE)
            if not names:
                return
            await asyncio.gather(*(self.fill_one(name) for name in names))

    async def fill_one(self, name: str) -> int:
        """Ask for the newest missing windows of one account; returns how many are left to ask for."""
        need = self._settler.watch.needs.get(name)
        if need is None:
            return 0
        now = self._clock()
        have = await self._store.closed_windows(name, now - self._history - timedelta(days=400))
        missing = closed_windows(need, now, self._history, have)
        asks = [Ask(window, AskKind.CLOSED) for window in missing[:CHUNK]]
        readings, error = await self._ask(name, asks, urgent=False)
        left = len(missing) - len(readings)
        if error is not None:
            log.warning("history refused", account=name, error=error.name, status=error.status, text=str(error))
            again = self._clock() + AGAIN
        else:
            again = self._clock() if left else next_closing(need, now)
        await self._settle(Answer(account=name, asked_at=now, readings=readings, polled=False, fill=again))
        if not missing:
            # another process may have asked for it
            await self._settler.refresh(name)
        if not left:
            await self._filled(name, now)
        return left

    async def idle(self) -> None:
        """Wait for the questions under way."""
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """Drop the questions under way; their claims are taken back by the next process."""
        tasks = [*self._running, *([self._gathering] if self._gathering else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
