"""`pace`: the share used runs ahead of the share of the period that has gone."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import ClassVar

from alerter.core.book import Share, Unit, key
from alerter.core.checks import Check
from alerter.core.kinds.case import Case, Finding, Mark, Reads, clear_line
from alerter.core.kinds.course import Course, adds_up, course_of
from alerter.core.metrics import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRule:
    """Fires when the share used is at least `at` times the share of the period that has gone."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.RATIO,)
    AT_EXAMPLE: ClassVar[str] = "1.25"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = True
    PER_ACCOUNT: ClassVar[bool] = False
    FINAL: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = (
        "{{ subject }} has used {% if not complete %}at least {% endif %}{{ share|share }} of its {{ metric_words }} "
        "with {{ extra.gone|share }} of the {{ period.per }} gone: {{ extra.ratio }} times an even pace"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }} is back on pace: {{ share|share }} of its {{ metric_words }} used with "
        "{{ extra.gone|share }} of the {{ period.per }} gone"
    )

    not_before: Share = key(
        "Stay silent until this share of the period has gone.", example="10%", default=Share(Decimal("0.1"))
    )
    ignore_below: int = key("Stay silent while less than this count is used.", example="10k", default=0)

    @staticmethod
    def judges(metric: Metric) -> bool:
        return adds_up(metric)

    def reads(self, check: Check) -> Reads:
        return Reads()

    def find(self, case: Case) -> Finding:
        course = course_of(case, self.not_before, self.ignore_below)
        return course if isinstance(course, Finding) else self._finding(case, course)

    def _finding(self, case: Case, course: Course) -> Finding:
        ratio = Decimal(course.used) / course.limit / course.gone
        rule = case.check.rule
        return course.finding(
            level=ratio,
            marks=tuple(
                Mark(threshold=t, line=t.at.value, clear=clear_line(t, rule.clear_below, 0)) for t in rule.thresholds
            ),
            extra={
                "ratio": f"{ratio.quantize(Decimal('0.01'), rounding=ROUND_DOWN)}",
                "gone": round(float(course.gone), 4),
            },
        )
