"""The page, the API and the metrics, served by uvicorn on the same loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from alerter.bootstrap.clock import now
from alerter.bootstrap.parts import Parts
from alerter.bootstrap.stopping import bounded
from alerter.core.errors import ConfigurationError
from alerter.settings import Secrets, Settings, find_secret
from alerter.web.app import create_app
from alerter.web.desk import Desk
from alerter.web.state import ServiceState


class QuietServer(uvicorn.Server):
    """Leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A bound socket (port 0: any free one); raises ConfigurationError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"ALERTER_LISTEN: cannot listen on {host}:{port}: {error.strerror}; is another alerter running?"
        ) from None
    listener.listen(128)
    return listener


class Front:
    """What the server asks: the page once there is one. `waiting` says why the service has not begun, until it has."""

    def __init__(self) -> None:
        self.page: ASGIApp | None = None
        self.waiting: str | None = "not asked yet"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        if self.waiting is not None and path == "/readyz":
            body = {"ready": False, "late": [], "database": self.waiting}
            await JSONResponse(body, status_code=503)(scope, receive, send)
        elif self.page is not None:
            await self.page(scope, receive, send)
        elif path == "/healthz":
            await JSONResponse({"alive": True})(scope, receive, send)
        else:
            body = {"error": f"the service is not ready: {self.waiting}"}
            await JSONResponse(body, status_code=503, headers={"Retry-After": "5"})(scope, receive, send)

    def open(
        self, parts: Parts, state: ServiceState, secrets: Secrets, reload: Callable[[], Awaitable[bool]] | None = None
    ) -> None:
        """From now on there are pages. `reload` is what POST /api/v1/reload does."""
        desk = Desk(
            watch=lambda: parts.watch,
            overview=parts.overview,
            store=parts.store,
            clock=now,
            token=lambda: find_secret("ALERTER_WEB_TOKEN", parts.settings.secrets_dir),
            state=state,
            reload=reload,
        )
        self.page = create_app(desk)

    def close(self) -> None:
        """No more pages: the database is about to be closed."""
        self.page, self.waiting = None, "the service is stopping"


@asynccontextmanager
async def serve_page(settings: Settings, front: Front) -> AsyncIterator[str]:
    """Serve while the block runs; gives the address."""
    host, port = settings.address
    listener = listen(host, port)
    config = uvicorn.Config(
        front,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = QuietServer(config)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await bounded(task, "page", 2)
