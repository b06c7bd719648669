"""The ledger and the rule books, as the ports promise them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.store_values import DAY, MINUTE, T0, a_poll, a_reading
from support.stores import pair, store

from alerter.core.metrics import REPORTED
from alerter.core.model import AskKind, Reading, Window
from alerter.core.ports import Settlement, Slot, StoredBook
from alerter.store import Database

__all__ = ["pair", "store"]
PERIOD = Slot("acme-prod", AskKind.PERIOD, start=T0)


async def test_a_reading_comes_back_as_it_went_in(store: Database) -> None:
    full = replace(
        a_reading(read_at=T0 + DAY + timedelta(microseconds=123456)),
        values={metric: 10**15 + number for number, metric in enumerate(REPORTED)},
        maps={"operation_top_app": {"app \ud800 é": 3}},
        unknown={"new_field": [1, {"x": None}]},
        approximate=True,
    )
    await store.settle(Settlement(readings=[full]))
    assert await store.latest([PERIOD]) == [full]


async def test_what_was_not_reported_is_not_zero(store: Database) -> None:
    await store.settle(Settlement(readings=[a_reading(count=None)]))
    assert (await store.latest([PERIOD]))[0].values == {}


async def test_the_newest_reading_of_a_period_wins(store: Database) -> None:
    polls = [a_reading(end=T0 + n * MINUTE, count=n) for n in (3, 1, 5, 2)]
    other_period = a_reading(start=T0 - DAY, end=T0 + 9 * MINUTE, count=99)
    await store.settle(Settlement(readings=[*polls, other_period]))
    assert [r.values["num_operations"] for r in await store.latest([PERIOD])] == [5]


async def test_the_newest_reading_before_a_moment(store: Database) -> None:
    await store.settle(Settlement(readings=[a_reading(end=T0 + n * MINUTE, count=n) for n in range(1, 9)]))
    found = await store.latest([PERIOD], before=T0 + 4 * MINUTE)
    assert [r.values["num_operations"] for r in found] == [4]
    assert await store.latest([PERIOD], before=T0) == []


async def test_a_window_that_a_clock_ahead_asked_for_never_hides_what_was_read_later(store: Database) -> None:
    ahead = a_reading(end=T0 + 20 * timedelta(hours=1), count=1, read_at=T0 + MINUTE)
    unread = a_reading(end=T0 + 5 * MINUTE, count=2, read_at=T0 + 9 * MINUTE)
    true = a_reading(end=T0 + 3 * MINUTE, count=3)
    await store.settle(Settlement(readings=[ahead, unread, true]))
    assert await store.latest([PERIOD], before=T0 + 4 * MINUTE) == [true]
    assert await store.latest([PERIOD], before=T0 + 9 * MINUTE) == [unread]


async def test_a_clock_set_back_by_seconds_hides_no_reading(store: Database) -> None:
    read = a_reading(end=T0 + MINUTE, read_at=T0 + MINUTE - timedelta(seconds=20))
    await store.settle(Settlement(readings=[read]))
    assert await store.latest([PERIOD], before=read.read_at) == [read]


async def test_sliding_windows_of_two_lengths_are_told_apart(store: Database) -> None:
    hours = {
        length: [
            a_reading(
                kind=AskKind.SLIDING,
                start=T0 + n * MINUTE - timedelta(hours=length),
                end=T0 + n * MINUTE,
                count=length * 100 + n,
            )
            for n in range(4)
        ]
        for length in (6, 24)
    }
    await store.settle(Settlement(readings=hours[6] + hours[24]))
    slot = Slot("acme-prod", AskKind.SLIDING, length=timedelta(hours=24))
    assert await store.latest([slot]) == [hours[24][-1]]


async def test_the_same_open_window_is_replaced_and_a_closed_one_kept(store: Database) -> None:
    for count in (1, 2):
        closed = a_reading(kind=AskKind.CLOSED, count=count)
        await store.settle(Settlement(readings=[a_reading(count=count), closed]))
    assert [r.values["num_operations"] for r in await store.latest([PERIOD])] == [2]
    counts = await store.closed_counts(["acme-prod"], ["num_operations"], T0)
    assert counts == [("acme-prod", Window(T0, T0 + DAY), {"num_operations": 1})]


async def test_thousands_of_slots_at_once(store: Database) -> None:
    names = [f"tenant-{n}" for n in range(1203)]
    await store.settle(Settlement(readings=[a_reading(name, count=n) for n, name in enumerate(names)]))
    slots = [Slot(name, AskKind.PERIOD, start=T0) for name in [*names, *names[:3], "nobody"]]
    found = {r.account: r.values["num_operations"] for r in await store.latest(slots)}
    assert found == {name: n for n, name in enumerate(names)}


async def test_closed_windows_and_counts_start_where_asked(store: Database) -> None:
    days = [a_reading(kind=AskKind.CLOSED, start=T0 + n * DAY, end=T0 + (n + 1) * DAY, count=n) for n in range(5)]
    await store.settle(Settlement(readings=[*days, a_reading("other", kind=AskKind.CLOSED), a_reading()]))
    counts = await store.closed_counts(["acme-prod", "nobody"], ["num_operations", "plugin"], T0 + DAY, T0 + 3 * DAY)
    assert [(window, c) for _, window, c in counts] == [(days[n].window, {"num_operations": n}) for n in (1, 2)]
    assert await store.closed_windows("acme-prod", T0 + 3 * DAY) == {days[3].window, days[4].window}
    assert await store.closed_windows("nobody", T0) == set()


async def test_readings_are_paged_without_gaps_or_repeats(store: Database) -> None:
    days = [a_reading(kind=AskKind.CLOSED, start=T0 + n * DAY, end=T0 + (n + 1) * DAY) for n in range(5)]
    await store.settle(Settlement(readings=days))
    seen: list[Reading] = []
    after: str | None = None
    while True:
        page = await store.queries.readings(account="acme-prod", limit=2, after=after)
        seen += page.items
        if (after := page.next) is None:
            break
    assert seen == days
    middle = await store.queries.readings(kind=AskKind.CLOSED, since=T0 + DAY, until=T0 + 3 * DAY)
    assert list(middle.items) == days[1:3]


@pytest.mark.parametrize("cursor", ["", "x", "1.2", "1.2.3.-4", "1.2.3.99999999999999999999"])
async def test_a_cursor_that_is_not_ours_is_refused(store: Database, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        await store.queries.readings(after=cursor)


async def test_the_book_saved_last_is_in_force_whatever_the_clock_says(store: Database) -> None:
    assert await store.last_book() is None
    one, other = (StoredBook(hash=h, files={"a.yaml": f"rules: {h}\n"}, loaded_at=T0) for h in "12")
    for book in (one, replace(other, loaded_at=T0 + DAY), replace(one, loaded_at=T0 - DAY)):
        await store.save_book(book)
    assert await store.last_book() == replace(one, loaded_at=T0 - DAY)


async def test_one_parsed_book_is_kept(store: Database) -> None:
    await store.save_plain("1", "{}")
    await store.save_plain("2", "[]")
    assert [await store.plain(h) for h in "12"] == [None, "[]"]


async def test_old_readings_go_and_open_windows_are_thinned(store: Database) -> None:
    now = T0 + 40 * DAY
    old = [a_reading(end=T0 + n * MINUTE, count=n) for n in range(1, 4)]
    fresh = [a_reading(start=T0 + 30 * DAY, end=now - n * MINUTE) for n in range(1, 4)]
    sliding = [a_reading(kind=AskKind.SLIDING, end=end) for end in (T0 + DAY, now)]
    closed = [
        a_reading(kind=AskKind.CLOSED, start=day - DAY, end=day) for day in (T0, now - 800 * DAY, now - 799 * DAY)
    ]
    await store.settle(Settlement(readings=[*old, *fresh, *sliding, *closed], polls=[a_poll("acme-prod", T0)]))
    dropped = await store.prune(now, 800 * DAY - MINUTE)
    left = (await store.queries.readings()).items
    assert dropped["readings"] == 4
    assert {(r.kind, r.window) for r in left} == {
        (r.kind, r.window) for r in [old[-1], *fresh, sliding[-1], closed[0], closed[2]]
    }
