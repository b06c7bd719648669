"""What the API would answer, from what was used on each day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerter.core.model import Ask, AskKind, Window
from alerter.core.trial import AccountDays, Answered
from alerter.pipeline.daybook import Daybook, day_bounds

FIRST = date(2026, 5, 1)
SECOND = timedelta(seconds=1)
NONE = timedelta(0)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=UTC)


def daybook(
    silent: int | None = None, how: Answered = Answered.NO_READING, **counts: tuple[int | None, ...]
) -> Daybook:
    length = len(next(iter(counts.values())))
    answered = tuple(how if day == silent else Answered.YES for day in range(1, length + 1))
    named = {name.replace("__", "."): values for name, values in counts.items()}
    return Daybook("acme", AccountDays(answered=answered, counts=named), day_bounds(FIRST, length, "UTC"))


def value(
    book: Daybook, start: datetime, end: datetime, kind: AskKind = AskKind.PERIOD, name: str = "num_operations"
) -> int | None:
    ahead = SECOND if end.second == 59 else NONE
    reading = book.read(Ask(Window(start, end), kind), end, ahead)
    return reading.values.get(name, -1) if reading else None


@pytest.mark.parametrize(
    ("start", "end", "kind", "expected"),
    [
        (at(1), at(4) - SECOND, AskKind.PERIOD, 600),
        (at(2), at(4) - SECOND, AskKind.PERIOD, 500),
        (at(3) - SECOND, at(4) - SECOND, AskKind.SLIDING, 300),
        (at(3, 18) - SECOND, at(4) - SECOND, AskKind.SLIDING, 75),
        (at(1), at(2, 12), AskKind.PERIOD, 200),
        (at(1), at(3), AskKind.CLOSED, 300),
        (at(2, 6), at(2, 18), AskKind.CLOSED, 100),
        (datetime(2026, 4, 1, tzinfo=UTC), at(2) - SECOND, AskKind.PERIOD, 100),
    ],
)
def test_operations_add_up_evenly_over_their_day(start: datetime, end: datetime, kind: AskKind, expected: int) -> None:
    assert value(daybook(num_operations=(100, 200, 300)), start, end, kind) == expected


def test_apps_are_the_last_days_number_whatever_the_window() -> None:
    book = daybook(apps__generic=(5, 7, 6))
    assert value(book, at(1), at(4) - SECOND, name="apps.generic") == 6
    assert value(book, at(1), at(3), AskKind.CLOSED, "apps.generic") == 7


def test_what_is_not_written_was_reported_as_zero() -> None:
    assert value(daybook(num_operations=(5,)), at(1), at(2) - SECOND, name="sign_operations") == 0


def test_what_is_not_reported_is_left_out_that_day() -> None:
    book = daybook(num_operations=(5, None, 7))
    assert value(book, at(1), at(3) - SECOND) == -1
    assert value(book, at(1), at(4) - SECOND) == 12
    assert value(book, at(2), at(3), AskKind.CLOSED) == -1


@pytest.mark.parametrize("how", [Answered.NO_READING, Answered.ERROR])
def test_a_completed_window_with_a_silent_day_is_never_read(how: Answered) -> None:
    book = daybook(2, how, num_operations=(5, 0, 7))
    assert value(book, at(1), at(2), AskKind.CLOSED) == 5
    assert value(book, at(1), at(3), AskKind.CLOSED) is None
    assert value(book, datetime(2026, 4, 30, tzinfo=UTC), at(2), AskKind.CLOSED) is None


def test_a_day_of_23_hours_holds_all_of_its_usage() -> None:
    bounds = day_bounds(date(2026, 3, 8), 1, "America/New_York")
    book = Daybook("a", AccountDays(answered=(Answered.YES,), counts={"num_operations": (2300,)}), bounds)
    assert bounds[1] - bounds[0] == timedelta(hours=23)
    assert value(book, bounds[0], bounds[0] + timedelta(hours=10), AskKind.CLOSED) == 1000


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.data())
def test_windows_that_meet_add_up(days: list[int], data: st.DataObject) -> None:
    book = daybook(num_operations=tuple(days))
    cuts = st.integers(0, len(days) * 24)
    a, b, c = sorted(data.draw(st.tuples(cuts, cuts, cuts)))
    moments = [at(1) + timedelta(hours=h) for h in (a, b, c)]
    used = [book._used("num_operations", moment) for moment in moments]
    assert (used[1] - used[0]) + (used[2] - used[1]) == used[2] - used[0] >= 0
