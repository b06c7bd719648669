"""The one place that decides. A pure function of checks, readings, earlier alert states and the time.

`run`, `check`, `status` and `explain` all call `judge`; nothing else turns numbers into alerts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerter.core import lifecycle
from alerter.core.checks import Check, Watched
from alerter.core.facts import snapshot
from alerter.core.kinds.ahead import facts_ahead
from alerter.core.kinds.case import FINAL_FOR, Case, Finding
from alerter.core.lifecycle import Step
from alerter.core.model import (
    Alert,
    AlertKey,
    AskKind,
    CheckKey,
    Event,
    Outcome,
    Reading,
    Severity,
    Standing,
    Status,
    Window,
)
from alerter.core.notices import SAID_ONCE, say_once, say_uncovered
from alerter.core.ports import Record, Subject
from alerter.core.series import AccountView
from alerter.core.verdict import Judged, Verdict


def judge(
    item: Watched, views: Mapping[str, AccountView], record: Record, now: datetime, fresh_for: timedelta
) -> Verdict:
    """Judge every check of one license or account at `now`."""
    verdict = Verdict()
    memo: dict[object, object] = {}
    stretches: dict[tuple[str, str, Window], int | Outcome | None] = {}
    unsaid: list[Judged] = []
    older = _older(record)
    for check in item.checks:
        case = Case(
            check=check,
            now=now,
            views=views,
            fresh_for=fresh_for,
            memo=memo,  # type: ignore[arg-type]
            stretches=stretches,
            kept=record.kept,
        )
        finding = check.rule.options.find(case)
        if check.key in older:
            _close_older(check, finding, older[check.key], verdict, now)
        told = len(verdict.events)
        judged = _judge_one(check, finding, record, verdict, now)
        if len(verdict.events) > told:
            _look_ahead(case, finding, verdict, told)
        verdict.judged.append(judged)
        if finding.outcome in SAID_ONCE or finding.silent:
            unsaid.append(judged)
    if unsaid:
        say_once(item, unsaid, record, verdict, now)
    say_uncovered(item, views, record, verdict, now)
    return verdict


def _look_ahead(case: Case, finding: Finding, verdict: Verdict, since: int) -> None:
    """What is told of a quota says how its period is expected to end, where that is known."""
    facts = facts_ahead(case, finding.limit)
    if facts:
        verdict.events[since:] = [replace(e, payload={**e.payload, **facts}) for e in verdict.events[since:]]


def judge_final(
    item: Watched, counts: Mapping[str, Mapping[str, int]], window: Window, record: Record, now: datetime
) -> Verdict:
    """Judge a period that has ended on its final counts (account → counts): what the last poll before its end missed.

    It can only fire; the alert stays closed.
    """
    verdict = Verdict()
    views = {name: AccountView(live={window.start: _final_reading(name, window, counts[name])}) for name in counts}
    memo: dict[object, object] = {}
    at = window.end - timedelta(seconds=1)
    for check in item.checks:
        if not getattr(check.rule.options, "FINAL", True):
            continue
        case = Case(check=check, now=at, views=views, fresh_for=FINAL_FOR, memo=memo)  # type: ignore[arg-type]
        finding = check.rule.options.find(case)
        period = finding.period
        if period is None or (period.start, period.end) != (window.start, window.end):
            continue
        key = AlertKey(check.key, period.start)
        before = record.alerts.get(key)
        _keep(check, finding, key, before, lifecycle.final(before, key, finding, check.rule, now), verdict, now)
    return verdict


def _final_reading(account: str, window: Window, counts: Mapping[str, int]) -> Reading:
    return Reading(account=account, window=window, kind=AskKind.PERIOD, read_at=window.end, values=counts)


def _older(record: Record) -> dict[CheckKey, list[Alert]]:
    """Alerts of periods that may be over, by check."""
    found: dict[CheckKey, list[Alert]] = {}
    for alert in record.alerts.values():
        if alert.key.period is not None and alert.status is not Status.CLOSED:
            found.setdefault(alert.key.check, []).append(alert)
    return found


def _close_older(check: Check, finding: Finding, alerts: Sequence[Alert], verdict: Verdict, now: datetime) -> None:
    for alert in alerts:
        if finding.period is None:
            over = alert.period_end is not None and alert.period_end <= now
        else:
            # not by the end that was noted: a license renewed meanwhile moves the end of a period that runs on
            over = alert.key.period != finding.period.start
        if over:
            _keep(check, finding, alert.key, alert, lifecycle.close(alert, now), verdict, now)


def _judge_one(check: Check, finding: Finding, record: Record, verdict: Verdict, now: datetime) -> Judged:
    key = AlertKey(check.key, finding.period.start if finding.period else None)
    before = record.alerts.get(key)
    step = lifecycle.step(before, key, finding, check.rule, now)
    after = _keep(check, finding, key, before, step, verdict, now)
    outcome, severity = _outcome(finding)
    why = step.why or finding.why
    _stand(check, finding, outcome, severity, finding.why, record, verdict, now)
    return Judged(check=check, finding=finding, outcome=outcome, severity=severity, why=why, alert=after)


def _outcome(finding: Finding) -> tuple[Outcome, Severity | None]:
    """The finding's outcome once its thresholds are looked at; an incomplete one may be a breach, never ok."""
    if finding.level is not None and finding.outcome in {Outcome.OK, Outcome.INCOMPLETE}:
        for mark in reversed(finding.marks):
            if mark.reached(finding.level):
                return Outcome.BREACH, mark.threshold.severity
    return finding.outcome, None


def _keep(
    check: Check, finding: Finding, key: AlertKey, before: Alert | None, step: Step, verdict: Verdict, now: datetime
) -> Alert | None:
    """Note a changed alert with its next version, and what is told about it."""
    if step.alert is None or step.alert is before:
        return step.alert
    after = replace(step.alert, version=(before.version if before else 0) + 1, accounts=check.accounts)
    verdict.alerts.append(after)
    for number, tell in enumerate(step.tells):
        verdict.events.append(
            Event(
                id=f"{key.id}-{after.version}-{number}",
                alert=key.id,
                key=check.key,
                at=now,
                reason=tell.reason,
                severity=tell.severity,
                value=finding.value,
                threshold=tell.threshold,
                channels=tell.channels,
                payload=snapshot(check, finding, tell, key, now),
            )
        )
    return after


def _stand(
    check: Check,
    finding: Finding,
    outcome: Outcome,
    severity: Severity | None,
    why: str,
    record: Record,
    verdict: Verdict,
    now: datetime,
) -> None:
    """Note the outcome when it is another than before."""
    start = finding.period.start if finding.period else None
    last = record.standings.get(check.key)
    if (
        last is not None
        and last.outcome is outcome
        and last.why == why
        and last.period == start
        and last.severity is severity
    ):
        return
    verdict.standings.append(
        Standing(
            key=check.key,
            outcome=outcome,
            why=why,
            since=now,
            period=start,
            value=finding.value,
            severity=severity,
        )
    )


def removed(alerts: Iterable[Alert], subjects: Mapping[Subject, Watched], now: datetime) -> Verdict:
    """Close the alerts that no check of the rule book watches any more, and tell those that stood."""
    verdict = Verdict()
    alive = {check.key for item in subjects.values() for check in item.checks}
    for alert in alerts:
        if alert.key.check in alive or alert.status is Status.CLOSED:
            continue
        step = lifecycle.remove(alert, now)
        if step.alert is None:
            continue
        after = replace(step.alert, version=alert.version + 1)
        verdict.alerts.append(after)
        verdict.events += [_gone(after, tell, now) for tell in step.tells]
    return verdict


def _gone(alert: Alert, tell: lifecycle.Tell, now: datetime) -> Event:
    check = alert.key.check
    return Event(
        id=f"{alert.key.id}-{alert.version}-0",
        alert=alert.key.id,
        key=check,
        at=now,
        reason=tell.reason,
        severity=tell.severity,
        value=alert.value,
        threshold=alert.threshold,
        channels=tell.channels,
        payload={
            "type": "event",
            "reason": tell.reason.value,
            "severity": tell.severity.value,
            "rule": check.rule,
            "kind": alert.kind,
            "subject_kind": check.subject_kind,
            "subject": check.subject,
            "accounts": list(alert.accounts),
            "metric": check.metric,
            "value": alert.value,
            "limit": alert.limit,
            "threshold": alert.threshold,
            "at": now.isoformat(),
            "alert": alert.key.id,
            "link_path": f"/alerts/{alert.key.id}",
        },
    )
