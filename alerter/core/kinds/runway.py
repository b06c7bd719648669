"""`runway`: the time until a quota is used up at the expected pace."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from alerter.core.book import Share, Unit, key
from alerter.core.calendar import midnight
from alerter.core.checks import Check
from alerter.core.kinds.case import Case, Finding, Mark, Reads
from alerter.core.kinds.course import Course, adds_up, course_of
from alerter.core.kinds.forecast import NO_DAYS
from alerter.core.kinds.outlook import Outlook, outlook_of, reads_history
from alerter.core.metrics import Metric
from alerter.core.model import Outcome

NEVER = Decimal("Infinity")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunwayRule:
    """Fires when at most `at` is left until the quota is used up, at the expected pace and before the period ends."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.DURATION,)
    AT_EXAMPLE: ClassVar[str] = "21d"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = True
    PER_ACCOUNT: ClassVar[bool] = False
    FINAL: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = (
        "{% if extra.left == 0 %}{{ subject }} has used up its {{ metric_words }}{% else %}"
        "{{ subject }} is expected to use up its {{ metric_words }} on {{ extra.runs_out|date(zone) }}, with "
        "{{ remaining|count }} left now{% endif %}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }}: the {{ metric_words }} are expected to last "
        "{% if extra.runs_out %}until {{ extra.runs_out|date(zone) }}{% else %}again{% endif %}"
    )

    measure: ClassVar[str] = "remaining"

    not_before: Share = key(
        "Stay silent until this share of the period has gone.", example="10%", default=Share(Decimal("0.1"))
    )

    def judges(self, metric: Metric) -> bool:
        return adds_up(metric)

    def reads(self, check: Check) -> Reads:
        return reads_history(check)

    def find(self, case: Case) -> Finding:
        course = course_of(case, self.not_before, open_ended=True)
        if isinstance(course, Finding):
            return course
        outlook = outlook_of(case, course)
        return course.silent(Outcome.TOO_EARLY, NO_DAYS) if outlook is None else _finding(case, course, outlook)


def _finding(case: Case, course: Course, outlook: Outlook) -> Finding:
    day = outlook.runs_out(course.limit)
    left = None if day is None else max(0, int((midnight(day, case.check.timezone) - case.now).total_seconds()))
    if course.used >= course.limit:
        left = 0
    own = case.check.rule.clear_below
    marks = tuple(
        Mark(threshold=t, line=t.at.value, clear=own.value if own else t.at.value * 2, falling=True)
        for t in case.check.rule.thresholds
    )
    level = NEVER if left is None else Decimal(left)
    return course.finding(level=level, marks=marks, extra={**outlook.facts(course.limit), "left": left})
