"""The page, the API and the metrics, served by uvicorn on the same loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from alerter.bootstrap.clock import now
from alerter.bootstrap.parts import Parts
from alerter.core.errors import ConfigurationError
from alerter.settings import Secrets, find_secret
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


@asynccontextmanager
async def serve_page(
    parts: Parts, state: ServiceState, secrets: Secrets, reload: Callable[[], Awaitable[bool]] | None = None
) -> AsyncIterator[str]:
    """Serve while the block runs; gives the address. `reload` is what POST /api/v1/reload does."""
    host, port = parts.settings.address
    listener = listen(host, port)
    desk = Desk(
        watch=lambda: parts.watch,
        overview=parts.overview,
        store=parts.store,
        clock=now,
        token=lambda: find_secret("ALERTER_WEB_TOKEN", parts.settings.secrets_dir),
        state=state,
        reload=reload,
    )
    config = uvicorn.Config(
        create_app(desk),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = QuietServer(config)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
