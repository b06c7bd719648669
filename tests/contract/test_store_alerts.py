"""Alerts, standings, events: one transaction, and who comes second is told."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support.store_values import CHECK, DAY, KEY, MINUTE, T0, a_reading, a_standing, an_alert, an_event
from support.stores import pair, store

from alerter.core.errors import Conflict
from alerter.core.model import AlertKey, AskKind, Outcome, Severity, Status
from alerter.core.ports import Settlement, Slot, Subject
from alerter.store import Database

__all__ = ["pair", "store"]
ACME: Subject = ("license", "acme")


async def test_an_alert_comes_back_as_it_went_in(store: Database) -> None:
    full = replace(
        an_alert(),
        told=("75%", "90%"),
        terms=("75%", "90%", "100%"),
        limit=50_000_000,
        value=45_210_000,
        threshold="90%",
        period_end=T0 + 30 * DAY,
        told_at=T0 + timedelta(microseconds=1),
        told_level=Decimal("0.9042"),
        holding_since=T0,
        channels=("slack", "mail"),
        accounts=("acme-prod", "acme-dr"),
    )
    await store.settle(Settlement(alerts=[full]))
    record = (await store.records([ACME], T0))[ACME]
    assert record.alerts == {KEY: full}
    assert await store.live_alerts() == [full]


async def test_a_subject_nothing_is_known_of_has_an_empty_record(store: Database) -> None:
    record = (await store.records([("account", "acme")], T0))["account", "acme"]
    assert (record.alerts, record.standings, record.said) == ({}, {}, set())


async def test_versions_go_up_by_one(store: Database) -> None:
    await store.settle(Settlement(alerts=[an_alert(1)]))
    await store.settle(Settlement(alerts=[an_alert(2, Status.RECOVERED)]))
    assert [(a.version, a.status) for a in await store.live_alerts()] == [(2, Status.RECOVERED)]


@pytest.mark.parametrize("version", [1, 2, 4], ids=["opened again", "changed meanwhile", "one left out"])
async def test_a_conflict_undoes_the_whole_settlement(store: Database, version: int) -> None:
    await store.settle(Settlement(alerts=[an_alert(1)]))
    await store.settle(Settlement(alerts=[an_alert(2)]))
    late = Settlement(
        alerts=[an_alert(version)],
        readings=[a_reading()],
        standings=[a_standing()],
        events=[an_event("e", "slack")],
        said=[(ACME, "uncovered: apps.new")],
    )
    with pytest.raises(Conflict):
        await store.settle(late)
    assert await store.latest([Slot("acme-prod", AskKind.PERIOD, start=T0)]) == []
    assert (await store.records([ACME], T0))[ACME].said == set()
    assert await store.busy_channels(T0 + DAY) == []
    assert await store.queries.decisions() == []


async def test_the_account_of_an_undone_settlement_can_be_stored_later(store: Database) -> None:
    with pytest.raises(Conflict):
        await store.settle(Settlement(alerts=[an_alert(7)], readings=[a_reading("new")]))
    await store.settle(Settlement(readings=[a_reading("other"), a_reading("new")]))
    assert [r.account for r in await store.latest([Slot("new", AskKind.PERIOD, start=T0)])] == ["new"]


async def test_closed_alerts_are_forgotten_three_days_after_their_period(store: Database) -> None:
    closed = replace(an_alert(status=Status.CLOSED), period_end=T0)
    balance = an_alert(status=Status.CLOSED, key=AlertKey(CHECK, None))
    await store.settle(Settlement(alerts=[closed, balance]))
    for now, remembered in ((T0 + 3 * DAY, {KEY, balance.key}), (T0 + 3 * DAY + MINUTE, {balance.key})):
        assert (await store.records([ACME], now))[ACME].alerts.keys() == remembered
    assert await store.live_alerts() == []


async def test_only_a_change_of_standing_is_a_decision(store: Database) -> None:
    for standing in (
        a_standing(),
        replace(a_standing(), value=62, since=T0 + MINUTE),
        a_standing(Outcome.BREACH, "80 % used", T0 + DAY),
    ):
        await store.settle(Settlement(standings=[standing]))
    decisions = await store.queries.decisions("quota-used", subject="acme")
    assert [(d.at, d.outcome, d.why) for d in decisions] == [
        (T0 + DAY, Outcome.BREACH, "80 % used"),
        (T0, Outcome.OK, "61 % used"),
    ]
    assert len(await store.queries.decisions(before=T0 + DAY)) == 1
    assert (await store.records([ACME], T0))[ACME].standings[CHECK].outcome is Outcome.BREACH


async def test_what_was_said_is_remembered_once(store: Database) -> None:
    for _ in range(2):
        await store.settle(Settlement(said=[(ACME, "no quota"), (("account", "x"), "other")]))
    assert (await store.records([ACME], T0))[ACME].said == {"no quota"}


async def test_an_event_stored_twice_is_sent_once(store: Database) -> None:
    for _ in range(2):
        await store.settle(Settlement(events=[an_event("e", "slack", "mail"), an_event("e", "slack")]))
    waiting = [(c, [w.event for w in await store.waiting(c, T0, 9)]) for c in await store.busy_channels(T0)]
    assert waiting == [("mail", ["e"]), ("slack", ["e"])]


async def test_many_subjects_at_once(store: Database) -> None:
    subjects: list[Subject] = [("license", f"l{n}") for n in range(1100)]
    keys = [replace(CHECK, subject=name) for _, name in subjects]
    await store.settle(Settlement(standings=[replace(a_standing(), key=key) for key in keys]))
    found = await store.records(subjects, T0)
    assert [list(found[s].standings) for s in subjects] == [[key] for key in keys]


async def test_an_alert_tells_its_story(store: Database) -> None:
    events = [an_event(f"e{n}", "slack", at=T0 + n * MINUTE, alert=KEY.id) for n in range(2)]
    await store.settle(Settlement(alerts=[an_alert()], events=[*events, an_event("other", "slack")]))
    story = await store.queries.alert(KEY.id)
    assert story is not None
    assert story.alert == an_alert()
    assert story.timeline == tuple(events)
    assert [(d.event, d.status) for d in story.deliveries] == [("e0", "pending"), ("e1", "pending")]
    assert await store.queries.alert("unknown") is None


async def test_alerts_are_listed_newest_first_without_pending_ones(store: Database) -> None:
    checks = [replace(CHECK, subject=f"l{n}") for n in range(5)]
    alerts = [replace(an_alert(key=AlertKey(c, T0)), opened_at=T0 + n * MINUTE) for n, c in enumerate(checks)]
    alerts[2] = replace(alerts[2], status=Status.PENDING)
    await store.settle(Settlement(alerts=alerts))
    first = await store.queries.alerts(limit=3)
    rest = await store.queries.alerts(limit=3, after=first.next)
    assert [*first.items, *rest.items] == [alerts[n] for n in (4, 3, 1, 0)]
    assert rest.next is None
    assert (await store.queries.alerts(Status.PENDING)).items == (alerts[2],)


async def test_events_are_listed_newest_first(store: Database) -> None:
    events = [an_event(f"e{n}", at=T0 + n * MINUTE) for n in range(4)]
    await store.settle(Settlement(events=[*events, replace(events[0], id="notice", key=None)]))
    first = await store.queries.events(since=T0, until=T0 + 3 * MINUTE, limit=2)
    rest = await store.queries.events(until=T0 + 3 * MINUTE, limit=2, after=first.next)
    assert [e.id for e in (*first.items, *rest.items)] == ["e2", "e1", "notice", "e0"]


async def test_closed_alerts_and_their_events_go_with_time(store: Database) -> None:
    other = an_alert(key=AlertKey(replace(CHECK, subject="live"), T0))
    closed = an_alert(status=Status.CLOSED)
    await store.settle(Settlement(alerts=[closed, other], events=[an_event("e"), an_event("w", "slack")]))
    await store.settle(Settlement(standings=[a_standing()]))
    dropped = await store.prune(T0 + 10 * DAY, DAY)
    assert (dropped["alerts"], dropped["events"], dropped["decisions"], dropped["outbox"]) == (1, 1, 1, 0)
    assert [w.event for w in await store.waiting("slack", T0, 9)] == ["w"]


async def test_of_two_processes_that_open_one_alert_one_is_told(pair: tuple[Database, Database]) -> None:
    def opened(value: int) -> Settlement:
        alert = replace(an_alert(), value=value, severity=Severity.INFO)
        return Settlement(alerts=[alert], events=[an_event(f"e{value}", "slack")])

    results = await asyncio.gather(*(pair[n % 2].settle(opened(n)) for n in range(6)), return_exceptions=True)
    assert [type(r) for r in results].count(Conflict) == 5
    assert len(await pair[0].waiting("slack", T0, 9)) == 1
