"""What is replayed: stored days and readings, and days to come that go on as the last ones went."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from support.story import book, days, quota, rule

from alerter.core.model import AskKind, Reading, Window
from alerter.core.ports import Slot
from alerter.pipeline.tape import Tape
from alerter.pipeline.tapes import Growth, begin, imagine
from alerter.pipeline.watch import Watch

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


class Nothing:
    """A ledger that holds these readings only."""

    def __init__(self, *readings: Reading) -> None:
        self._readings = list(readings)

    async def latest(self, slots: Sequence[Slot], before: datetime | None = None) -> list[Reading]:
        return self._readings

    async def closed_counts(
        self, accounts: Sequence[str], metrics: Sequence[str], since: datetime, until: datetime | None = None
    ) -> list[tuple[str, Window, Mapping[str, int]]]:
        return []

    async def closed_windows(self, account: str, since: datetime) -> set[Window]:
        return set()


async def ahead(tape: Tape, *growths: Growth, ledger: Nothing | None = None, length: int = 14) -> list[int]:
    """The operations of each day from today on."""
    watch = Watch.over(book(rule("50%")))
    item = watch.subjects["license", "lic"]
    found = await imagine(ledger or Nothing(), {"acme": tape}, watch, item, NOW, length, growths)
    return [counts["num_operations"] for window, counts in found["acme"].closed if window.end > NOW]


def past(*counts: int) -> Tape:
    return Tape(closed=sorted(days(*counts, until=NOW).items()))


async def test_each_day_is_like_the_last_ones_of_its_weekday() -> None:
    assert await ahead(past(*[10, 20, 30, 40, 50, 60, 70] * 4)) == [10, 20, 30, 40, 50, 60, 70] * 2 + [10]


async def test_growth_compounds_from_now_on() -> None:
    grown = await ahead(past(*[1000] * 28), Growth(metrics="num_*", share=0.5, every=WEEK))
    assert grown[0] < 1100
    assert grown[7] == round(1000 * 1.5 ** (7.5 / 7))
    assert await ahead(past(*[1000] * 28), Growth(metrics="apps.*", share=0.5, every=WEEK)) == [1000] * 15


async def test_without_stored_days_it_goes_on_like_the_period_so_far() -> None:
    window = Window(datetime(2026, 4, 1, tzinfo=UTC), NOW)
    reading = Reading(account="acme", window=window, kind=AskKind.PERIOD, read_at=NOW, values={"num_operations": 195})
    assert set(await ahead(Tape(), ledger=Nothing(reading))) == {10}


async def test_the_rest_of_today_is_added_to_what_the_period_says() -> None:
    watch = Watch.over(book(rule("50%")))
    window = Window(datetime(2026, 4, 1, tzinfo=UTC), NOW)
    reading = Reading(account="acme", window=window, kind=AskKind.PERIOD, read_at=NOW, values={"num_operations": 195})
    item = watch.subjects["license", "lic"]
    found = await imagine(Nothing(reading), {"acme": past(*[10] * 28)}, watch, item, NOW, 3, ())
    assert [r.values["num_operations"] for r in found["acme"].periods] == [200]


@pytest.mark.parametrize(
    ("per", "expected"), [("month", datetime(2026, 4, 1, tzinfo=UTC)), ("year", datetime(2026, 1, 1, tzinfo=UTC))]
)
def test_a_tape_begins_where_the_longest_period_began(per: str, expected: datetime) -> None:
    watch = Watch.over(book(rule("50%"), quotas=(quota("num_operations", 9, per),)))
    assert begin(watch.subjects["license", "lic"], watch.needs, NOW) == expected
