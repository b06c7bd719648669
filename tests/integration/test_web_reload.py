"""`POST /api/v1/reload`: who may, and what is answered."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from support.web import Scene, every_state, scene

from alerter.core.errors import Mistake
from alerter.web.app import create_app

TOKEN = "t0ken"
HERE = "http://127.0.0.1:8080"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(every_state(), tmp_path) as found:
        yield found


class Asked:
    """Asks a service; `reloads` counts what got through."""

    def __init__(self, place: Scene, token: str | None, *, good: bool = True, fixed: bool = False) -> None:
        self.reloads = 0
        self._good = good
        self._desk = replace(place.desk, token=lambda: token, reload=None if fixed else self._reload)

    async def _reload(self) -> bool:
        self.reloads += 1
        return self._good

    async def __call__(self, *, client: str = "127.0.0.1", base: str = HERE, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(create_app(self._desk), client=(client, 5))
        async with httpx.AsyncClient(transport=transport, base_url=base) as browser:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await browser.post("/api/v1/reload", headers=named)


async def test_the_token_opens_it_from_anywhere(place: Scene) -> None:
    ask = Asked(place, TOKEN)
    place.state.changes = ("rule used changed",)
    answer = await ask(client="10.1.2.3", authorization=f"Bearer {TOKEN}")
    assert (answer.status_code, ask.reloads) == (200, 1)
    assert answer.json()["changes"] == ["rule used changed"]


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer t0ke", "Basic t0ken", "Bearer t0ken2", "bearer t\u00f6ken"])
async def test_where_there_is_a_token_nothing_else_opens_it(place: Scene, given: str) -> None:
    ask = Asked(place, TOKEN)
    answer = await ask(authorization=given) if given.isascii() else await ask()
    assert (answer.status_code, answer.headers["www-authenticate"], ask.reloads) == (401, "Bearer", 0)


async def test_without_a_token_this_machine_may(place: Scene) -> None:
    ask = Asked(place, None)
    assert (await ask()).status_code == 200
    assert (await ask(base="http://localhost:8080")).status_code == 200


@pytest.mark.parametrize(
    ("client", "base", "headers"),
    [
        ("10.1.2.3", HERE, {}),
        ("127.0.0.1", "http://evil.example.com", {}),
        ("127.0.0.1", HERE, {"origin": "https://evil.example.com"}),
        ("127.0.0.1", HERE, {"sec_fetch_site": "cross-site"}),
        ("127.0.0.1", HERE, {"x_forwarded_for": "10.1.2.3"}),
        ("not-an-address", HERE, {}),
    ],
    ids=["another machine", "another host's name", "a page", "a browser", "a proxy", "no address"],
)
async def test_without_a_token_nobody_else_may(place: Scene, client: str, base: str, headers: dict[str, str]) -> None:
    ask = Asked(place, None)
    assert (await ask(client=client, base=base, **headers)).status_code == 403
    assert ask.reloads == 0


async def test_a_rejected_book_is_422_with_its_mistakes(place: Scene) -> None:
    place.state.rejected = (Mistake(file="q.yaml", line=3, column=9, path="rules.x.at", text="no such key"),)
    answer = await Asked(place, TOKEN, good=False)(authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 422
    assert answer.json()["rejected"][0]["line"] == 3


async def test_a_database_that_does_not_answer_is_503(place: Scene) -> None:
    assert (await Asked(place, None, good=False)()).status_code == 503


async def test_the_demo_has_fixed_rules(place: Scene) -> None:
    assert (await Asked(place, None, fixed=True)()).status_code == 409


async def test_it_cannot_be_done_by_reading(place: Scene) -> None:
    async with place.browser() as browser:
        assert (await browser.get("/api/v1/reload")).status_code == 405


async def test_the_page_says_what_the_last_change_did(place: Scene) -> None:
    place.state.changes = ("alert used on acme, num_operations fires at 78%", "rule <b>x</b> added")
    async with place.browser() as browser:
        text = (await browser.get("/rules")).text
    assert "fires at 78%" in text
    assert "rule &lt;b&gt;x&lt;/b&gt; added" in text
