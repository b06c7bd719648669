"""`POST /api/v1/reload`: have the rule files read again.

With ALERTER_WEB_TOKEN it must be shown. Without one only this machine may ask, and not through a browser page or a
proxy: those name where they come from, or another host.
"""

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alerter.settings import is_loopback
from alerter.web.api import shapes
from alerter.web.desk import Desk

FOREIGN = ("origin", "sec-fetch-site", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers of requests that a browser page or a proxy made."""


def check_allowed(request: Request, token: str | None) -> None:
    """Raises HTTPException with 401 or 403 for whoever may not."""
    if token is not None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "ALERTER_WEB_TOKEN is needed", {"WWW-Authenticate": "Bearer"})
        return
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    local = _is_this_machine(request) and is_loopback(host)
    if not local or any(name in request.headers for name in FOREIGN):
        raise HTTPException(403, "without ALERTER_WEB_TOKEN only this machine may do this, and no page or proxy")


def _is_this_machine(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class Reload:
    """The one address that changes something."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def route(self) -> Route:
        return Route("/reload", self.answer, methods=["POST"])

    async def answer(self, request: Request) -> JSONResponse:
        """200 when the files on disk are in force now, 422 with their mistakes when they cannot be."""
        check_allowed(request, self._desk.token())
        if self._desk.reload is None:
            raise HTTPException(409, "the rules of this service are fixed")
        in_force = await self._desk.reload()
        state = self._desk.state
        answer = {
            "in_force": in_force,
            "hash": state.book_hash,
            "changes": list(state.changes) if in_force else [],
            "rejected": [shapes.mistake_json(mistake) for mistake in state.rejected],
        }
        return JSONResponse(answer, status_code=200 if in_force else 422 if state.rejected else 503)
