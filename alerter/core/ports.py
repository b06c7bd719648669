"""What the use cases need from the outside, as the smallest Protocols that work.

Every method may raise `StoreError`; adapters live in alerter.sources, alerter.store and alerter.channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from alerter.core.book import Account
from alerter.core.model import (
    Alert,
    AlertKey,
    Ask,
    AskKind,
    Attempt,
    CheckKey,
    Delivery,
    Event,
    Message,
    PollState,
    Reading,
    Receipt,
    Standing,
    Window,
)

Subject = tuple[Literal["license", "account"], str]
"""What alerts are about: `("license", "acme-enterprise")`."""


class Source(Protocol):
    async def read(self, account: Account, ask: Ask, *, urgent: bool = True) -> Reading:
        """Ask the API for one window; raises `SourceError`. `read_at` is the moment the answer came.

        What is not `urgent` (history) waits while anything urgent is due on the same host.
        """


class Channel(Protocol):
    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        """Deliver, and say under which id; raise `RetryLater` or `Undeliverable`."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the ledger where the newest reading counts.

    For `AskKind.PERIOD` the windows that begin at `start`; for `AskKind.SLIDING` the windows of `length`.
    """

    account: str
    kind: AskKind
    start: datetime | None = None
    length: timedelta | None = None


@dataclass(slots=True)
class Record:
    """What is remembered of one subject: alerts, last outcomes, and which notices were said.

    `kept` is what judging worked out from completed days: never stored, and made again when it is not there.
    """

    alerts: dict[AlertKey, Alert] = field(default_factory=dict)
    standings: dict[CheckKey, Standing] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Settlement:
    """What one transaction stores: all of it or nothing.

    `alerts` carry their new `version`; storing one raises `Conflict` unless the stored version is one less (0: none).
    An event already stored (same id) is skipped with its outbox rows. `said` are (subject, text) pairs.
    `fills` say when each account's missing history is looked for next.
    """

    readings: list[Reading] = field(default_factory=list)
    polls: list[PollState] = field(default_factory=list)
    fills: dict[str, datetime] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    said: list[tuple[Subject, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBook:
    """A rule book that was in force: file name → text."""

    hash: str
    files: Mapping[str, str]
    loaded_at: datetime


class Books(Protocol):
    async def save_book(self, book: StoredBook) -> None:
        """Keep this as the last good rule book."""

    async def last_book(self) -> StoredBook | None: ...


class Polls(Protocol):
    async def watch(self, accounts: Sequence[str], now: datetime) -> None:
        """Exactly these accounts are polled from now on; new ones are due at once, others keep their times.

        One that comes back after a while starts as if it were new; its readings are kept.
        """

    async def claim_polls(self, now: datetime, limit: int, lease: timedelta) -> list[str]:
        """Up to `limit` accounts whose poll is due, longest due first; nobody else gets them for `lease`."""

    async def claim_fills(self, now: datetime, limit: int, lease: timedelta) -> list[str]:
        """The same for accounts whose missing history is due to be looked for."""

    async def take_back(self, now: datetime) -> None:
        """Release what the process before this one had claimed; every row that waits for another try is due now.

        For a start, and for a clock that was set back: polls, fills and holds planned more than a day ahead were
        planned by a clock that was ahead, and are due (or over) now. A last good poll in the future is forgotten.
        """

    async def make_due(self, accounts: Sequence[str] | None, now: datetime) -> None:
        """Poll and fill these accounts (None: all) at the next chance: after a reload, or for `check`."""

    async def poll_states(self, accounts: Sequence[str] | None = None) -> list[PollState]: ...


class Ledger(Protocol):
    async def latest(self, slots: Sequence[Slot], before: datetime | None = None) -> list[Reading]:
        """The newest reading of each slot, the one whose window ends last; slots without one are left out.

        With `before` only what was known at that moment counts: readings read later are left out, and so are those
        whose window ends clearly after it.
        """

    async def closed_counts(
        self, accounts: Sequence[str], metrics: Sequence[str], since: datetime, until: datetime | None = None
    ) -> list[tuple[str, Window, Mapping[str, int]]]:
        """(account, window, reported counts of these metrics) of every closed reading that starts in [since, until)."""

    async def closed_windows(self, account: str, since: datetime) -> set[Window]:
        """Every closed window of this account that starts at or after `since` and is in the ledger."""


class Alerts(Protocol):
    async def records(self, subjects: Sequence[Subject], now: datetime) -> dict[Subject, Record]:
        """What is remembered of these subjects; closed alerts only up to 3 days after their period."""

    async def live_alerts(self) -> list[Alert]:
        """Every alert with status open, pending or recovered."""

    async def settle(self, settlement: Settlement) -> None:
        """Store all of it in one transaction, with one outbox row per event and channel; raises `Conflict`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An outbox row not yet sent. `attempts` counts tries so far; `gathered` rows already are a bundle.

    `doubt`: an earlier try may have got through, so the row must be sent as it is.
    """

    id: int
    event: str
    alert: str | None
    created_at: datetime
    due_at: datetime
    attempts: int
    gathered: bool
    doubt: bool
    payload: Mapping[str, object]


class Outbox(Protocol):
    async def busy_channels(self, now: datetime) -> list[str]:
        """Channels with a row due by `now` and no hold (Retry-After) beyond `now`."""

    async def waiting(self, channel: str, now: datetime, limit: int) -> list[Waiting]:
        """Rows due by `now`, oldest first; none while a hold keeps the channel quiet beyond `now`."""

    async def sent_since(self, channel: str, since: datetime) -> list[datetime]:
        """When messages were sent to this channel since `since`, oldest first."""

    async def gather(self, channel: str, ids: Sequence[int], event: Event, now: datetime) -> bool:
        """Replace these rows, none of them in doubt, by one row for `event`; False if any was taken meanwhile."""

    async def claim(self, row: int, now: datetime, lease: timedelta) -> Delivery | None:
        """Take this row for one attempt: counts it as in doubt until told otherwise; None if somebody else has it."""

    async def sent(self, delivery: Delivery, receipt: Receipt, now: datetime) -> None:
        """The channel took it."""

    async def postpone(
        self, delivery: Delivery, error: str, now: datetime, due_at: datetime, *, doubt: bool, hold: datetime | None
    ) -> None:
        """Try again at `due_at`; `hold` keeps the whole channel quiet until then."""

    async def park(
        self, delivery: Delivery, error: str, now: datetime, notice: Event | None, *, doubt: bool = False
    ) -> None:
        """Give up until somebody acts; the channel is marked failing; `notice` is stored in the same transaction.

        `doubt`: this try may have got through, which a later one must know; what earlier tries left stays.
        """


class Store(Books, Polls, Ledger, Alerts, Outbox, Protocol):
    """All of it, on one database."""

    async def check(self) -> None:
        """Write and read back one row; raises `StoreError` when the database does not answer."""

    async def prune(self, now: datetime, retention: timedelta) -> Mapping[str, int]:
        """Drop what is older than `retention`, thin open-window readings older than 35 days; rows dropped by table."""

    async def close(self) -> None: ...
