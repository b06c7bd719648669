"""What kinds that look at the course of a period share: where a quota stands, and the guards before they speak."""

from dataclasses import dataclass
from decimal import Decimal

from alerter.core.kinds.case import Case, Finding, from_pooled
from alerter.core.kinds.quota import limit_at, outside, slot_for, spec_of
from alerter.core.metrics import Metric, MetricKind
from alerter.core.model import Outcome, Period
from alerter.core.series import Pooled


def adds_up(metric: Metric) -> bool:
    """Whether use of a metric builds up over a period: operations do, apps and numbers at a moment do not."""
    return metric.kind is MetricKind.COUNTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A quota part of the way through a period that ends. `used` and `limit` are counts, `gone` is above 0 up to 1."""

    period: Period
    limit: int
    used: int
    gone: Decimal
    pooled: Pooled

    def finding(self, **more: object) -> Finding:
        """A finding about this quota; `more` are further fields of Finding."""
        return from_pooled(self.pooled, limit=self.limit, period=self.period, settles=True, **more)

    def silent(self, outcome: Outcome, why: str) -> Finding:
        """Nothing is judged yet, and why."""
        pooled = self.pooled
        return Finding(
            outcome=outcome,
            why=why,
            value=pooled.value,
            limit=self.limit,
            period=self.period,
            as_of=pooled.as_of,
            missing=pooled.missing,
            silent=pooled.silent,
        )


def course_of(case: Case, not_before: Decimal, ignore_below: int = 0, *, open_ended: bool = False) -> Course | Finding:
    """Where a check's quota stands, or the finding that says why there is nothing to look ahead from.

    `not_before` is the share of the period that has to be gone; `ignore_below` a count that has to be used. With
    `open_ended` a balance has a course too, all of it gone.
    """
    check = case.check
    lic, quota, metric = check.license, check.quota, check.metric
    if lic is None or quota is None or metric is None:
        return Finding(outcome=Outcome.NO_QUOTA, why="the license has no quota on it")
    period = spec_of(lic, quota).at(case.now)
    if period is None:
        return outside(lic, case.now)
    pooled = case.pooled(slot_for(metric, period))
    limit = limit_at(quota, case.now, lic.timezone)
    gone = Decimal(1) if open_ended and period.end is None else period.gone(pooled.as_of or case.now)
    if limit and gone is not None and pooled.value is not None:
        course = Course(period=period, limit=limit, used=pooled.value, gone=gone, pooled=pooled)
        return _guarded(course, not_before, ignore_below)
    return _without_course(pooled, period, limit, gone)


def _guarded(course: Course, not_before: Decimal, ignore_below: int) -> Course | Finding:
    if not course.gone or course.gone < not_before:
        return course.silent(Outcome.TOO_EARLY, f"before {percent(not_before)} of the period")
    if course.used < ignore_below:
        return course.silent(Outcome.BELOW_FLOOR, "below ignore_below")
    return course


def _without_course(pooled: Pooled, period: Period, limit: int | None, gone: Decimal | None) -> Finding:
    if limit is None:
        return from_pooled(pooled, period=period, outcome=Outcome.UNLIMITED, why="unlimited")
    if pooled.value is None:
        return from_pooled(pooled, period=period, limit=limit)
    why = "a balance has no end to look ahead to" if gone is None else "a quota of 0 has no course"
    return from_pooled(pooled, period=period, limit=limit, outcome=Outcome.OK, why=why)


def percent(share: Decimal) -> str:
    """`10%`."""
    return f"{(share * 100).normalize():f}%"
