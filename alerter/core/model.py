"""Values of everything that happens: windows, readings, findings, alerts, events, deliveries.

All times are aware datetimes in UTC. A count is an `int`, never negative; an absent count is `None`, never 0.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for critical."""
        return ("info", "warning", "critical").index(self.value)


class Outcome(StrEnum):
    """What judging one rule on one subject and metric came to. Only `ok` and `breach` can change an alert."""

    OK = "ok"
    BREACH = "breach"
    TOO_EARLY = "too_early"
    BELOW_FLOOR = "below_floor"
    NOT_REPORTED = "not_reported"
    STALE = "stale"
    INCOMPLETE = "incomplete"
    ERROR = "error"
    UNLIMITED = "unlimited"
    NO_QUOTA = "no_quota"
    NOT_STARTED = "not_started"
    ENDED = "ended"


class Reason(StrEnum):
    """Why something was told, or written to a timeline."""

    CROSSED = "crossed"
    ESCALATED = "escalated"
    REMINDER = "reminder"
    RECOVERED = "recovered"
    QUOTA_CHANGED = "quota_changed"
    RULE_REMOVED = "rule_removed"
    PERIOD_CLOSED = "period_closed"
    NOT_REPORTED = "not_reported"
    NO_QUOTA = "no_quota"
    UNCOVERED = "uncovered"
    SERVICE = "service"


class Status(StrEnum):
    """`pending`: reached, but `for` has not passed yet, or re-armed; never shown as an alert."""

    PENDING = "pending"
    OPEN = "open"
    RECOVERED = "recovered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The stretch of time `[start, end)`, in UTC, with whole seconds."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One period of a quota, `[start, end)` in UTC. `end` is None for a balance (`per: none`)."""

    start: datetime
    end: datetime | None
    per: str

    def gone(self, now: datetime) -> Decimal | None:
        """Share of the period that has passed at `now`, 0 to 1; None without an end."""
        if self.end is None:
            return None
        share = Decimal((now - self.start).total_seconds()) / Decimal((self.end - self.start).total_seconds())
        return max(Decimal(0), min(Decimal(1), share))


class AskKind(StrEnum):
    """Why a window is asked for."""

    PERIOD = "period"  # [period start, now]: grows with every poll
    SLIDING = "sliding"  # [now - length, now]: moves with every poll
    CLOSED = "closed"  # wholly past: asked for once, kept for good


@dataclass(frozen=True, slots=True)
class Ask:
    """One planned request: a window of one account."""

    window: Window
    kind: AskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the API answered for one account and one window.

    `values` holds only the counts that were reported (`apps.generic`, `num_operations`, …); `maps` the top maps;
    `unknown` every other field as it came. `approximate` says that `sobjects` is an estimate.
    """

    account: str
    window: Window
    kind: AskKind
    read_at: datetime
    values: Mapping[str, int]
    maps: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    approximate: bool = False
    unknown: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """How polling of one account stands. `failures` counts failed polls in a row; `error` is the error class's name."""

    account: str
    next_poll_at: datetime
    watched_since: datetime
    last_ok_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    error: str | None = None
    error_text: str | None = None


@dataclass(frozen=True, slots=True)
class CheckKey:
    """One rule on one subject (a license or an account) and one metric."""

    rule: str
    subject_kind: Literal["license", "account"]
    subject: str
    metric: str


@dataclass(frozen=True, slots=True)
class AlertKey:
    """A check in one period; `period` is the period's start, None where there is no period."""

    check: CheckKey
    period: datetime | None

    @property
    def id(self) -> str:
        """16 hexadecimal digits that are the same on every machine and after every restart."""
        c = self.check
        period = self.period.isoformat() if self.period else ""
        text = "\x1f".join((c.rule, c.subject_kind, c.subject, c.metric, period))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """How one alert stands. `told` are the thresholds announced and not re-armed since, as written (`80%`).

    `version` grows by one with every stored change; `limit` is the quota last judged against (None: no number);
    `terms` are all thresholds of the rule as last judged; `channels` is where it was announced; `told_level` is the
    level (in the rule kind's own unit) that the last announcement was about.
    """

    key: AlertKey
    kind: str
    status: Status
    severity: Severity
    told: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    limit: int | None = None
    value: int | None = None
    threshold: str | None = None
    period_end: datetime | None = None
    opened_at: datetime
    updated_at: datetime
    told_at: datetime | None = None
    told_level: Decimal | None = None
    holding_since: datetime | None = None
    channels: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The last outcome of a check; a change of `outcome` or `why` is a decision worth a record."""

    key: CheckKey
    outcome: Outcome
    why: str
    since: datetime
    period: datetime | None = None
    value: int | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a timeline; told to `channels` when there are any.

    `id` is unique and the same whoever computes it again; `alert` is the alert's id, None for notices.
    `payload` is the snapshot that messages are rendered from: JSON values only.
    """

    id: str
    alert: str | None
    key: CheckKey | None
    at: datetime
    reason: Reason
    severity: Severity
    value: int | None = None
    threshold: str | None = None
    channels: tuple[str, ...] = ()
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a channel is asked to deliver. `key` is the same on every try.

    `payload` is an event's snapshot (`payload["type"] == "event"`), a service notice (`"notice"`), several in one
    (`"bundle"`, with `items`), or one alert's story that waited (`"merged"`, with `items` in order).
    """

    key: str
    alert: str | None
    created_at: datetime
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Which try this is (from 1), and whether an earlier one may have got through without our knowing.

    `first_tried_at` is the very first try, whatever came since.
    """

    number: int
    doubt: bool
    first_tried_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the channel calls the message (a Slack timestamp, a Message-ID); `note` says what was unusual.

    `refused` are recipients that were not accepted while others were.
    """

    id: str
    note: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A claimed outbox row: this message, this channel, this attempt.

    `since` is when the current 24 hours of tries began: with the first try, or the first after `alerter outbox retry`.
    """

    id: int
    channel: str
    message: Message
    attempt: Attempt
    since: datetime
