"""A rule test as values: what accounts used day by day, and which messages must come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from alerter.core.book import LimitStep
from alerter.core.model import Reason, Severity
from alerter.core.ports import Subject


class Answered(StrEnum):
    """Whether an account answered on a day: `_` is a day without a reading, `error` one on which asking failed."""

    YES = "yes"
    NO_READING = "_"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDays:
    """One account from the first known day on. `counts` has a number a day and metric, None for not reported.

    A metric that is not in `counts` was reported as 0.
    """

    answered: tuple[Answered, ...]
    counts: Mapping[str, tuple[int | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One message that must be told; None says nothing about it. `[since, until)` is when, `when` how that was written.

    `line` counts from 1; `says` are parts of the message's text.
    """

    line: int
    when: str = ""
    since: datetime | None = None
    until: datetime | None = None
    rule: str | None = None
    reason: Reason | None = None
    severity: Severity | None = None
    metric: str | None = None
    account: str | None = None
    channel: str | None = None
    threshold: str | None = None
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One rule test. `first` is the first known day, `start` the first one that is judged, both in `timezone`.

    `subjects` are the license with its accounts, or one account; `rules` are globs, () means all. `quotas` are limits
    that change, by metric. `alone` says that nothing but `expect` may be told.
    """

    file: str
    line: int
    name: str
    subjects: tuple[Subject, ...]
    timezone: str
    first: date
    start: date
    days: Mapping[str, AccountDays]
    rules: tuple[str, ...] = ()
    quotas: Mapping[str, tuple[LimitStep, ...]] = field(default_factory=dict)
    expect: tuple[Expected, ...] = ()
    alone: bool = False
