"""Values of the rule book: what the rule files say, once they are known to be right.

Rule kinds and channel kinds declare their own keys as dataclass fields made with `key(...)`; the rule book's loader,
its JSON Schema and docs/rules.md all read those declarations.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NewType

from alerter.core.model import Severity

SecretName = NewType("SecretName", str)
"""The name of a secret (a file in ALERTER_SECRETS_DIR or an environment variable), never the secret."""

Per = Literal["month", "quarter", "year", "term", "week", "day", "none"]
Auth = Literal["key", "session", "certificate"]


def key(doc: str, *, example: object, default: Any = dataclasses.MISSING) -> Any:
    """A key that a person may write: `doc` and `example` go into the schema and docs/rules.md."""
    return field(default=default, metadata={"doc": doc, "example": example})


Share = NewType("Share", Decimal)
"""A key written `10%`, as a fraction: 0.1."""


class Unit(StrEnum):
    """How a number in a rule is written: `80%`, `50M`, `6h`, `1.25`, `5000 USD`."""

    SHARE = "share"
    COUNT = "count"
    DURATION = "duration"
    RATIO = "ratio"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit: a share as a fraction (`80%` is 0.8), a count, a duration in seconds, a ratio, or money.

    `currency` is the ISO 4217 code of money, else empty.
    """

    value: Decimal
    unit: Unit
    text: str
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One DSM account. `credential` names its API key; `url` has no trailing slash."""

    name: str
    url: str
    account_id: str
    credential: SecretName | None
    auth: Auth = "key"
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStep:
    """From midnight of this date (in the license's time zone; None: always) the limit is `value`; None: unlimited."""

    since: date | None
    value: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overage:
    """`price` in `currency` for each `unit` operations above the quota."""

    price: Decimal
    unit: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What is licensed of one metric. `steps` are in date order."""

    metric: str
    per: Per
    steps: tuple[LimitStep, ...]
    overage: Overage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """Quotas pooled over accounts; periods are anchored at `starts` in `timezone`."""

    name: str
    accounts: tuple[str, ...]
    timezone: str = "UTC"
    starts: date | None = None
    ends: date | None = None
    quotas: Mapping[str, Quota] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where messages go; `options` is the channel kind's own dataclass of keys."""

    name: str
    kind: str
    options: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """`notify` of None means the rule's."""

    at: Amount
    severity: Severity
    notify: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `options` is the kind's own dataclass (see alerter.core.kinds); globs are as written; () means all.

    `licenses`, `accounts` and `labels`: at most one of the first two is given; labels narrow either.
    `thresholds` go from mild to severe.
    """

    name: str
    kind: str
    options: Any
    thresholds: tuple[Threshold, ...]
    licenses: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    remind_every: timedelta | None = None
    hold: timedelta | None = None
    clear_below: Amount | None = None
    on_no_data: Literal["keep", "alert", "ok"] = "keep"
    owner: str | None = None
    runbook: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedMetric:
    """A metric the user declared as a sum of others."""

    name: str
    sum: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Everything the rule files say. `hash` is of their text: 64 hexadecimal digits."""

    hash: str
    accounts: Mapping[str, Account] = field(default_factory=dict)
    licenses: Mapping[str, License] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    metrics: Mapping[str, DerivedMetric] = field(default_factory=dict)
