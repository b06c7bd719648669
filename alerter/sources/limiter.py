"""How fast one host is asked: an even pace, live polls before history."""

import asyncio
from collections import deque


class Pace:
    """At most `per_second` requests a second to one host, spaced evenly.

    What was not used is not saved up, but for a tenth of a second's worth, so that a fast pace (above 10 a second)
    does not depend on the precision of timers. The clock is the event loop's.
    """

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._slack = max(0.0, 0.1 - self._gap)
        self._next = 0.0
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def take(self) -> bool:
        """A turn right now, if one is free and nobody waits for it."""
        return self._timer is None and self._free(asyncio.get_running_loop().time())

    async def wait(self, *, urgent: bool) -> None:
        """A turn, as soon as there is one; all urgent ones go before all others, each in order of arrival."""
        if self.take():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._patient).append(turn)
        if self._timer is None:
            self._arm()
        await turn

    def _free(self, now: float) -> bool:
        if now < self._next - self._slack:
            return False
        self._next = max(self._next, now - self._slack) + self._gap
        return True

    def _arm(self) -> None:
        at = self._next - self._slack
        self._timer = asyncio.get_running_loop().call_at(at, self._grant)

    def _grant(self) -> None:
        self._timer = None
        # A timer may fire a clock tick early; what it was set for is due all the same.
        now = max(asyncio.get_running_loop().time(), self._next - self._slack)
        while turn := self._first():
            if not self._free(now):
                self._arm()
                return
            self._pop(turn)
            turn.set_result(None)

    def _first(self) -> "asyncio.Future[None] | None":
        """Who is next; those that were cancelled while they waited are dropped."""
        for queue in (self._urgent, self._patient):
            while queue and queue[0].done():
                queue.popleft()
            if queue:
                return queue[0]
        return None

    def _pop(self, turn: "asyncio.Future[None]") -> None:
        queue = self._urgent if self._urgent and self._urgent[0] is turn else self._patient
        queue.popleft()
