"""`/healthz`: the process lives. `/readyz`: every loop ran in time, and the database answers."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse

from alerter.core.errors import StoreError
from alerter.web.desk import Desk

WITHIN = 3.0
"""Seconds the database has to answer."""

KEPT = 2.0
"""Seconds for which the database's answer counts, so that many probes cost one write."""


class Readiness:
    """Asks the database, at most once in `KEPT` seconds."""

    def __init__(self, desk: Desk, within: float = WITHIN) -> None:
        self._desk = desk
        self._within = within
        self._asked: float | None = None
        self._error: str | None = None
        self._turn = asyncio.Lock()

    async def database_error(self) -> str | None:
        """What is wrong with the database; None when it answers."""
        async with self._turn:
            now = self._desk.state.monotonic()
            if self._asked is None or now - self._asked >= KEPT:
                self._error = await self._ask()
                self._asked = self._desk.state.monotonic()
            return self._error

    async def _ask(self) -> str | None:
        try:
            async with asyncio.timeout(self._within):
                await self._desk.store.check()
        except StoreError as error:
            return str(error)
        except TimeoutError:
            return f"the database does not answer within {self._within:g} seconds"
        return None

    async def ready(self, _request: Request) -> JSONResponse:
        late = self._desk.state.late()
        error = await self.database_error()
        ready = not late and error is None
        body = {"ready": ready, "late": late, "database": "ok" if error is None else error}
        return JSONResponse(body, status_code=200 if ready else 503)


async def alive(_request: Request) -> JSONResponse:
    """The process answers, whatever else is wrong."""
    return JSONResponse({"alive": True})
