"""What every rule kind reads and returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Protocol

from alerter.core.book import Amount, Per, Threshold, Unit
from alerter.core.calendar import period_at
from alerter.core.checks import Check
from alerter.core.metrics import MetricKind
from alerter.core.model import Outcome, Period, Window
from alerter.core.series import AccountView, Pooled, SlotKey, pool, stretch

POINTS = Decimal("0.05")
"""How far under a threshold counts as recovered when `clear_below` is not given: 5 points."""

FINAL_FOR = timedelta(days=3)
"""How long after its end a period's final count may still raise its alert."""


@dataclass(frozen=True, slots=True)
class PeriodSpec:
    """Which periods: their length, anchor, end and time zone."""

    per: Per
    starts: date | None
    ends: date | None
    timezone: str

    def at(self, now: datetime) -> Period | None:
        """The period that `now` lies in; None before `starts` and from `ends` on."""
        return period_at(self.per, now, starts=self.starts, ends=self.ends, tz=self.timezone)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A look back over completed time: `count` stretches of `length` in `timezone`, the last one included.

    `exact` asks for each stretch as one window, because its counts may not be added up from days.
    """

    length: timedelta
    timezone: str
    count: int
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What a check reads besides the current periods of its license's quotas."""

    period: PeriodSpec | None = None
    sliding: timedelta | None = None
    stretch: Stretch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A threshold as a level: reached at `line` or beyond it, cleared only beyond `clear` and not while reached."""

    threshold: Threshold
    line: Decimal
    clear: Decimal
    falling: bool = False

    def reached(self, level: Decimal | int) -> bool:
        return level <= self.line if self.falling else level >= self.line

    def cleared(self, level: Decimal | int) -> bool:
        # a `clear_below` above the line must not make what is reached flap
        return not self.reached(level) and (level > self.clear if self.falling else level < self.clear)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a kind found. `ok` means judgeable: the marks decide between ok and breach.

    `value` is the number people are shown, `level` the one the marks compare. `incomplete` with a level is a lower
    bound. `settles` says that the level can go back within one alert, so that "recovered" makes sense.
    """

    outcome: Outcome
    why: str = ""
    value: int | None = None
    level: Decimal | int | None = None
    marks: tuple[Mark, ...] = ()
    limit: int | None = None
    period: Period | None = None
    as_of: datetime | None = None
    missing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    approximate: bool = False
    settles: bool = False
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return self.outcome is not Outcome.INCOMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One check at one moment. `fresh_for` is how old a reading may be and still count as current.

    `memo` and `stretches` are shared by the checks of one subject within one judging: a number is made once.
    """

    check: Check
    now: datetime
    views: Mapping[str, AccountView]
    fresh_for: timedelta
    memo: dict[tuple[str, SlotKey | None], Pooled]
    stretches: dict[tuple[str, str, Window], int | Outcome | None] = field(default_factory=dict)

    def pooled(self, slot: SlotKey | None) -> Pooled:
        """The check's metric in this slot, over its accounts."""
        metric = self.check.metric
        if metric is None:
            raise ValueError("this kind reads no metric")
        key = (metric.name, slot)
        found = self.memo.get(key)
        if found is None:
            found = pool(self.views, self.check.accounts, metric, slot, self.now, self.fresh_for)
            self.memo[key] = found
        return found

    def stretched(self, account: str, window: Window) -> int | Outcome | None:
        """The check's metric over a closed window of one account, as `series.stretch` says."""
        metric, view = self.check.metric, self.views.get(account)
        if metric is None or view is None:
            return Outcome.TOO_EARLY
        key = (metric.name, account, window)
        if key not in self.stretches:
            self.stretches[key] = stretch(view, window, metric, self.check.timezone)
        return self.stretches[key]

    @property
    def is_gauge(self) -> bool:
        return self.check.metric is not None and self.check.metric.kind is MetricKind.GAUGE


class Kind(Protocol):
    """A rule kind: a frozen dataclass of its own keys, made with `alerter.core.book.key`.

    `AT` are the units `at` may have, `SIGNED` whether it may be below zero, `NEEDS_QUOTA` whether it is judged on
    quotas only, `SUMMARY` and `RECOVERED` its words: Jinja2 text over the message's facts.
    """

    AT: ClassVar[tuple[Unit, ...]]
    AT_EXAMPLE: ClassVar[str]
    SIGNED: ClassVar[bool]
    NEEDS_QUOTA: ClassVar[bool]
    PER_ACCOUNT: ClassVar[bool]
    SUMMARY: ClassVar[str]
    RECOVERED: ClassVar[str]

    def reads(self, check: Check) -> Reads:
        """Which windows the check needs."""

    def find(self, case: Case) -> Finding:
        """What this check comes to now."""


def from_pooled(pooled: Pooled, **more: object) -> Finding:
    """A finding about a pooled number; `more` are further fields of Finding."""
    return Finding(
        outcome=pooled.outcome,
        why=pooled.why,
        value=pooled.value,
        as_of=pooled.as_of,
        missing=pooled.missing,
        silent=pooled.silent,
        approximate=pooled.approximate,
        **more,  # type: ignore[arg-type]
    )


def clear_line(threshold: Threshold, clear_below: Amount | None, limit: int) -> Decimal:
    """The level below which a rising threshold of a quota or an amount counts as recovered.

    Without `clear_below`: 5 points of the quota under a share, 5 percent under a count.
    """
    if clear_below is not None:
        return clear_below.value * limit if clear_below.unit is Unit.SHARE else clear_below.value
    if threshold.at.unit is Unit.SHARE:
        return (threshold.at.value - POINTS) * limit
    return threshold.at.value * (1 - POINTS)
