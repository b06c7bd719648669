"""What the queries answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from alerter.core.model import Alert, CheckKey, Event, Outcome, Severity

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some of a list; `next` is where to go on, None at the end."""

    items: tuple[T, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine:
    """One try of a delivery. `unknown`: the process died, or its lease ran out, before it could say."""

    number: int
    at: datetime
    result: Literal["sent", "retry", "parked", "unknown"]
    error: str | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """One event on its way to one channel. One gathered into a bundle shows how the bundle fares, `bundle` its id.

    `dropped`: somebody decided that it is never sent; it counts as failed.
    """

    id: int
    event: str
    alert: str | None
    channel: str
    status: Literal["pending", "sent", "failed"]
    dropped: bool
    bundle: int | None
    created_at: datetime
    attempts: int
    next_try: datetime | None
    sent_at: datetime | None
    receipt: str | None
    note: str | None
    error: str | None
    log: tuple[AttemptLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStory:
    """One alert with its timeline, oldest first, and the deliveries of its events."""

    alert: Alert
    timeline: tuple[Event, ...]
    deliveries: tuple[DeliveryLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A check began to stand differently."""

    at: datetime
    key: CheckKey
    outcome: Outcome
    why: str
    period: datetime | None
    value: int | None
    severity: Severity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How a channel fares. `hold_until`: it asked to be left alone until then; None: it did not."""

    name: str
    hold_until: datetime | None
    failing_since: datetime | None
    error: str | None
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How many messages wait per channel, when the oldest of them was decided, and all rows by state."""

    waiting: Mapping[str, int]
    oldest: Mapping[str, datetime]
    by_state: Mapping[str, int]


def page(rows: Sequence[R], limit: int, make: Callable[[R], T], cursor: Callable[[R], Sequence[object]]) -> Page[T]:
    """`rows` are up to one more than `limit`: the one too many says that there is a next page."""
    more = len(rows) > limit
    items = tuple(make(row) for row in rows[:limit])
    return Page(items=items, next=".".join(str(part) for part in cursor(rows[limit - 1])) if more and limit else None)


def cursor_parts(after: str, count: int) -> list[int]:
    """The numbers of a cursor; raises ValueError for one that `page` did not make."""
    parts = after.split(".")
    if len(parts) != count or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise ValueError("this cursor is not from a list like this")
    return [int(part) for part in parts]


def cursor_pair(after: str) -> tuple[int, str]:
    """A time and an id; raises ValueError for a cursor that `page` did not make."""
    at, _, row_id = after.partition(".")
    return cursor_parts(at, 1)[0], row_id
