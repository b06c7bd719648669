"""`unused`: a share of the quota is expected to be left over at the period's end."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from alerter.core.book import Unit
from alerter.core.checks import Check
from alerter.core.kinds.case import POINTS, Case, Finding, Mark, Reads
from alerter.core.kinds.course import Course, adds_up, course_of
from alerter.core.kinds.forecast import NO_DAYS
from alerter.core.kinds.outlook import Outlook, outlook_of, reads_history
from alerter.core.metrics import Metric
from alerter.core.model import Outcome

HALF = Decimal("0.5")
"""What is left over is looked at from the middle of a period on: before, most of any quota is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedRule:
    """Fires when at least this share of the quota is expected to be left unused at the end of the period."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.SHARE,)
    AT_EXAMPLE: ClassVar[str] = "40%"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = True
    PER_ACCOUNT: ClassVar[bool] = False
    FINAL: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = (
        "{{ subject }} is expected to leave {{ extra.part|share }} of its {{ metric_words }} unused by "
        "{{ period.end|date(zone) }}: {{ extra.unused|count }} of {{ limit|count }}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }} is expected to leave only {{ extra.part|share }} of its {{ metric_words }} unused by "
        "{{ period.end|date(zone) }}"
    )

    def judges(self, metric: Metric) -> bool:
        return adds_up(metric)

    def reads(self, check: Check) -> Reads:
        return reads_history(check)

    def find(self, case: Case) -> Finding:
        course = course_of(case, HALF)
        if isinstance(course, Finding):
            return course
        outlook = outlook_of(case, course)
        return course.silent(Outcome.TOO_EARLY, NO_DAYS) if outlook is None else _finding(case, course, outlook)


def _finding(case: Case, course: Course, outlook: Outlook) -> Finding:
    unused = max(0, course.limit - outlook.expected)
    part = Decimal(unused) / course.limit
    own = case.check.rule.clear_below
    marks = tuple(
        Mark(threshold=t, line=t.at.value, clear=own.value if own else t.at.value - POINTS)
        for t in case.check.rule.thresholds
    )
    # where an account is missing, more is used than is known: no bound for what is left over
    level = part if course.pooled.outcome is Outcome.OK else None
    extra = {**outlook.facts(course.limit), "unused": unused, "part": round(float(part), 6)}
    return course.finding(level=level, marks=marks, extra=extra)
