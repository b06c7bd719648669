"""`forecast`: usage is on course to reach a share of the quota by the period's end."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from alerter.core.book import Share, Unit, key
from alerter.core.checks import Check
from alerter.core.kinds.case import Case, Finding, Mark, Reads, clear_line
from alerter.core.kinds.course import Course, adds_up, course_of
from alerter.core.kinds.outlook import Outlook, outlook_of, reads_history
from alerter.core.metrics import Metric
from alerter.core.model import Outcome

NO_DAYS = "no completed day has been read"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRule:
    """Fires when usage is on course to reach a share of the quota by the end of the period."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.SHARE,)
    AT_EXAMPLE: ClassVar[str] = "100%"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = True
    PER_ACCOUNT: ClassVar[bool] = False
    FINAL: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = (
        "{{ subject }} is on course to use about {{ extra.part|share }} of its {{ metric_words }} by "
        "{{ period.end|date(zone) }}: {{ share|share }} is used with {{ period_gone|share }} of the "
        "{{ period.per }} gone{% if extra.runs_out %}, and the quota is expected to run out on "
        "{{ extra.runs_out|date(zone) }}{% endif %}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }} is no longer on course to reach {{ threshold }} of its {{ metric_words }}: about "
        "{{ extra.part|share }} expected by {{ period.end|date(zone) }}"
    )

    sensitivity: Literal["early", "balanced", "sure"] = key(
        "How soon to warn: of 100 periods that stay within quota `early` warns in vain in about 10, `balanced` 5, "
        "`sure` 2.",
        example="early",
        default="balanced",
    )
    not_before: Share = key(
        "Stay silent until this share of the period has gone.", example="10%", default=Share(Decimal("0.1"))
    )

    def judges(self, metric: Metric) -> bool:
        return adds_up(metric)

    def reads(self, check: Check) -> Reads:
        return reads_history(check)

    def find(self, case: Case) -> Finding:
        course = course_of(case, self.not_before)
        if isinstance(course, Finding):
            return course
        outlook = outlook_of(case, course)
        return course.silent(Outcome.TOO_EARLY, NO_DAYS) if outlook is None else self._finding(case, course, outlook)

    def _finding(self, case: Case, course: Course, outlook: Outlook) -> Finding:
        rule, limit = case.check.rule, course.limit
        marks = tuple(
            Mark(threshold=t, line=t.at.value * limit, clear=clear_line(t, rule.clear_below, limit))
            for t in rule.thresholds
        )
        extra = {**outlook.facts(limit), "part": round(outlook.expected / limit, 6)}
        return course.finding(level=Decimal(outlook.warned_up_to(self.sensitivity)), marks=marks, extra=extra)
