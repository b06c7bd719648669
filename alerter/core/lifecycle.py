"""One alert and one finding make the next alert, and what is told about it.

An alert fires each threshold once: within its period, or, where there is no period, until it was announced as
recovered. Only `ok` and, upwards, `incomplete` findings move it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from alerter.core.book import Rule
from alerter.core.kinds.case import Finding, Mark
from alerter.core.model import Alert, AlertKey, Outcome, Reason, Severity, Status
from alerter.core.routing import channels

NO_DATA = "no data"
"""What stands in `told` for an alert that `on_no_data: alert` opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Something for the timeline; a message too when there are `channels`."""

    reason: Reason
    severity: Severity
    channels: tuple[str, ...]
    threshold: str | None = None
    passed: tuple[str, ...] = ()
    limit_before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The alert afterwards (None: there is none), what is told, and the reason for the record."""

    alert: Alert | None
    tells: tuple[Tell, ...] = ()
    why: str = ""


def step(alert: Alert | None, key: AlertKey, finding: Finding, rule: Rule, now: datetime) -> Step:
    """Judge one finding against how its alert stands."""
    level = finding.level
    if finding.outcome is Outcome.OK and level is not None:
        return _judged(alert, key, finding, level, rule, now)
    if finding.outcome is Outcome.INCOMPLETE and level is not None:
        return _fire(alert, key, finding, level, rule, now, why="at least this much, not every account answered")
    if finding.outcome is Outcome.UNLIMITED and alert is not None and alert.told:
        return _rearm(alert, finding, 0, now)
    if finding.outcome in {Outcome.ENDED, Outcome.NO_QUOTA} and alert is not None and alert.status is not Status.CLOSED:
        return close(alert, now)
    return _no_data(alert, key, finding, rule, now)


def _judged(
    alert: Alert | None, key: AlertKey, finding: Finding, level: Decimal | int, rule: Rule, now: datetime
) -> Step:
    tells: tuple[Tell, ...] = ()
    if alert is not None and NO_DATA in alert.told:
        alert = replace(alert, told=tuple(t for t in alert.told if t != NO_DATA))
        if not alert.told and (rule.hold or not any(m.reached(level) for m in finding.marks)):
            return _recovered(alert, finding, now, why="there is data again")
    if alert is not None and alert.told and _changed(alert, finding):
        rearmed = _rearm(alert, finding, level, now)
        alert, tells = rearmed.alert, rearmed.tells
    fired = _fire(alert, key, finding, level, rule, now)
    then = fired
    if not fired.tells and alert is not None and alert.status is Status.OPEN and not any(t.channels for t in tells):
        then = _stands(fired.alert or alert, finding, level, rule, now) or fired
    return replace(then, tells=tells + then.tells) if tells else then


def _stands(alert: Alert, finding: Finding, level: Decimal | int, rule: Rule, now: datetime) -> Step | None:
    """An open alert with nothing new to tell: it recovers, or is repeated, or None."""
    told = [m for m in finding.marks if m.threshold.at.text in alert.told]
    if finding.settles and told and all(m.cleared(level) for m in told):
        return _recovered(alert, finding, now, why="back under every threshold")
    due = rule.remind_every and alert.told_at and now - alert.told_at >= rule.remind_every
    if due and any(m.reached(level) for m in finding.marks):
        return _remind(alert, finding, level, now)
    return None


def _terms(marks: Sequence[Mark]) -> tuple[str, ...]:
    return tuple(m.threshold.at.text for m in marks)


def _changed(alert: Alert, finding: Finding) -> bool:
    return alert.limit != finding.limit or alert.terms != _terms(finding.marks)


def _rearm(alert: Alert, finding: Finding, level: Decimal | int, now: datetime) -> Step:
    """After an edit of the quota or the thresholds: what no longer holds is armed again.

    A new quota is announced where it un-crosses something; edited thresholds are only recorded. A threshold that the
    last announcement already was beyond counts as told, and so does one below another that stays told.
    """
    if alert.limit != finding.limit:
        standing = [m.threshold.at.text in alert.told and m.reached(level) for m in finding.marks]
        told = [m for i, m in enumerate(finding.marks) if any(standing[i:]) and m.reached(level)]
        gone, to = sum(standing) < len(alert.told), alert.channels
    else:
        last = level if alert.told_level is None else alert.told_level
        told = [m for m in finding.marks if m.reached(last)]
        gone, to = len(told) < len(alert.told), ()
    after = replace(
        alert,
        told=tuple(m.threshold.at.text for m in told),
        terms=_terms(finding.marks),
        limit=finding.limit,
        value=finding.value,
        status=alert.status if told else Status.RECOVERED,
        severity=told[-1].threshold.severity if told else alert.severity,
        threshold=told[-1].threshold.at.text if told else alert.threshold,
        updated_at=now,
    )
    if not gone or alert.status is not Status.OPEN:
        return Step(alert=after)
    tell = Tell(reason=Reason.QUOTA_CHANGED, severity=Severity.INFO, channels=to, limit_before=alert.limit)
    return Step(alert=after, tells=(tell,), why="the quota or the thresholds changed")


def _fire(
    alert: Alert | None,
    key: AlertKey,
    finding: Finding,
    level: Decimal | int,
    rule: Rule,
    now: datetime,
    why: str = "",
) -> Step:
    """Announce the thresholds above the highest one told that are reached now, all in one message.

    A rise and a fall of one rule are apart: having told the one says nothing about the other.
    """
    told = alert.told if alert else ()
    top = {m.falling: i for i, m in enumerate(finding.marks) if m.threshold.at.text in told}
    new = [m for i, m in enumerate(finding.marks) if i > top.get(m.falling, -1) and m.reached(level)]
    if not new:
        if alert is not None and alert.holding_since is not None and finding.outcome is Outcome.OK:
            alert = replace(alert, holding_since=None, updated_at=now)
        if alert is not None and _still_stands(alert, finding, level, now):
            alert = replace(alert, status=Status.OPEN, updated_at=now)
        return Step(alert=alert, why=why)
    if rule.hold:
        since = now if alert is None or alert.holding_since is None else alert.holding_since
        if now - since < rule.hold:
            return Step(alert=_holding(alert, key, finding, new, rule, since, now), why="reached; `for` has not passed")
    return _announce(alert, key, finding, new, rule, now, why)


def _still_stands(alert: Alert, finding: Finding, level: Decimal | int, now: datetime) -> bool:
    """An alert that was closed within its period, its rule having been off, and whose threshold is still reached."""
    running = alert.period_end is None or now < alert.period_end
    told = any(m.threshold.at.text in alert.told and m.reached(level) for m in finding.marks)
    return alert.status is Status.CLOSED and running and told


def _holding(
    alert: Alert | None,
    key: AlertKey,
    finding: Finding,
    new: Sequence[Mark],
    rule: Rule,
    since: datetime,
    now: datetime,
) -> Alert:
    if alert is not None:
        return alert if alert.holding_since == since else replace(alert, holding_since=since, updated_at=now)
    return replace(_blank(key, finding, rule, now), severity=new[-1].threshold.severity, holding_since=since)


def _blank(key: AlertKey, finding: Finding, rule: Rule, now: datetime) -> Alert:
    return Alert(
        key=key,
        kind=rule.kind,
        status=Status.PENDING,
        severity=Severity.INFO,
        terms=_terms(finding.marks),
        limit=finding.limit,
        period_end=finding.period.end if finding.period else None,
        opened_at=now,
        updated_at=now,
    )


def _announce(
    alert: Alert | None, key: AlertKey, finding: Finding, new: Sequence[Mark], rule: Rule, now: datetime, why: str
) -> Step:
    top = new[-1].threshold
    to = channels(rule, (m.threshold for m in new))
    reason = Reason.ESCALATED if alert is not None and alert.status is Status.OPEN else Reason.CROSSED
    start = alert or _blank(key, finding, rule, now)
    other = {m.threshold.at.text for m in finding.marks if m.falling is not new[-1].falling}
    reached = tuple(
        m.threshold.at.text for m in finding.marks if finding.level is not None and m.reached(finding.level)
    )
    after = replace(
        start,
        status=Status.OPEN,
        severity=top.severity,
        threshold=top.at.text,
        told=tuple(dict.fromkeys((*(t for t in start.told if t not in other), *reached))),
        terms=_terms(finding.marks),
        limit=finding.limit,
        value=finding.value,
        opened_at=now if reason is Reason.CROSSED else start.opened_at,
        updated_at=now,
        told_at=now,
        told_level=None if finding.level is None else Decimal(finding.level),
        holding_since=None,
        channels=tuple(dict.fromkeys((*start.channels, *to))),
    )
    passed = tuple(m.threshold.at.text for m in new[:-1])
    tell = Tell(reason=reason, severity=top.severity, channels=to, threshold=top.at.text, passed=passed)
    return Step(alert=after, tells=(tell,), why=why or "reached a threshold")


def _remind(alert: Alert, finding: Finding, level: Decimal | int, now: datetime) -> Step:
    after = replace(alert, told_at=now, updated_at=now, value=finding.value, told_level=Decimal(level))
    tell = Tell(reason=Reason.REMINDER, severity=alert.severity, channels=alert.channels, threshold=alert.threshold)
    return Step(alert=after, tells=(tell,), why="still standing")


def _recovered(alert: Alert, finding: Finding, now: datetime, why: str) -> Step:
    told = () if alert.key.period is None else alert.told
    after = replace(
        alert,
        status=Status.RECOVERED,
        told=told,
        value=finding.value,
        updated_at=now,
        told_level=None,
        holding_since=None,
    )
    if alert.status is not Status.OPEN:
        return Step(alert=after, why=why)
    tell = Tell(reason=Reason.RECOVERED, severity=Severity.INFO, channels=alert.channels, threshold=alert.threshold)
    return Step(alert=after, tells=(tell,), why=why)


def _no_data(alert: Alert | None, key: AlertKey, finding: Finding, rule: Rule, now: datetime) -> Step:
    """What `on_no_data` says: `keep` changes nothing."""
    if finding.outcome not in {Outcome.STALE, Outcome.ERROR, Outcome.NOT_REPORTED, Outcome.INCOMPLETE}:
        return Step(alert=alert)
    if rule.on_no_data == "ok" and alert is not None and alert.status is Status.OPEN:
        return _recovered(alert, finding, now, why="no data counts as ok")
    if rule.on_no_data != "alert" or (alert is not None and NO_DATA in alert.told):
        return Step(alert=alert)
    first = rule.thresholds[0]
    to = channels(rule, [first])
    open_before = alert is not None and alert.status is Status.OPEN
    start = alert or _blank(key, finding, rule, now)
    after = replace(
        start,
        status=Status.OPEN,
        severity=start.severity if open_before else first.severity,
        told=(*start.told, NO_DATA),
        threshold=start.threshold or NO_DATA,
        updated_at=now,
        told_at=now,
        channels=tuple(dict.fromkeys((*start.channels, *to))),
    )
    reason = Reason.ESCALATED if open_before else Reason.CROSSED
    tell = Tell(reason=reason, severity=first.severity, channels=to, threshold=NO_DATA)
    return Step(alert=after, tells=(tell,), why=finding.why)


def final(alert: Alert | None, key: AlertKey, finding: Finding, rule: Rule, now: datetime) -> Step:
    """A period's last word: announces what it crossed after the last poll, and leaves the alert closed."""
    if finding.level is None or rule.hold or finding.outcome not in {Outcome.OK, Outcome.INCOMPLETE}:
        return Step(alert=alert)
    fired = _fire(alert, key, finding, finding.level, rule, now)
    if not fired.tells or fired.alert is None:
        return Step(alert=alert)
    return replace(fired, alert=replace(fired.alert, status=Status.CLOSED))


def _closed(alert: Alert, now: datetime) -> Alert:
    """Ended. Within a period what was told stays told; where there is none, the same check may start anew."""
    told, level = (alert.told, alert.told_level) if alert.key.period is not None else ((), None)
    return replace(alert, status=Status.CLOSED, told=told, told_level=level, holding_since=None, updated_at=now)


def close(alert: Alert, now: datetime) -> Step:
    """The period, or the license, is over: the alert ends without "recovered"."""
    after = _closed(alert, now)
    if alert.status is Status.PENDING:
        return Step(alert=after)
    return Step(alert=after, tells=(Tell(reason=Reason.PERIOD_CLOSED, severity=Severity.INFO, channels=()),))


def remove(alert: Alert, now: datetime) -> Step:
    """Nothing watches this any more: an alert that stood is told to where it was announced."""
    after = _closed(alert, now)
    if alert.status is not Status.OPEN:
        return Step(alert=after)
    tell = Tell(reason=Reason.RULE_REMOVED, severity=Severity.INFO, channels=alert.channels)
    return Step(alert=after, tells=(tell,), why="the rule no longer watches this")
