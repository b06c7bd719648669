"""The pages over a real store: what each state says, and what hostile names cannot do."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from support.web import EVIL, OPERATIONS, Scene, book_of, every_state, fill, lic, renamed, scene

from alerter.core.errors import Mistake, StoreError
from alerter.core.model import Event, Reason, Severity
from alerter.store import Database
from alerter.web.stories import sentence


@pytest.fixture
async def filled(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(every_state(), tmp_path) as place:
        await fill(place)
        yield place


def text_of(page: httpx.Response) -> str:
    return seen(page.text)


def seen(html: str) -> str:
    """What a reader sees: no tags, single spaces."""
    text = " ".join(re.sub(r"<[^>]*>", " ", html).split())
    return re.sub(r" (?=[,:;])", "", text)


def card(page: httpx.Response, name: str) -> str:
    """The text of one license."""
    found = re.search(rf'<section class="license[^>]*data-name="{name}".*?</section>', page.text, re.DOTALL)
    assert found is not None
    return seen(found[0])


SAYS = {
    "acme-enterprise": [
        "45,110,000 of 50,000,000 a month",
        "4,890,000 left",
        "67% of the period gone",
        "until 15 May 2026 10 days left",
        "Warning",
        "data as of 5 May 2026, 08:00 EDT",
        "1,800 unlimited a month",
        "9 of 10",
        "no period",
    ],
    "over-the-top": ["53,500,001 of 50,000,000", "107%", "3,500,001 over the quota", "Critical"],
    "nothing-allowed": ["3 of 0 a month", "3 over the quota", "Critical"],
    "half-there": ["at least 12,000,000", "at most 38,000,000 left", "no fresh reading of second-half", "Incomplete"],
    "not-answering": ["last known 11,000,000", "No answer", "no fresh reading of broken"],
    "never-read": ["Waiting for data", "no data yet"],
    "factory": ["Not reported", "silent-cluster does not report it"],
    "next-year": ["Starts 1 Jan 2027"],
    "last-year": ["Ended 1 Jan 2026"],
}


async def test_every_state_has_its_words(filled: Scene) -> None:
    async with filled.browser() as browser:
        page = await browser.get("/")
    wrong = {name: [said for said in says if said not in card(page, name)] for name, says in SAYS.items()}
    assert {name: says for name, says in wrong.items() if says} == {}


async def test_a_missing_number_is_never_shown_as_0(filled: Scene) -> None:
    async with filled.browser() as browser:
        page = await browser.get("/")
    assert "– of 4" in card(page, "factory")
    assert " 0 of" not in text_of(page)


async def test_the_first_page_says_what_somebody_must_look_at(filled: Scene) -> None:
    wrong = Mistake(file="q.yaml", line=14, column=9, path="rules.x.at", text="no such key", hint="did you mean at?")
    filled.state.rejected, filled.state.reload_ok = (wrong,), False
    async with filled.browser() as browser:
        text = text_of(await browser.get("/"))
    assert "q.yaml:14:9 rules.x.at no such key (did you mean at?)" in text
    assert "Messages do not reach mail" in text
    assert "550 mailbox unavailable" in text
    assert "4 open alerts" in text
    assert "num_operations was corrected downwards" in text
    assert "An early warning, not an invoice." in text


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ({}, "over-the-top"),
        ({"sort": "name"}, "acme-enterprise"),
        ({"sort": "used", "q": "acme"}, "acme-enterprise"),
        ({"q": "second-half"}, "half-there"),
        ({"q": "*-year"}, "last-year"),
        ({"page": "99", "sort": "name"}, "acme-enterprise"),
        ({"page": "x" * 50, "sort": "hack"}, "over-the-top"),
    ],
)
async def test_filters_and_orders(filled: Scene, query: dict[str, str], first: str) -> None:
    async with filled.browser() as browser:
        page = await browser.get("/", params=query)
    assert re.findall(r'data-name="([^"]*)"', page.text)[0] == first


async def test_an_alert_tells_its_story(filled: Scene) -> None:
    async with filled.browser() as browser:
        alerts = (await browser.get("/api/v1/alerts", params={"license": "acme*"})).json()["items"]
        found = next(a["id"] for a in alerts if a["metric"] == "num_operations")
        text = text_of(await browser.get(f"/alerts/{found}"))
        unknown = await browser.get("/alerts/0000000000000000")
    assert "Reached 75%: 39,210,000 of 50,000,000 (78%)" in text
    assert "Went on to reach 90%: 45,210,000 of 50,000,000 (90%) Warning" in text
    assert "15 Apr 2026 to 15 May 2026 (America/New_York)" in text
    assert "https://wiki.example.com/dsm-quota" in text
    assert "Failed mail" in text
    assert unknown.status_code == 404
    assert "There is no such alert" in unknown.text


async def test_lists_rules_and_health_are_readable(filled: Scene) -> None:
    async with filled.browser() as browser:
        alerts, closed = text_of(await browser.get("/alerts")), text_of(await browser.get("/alerts?status=closed"))
        rules, health = text_of(await browser.get("/rules")), text_of(await browser.get("/health"))
    assert "over-the-top operations past 100% 53,500,001 of 50,000,000 (107%, exceeded)" in alerts
    assert "There are none." in closed
    assert filled.book.hash in rules
    assert "75% info → slack, mail" in rules
    assert "Unreachable since 5 May 2026, 12:00 UTC, 1 in a row: connection refused" in health
    assert "On time collect" in health


async def test_hostile_names_are_text(tmp_path: Path) -> None:
    async with scene(renamed(every_state(), EVIL), tmp_path) as place:
        await place.read(EVIL, {"num_operations": 46_000_000})
        await place.deliver("slack", error=EVIL)
        async with place.browser() as browser:
            (alert,) = (await browser.get("/api/v1/alerts")).json()["items"]
            paths = ("/", "/alerts", f"/alerts/{alert['id']}", "/rules", "/health", "/?q=<script>", "/<script>")
            pages = [(await browser.get(path)).text for path in paths]
    assert alert["license"] == EVIL
    assert [page for page in pages if "<script>" in page or "\u202e" in page or 'href="javascript' in page] == []
    assert all("{{ 7*7 }}" in page for page in pages[:5])


async def test_a_name_of_10_000_characters_is_cut(tmp_path: Path) -> None:
    async with scene(renamed(every_state(), "x" * 10_000), tmp_path) as place, place.browser() as browser:
        page = await browser.get("/")
    assert len(text_of(page)) < 2000


async def test_licenses_come_200_at_a_time(tmp_path: Path) -> None:
    book = book_of(*(lic(f"tenant-{n:03}", f"account-{n:03}", quotas=(OPERATIONS,)) for n in range(450)))
    async with scene(book, tmp_path) as place, place.browser() as browser:
        pages = [await browser.get("/", params={"page": n}) for n in (1, 2, 3)]
    assert [page.text.count("data-name=") for page in pages] == [200, 200, 50]
    assert "Page 3 of 3, 450 licenses by name" in text_of(pages[2])


async def test_an_empty_rule_book_has_a_page(tmp_path: Path) -> None:
    async with scene(book_of(), tmp_path) as place, place.browser() as browser:
        pages = [await browser.get(path) for path in ("/", "/alerts", "/rules", "/health", "/metrics")]
    assert [page.status_code for page in pages] == [200] * 5
    assert "The rule book names no license yet." in pages[0].text


HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}


@pytest.mark.parametrize("path", ["/", "/nope", "/static/page.css", "/static/nope", "/api/v1/rules", "/metrics"])
async def test_every_answer_is_guarded(filled: Scene, path: str) -> None:
    async with filled.browser() as browser:
        answer = await browser.get(path, headers={"Host": "evil.example.net"})
    assert HEADERS.items() <= dict(answer.headers).items()
    assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
    assert "evil.example.net" not in answer.text


async def test_no_page_holds_inline_code_or_style(filled: Scene) -> None:
    async with filled.browser() as browser:
        pages = [(await browser.get(path)).text for path in ("/", "/alerts", "/rules", "/health")]
    assert [p for p in pages if re.search(r'\sstyle="|\son\w+="|<style|<script(?! src="/static/)', p)] == []


@pytest.mark.parametrize("path", ["/", "/alerts", "/api/v1/licenses", "/metrics", "/healthz"])
async def test_nothing_can_be_written(filled: Scene, path: str) -> None:
    async with filled.browser() as browser:
        answers = [await browser.request(method, path) for method in ("POST", "PUT", "DELETE", "PATCH")]
    assert {answer.status_code for answer in answers} == {405}
    assert {answer.headers["allow"] for answer in answers} <= {"GET, HEAD", "HEAD, GET"}


async def test_big_answers_are_squeezed(filled: Scene) -> None:
    async with filled.browser() as browser:
        answer = await browser.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


class Broken(Database):
    """A store whose every look at poll times goes wrong."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def poll_states(self, names: object = None) -> list[object]:  # type: ignore[override]
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (StoreError("the file is gone"), 503, "The database cannot be used now: the file is gone"),
        (RuntimeError("secret-text"), 500, "Something went wrong"),
    ],
)
async def test_errors_are_said_without_a_traceback(filled: Scene, error: Exception, status: int, says: str) -> None:
    desk = replace(filled.desk, store=Broken(error))
    async with filled.browser(desk=desk) as browser:
        page, answer = await browser.get("/health"), await browser.get("/api/v1/accounts")
    assert (page.status_code, answer.status_code) == (status, status)
    assert says in page.text
    assert says in answer.json()["error"]
    assert "Traceback" not in page.text + answer.text
    assert "secret-text" not in page.text + answer.text
    assert HEADERS.items() <= dict(page.headers).items()


@pytest.mark.parametrize(
    ("reason", "words"), [(Reason.CROSSED, "Exceeded the quota"), (Reason.ESCALATED, "Went on to exceed the quota")]
)
def test_above_the_quota_a_timeline_says_exceeded(reason: Reason, words: str) -> None:
    payload = {"limit": 100, "passed": ["90%"]}
    at = datetime(2026, 4, 30, tzinfo=UTC)
    event = Event(
        id="e", alert=None, key=None, at=at, reason=reason, severity=Severity.CRITICAL, value=107, payload=payload
    )
    told = sentence(replace(event, threshold="100%"))
    assert told == f"{words}, passing 90%, 100%: 107 of 100 (107%, exceeded)"
    assert sentence(replace(event, value=100, threshold="100%")).endswith("100 of 100 (100%)")
