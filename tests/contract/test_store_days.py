"""Readings of periods at the grain of a day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerter.core.model import AskKind, Reading, Window
from alerter.core.ports import Settlement
from alerter.store import open_store

START = datetime(2026, 4, 1, tzinfo=UTC)


def reading(account: str, end: datetime, count: int, kind: AskKind = AskKind.PERIOD) -> Reading:
    values = {"num_operations": count}
    return Reading(account=account, window=Window(START, end), kind=kind, read_at=end, values=values)


async def test_the_last_reading_of_each_day_and_period(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/alerter.db")
    hours = [timedelta(hours=h) for h in (6, 23, 24 + 2, 24 + 9, 49)]
    readings = [reading("acme", START + h, n) for n, h in enumerate(hours)]
    readings += [reading("dr", START + hours[0], 7), reading("acme", START + hours[1], 99, AskKind.CLOSED)]
    await store.settle(Settlement(readings=readings))
    found = await store.queries.last_of_days(["acme"], START, START + timedelta(days=2))
    assert [(r.account, r.values["num_operations"]) for r in found] == [("acme", 1), ("acme", 3)]
    await store.close()
