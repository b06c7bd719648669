"""A simulated DSM for tests: a world, served or in process, and accounts, a client and a clock that fit it."""

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from support.serve import serve

from alerter.core.book import Account, SecretName
from alerter.core.model import Ask, AskKind, Window
from alerter.sources.fortanix import Fortanix
from alerter.sources.simulator import SimAccount, World, create_app

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
"""The time in a simulated DSM, unless a test says otherwise: a Wednesday."""

TODAY = Ask(Window(NOON.replace(hour=0), NOON), AskKind.PERIOD)


@dataclass(frozen=True)
class Dsm:
    """A world and the URL at which it answers."""

    world: World
    url: str

    def account(self, sim: SimAccount, **changes: Any) -> Account:
        """The rule book's account for this simulated one; its secret is named as it is."""
        account = Account(name=sim.name, url=self.url, account_id=sim.id, credential=SecretName(secret_name(sim.name)))
        return replace(account, **changes)


def secret_name(account: str) -> str:
    """`acme-prod` → `ACME_PROD_KEY`."""
    return account.upper().replace("-", "_") + "_KEY"


def keys(world: World) -> Mapping[str, str]:
    """Secret name → API key of every account."""
    return {secret_name(sim.name): sim.key for sim in world.accounts.values()}


@contextlib.contextmanager
def served(world: World, now: Callable[[], datetime] = lambda: NOON) -> Iterator[Dsm]:
    """This world over real HTTP on loopback."""
    with serve(create_app(world, now)) as url:
        yield Dsm(world, url)


def fortanix(secrets: Mapping[str, str], **changes: Any) -> Fortanix:
    """A client in a hurry: no waits between retries, no pace to speak of."""
    settings: dict[str, Any] = {
        "now": lambda: NOON,
        "requests_per_second": 100_000,
        "retry_wait": timedelta(0),
        **changes,
    }
    return Fortanix(secrets.__getitem__, **settings)


def in_process(world: World, now: Callable[[], datetime] = lambda: NOON) -> httpx.ASGITransport:
    """A transport that reaches this world without a network."""
    return httpx.ASGITransport(create_app(world, now))


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it; begins at 0."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


class _Jump(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout or 0.0
        return super().select(0)
