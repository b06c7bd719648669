"""One number from the readings of several accounts: complete, a lower bound, or none."""

from datetime import timedelta
from typing import Any

import pytest
from support.story import START, days

from alerter.core.days import ClosedCounts
from alerter.core.metrics import CATALOGUE
from alerter.core.model import AskKind, Outcome, PollState, Reading, Window
from alerter.core.series import AccountView, Pooled, fallen, pool, stretch

HOUR = timedelta(hours=1)
NOW = START + 12 * HOUR
OPERATIONS, PLUGINS, OBJECTS = (CATALOGUE[n] for n in ("num_operations", "plugin", "sobjects"))


def reading(end: timedelta = timedelta(0), *, approximate: bool = False, **values: int) -> Reading:
    return Reading(
        account="a",
        window=Window(START, NOW - end),
        kind=AskKind.PERIOD,
        read_at=NOW,
        values=values,
        approximate=approximate,
    )


def view(state: str, n: int = 5, metric: str = "num_operations") -> AccountView:
    """An account that is fresh, stale, failing, silent (does not report) or unread, or a mix of these."""
    failing = NOW if "failing" in state else None
    poll = PollState(account="a", next_poll_at=NOW, watched_since=START, failing_since=failing)
    if "unread" in state:
        return AccountView(poll=poll)
    values: dict[str, Any] = {} if "silent" in state else {metric: n}
    return AccountView(live={START: reading(2 * HOUR if "stale" in state else timedelta(0), **values)}, poll=poll)


def pooled(*states: str, metric: str = "num_operations") -> Pooled:
    views = {f"{i}": view(state, metric=metric) for i, state in enumerate(states) if state != "unknown"}
    slot = START if metric == "num_operations" else None
    return pool(views, [f"{i}" for i in range(len(states))], CATALOGUE[metric], slot, NOW, HOUR)


@pytest.mark.parametrize(
    ("states", "outcome", "counter", "gauge"),
    [
        (("fresh",), "ok", 5, 5),
        (("stale",), "stale", 5, 5),
        (("failing",), "error", 5, 5),
        (("stale failing",), "error", 5, 5),
        (("silent",), "not_reported", None, None),
        (("unread",), "stale", None, None),
        (("unread failing",), "error", None, None),
        (("unknown",), "stale", None, None),
        (("fresh", "fresh"), "ok", 10, 10),
        (("fresh", "stale"), "incomplete", 10, 5),
        (("fresh", "failing"), "incomplete", 10, 5),
        (("fresh", "silent"), "incomplete", 5, 5),
        (("fresh", "unread"), "incomplete", 5, 5),
        (("fresh", "unknown"), "incomplete", 5, 5),
        (("fresh", "failing silent"), "incomplete", 5, 5),
        (("stale", "stale"), "stale", 10, None),
        (("stale", "failing"), "error", 10, None),
        (("stale", "silent"), "stale", 5, None),
        (("failing", "failing"), "error", 10, None),
        (("silent", "silent"), "not_reported", None, None),
        (("silent", "unread failing"), "error", None, None),
    ],
    ids=lambda v: " + ".join(v) if isinstance(v, tuple) else None,
)
def test_what_a_pool_comes_to(states: tuple[str, ...], outcome: str, counter: int | None, gauge: int | None) -> None:
    assert (pooled(*states).outcome, pooled(*states).value) == (outcome, counter)
    assert (pooled(*states, metric="plugin").outcome, pooled(*states, metric="plugin").value) == (outcome, gauge)


@pytest.mark.parametrize(
    ("states", "why"),
    [
        (("fresh",), ""),
        (("failing",), "the account does not answer"),
        (("stale",), "no fresh reading"),
        (("silent",), "the account does not report it"),
        (("fresh", "stale"), "not every account of the pool is in it"),
    ],
)
def test_why(states: tuple[str, ...], why: str) -> None:
    assert pooled(*states).why == why


def test_who_is_missing_and_who_is_silent() -> None:
    found = pooled("fresh", "stale", "silent", "unread", "failing silent")
    assert (found.missing, found.silent) == (("1", "3", "4"), ("2", "4"))


def test_as_of_is_the_oldest_window_in_it() -> None:
    assert pooled("fresh", "fresh").as_of == NOW
    assert pooled("fresh", "stale").as_of == NOW - 2 * HOUR
    assert pooled("fresh", "stale", metric="plugin").as_of == NOW
    assert pooled("silent").as_of is None


@pytest.mark.parametrize(("age", "outcome"), [(HOUR, "ok"), (HOUR + timedelta(seconds=1), "stale")])
def test_a_reading_is_fresh_up_to_its_age(age: timedelta, outcome: str) -> None:
    views = {"a": AccountView(live={START: reading(age, num_operations=1)})}
    assert pool(views, ["a"], OPERATIONS, START, NOW, HOUR).outcome == outcome


def test_a_number_at_a_moment_is_read_from_the_newest_window() -> None:
    older, newer = reading(HOUR, plugin=3), reading(plugin=4)
    views = {"a": AccountView(live={START: older, HOUR: newer})}
    assert pool(views, ["a"], PLUGINS, None, NOW, HOUR).value == 4


def test_one_estimate_makes_the_sum_approximate() -> None:
    views = {
        "a": AccountView(live={START: reading(sobjects=3, plugin=1)}),
        "b": AccountView(live={START: reading(sobjects=4, plugin=1, approximate=True)}),
    }
    assert pool(views, ["a", "b"], OBJECTS, None, NOW, HOUR).approximate
    assert not pool(views, ["a"], OBJECTS, None, NOW, HOUR).approximate
    assert not pool(views, ["a", "b"], PLUGINS, None, NOW, HOUR).approximate


WEEK = Window(START - timedelta(days=3), START)


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        pytest.param((1, 2, 4), 7, id="whole"),
        pytest.param((1, None, 4), Outcome.TOO_EARLY, id="a day not read"),
        pytest.param((1, -1, 4), None, id="a day not reported"),
        pytest.param((), Outcome.TOO_EARLY, id="nothing"),
    ],
)
def test_operations_of_a_stretch_are_added_up_from_its_days(counts: tuple[int | None, ...], found: object) -> None:
    assert stretch(AccountView(closed=ClosedCounts(days(*counts))), WEEK, OPERATIONS, "UTC") == found


def test_a_stretch_asked_for_as_such_goes_before_its_days() -> None:
    held = AccountView(closed=ClosedCounts({**days(1, 2, 4), WEEK: {"num_operations": 8}}))
    assert stretch(held, WEEK, OPERATIONS, "UTC") == 8


@pytest.mark.parametrize("metric", ["apps.tep", "active_apps", "plugin", "sobjects"])
def test_nothing_else_is_ever_added_up(metric: str) -> None:
    held = AccountView(closed=ClosedCounts(days(1, 2, 4, metric=metric)))
    assert stretch(held, WEEK, CATALOGUE[metric], "UTC") is Outcome.TOO_EARLY


def test_a_total_that_fell_is_noticed_and_nothing_else() -> None:
    before = reading(HOUR, num_operations=9, plugin=4, sobjects=1)
    after = reading(num_operations=7, plugin=4)
    assert fallen(before, after, ("num_operations", "plugin", "sobjects")) == {"num_operations": (9, 7)}
    assert fallen(None, after, ("num_operations",)) == {}
    assert fallen(after, before, ("num_operations",)) == {}, "an older reading that comes late"
