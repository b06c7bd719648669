"""A real Chromium in front of a real server on loopback."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from starlette.types import ASGIApp, Receive, Scope, Send
from support.serve import serve
from support.web import Scene, every_state, fill, scene

from alerter.core.errors import Mistake
from alerter.store import open_store
from alerter.web.app import create_app

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium found; install it with: apt-get update && apt-get install -y chromium"


class Served:
    """Opens the filled database in the server's own loop, at the first request."""

    def __init__(self, folder: Path) -> None:
        self._url = f"sqlite:///{folder}/alerter.db"
        self._turn = asyncio.Lock()
        self._app: ASGIApp | None = None
        self.scene: Scene | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._turn:
            if self._app is None:
                self.scene = Scene(store=await open_store(self._url), book=every_state())
                _troubled(self.scene)
                self._app = create_app(self.scene.desk)
        await self._app(scope, receive, send)

    async def close(self) -> None:
        if self.scene is not None:
            await self.scene.store.close()


def _troubled(place: Scene) -> None:
    """The rule files are wrong, and one loop has failed."""
    place.state.expect("collect", timedelta(seconds=1))
    place.state.beat("collect")
    place.state.beat("deliver", "the database is locked")
    wrong = Mistake(
        file="quotas.yaml",
        line=14,
        column=9,
        path="rules.quota-used.tresholds",
        text="no such key",
        hint="did you mean thresholds?",
    )
    place.state.reload_ok, place.state.rejected, place.state.rejected_at = False, (wrong,), place.now


async def _filled(folder: Path) -> None:
    async with scene(every_state(), folder) as place:
        await fill(place)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the pages over every state of a quota are served."""
    folder = tmp_path_factory.mktemp("page")
    asyncio.run(_filled(folder))
    served = Served(folder)
    with serve(served) as url:
        yield url
    asyncio.run(served.close())


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    """Chromium as the system has it. Without one: skipped, saying how to get it; in continuous integration it fails.

    After `address`, because Playwright keeps a loop running on this thread until it stops.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()
