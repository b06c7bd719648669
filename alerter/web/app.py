"""The web application: pages, API, metrics and probes over one desk."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from alerter.core.errors import StoreError
from alerter.web.api.endpoints import Api
from alerter.web.api.parameters import BadParameter
from alerter.web.desk import Desk
from alerter.web.headers import HEADERS, Headers
from alerter.web.metrics import Metrics
from alerter.web.pages import FOLDER, Pages
from alerter.web.readiness import Readiness, alive

_TITLES = {404: "Not found", 405: "Not allowed", 500: "Something went wrong", 503: "No answer from the database"}


def create_app(desk: Desk) -> Starlette:
    """Everything that is served. Only a reload of the rules changes anything, and asks who you are."""
    pages = Pages(desk)
    errors = Errors(pages)
    return Starlette(
        routes=[
            *pages.routes(),
            Mount("/api/v1", routes=Api(desk).routes()),
            Route("/metrics", Metrics(desk).answer),
            Route("/healthz", alive),
            Route("/readyz", Readiness(desk).ready),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ],
        middleware=[Middleware(Headers), Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)],
        exception_handlers=errors.handlers(),
    )


class Errors:
    """What is answered when something cannot be: JSON to programs, a page to people, never a traceback."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def handlers(self) -> Mapping[Any, Any]:
        return {HTTPException: self.refused, BadParameter: self.bad, StoreError: self.no_store, Exception: self.broken}

    async def refused(self, request: Request, error: HTTPException) -> Response:
        text = "" if error.detail == _standard(error.status_code) else error.detail
        return self._answer(request, error.status_code, text, error.headers)

    async def bad(self, _request: Request, error: BadParameter) -> Response:
        return JSONResponse({"error": str(error)}, status_code=400)

    async def no_store(self, request: Request, error: StoreError) -> Response:
        return self._answer(request, 503, f"The database cannot be used now: {error}")

    async def broken(self, request: Request, _error: Exception) -> Response:
        """The log has the rest. Headers go in here, since this answer bypasses what adds them."""
        return self._answer(request, 500, "", HEADERS)

    def _answer(self, request: Request, status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
        title = _TITLES.get(status, "That did not work")
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": text or title}, status_code=status, headers=headers)
        if request.url.path == "/metrics":
            return PlainTextResponse(text or title, status_code=status, headers=headers)
        page = self._pages.render("error.html", status, title=title, text=text)
        page.headers.update(headers or {})
        return page


def _standard(status: int) -> str:
    return HTTPException(status).detail
