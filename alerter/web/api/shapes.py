"""Values as the API shows them. Times are RFC 3339 UTC, counts integers, shares fractions; keys are never left out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from alerter.core.book import Account, Rule
from alerter.core.errors import Mistake
from alerter.core.model import Alert, Event, Period, PollState, Reading
from alerter.core.report import LicenseReport, QuotaReport
from alerter.store.queries import AlertStory, AttemptLine, DeliveryLine

Json = dict[str, object]


def utc(moment: datetime | None) -> str | None:
    """`2026-04-15T10:02:00Z`."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def listing(items: Sequence[Json], following: str | None) -> Json:
    return {"items": list(items), "next": following}


def _period(period: Period | None) -> Json | None:
    return None if period is None else {"start": utc(period.start), "end": utc(period.end)}


def license_json(report: LicenseReport) -> Json:
    return {
        "name": report.name,
        "accounts": list(report.accounts),
        "timezone": report.timezone,
        "starts": report.starts.isoformat() if report.starts else None,
        "ends": report.ends.isoformat() if report.ends else None,
        "quotas": [_quota(quota) for quota in report.quotas],
    }


def _quota(quota: QuotaReport) -> Json:
    return {
        "metric": quota.metric,
        "limit": quota.limit,
        "per": quota.per,
        "period": _period(quota.period),
        "used": quota.used,
        "remaining": quota.remaining,
        "share": quota.share,
        "complete": quota.complete,
        "approximate": quota.approximate,
        "state": quota.state.value,
        "severity": quota.severity.value if quota.severity else None,
        "why": quota.why,
        "missing": list(quota.missing),
        "not_reported_by": list(quota.silent),
        "expected": quota.expected,
        "expected_low": quota.expected_low,
        "expected_high": quota.expected_high,
        "runs_out": utc(quota.runs_out),
        "as_of": utc(quota.as_of),
    }


def account_json(account: Account, poll: PollState | None) -> Json:
    """Never the credential, nor its name."""
    return {
        "name": account.name,
        "url": account.url,
        "labels": dict(account.labels),
        "last_ok_at": utc(poll.last_ok_at) if poll else None,
        "failing_since": utc(poll.failing_since) if poll else None,
        "failures": poll.failures if poll else 0,
        "error": poll.error if poll else None,
        "next_poll_at": utc(poll.next_poll_at) if poll else None,
    }


def alert_json(alert: Alert) -> Json:
    check, start = alert.key.check, alert.key.period
    is_license = check.subject_kind == "license"
    return {
        "id": alert.key.id,
        "rule": check.rule,
        "kind": alert.kind,
        "license": check.subject if is_license else None,
        "account": None if is_license else check.subject,
        "metric": check.metric or None,
        "period": None if start is None else {"start": utc(start), "end": utc(alert.period_end)},
        "status": alert.status.value,
        "severity": alert.severity.value,
        "threshold": alert.threshold,
        "value": alert.value,
        "limit": alert.limit,
        "opened_at": utc(alert.opened_at),
        "updated_at": utc(alert.updated_at),
        "acknowledged": False,
        "silenced": False,
    }


def story_json(story: AlertStory) -> Json:
    return {
        **alert_json(story.alert),
        "timeline": [_event(event) for event in story.timeline],
        "deliveries": [delivery_json(line) for line in story.deliveries],
    }


def _event(event: Event) -> Json:
    return {
        "at": utc(event.at),
        "reason": event.reason.value,
        "severity": event.severity.value,
        "value": event.value,
        "threshold": event.threshold,
        "channels": list(event.channels),
    }


def delivery_json(line: DeliveryLine) -> Json:
    return {
        "id": line.id,
        "event": line.event,
        "alert": line.alert,
        "channel": line.channel,
        "status": line.status,
        "created_at": utc(line.created_at),
        "attempts": line.attempts,
        "next_try": utc(line.next_try),
        "sent_at": utc(line.sent_at),
        "receipt": line.receipt,
        "error": line.error,
        "log": [_attempt(attempt) for attempt in line.log],
    }


def _attempt(attempt: AttemptLine) -> Json:
    return {
        "number": attempt.number,
        "at": utc(attempt.at),
        "result": attempt.result,
        "error": attempt.error,
        "next_at": utc(attempt.next_at),
    }


def reading_json(reading: Reading) -> Json:
    return {
        "account": reading.account,
        "from": utc(reading.window.start),
        "to": utc(reading.window.end),
        "read_at": utc(reading.read_at),
        "kind": reading.kind.value,
        "approximate": reading.approximate,
        "values": dict(reading.values),
    }


def rule_json(rule: Rule) -> Json:
    return {
        "name": rule.name,
        "kind": rule.kind,
        "enabled": rule.enabled,
        "licenses": list(rule.licenses),
        "accounts": list(rule.accounts),
        "labels": dict(rule.labels),
        "metrics": list(rule.metrics),
        "thresholds": [
            {
                "at": threshold.at.text,
                "severity": threshold.severity.value,
                "notify": list(rule.notify if threshold.notify is None else threshold.notify),
            }
            for threshold in rule.thresholds
        ],
        "owner": rule.owner,
        "runbook": rule.runbook,
    }


def mistake_json(mistake: Mistake) -> Mapping[str, object]:
    return {
        "file": mistake.file,
        "line": mistake.line,
        "column": mistake.column,
        "path": mistake.path,
        "text": mistake.text,
        "hint": mistake.hint,
    }
