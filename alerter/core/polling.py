"""When an account is asked again."""

from dataclasses import replace
from datetime import datetime, timedelta

from alerter.core.errors import SourceError, Throttled
from alerter.core.model import PollState

AT_MOST = timedelta(hours=1)
LONGEST = 8


def after_success(state: PollState, asked_at: datetime, every: timedelta) -> PollState:
    """The account answered every window; the next poll is one interval after this one began."""
    return replace(
        state,
        next_poll_at=asked_at + every,
        last_ok_at=asked_at,
        failing_since=None,
        failures=0,
        error=None,
        error_text=None,
    )


def after_failure(state: PollState, error: SourceError, asked_at: datetime, every: timedelta) -> PollState:
    """Asked again after 1, 2, 4, then 8 intervals, never more than an hour (or one interval, if that is longer).

    A server that says when (`Retry-After`) is not asked before.
    """
    failures = state.failures + 1
    wait = min(every * min(1 << (failures - 1), LONGEST), max(AT_MOST, every))
    if isinstance(error, Throttled) and error.after is not None:
        wait = max(wait, error.after)
    return replace(
        state,
        next_poll_at=asked_at + wait,
        failing_since=state.failing_since or asked_at,
        failures=failures,
        error=error.name,
        error_text=str(error)[:200],
    )
