"""What the API and the first page say of how a period is expected to end, with no rule that looks ahead."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.web import NOW, OPERATIONS, Scene, book_of, lic, scene

from alerter.core.calendar import day_windows_before
from alerter.core.model import AskKind, Reading
from alerter.pipeline.settle import Answer

DAILY = 2_000_000


@pytest.fixture
async def steady(tmp_path: Path) -> AsyncIterator[Scene]:
    """A license that has used 2 million operations on each of the last 100 days, and one that was never read."""
    book = book_of(lic("steady", "acme", quotas=(OPERATIONS,)), lic("fresh", "new", quotas=(OPERATIONS,)))
    async with scene(book, tmp_path) as place:
        readings = [
            Reading(account="acme", window=day, kind=AskKind.CLOSED, read_at=NOW, values={"num_operations": DAILY})
            for day in day_windows_before(NOW, 100, "UTC")
        ]
        await place.settler.settle([Answer(account="acme", asked_at=NOW, readings=readings, polled=False)], NOW)
        period = next(iter(place.settler.watch.needs["acme"].periods)).at(NOW)
        assert period is not None
        await place.read("acme", {"num_operations": round(DAILY * ((NOW - period.start) / timedelta(days=1)))})
        yield place


async def test_the_api_says_what_is_expected(steady: Scene) -> None:
    async with steady.browser() as browser:
        answer = (await browser.get("/api/v1/licenses")).json()
    quotas = {item["name"]: item["quotas"][0] for item in answer["items"]}
    found, period = quotas["steady"], quotas["steady"]["period"]
    assert period is not None
    assert found["expected_low"] <= found["expected"] <= found["expected_high"]
    assert found["expected"] == pytest.approx(30 * DAILY, rel=0.04)
    assert found["runs_out"].endswith("Z")
    assert [quotas["fresh"][k] for k in ("expected", "expected_low", "expected_high", "runs_out")] == [None] * 4


async def test_the_first_page_says_it_in_words(steady: Scene) -> None:
    async with steady.browser() as browser:
        text = (await browser.get("/")).text
    assert "expected at the end, runs out on" in text


async def test_metrics_read_no_history(steady: Scene) -> None:
    reports = await steady.desk.overview.licenses(steady.settler.watch, ["steady"], steady.now)
    assert [q.expected for r in reports for q in r.quotas] == [None]
