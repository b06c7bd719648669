"""When a message is tried again, and which go out together."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.story import START

from alerter.core.delivery import Arrangement, arrange, next_try
from alerter.core.ports import Waiting

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def wait(attempts: int, key: str = "k", after: timedelta | None = None) -> float:
    """Seconds until the next try."""
    found = next_try(key, attempts, START, START, after)
    assert found is not None
    return (found - START).total_seconds()


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 160), (7, 320), (8, 640), (9, 900), (10, 900), (10**6, 900)],
)
def test_waits_double_from_5_seconds_to_15_minutes(attempts: int, seconds: int) -> None:
    found = [wait(attempts, key) for key in "abcdefghijklmnop"]
    assert 0.8 * seconds <= min(found) < max(found) <= 1.2 * seconds


@given(st.text(max_size=20), st.integers(1, 500))
def test_a_wait_is_the_same_whoever_computes_it(key: str, attempts: int) -> None:
    assert wait(attempts, key) == wait(attempts, key)
    assert 4 <= wait(attempts, key) <= 1080


@pytest.mark.parametrize(("tried_for", "again"), [(24 * HOUR - SECOND, True), (24 * HOUR, False), (48 * HOUR, False)])
def test_after_a_day_of_tries_it_gives_up(tried_for: timedelta, again: bool) -> None:
    assert (next_try("k", 99, START, START + tried_for, None) is not None) is again


@pytest.mark.parametrize("after", [0, 1, 60, 7200])
def test_a_channel_that_says_when_is_not_tried_before(after: int) -> None:
    assert wait(1, after=after * SECOND) == max(wait(1), after)


def row(number: int, alert: str | None = None, *, doubt: bool = False, kind: str = "event") -> Waiting:
    return Waiting(
        id=number,
        event=f"e{number}",
        alert=alert or (None if kind == "bundle" else f"a{number}"),
        created_at=START,
        due_at=START,
        attempts=0,
        gathered=kind != "event",
        doubt=doubt,
        payload={"type": kind},
    )


def rows(count: int) -> list[Waiting]:
    return [row(n) for n in range(count)]


def numbers(plan: Arrangement) -> tuple[list[list[int]], list[int], list[int]]:
    """Ids of (merge groups, bundle, send)."""
    return [[r.id for r in g] for g in plan.merge], [r.id for r in plan.bundle], [r.id for r in plan.send]


def arranged(waiting: list[Waiting], sent: int = 0, ago: int = 30) -> tuple[list[list[int]], list[int], list[int]]:
    return numbers(arrange(waiting, [START - ago * SECOND] * sent, START))


@pytest.mark.parametrize(
    ("count", "sent", "bundle", "send"),
    [
        pytest.param(0, 0, 0, 0, id="nothing waits"),
        pytest.param(1, 0, 0, 1, id="one"),
        pytest.param(5, 0, 0, 5, id="five go out singly"),
        pytest.param(6, 0, 6, 0, id="six become one"),
        pytest.param(100, 4, 100, 0, id="many become one while there is room"),
        pytest.param(2, 4, 0, 1, id="a trickle goes on while there is room"),
        pytest.param(1, 5, 0, 0, id="the sixth within a minute waits"),
        pytest.param(3, 5, 0, 0, id="several wait for the minute to pass"),
        pytest.param(100, 5, 0, 0, id="many wait for the minute to pass"),
        pytest.param(3, 50, 0, 0, id="far beyond the room"),
    ],
)
def test_more_than_five_within_a_minute_are_one(count: int, sent: int, bundle: int, send: int) -> None:
    assert arranged(rows(count), sent) == ([], list(range(bundle)), list(range(send)))


def test_what_was_sent_a_minute_ago_takes_no_room() -> None:
    assert arranged(rows(5), sent=5, ago=60) == ([], [], [0, 1, 2, 3, 4])


def test_several_of_one_alert_become_one_story_first() -> None:
    waiting = [row(0, "x"), row(1, "y"), row(2, "x"), row(3), row(4, "y"), row(5, "x")]
    assert arranged(waiting) == ([[0, 2, 5], [1, 4]], [], [])


def test_rows_of_no_alert_are_never_merged() -> None:
    lists = [row(n, kind="bundle") for n in range(2)]
    assert arranged(lists) == ([], [], [0, 1])


def test_a_row_in_doubt_is_repeated_alone_and_at_once() -> None:
    waiting = [row(0, "x"), row(1, "x", doubt=True), *(row(n) for n in range(2, 9))]
    assert arranged(waiting) == ([], [0, 2, 3, 4, 5, 6, 7, 8], [1])
    assert arranged(waiting, sent=5) == ([], [], [1])


def test_a_list_is_not_put_into_another_list() -> None:
    waiting = [row(0, kind="bundle"), *(row(n) for n in range(1, 8))]
    assert arranged(waiting) == ([], [1, 2, 3, 4, 5, 6, 7], [0])
    assert arranged([row(n, kind="bundle") for n in range(7)]) == ([], [], [0, 1, 2, 3, 4])


@given(st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.booleans())), st.integers(0, 7))
def test_no_row_is_arranged_twice_and_no_more_than_five_new_ones_are_sent(
    drawn: list[tuple[str, bool]], sent: int
) -> None:
    waiting = [row(n, alert, doubt=doubt) for n, (alert, doubt) in enumerate(drawn)]
    merge, bundle, send = arranged(waiting, sent)
    used = [n for group in merge for n in group] + bundle + send
    assert len(used) == len(set(used))
    assert sum(not drawn[n][1] for n in send) + bool(bundle) + min(sent, 5) <= 5
    assert not any(drawn[n][1] for group in (*merge, bundle) for n in group)
