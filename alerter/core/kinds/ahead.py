"""What any message or page about a quota can say of its end: expected total, band, run-out date, overage in money."""

from decimal import Decimal

from alerter.core.kinds.case import Case, Finding
from alerter.core.kinds.course import adds_up, course_of
from alerter.core.kinds.outlook import Outlook, outlook_of
from alerter.core.kinds.overage import cost_of


def outlook_now(case: Case) -> Outlook | None:
    """How the quota of a check is expected to end; None where it has no course, or no completed day is in memory."""
    if case.check.quota is None or case.check.metric is None or not adds_up(case.check.metric):
        return None
    course = course_of(case, Decimal(0), open_ended=True)
    return None if isinstance(course, Finding) else outlook_of(case, course)


def facts_ahead(case: Case, limit: int | None) -> dict[str, object]:
    """The outlook as a message's facts, or nothing."""
    outlook = outlook_now(case)
    if outlook is None:
        return {}
    facts = outlook.facts(limit)
    if not outlook.ends:
        return {"runs_out": facts["runs_out"]}
    found: dict[str, object] = {
        "expected": facts["expected"],
        "expected_low": facts["low"],
        "expected_high": facts["high"],
        "runs_out": facts["runs_out"],
        "expected_by": facts["method"],
        "expected_off_by": facts["off_by"],
    }
    priced = case.check.quota.overage if case.check.quota else None
    if priced is not None and limit is not None and outlook.expected > limit:
        found["overage"] = f"{cost_of(outlook.expected - limit, priced):,} {priced.currency}"
    return found
