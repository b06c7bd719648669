"""A message of a rule to look at: from what is read now if the rule fires on it, else from made-up usage."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from alerter.channels.samples import EVENTS
from alerter.core.book import Rule
from alerter.core.calendar import day_windows_before
from alerter.core.checks import Check, Watched
from alerter.core.facts import snapshot, subject_facts
from alerter.core.judge import judge
from alerter.core.kinds.quota import limit_at
from alerter.core.lifecycle import Tell
from alerter.core.metrics import REPORTED
from alerter.core.model import AlertKey, Message, Reason
from alerter.core.ports import Record
from alerter.core.series import SETTLE
from alerter.core.verdict import Judged
from alerter.pipeline.overview import Overview
from alerter.pipeline.tape import SECOND, Player, Tape
from alerter.pipeline.watch import Watch

DAYS = 120
Shape = Callable[[int], float]

SHAPES: tuple[Shape, ...] = (lambda _: 1.0, lambda day: 1.08**day, lambda day: 1.25**day, lambda day: 0.9**day)
"""Made-up usage, by the day: even, growing, growing fast, shrinking."""


async def specimen(overview: Overview, watch: Watch, rule: Rule, now: datetime) -> tuple[Message, bool]:
    """The message, and whether it is from real readings. Rules that cannot be made to fire get the kind's sample."""
    standing = [j for j in await overview.explain(watch, rule, now, past=False) if _reached(j)]
    if standing:
        return _message(_payload(standing[0], now), now), True
    for payload in _made_up(watch, rule, now):
        return _message(payload, now), False
    return _message(_sample(watch, rule), now), False


def _message(payload: dict[str, object], now: datetime) -> Message:
    return Message(key="preview", alert=str(payload.get("alert") or "") or None, created_at=now, payload=payload)


def _reached(judged: Judged) -> bool:
    level = judged.finding.level
    return level is not None and any(mark.reached(level) for mark in judged.finding.marks)


def _payload(judged: Judged, now: datetime) -> dict[str, object]:
    """As the alert would be announced if it were new."""
    finding = judged.finding
    reached = [m.threshold for m in finding.marks if finding.level is not None and m.reached(finding.level)]
    tell = Tell(
        reason=Reason.CROSSED,
        severity=reached[-1].severity,
        channels=(),
        threshold=reached[-1].at.text,
        passed=tuple(threshold.at.text for threshold in reached[:-1]),
    )
    key = AlertKey(judged.check.key, finding.period.start if finding.period else None)
    return snapshot(judged.check, finding, tell, key, now)


def _made_up(watch: Watch, rule: Rule, now: datetime) -> Iterator[dict[str, object]]:
    """What the judge says of made-up usage, up to the last day; the mildest crossing first."""
    for item in watch.subjects.values():
        for check in item.checks:
            if check.rule.name == rule.name and check.metric is not None:
                for scale in (0.8, 1.2, 3.0):
                    for shape in SHAPES:
                        judged = _judged(watch, item, check, shape, scale, now)
                        if judged is not None and _reached(judged):
                            yield _payload(judged, now)


def _judged(watch: Watch, item: Watched, check: Check, shape: Shape, scale: float, now: datetime) -> Judged | None:
    days = day_windows_before(now, DAYS, item.timezone)[::-1]
    level = _most(check, now) * scale / sum(shape(n) for n in range(DAYS - 30, DAYS)) / len(item.accounts)
    counts = [{name: round(level * shape(n)) for name in REPORTED} for n in range(DAYS)]
    views = {}
    for name in item.accounts:
        player = Player(name, item, watch.needs[name], Tape(closed=list(zip(days, counts, strict=True))))
        for day in days:
            player.play(day, timedelta(days=3660))
        views[name] = player.view
    only = Watched(
        subject=item.subject, accounts=item.accounts, timezone=item.timezone, license=item.license, checks=(check,)
    )
    for moment in (days[-1].end - SECOND, days[-1].end + SETTLE):
        verdict = judge(only, views, Record(), moment, timedelta(minutes=30))
        if verdict.judged and _reached(verdict.judged[0]):
            return verdict.judged[0]
    return None


def _most(check: Check, now: datetime) -> float:
    """How much usage is about as much as the rule is about."""
    limit = limit_at(check.quota, now, check.timezone) if check.quota else None
    amounts = [float(t.at.value) for t in check.rule.thresholds if t.at.unit == "count"]
    floor = float(getattr(check.rule.options, "ignore_below", 0) or 0)
    return max([float(limit or 0), *amounts, 30 * floor]) or 1_000_000.0


def _sample(watch: Watch, rule: Rule) -> dict[str, object]:
    """The kind's sample, about what this rule is about."""
    found = dict(EVENTS.get(rule.kind, EVENTS["crossed"]))
    check = next((c for item in watch.subjects.values() for c in item.checks if c.rule.name == rule.name), None)
    facts = subject_facts(check) if check else {"rule": rule.name, "kind": rule.kind, "owner": rule.owner}
    first = rule.thresholds[0]
    return {**found, **facts, "threshold": first.at.text, "severity": first.severity.value}
