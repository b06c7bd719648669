"""`quota`: used in the current period reaches a share of the quota, or little of it is left."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar, Literal

from alerter.core.book import Amount, License, Quota, Threshold, Unit, key
from alerter.core.calendar import midnight
from alerter.core.checks import Check
from alerter.core.kinds.case import POINTS, Case, Finding, Mark, PeriodSpec, Reads, clear_line, from_pooled
from alerter.core.metrics import Metric, MetricKind
from alerter.core.model import Outcome, Period
from alerter.core.series import SlotKey


def limit_at(quota: Quota, now: datetime, timezone: str) -> int | None:
    """The limit in force at `now`; None for unlimited. Before the first step, the first one counts."""
    value = quota.steps[0].value
    for step in quota.steps[1:]:
        if step.since is not None and midnight(step.since, timezone) > now:
            break
        value = step.value
    return value


def spec_of(lic: License, quota: Quota) -> PeriodSpec:
    return PeriodSpec(quota.per, lic.starts, lic.ends, lic.timezone)


def slot_for(metric: Metric, period: Period) -> SlotKey | None:
    """Where a quota's number is read: its period's window, or the newest reading for a number at a moment."""
    return None if metric.kind is MetricKind.GAUGE else period.start


def outside(lic: License, now: datetime) -> Finding:
    """What is said of a license before it starts and after it has ended."""
    if lic.starts is not None and now < midnight(lic.starts, lic.timezone):
        return Finding(outcome=Outcome.NOT_STARTED, why=f"the license starts on {lic.starts}")
    return Finding(outcome=Outcome.ENDED, why=f"the license ended on {lic.ends}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRule:
    """Fires when what was used in the current period reaches a share of the quota."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.SHARE, Unit.COUNT)
    AT_EXAMPLE: ClassVar[str] = "80%"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = True
    PER_ACCOUNT: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = ""
    RECOVERED: ClassVar[str] = ""

    measure: Literal["used", "remaining"] = key(
        "`used` fires when at least `at` is used; `remaining` when at most `at` is left.",
        example="remaining",
        default="used",
    )

    def reads(self, check: Check) -> Reads:
        return Reads()

    def find(self, case: Case) -> Finding:
        check = case.check
        lic, quota, metric = check.license, check.quota, check.metric
        if lic is None or quota is None or metric is None:
            return Finding(outcome=Outcome.NO_QUOTA, why="the license has no quota on it")
        period = spec_of(lic, quota).at(case.now)
        if period is None:
            return outside(lic, case.now)
        limit = limit_at(quota, case.now, lic.timezone)
        # a number at a moment with no period is one alert for good, not one a period
        identity = None if metric.kind is MetricKind.GAUGE and quota.per == "none" else period
        pooled = case.pooled(slot_for(metric, period))
        if limit is None:
            return Finding(
                outcome=Outcome.UNLIMITED,
                why="unlimited",
                value=pooled.value,
                as_of=pooled.as_of,
                period=identity,
                missing=pooled.missing,
                approximate=pooled.approximate,
            )
        level = None if pooled.value is None else self._level(pooled.value, limit)
        return from_pooled(
            pooled,
            level=level,
            limit=limit,
            period=identity,
            settles=identity is None,
            marks=_marks(check.rule.thresholds, check.rule.clear_below, limit, self.measure),
        )

    def _level(self, used: int, limit: int) -> int:
        return used if self.measure == "used" else limit - used


@lru_cache(maxsize=4096)
def _marks(thresholds: tuple[Threshold, ...], clear_below: Amount | None, limit: int, measure: str) -> tuple[Mark, ...]:
    """Mild to severe: counts and shares in one rule can only be compared once the quota is known.

    Remembered: thousands of licenses share a few rules and limits, and are judged at every poll.
    """
    marks = [_mark(threshold, clear_below, limit, measure) for threshold in thresholds]
    return tuple(sorted(marks, key=lambda m: m.line, reverse=measure == "remaining"))


def _mark(threshold: Threshold, clear_below: Amount | None, limit: int, measure: str) -> Mark:
    at = threshold.at
    if limit == 0:  # it has no shares: any use reaches every threshold
        line = Decimal(-1 if measure == "remaining" else 1)
        return Mark(threshold=threshold, line=line, clear=line, falling=measure == "remaining")
    line = at.value * limit if at.unit is Unit.SHARE else at.value
    if measure == "remaining":
        clear = line + (POINTS * limit if at.unit is Unit.SHARE else line * POINTS)
        return Mark(threshold=threshold, line=line, clear=clear, falling=True)
    return Mark(threshold=threshold, line=line, clear=clear_line(threshold, clear_below, limit))
