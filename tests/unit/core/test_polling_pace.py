"""When an account is asked again after it answered, or did not."""

from datetime import timedelta

import pytest
from support.story import START

from alerter.core.errors import Denied, ServerFault, SourceError, Throttled
from alerter.core.model import PollState
from alerter.core.polling import after_failure, after_success

MINUTE = timedelta(minutes=1)
NEW = PollState(account="acme", next_poll_at=START, watched_since=START)


def waits(every: int, times: int, error: SourceError | None = None) -> list[int]:
    """Minutes until the next poll after each failure in a row."""
    state, found = NEW, []
    for _ in range(times):
        state = after_failure(state, error or ServerFault("503", status=503), START, every * MINUTE)
        found.append((state.next_poll_at - START) // MINUTE)
    return found


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        pytest.param(1, [1, 2, 4, 8, 8, 8], id="up to eight intervals"),
        pytest.param(15, [15, 30, 60, 60, 60, 60], id="up to an hour"),
        pytest.param(90, [90] * 6, id="an interval of more than an hour stays"),
    ],
)
def test_failures_in_a_row_wait_longer(every: int, expected: list[int]) -> None:
    assert waits(every, 6) == expected


@pytest.mark.parametrize(
    ("after", "minutes"), [(None, 15), (5, 15), (40, 40), (300, 300)], ids=["not said", "sooner", "later", "hours"]
)
def test_a_server_that_says_when_is_not_asked_before(after: int | None, minutes: int) -> None:
    throttled = Throttled("429", after=None if after is None else after * MINUTE)
    assert waits(15, 1, throttled) == [minutes]


def test_thousands_of_failures_still_wait_an_hour() -> None:
    assert waits(15, 5000)[-1] == 60


def test_what_is_remembered_of_a_failure() -> None:
    first = after_failure(NEW, Denied("403: " + "x" * 500, status=403), START, MINUTE)
    second = after_failure(first, ServerFault("503"), START + MINUTE, MINUTE)
    assert (first.error, first.failures, first.failing_since) == ("Denied", 1, START)
    assert len(first.error_text or "") == 200
    assert (second.error, second.failures, second.failing_since) == ("ServerFault", 2, START)
    assert second.last_ok_at is None


def test_an_answer_ends_the_failures() -> None:
    failed = after_failure(NEW, Denied("403"), START, MINUTE)
    state = after_success(failed, START + MINUTE, 15 * MINUTE)
    assert (state.failures, state.failing_since, state.error, state.error_text) == (0, None, None, None)
    assert (state.last_ok_at, state.next_poll_at) == (START + MINUTE, START + 16 * MINUTE)
