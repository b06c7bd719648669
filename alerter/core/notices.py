"""What is said once: a metric that is not reported, a quota that is missing, a category that nothing covers."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from alerter.core.checks import Watched
from alerter.core.facts import subject_facts
from alerter.core.metrics import APP_CATEGORIES
from alerter.core.model import Event, Outcome, Reason, Severity
from alerter.core.ports import Record
from alerter.core.routing import channels
from alerter.core.series import AccountView
from alerter.core.verdict import Judged, Verdict

SAID_ONCE = {Outcome.NOT_REPORTED: Reason.NOT_REPORTED, Outcome.NO_QUOTA: Reason.NO_QUOTA}


def say_once(item: Watched, found: Iterable[Judged], record: Record, verdict: Verdict, now: datetime) -> None:
    """A metric that is not reported, or has no quota: said once a rule, license and metric; a rule's in one message."""
    new: dict[tuple[str, Reason], list[Judged]] = {}
    for judged in found:
        reason = SAID_ONCE.get(judged.finding.outcome, Reason.NOT_REPORTED)
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
        id=digest(reason, *item.subject, check.rule.name, *names),
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


def say_uncovered(
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
            id=digest(Reason.UNCOVERED, *item.subject, *fresh),
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


def digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()
