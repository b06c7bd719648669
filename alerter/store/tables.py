"""The tables. What must never happen (a second row for one event and channel, an unknown state) the schema forbids.

A change here needs a new file in migrations/versions and a new HEAD in schema.py; a test compares the two.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from alerter.core.metrics import REPORTED
from alerter.core.model import Outcome, Severity, Status

METRIC_COLUMNS = {metric: metric.replace(".", "_") for metric in REPORTED}
"""Metric → its column in `readings`."""

STATES = ("pending", "sent", "failed", "dropped", "gathered")
RESULTS = ("sent", "retry", "parked", "unknown")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    """A number the database gives; only a plain INTEGER is one on SQLite."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _must(name: str, of: type[TypeEngine[Any]] = Text, *, unique: bool = False) -> Column[Any]:
    return Column(name, of, nullable=False, unique=unique or None)


def _may(name: str, of: type[TypeEngine[Any]] = Text) -> Column[Any]:
    return Column(name, of, nullable=True)


def _one_of(column: str, allowed: tuple[str, ...] | list[str]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(a)) for a in allowed)})", name=column)


accounts = Table(
    "accounts",
    metadata,
    _id(),
    _must("name", unique=True),
    _must("active", Boolean),
    _must("next_poll_at", BigInteger),
    _must("poll_claimed", Boolean),
    _must("next_fill_at", BigInteger),
    _must("fill_claimed", Boolean),
    _may("watched_since", BigInteger),  # NULL: only its readings are known, it was never polled
    _may("last_ok_at", BigInteger),
    _may("failing_since", BigInteger),
    _must("failures", Integer),
    _may("error"),
    _may("error_text"),
    Index(None, "next_poll_at"),
    Index(None, "next_fill_at"),
)

readings = Table(
    "readings",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    # The window's start, for a sliding window its length: so the newest of every kind is the last of its slot.
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("to_ts", BigInteger, primary_key=True, autoincrement=False),
    _must("from_ts", BigInteger),
    _must("read_at", BigInteger),
    _must("approximate", Boolean),
    _may("more"),  # JSON of maps and unknown fields, NULL when there are none
    *(_may(column, BigInteger) for column in METRIC_COLUMNS.values()),
    sqlite_with_rowid=False,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    _must("rule"),
    _must("subject_kind"),
    _must("subject"),
    _must("metric"),
    _must("period_start", BigInteger),  # 0: no period
    _must("kind"),
    _must("status"),
    _must("severity"),
    _must("told"),
    _must("terms"),
    _may("quota", BigInteger),
    _may("value", BigInteger),
    _may("threshold"),
    _may("period_end", BigInteger),
    _must("opened_at", BigInteger),
    _must("updated_at", BigInteger),
    _may("told_at", BigInteger),
    _may("told_level"),  # a decimal as written: a column of numbers would round it
    _may("holding_since", BigInteger),
    _must("channels"),
    _must("accounts"),
    _must("version", Integer),
    UniqueConstraint("rule", "subject_kind", "subject", "metric", "period_start"),
    _one_of("status", list(Status)),
    _one_of("severity", list(Severity)),
    Index(None, "subject_kind", "subject"),
    Index(None, "status"),
    Index(None, "opened_at"),
)

standings = Table(
    "standings",
    metadata,
    Column("subject_kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    _must("outcome"),
    _must("why"),
    _must("since", BigInteger),
    _must("period", BigInteger),  # 0: no period
    _may("value", BigInteger),
    _may("severity"),
    _one_of("outcome", list(Outcome)),
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    _must("at", BigInteger),
    _must("rule"),
    _must("subject_kind"),
    _must("subject"),
    _must("metric"),
    _must("outcome"),
    _must("why"),
    _must("period", BigInteger),
    _may("value", BigInteger),
    _may("severity"),
    Index(None, "rule", "subject", "at"),
    Index(None, "at"),
)

said = Table(
    "said",
    metadata,
    Column("subject_kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("text", Text, primary_key=True),
)

events = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),
    _may("alert"),
    _may("rule"),
    _may("subject_kind"),
    _may("subject"),
    _may("metric"),
    _must("at", BigInteger),
    _must("reason"),
    _must("severity"),
    _may("value", BigInteger),
    _may("threshold"),
    _must("channels"),
    _must("payload"),
    Index(None, "alert"),
    Index(None, "at"),
)

_PENDING: ColumnElement[bool] = literal_column("state = 'pending'")

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("event_id", Text, ForeignKey("events.id"), nullable=False),
    _must("channel"),
    _must("state"),
    _must("gathered", Boolean),  # this row already is a bundle
    _may("gathered_into", BigInteger),
    _must("attempts", Integer),
    _must("created_at", BigInteger),
    _must("due_at", BigInteger),
    _must("claimed", Boolean),  # tells a lease from a postponement; both are only a later due time
    _must("doubt", Boolean),
    _may("first_tried_at", BigInteger),
    _may("retry_since", BigInteger),  # the first try of the current day of tries; NULL: the next one
    _may("sent_at", BigInteger),
    _may("receipt"),
    _may("note"),
    _may("error"),
    UniqueConstraint("event_id", "channel"),
    _one_of("state", STATES),
    Index("ix_outbox_due", "channel", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_outbox_oldest", "channel", "state", "created_at", "id"),
    Index("ix_outbox_sent", "channel", "sent_at"),
    Index("ix_outbox_state", "state", "created_at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("outbox_id", BigInteger, ForeignKey("outbox.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _must("at", BigInteger),
    _must("result"),
    _may("error"),
    _may("next_at", BigInteger),
    _one_of("result", RESULTS),
)

channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    _must("hold_until", BigInteger),  # 0: no hold
    _may("failing_since", BigInteger),
    _may("error"),
    _may("last_sent_at", BigInteger),
)

rule_books = Table(
    "rule_books",
    metadata,
    _id(),  # the highest was loaded last, whatever a clock that jumped says
    _must("hash", unique=True),
    _must("files"),
    _must("loaded_at", BigInteger),
)

plain_books = Table("plain_books", metadata, Column("hash", Text, primary_key=True), _must("plain"))

pulse = Table(
    "pulse", metadata, Column("id", Integer, primary_key=True, autoincrement=False), _must("beats", BigInteger)
)
