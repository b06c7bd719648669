"""The snapshot a message is made from: what was true when the alert was decided, as JSON values."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from alerter.core.calendar import days_left
from alerter.core.checks import Check
from alerter.core.kinds.case import Finding
from alerter.core.kinds.overage import cost_of
from alerter.core.lifecycle import Tell
from alerter.core.metrics import Metric
from alerter.core.model import AlertKey, Period, Reason


def share_of(value: int | None, limit: int | None) -> float | None:
    """`value / limit` as a fraction, cut (not rounded) to 6 places; None where there is nothing to divide by."""
    if value is None or not limit:
        return None
    return float((Decimal(value) / Decimal(limit)).quantize(Decimal("0.000001"), rounding=ROUND_DOWN))


def subject_facts(check: Check) -> dict[str, object]:
    """Who and what a message is about."""
    metric: Metric | None = check.metric
    rule = check.rule
    return {
        "rule": rule.name,
        "kind": rule.kind,
        "owner": rule.owner,
        "runbook": rule.runbook,
        "subject_kind": check.key.subject_kind,
        "subject": check.key.subject,
        "license": check.license.name if check.license else None,
        "accounts": list(check.accounts),
        "metric": check.key.metric,
        "metric_words": metric.words if metric else "",
        "unit": metric.unit if metric else "",
    }


def period_facts(period: Period | None, timezone: str, now: datetime) -> dict[str, object]:
    """The period, how much of it has gone, and the days left."""
    if period is None:
        return {"period": None, "days_left": None, "period_gone": None}
    gone = period.gone(now)
    return {
        "period": {
            "per": period.per,
            "start": period.start.isoformat(),
            "end": period.end.isoformat() if period.end else None,
            "timezone": timezone,
        },
        "days_left": days_left(period.end, now, timezone) if period.end else None,
        "period_gone": None if gone is None else round(float(gone), 4),
    }


def _next_threshold(finding: Finding, check: Check) -> str | None:
    level = finding.level
    if level is None:
        return None
    return next((m.threshold.at.text for m in finding.marks if not m.reached(level)), None)


def overage_facts(check: Check, finding: Finding) -> dict[str, str | int] | None:
    """What use above the quota costs so far, where it is priced; each unit counts its part."""
    priced = check.quota.overage if check.quota else None
    value, limit = finding.value, finding.limit
    if priced is None or value is None or limit is None or value <= limit:
        return None
    return {
        "cost": str(cost_of(value - limit, priced)),
        "price": str(priced.price),
        "unit": priced.unit,
        "currency": priced.currency,
    }


def snapshot(check: Check, finding: Finding, tell: Tell, key: AlertKey, now: datetime) -> dict[str, object]:
    """Everything a template may show of one event."""
    value, limit = finding.value, finding.limit
    words = check.rule.options.RECOVERED if tell.reason is Reason.RECOVERED else check.rule.options.SUMMARY
    told = tell.reason in {Reason.CROSSED, Reason.ESCALATED, Reason.REMINDER, Reason.RECOVERED}
    return {
        "type": "event",
        "reason": tell.reason.value,
        "severity": tell.severity.value,
        **subject_facts(check),
        **period_facts(finding.period, check.timezone, now),
        "value": value,
        "limit": limit,
        "share": share_of(value, limit),
        "remaining": None if value is None or limit is None else max(0, limit - value),
        "exceeded": value is not None and limit is not None and value > limit,
        "overage_so_far": overage_facts(check, finding),
        "measure": getattr(check.rule.options, "measure", "used"),
        "threshold": tell.threshold,
        "passed": list(tell.passed),
        "next_threshold": _next_threshold(finding, check),
        "limit_before": tell.limit_before,
        "as_of": finding.as_of.isoformat() if finding.as_of else None,
        "at": now.isoformat(),
        "complete": finding.complete,
        "missing": list(dict.fromkeys(finding.missing + finding.silent)),
        "approximate": finding.approximate,
        "why": finding.why,
        "alert": key.id,
        "link_path": f"/alerts/{key.id}",
        "summary": words if told else "",
        "top": finding.extra.get("top", []),
        "extra": dict(finding.extra),
    }


def notice(
    *,
    title: str,
    text: str,
    now: datetime,
    severity: str = "warning",
    details: Mapping[str, object] | None = None,
    lost: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """A message of the service about itself; `lost` is a message that did not get through."""
    return {
        "type": "notice",
        "reason": Reason.SERVICE.value,
        "severity": severity,
        "title": title,
        "text": text,
        "at": now.isoformat(),
        "details": [[name, str(value)] for name, value in (details or {}).items()],
        "lost": dict(lost) if lost is not None else None,
    }
