"""`expiry`: a license ends soon, or has ended."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from alerter.core.book import Rule, Threshold, Unit
from alerter.core.calendar import days_left, midnight
from alerter.core.checks import Check
from alerter.core.kinds.case import Case, Finding, Mark, Reads
from alerter.core.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryRule:
    """Fires when at most `at` is left until the license's `ends`, and after it."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.DURATION,)
    AT_EXAMPLE: ClassVar[str] = "30d"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = False
    PER_ACCOUNT: ClassVar[bool] = False
    WHOLE_LICENSE: ClassVar[bool] = True
    SUMMARY: ClassVar[str] = (
        "{{ subject }}: the license {% if extra.ended %}ended on {{ extra.ends|date(extra.zone) }}"
        "{% else %}ends on {{ extra.ends|date(extra.zone) }}, with {{ value|days }} left{% endif %}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }}: the license {% if extra.ends %}now runs until {{ extra.ends|date(extra.zone) }}"
        "{% else %}no longer has an end{% endif %}"
    )

    measure: ClassVar[str] = "remaining"

    def reads(self, check: Check) -> Reads:
        return Reads()

    def find(self, case: Case) -> Finding:
        lic, rule = case.check.license, case.check.rule
        if lic is None:
            return Finding(outcome=Outcome.NO_QUOTA, why="only a license ends")
        marks = tuple(Mark(threshold=t, line=t.at.value, clear=_clear(t, rule), falling=True) for t in rule.thresholds)
        if lic.ends is None:
            # an end that was taken out of the rule file ends the alert too
            return Finding(
                outcome=Outcome.OK,
                why="the license has no `ends`",
                value=0,
                level=Decimal("Infinity"),
                marks=marks,
                settles=True,
            )
        end = midnight(lic.ends, lic.timezone)
        return Finding(
            outcome=Outcome.OK,
            value=days_left(end, case.now, lic.timezone),
            level=int((end - case.now).total_seconds()),
            marks=marks,
            settles=True,
            extra={"ends": end.isoformat(), "ended": case.now >= end, "zone": lic.timezone},
        )


def _clear(threshold: Threshold, rule: Rule) -> Decimal:
    return rule.clear_below.value if rule.clear_below else threshold.at.value
