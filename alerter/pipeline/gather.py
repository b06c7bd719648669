"""Many answers, one commit."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from alerter.core.errors import StoreError
from alerter.pipeline.settle import Answer


class Gatherer:
    """Answers that arrive within about 100 ms share one settlement, and so one commit.

    `settle` is given a batch at a time, in order; `clock` tells the moment of judging.
    """

    def __init__(
        self, settle: Callable[[Sequence[Answer]], Awaitable[object]], *, window: float = 0.1, most: int = 100
    ):
        self._settle = settle
        self._window = window
        self._most = most
        self._waiting: list[tuple[Answer, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._full = asyncio.Event()

    async def add(self, answer: Answer) -> None:
        """Returns when the answer is stored; raises what storing it raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((answer, done))
        self._wake.set()
        if len(self._waiting) >= self._most:
            self._full.set()
        await done

    async def run(self) -> None:
        """Settle batches until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._window):
                    await self._full.wait()
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if self._waiting:
                self._wake.set()
            if len(self._waiting) < self._most:
                self._full.clear()
            if batch:
                await self._settle_one(batch)

    async def _settle_one(self, batch: Sequence[tuple[Answer, asyncio.Future[None]]]) -> None:
        try:
            await self._settle([answer for answer, _ in batch])
        except Exception as error:  # noqa: BLE001  (each waiter gets it; the loop goes on)
            if len(batch) > 1 and not isinstance(error, StoreError):
                # one answer must not take the others with it
                for one in batch:
                    await self._settle_one([one])
                return
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
        else:
            for _, done in batch:
                if not done.done():
                    done.set_result(None)
