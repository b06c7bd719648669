"""Metrics and probes over a real store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.web import EVIL, NOW, Scene, every_state, fill, renamed, scene

from alerter.core.errors import StoreError
from alerter.store import Database
from alerter.web.readiness import Readiness
from alerter.web.state import Counts, ServiceState

Samples = dict[tuple[str, ...], float]


@pytest.fixture
async def filled(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(every_state(), tmp_path) as place:
        await fill(place)
        yield place


async def scrape(place: Scene) -> Samples:
    """(name, label values…) → value, as Prometheus's own parser reads it."""
    async with place.browser() as browser:
        answer = await browser.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = list(text_string_to_metric_families(answer.text))
    assert all(found.documentation for found in families)
    return {(s.name, *s.labels.values()): s.value for found in families for s in found.samples}


async def test_usage_and_quotas(filled: Scene) -> None:
    found = await scrape(filled)
    assert found["alerter_usage", "acme-enterprise", "num_operations"] == 45_110_000
    assert found["alerter_quota", "acme-enterprise", "num_operations"] == 50_000_000
    assert found["alerter_quota_used_ratio", "acme-enterprise", "num_operations"] == 0.9022


async def test_what_is_not_known_is_absent_and_never_0(filled: Scene) -> None:
    found = await scrape(filled)
    assert ("alerter_usage", "factory", "apps.google_ekm_projects") not in found
    assert ("alerter_quota", "acme-enterprise", "apps.tep") not in found
    assert ("alerter_quota_used_ratio", "nothing-allowed", "sign_operations") not in found


async def test_alerts_channels_and_the_rule_book(filled: Scene) -> None:
    await filled.read("first-half", {"num_operations": 44_000_000})
    filled.now = NOW + timedelta(minutes=3)
    filled.state.reload_ok = False
    found = await scrape(filled)
    assert found["alerter_alerts_open", "critical"] == 2
    assert (found["alerter_outbox_pending", "slack"], found["alerter_outbox_oldest_seconds", "slack"]) == (1, 180)
    assert (found["alerter_channel_failing", "mail"], found["alerter_channel_failing", "slack"]) == (1, 0)
    assert found["alerter_rule_book_info", filled.book.hash] == 1
    assert found["alerter_rule_book_reload_success",] == 0
    assert found["alerter_rule_book_reload_timestamp_seconds",] == (NOW - timedelta(days=2)).timestamp()


async def test_what_the_process_did(filled: Scene) -> None:
    filled.state.counts = lambda: Counts(polls={"ok": 40, "Denied": 2}, deliveries=3, latencies=[9.0, 1.0, 2.0])
    filled.ticks = 42
    found = await scrape(filled)
    assert (found["alerter_polls_total", "ok"], found["alerter_polls_total", "Denied"]) == (40, 2)
    assert found["alerter_deliveries_total",] == 3
    assert found["alerter_delivery_latency_seconds", "0.5"] == 2
    assert found["alerter_delivery_latency_seconds_count",] == 3
    assert found["alerter_loop_age_seconds", "collect"] == 42


async def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    name = EVIL + '\n\\"'
    async with scene(renamed(every_state(), name), tmp_path) as place:
        await place.read(name, {"num_operations": 7})
        found = await scrape(place)
    assert found["alerter_usage", name, "num_operations"] == 7


async def test_alive_and_ready(filled: Scene) -> None:
    async with filled.browser() as browser:
        alive, ready = await browser.get("/healthz"), await browser.get("/readyz")
    assert (alive.status_code, ready.status_code) == (200, 200)
    assert ready.json() == {"ready": True, "late": [], "database": "ok"}


async def test_a_late_loop_makes_it_unready_and_is_named(filled: Scene) -> None:
    filled.ticks = 400
    filled.state.beat("deliver")
    async with filled.browser() as browser:
        ready = await browser.get("/readyz")
    assert (ready.status_code, ready.json()["late"]) == (503, ["collect"])


class Told(Database):
    """A database that fails, or never answers, and counts how often it was asked."""

    def __init__(self, error: StoreError | None) -> None:
        self.error = error
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        if self.error is None:
            await asyncio.Event().wait()
        raise self.error or AssertionError("unreachable")


async def test_a_database_that_fails_is_named_and_not_asked_by_every_probe(filled: Scene) -> None:
    store = Told(StoreError("disk full"))
    async with filled.browser(desk=replace(filled.desk, store=store)) as browser:
        answers = await asyncio.gather(*(browser.get("/readyz") for _ in range(20)))
        filled.ticks += 2
        later = await browser.get("/readyz")
    assert {(a.status_code, a.json()["database"]) for a in [*answers, later]} == {(503, "disk full")}
    assert store.asked == 2


async def test_a_database_that_hangs_is_given_up(filled: Scene) -> None:
    readiness = Readiness(replace(filled.desk, store=Told(None)), within=0.01)
    assert await readiness.database_error() == "the database does not answer within 0.01 seconds"


async def test_a_rejected_rule_book_or_a_failing_channel_is_no_reason_to_restart(filled: Scene) -> None:
    filled.state.reload_ok = False
    async with filled.browser() as browser:
        assert (await browser.get("/readyz")).status_code == 200


def test_a_loop_is_late_after_its_time_and_grace_and_not_before() -> None:
    ticks = [0.0]
    state = ServiceState(monotonic=lambda: ticks[0])
    state.expect("collect", timedelta(seconds=10), grace=timedelta(seconds=5))
    state.beat("unknown", "failed")
    ticks[0] = 15
    assert state.late() == []
    ticks[0] = 15.1
    assert state.late() == ["collect"]
    state.beat("collect")
    assert state.late() == []
    assert state.errors() == {"unknown": "failed"}
    assert state.errors("collect") == {}
