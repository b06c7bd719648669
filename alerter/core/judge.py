"""The one place that decides. A pure function of checks, readings, earlier alert states and the time.

`run`, `check`, `status` and `explain` all call `judge`; nothing else turns numbers into alerts.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerter.core import lifecycle
from alerter.core.checks import Check, Watched
from alerter.core.facts import snapshot, subject_facts
from alerter.core.kinds.case import FINAL_FOR, Case, Finding
from alerter.core.lifecycle import Step
from alerter.core.metrics import APP_CATEGORIES
from alerter.core.model import (
    Alert,
    AlertKey,
    AskKind,
    CheckKey,
    Event,
    Outcome,
    Reading,
    Reason,
    Severity,
    Standing,
    Status,
    Window,
)
from alerter.core.ports import Record, Subject
from alerter.core.routing import channels
from alerter.core.series import AccountView


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One check's result: the finding, its outcome after the thresholds, and how its alert stands afterwards."""

    check: Check
    finding: Finding
    outcome: Outcome
    severity: Severity | None
    why: str
    alert: Alert | None


@dataclass(slots=True)
class Verdict:
    """What judging one subject came to: all results, and what is new and must be stored."""

    judged: list[Judged] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    said: list[tuple[Subject, str]] = field(default_factory=list)

    def apply_to(self, record: Record) -> None:
        """Bring a remembered record up to date, once this verdict is stored."""
        record.alerts.update((a.key, a) for a in self.alerts)
        record.standings.update((s.key, s) for s in self.standings)
        record.said.update(text for _, text in self.said)


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
        case = Case(check=check, now=now, views=views, fresh_for=fresh_for, memo=memo, stretches=stretches)  # type: ignore[arg-type]
        finding = check.rule.options.find(case)
        if check.key in older:
            _close_older(check, finding, older[check.key], verdict, now)
        judged = _judge_one(check, finding, record, verdict, now)
        verdict.judged.append(judged)
        if finding.outcome in _SAID_ONCE or finding.silent:
            unsaid.append(judged)
    if unsaid:
        _say_once(item, unsaid, record, verdict, now)
    _say_uncovered(item, views, record, verdict, now)
    return verdict


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


_SAID_ONCE = {Outcome.NOT_REPORTED: Reason.NOT_REPORTED, Outcome.NO_QUOTA: Reason.NO_QUOTA}


def _say_once(item: Watched, found: Iterable[Judged], record: Record, verdict: Verdict, now: datetime) -> None:
    """A metric that is not reported, or has no quota: said once a rule, license and metric; a rule's in one message."""
    new: dict[tuple[str, Reason], list[Judged]] = {}
    for judged in found:
        reason = _SAID_ONCE.get(judged.finding.outcome, Reason.NOT_REPORTED)
        text = f"{reason}:{judged.check.rule.name}:{judged.check.key.metric}"
        if text not in record.said:
            verdict.said.append((item.subject, text))
            new.setdefault((judged.check.rule.name, reason), []).append(judged)
    for (_, reason), group in new.items():
        verdict.events.append(_once(item, reason, group, now))


def _once(item: Watched, reason: Reason, group: Sequence[Judged], now: datetime) -> Event:
    check = group[0].check
    names = [j.check.key.metric for j in group]
    missing = list(dict.fromkeys(name for j in group for name in j.finding.silent))
    return Event(
        id=_id(reason, *item.subject, check.rule.name, *names),
        alert=None,
        key=check.key,
        at=now,
        reason=reason,
        severity=Severity.INFO,
        channels=channels(check.rule, check.rule.thresholds[:1]),
        payload={
            "type": "event",
            "reason": reason.value,
            "severity": Severity.INFO.value,
            **subject_facts(check),
            "metrics": names,
            "metrics_words": [
                j.check.metric.words if j.check.metric else name for j, name in zip(group, names, strict=True)
            ],
            "missing": missing,
            "at": now.isoformat(),
            "why": group[0].finding.why,
        },
    )


def _say_uncovered(
    item: Watched, views: Mapping[str, AccountView], record: Record, verdict: Verdict, now: datetime
) -> None:
    """An app category that the catalogue does not know, so that no quota can cover it: said once a license."""
    if item.license is None or not item.checks:
        return
    new: dict[str, None] = {}
    for name in item.accounts:
        view = views.get(name)
        for reading in view.live.values() if view else ():
            for field_name in reading.unknown:
                if field_name.startswith("apps.") and f"uncovered:{field_name}" not in record.said:
                    new[field_name] = None
    fresh = [name for name in new if name.removeprefix("apps.") not in APP_CATEGORIES]
    if not fresh:
        return
    verdict.said += [(item.subject, f"uncovered:{name}") for name in fresh]
    check = item.checks[0]
    to = dict.fromkeys(c for check in item.checks for c in channels(check.rule, check.rule.thresholds[:1]))
    verdict.events.append(
        Event(
            id=_id(Reason.UNCOVERED, *item.subject, *fresh),
            alert=None,
            key=None,
            at=now,
            reason=Reason.UNCOVERED,
            severity=Severity.WARNING,
            channels=tuple(to),
            payload={
                "type": "event",
                "reason": Reason.UNCOVERED.value,
                "severity": Severity.WARNING.value,
                **subject_facts(check),
                "rule": None,
                "metrics": fresh,
                "metrics_words": fresh,
                "at": now.isoformat(),
            },
        )
    )


def _id(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()


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
