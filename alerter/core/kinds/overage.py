"""`overage_cost`: what use above the quota is expected to cost by the period's end."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from alerter.core.book import Overage, Unit
from alerter.core.checks import Check
from alerter.core.kinds.case import POINTS, Case, Finding, Mark, Reads
from alerter.core.kinds.course import Course, adds_up, course_of
from alerter.core.kinds.forecast import NO_DAYS
from alerter.core.kinds.outlook import Outlook, outlook_of, reads_history
from alerter.core.metrics import Metric
from alerter.core.model import Outcome

TENTH = Decimal("0.1")
"""Share of a period that has to go before money is spoken of."""


def cost_of(over: int, overage: Overage) -> Decimal:
    """The price of so many operations above the quota, in `overage.currency`, to two decimals; each counts its part."""
    return (overage.price * max(0, over) / overage.unit).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverageCostRule:
    """Fires when the expected overage at the end of the period costs at least this much."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.MONEY,)
    AT_EXAMPLE: ClassVar[str] = "5000 USD"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = True
    PER_ACCOUNT: ClassVar[bool] = False
    FINAL: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = (
        "{{ subject }} is expected to pay {{ extra.cost }} {{ extra.currency }} for {{ metric_words }} above its quota "
        "by {{ period.end|date(zone) }}: about {{ extra.expected|count }} against a quota of {{ limit|count }}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }} is expected to pay only {{ extra.cost }} {{ extra.currency }} for {{ metric_words }} above its "
        "quota by {{ period.end|date(zone) }}"
    )

    def judges(self, metric: Metric) -> bool:
        return adds_up(metric)

    def reads(self, check: Check) -> Reads:
        return reads_history(check)

    def find(self, case: Case) -> Finding:
        course = course_of(case, TENTH)
        if isinstance(course, Finding):
            return course
        priced = case.check.quota.overage if case.check.quota else None
        if priced is None:
            return course.silent(Outcome.OK, "the quota has no price for overage")
        outlook = outlook_of(case, course)
        if outlook is None:
            return course.silent(Outcome.TOO_EARLY, NO_DAYS)
        return _finding(case, course, outlook, priced)


def _finding(case: Case, course: Course, outlook: Outlook, priced: Overage) -> Finding:
    cost = cost_of(outlook.expected - course.limit, priced)
    marks = tuple(
        Mark(threshold=t, line=t.at.value, clear=t.at.value * (1 - POINTS))
        for t in case.check.rule.thresholds
        if t.at.currency == priced.currency
    )
    extra = {**outlook.facts(course.limit), "cost": f"{cost:,}", "currency": priced.currency}
    if not marks:
        return course.silent(Outcome.OK, f"its overage is priced in {priced.currency}")
    return course.finding(level=cost, marks=marks, extra=extra)
