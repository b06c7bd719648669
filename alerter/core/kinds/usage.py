"""`usage`: what was used in a period or in a sliding window reaches an absolute amount."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from alerter.core.book import Per, Unit, key
from alerter.core.checks import Check
from alerter.core.kinds.case import Case, Finding, Mark, PeriodSpec, Reads, clear_line, from_pooled
from alerter.core.kinds.quota import outside, slot_for
from alerter.core.model import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRule:
    """Fires when usage in the period, or in the last stretch of time, reaches an absolute amount."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.COUNT,)
    AT_EXAMPLE: ClassVar[str] = "2M"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = False
    PER_ACCOUNT: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = (
        "{{ subject }} has used {% if not complete %}at least {% endif %}{{ value|count }} {{ metric_words }} "
        "{% if extra.window %}in the last {{ extra.window|duration }}"
        "{% elif period and period.end %}in the current {{ period.per }}{% else %}so far{% endif %}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }} is back to {{ value|count }} {{ metric_words }}"
        "{% if extra.window %} in the last {{ extra.window|duration }}{% endif %}"
    )

    per: Per | None = key(
        "The period to count in; default: the quota's own, else a month.", example="month", default=None
    )
    window: timedelta | None = key(
        "Count in the last stretch of this length instead of in a period (at least 1m).", example="6h", default=None
    )

    def problem(self) -> str | None:
        """What is wrong with these keys together, or None."""
        if self.per is not None and self.window is not None:
            return "give `per` or `window`, not both"
        if self.window is not None and self.window < timedelta(minutes=1):
            return "`window` must be at least 1m"
        return None

    def spec(self, check: Check) -> PeriodSpec:
        """The period this check counts in: the rule's `per`, else the quota's, else a month."""
        lic = check.license
        per: Per = self.per or (check.quota.per if check.quota else "month")
        return PeriodSpec(per, lic.starts if lic else None, lic.ends if lic else None, check.timezone)

    def reads(self, check: Check) -> Reads:
        return Reads(sliding=self.window) if self.window else Reads(period=self.spec(check))

    def find(self, case: Case) -> Finding:
        period: Period | None = None
        if self.window is None:
            period = self.spec(case.check).at(case.now)
            if period is None and case.check.license is not None:
                return outside(case.check.license, case.now)
        metric = case.check.metric
        pooled = case.pooled(self.window if period is None or metric is None else slot_for(metric, period))
        if case.is_gauge and period is not None and period.end is None:
            period = None  # a number at a moment with no period is one alert for good, not one a period
        rule = case.check.rule
        return from_pooled(
            pooled,
            level=pooled.value,
            period=period,
            settles=period is None,
            marks=tuple(
                Mark(threshold=t, line=t.at.value, clear=clear_line(t, rule.clear_below, 0)) for t in rule.thresholds
            ),
            extra={"window": int(self.window.total_seconds())} if self.window else {},
        )
