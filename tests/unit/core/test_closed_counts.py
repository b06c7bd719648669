"""Counts of closed windows behave as a mapping, and stay small."""

from datetime import UTC, datetime, timedelta

from alerter.core.calendar import day_windows_before
from alerter.core.days import ClosedCounts
from alerter.core.model import Window

NOW = datetime(2026, 4, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_days_put_in_newest_first_come_out_in_order() -> None:
    days = day_windows_before(NOW, 40, "Europe/London")  # over the change of the clock
    closed = ClosedCounts()
    for number, day in enumerate(days):
        closed[day] = {"num_operations": number, "plugin": 3} if number % 2 else {"num_operations": number}
    assert list(closed) == days[::-1]
    assert closed[days[3]] == {"num_operations": 3, "plugin": 3}
    assert closed[days[4]] == {"num_operations": 4}


def test_a_day_that_reported_nothing_is_there_and_empty() -> None:
    closed = ClosedCounts()
    day = day_windows_before(NOW, 1, "UTC")[0]
    assert closed.get(day) is None
    closed[day] = {}
    assert closed[day] == {}


def test_hours_weeks_and_days_of_two_zones_are_apart() -> None:
    closed = ClosedCounts()
    day = Window(NOW, NOW + 24 * HOUR)
    others = [Window(NOW, NOW + HOUR), Window(NOW, NOW + 168 * HOUR), Window(NOW, NOW + 25 * HOUR)]
    for number, window in enumerate([day, *others]):
        closed[window] = {"num_operations": number}
    assert [closed[w]["num_operations"] for w in (day, *others)] == [0, 1, 2, 3]
    assert len(closed) == 4


def test_what_is_too_old_is_dropped() -> None:
    closed = ClosedCounts()
    days = day_windows_before(NOW, 10, "UTC")
    closed.update({day: {"num_operations": 1} for day in days})
    closed[Window(days[9].start, days[9].start + HOUR)] = {"num_operations": 1}
    closed.drop_before(days[4].start)
    assert set(closed) == set(days[:5])
    del closed[days[0]]
    assert days[0] not in closed


def test_every_change_shows_in_the_version() -> None:
    closed = ClosedCounts()
    day = day_windows_before(NOW, 1, "UTC")[0]
    closed[day] = {"num_operations": 1}
    version = closed.version
    closed.drop_before(day.start)
    assert closed.version == version
    closed[day] = {"num_operations": 2}
    assert closed.version > version


def test_a_series_has_a_hole_where_a_day_or_a_count_is_missing() -> None:
    days = day_windows_before(NOW, 6, "UTC")[::-1]
    both = {"num_operations": 1, "sign_operations": 2}
    closed = ClosedCounts({days[0]: both, days[1]: {"num_operations": 5}, days[3]: both, days[5]: both})
    bounds = [(int(day.start.timestamp()), int(day.end.timestamp())) for day in days[:5]]
    assert closed.days(("num_operations",), bounds) == [(1,), (5,), None, (1,), None]
    assert closed.days(("num_operations", "sign_operations"), bounds) == [(1, 2), None, None, (1, 2), None]
    assert closed.days(("plugin",), bounds) == [None] * 5


def test_what_was_worked_out_is_forgotten_with_the_next_change() -> None:
    closed = ClosedCounts()
    closed.worked["sum"] = 5
    closed[day_windows_before(NOW, 1, "UTC")[0]] = {"num_operations": 1}
    assert closed.worked == {}
