"""What changing the rule book would do to alerts: judged by the one, then by the other, on the same readings."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from alerter.core.book import RuleBook
from alerter.core.judge import judge, removed
from alerter.core.model import Alert, AlertKey, Event, Reason, Status
from alerter.core.ports import Record, Subject
from alerter.core.series import AccountView
from alerter.pipeline.watch import Watch

Views = Mapping[str, AccountView]
What = Literal["fires", "re-arms", "drops"]
PARTS = ("accounts", "licenses", "channels", "rules", "metrics")
FIRES = {Reason.CROSSED, Reason.ESCALATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One alert that another rule book would newly fire, arm again, or drop; `channels` would be told."""

    what: What
    alert: AlertKey
    severity: str
    threshold: str | None
    value: int | None
    limit: int | None
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One named thing of the rule book that is new, gone, or another than before."""

    what: Literal["added", "removed", "changed"]
    part: str
    name: str

    def __str__(self) -> str:
        return f"{self.part.removesuffix('s')} {self.name} {self.what}"


def edits(old: RuleBook, new: RuleBook) -> list[Edit]:
    """What differs between two rule books, by name."""
    found: list[Edit] = []
    for part in PARTS:
        before: Mapping[str, object] = getattr(old, part)
        after: Mapping[str, object] = getattr(new, part)
        found += [Edit(what="removed", part=part, name=name) for name in before if name not in after]
        found += [Edit(what="added", part=part, name=name) for name in after if name not in before]
        found += [Edit(what="changed", part=part, name=n) for n in after if n in before and before[n] != after[n]]
    return found


def differences(
    old: Watch,
    new: Watch,
    views: tuple[Views, Views],
    records: Mapping[Subject, Record],
    now: datetime,
    fresh_for: timedelta,
) -> list[Change]:
    """Alerts as they would stand by `old`, against what `new` would make of them. `views` are for each of the two."""
    mine = deepcopy(dict(records))
    _judge(old, views[0], mine, now, fresh_for)
    before = {key: alert for record in mine.values() for key, alert in record.alerts.items()}
    gone = removed(before.values(), new.subjects, now)
    events = [*gone.events, *_judge(new, views[1], mine, now, fresh_for)]
    after = {key: alert for record in mine.values() for key, alert in record.alerts.items()}
    after.update((alert.key, alert) for alert in gone.alerts)
    told: dict[str | None, list[Event]] = {}
    for event in events:
        told.setdefault(event.alert, []).append(event)
    found = [_change(before.get(key), alert, told.get(key.id, [])) for key, alert in after.items()]
    return sorted(
        (c for c in found if c is not None), key=lambda c: (c.what, c.alert.check.rule, c.alert.check.subject)
    )


def _judge(
    watch: Watch, views: Views, records: dict[Subject, Record], now: datetime, fresh_for: timedelta
) -> list[Event]:
    events: list[Event] = []
    for subject, item in watch.subjects.items():
        record = records.setdefault(subject, Record())
        verdict = judge(item, views, record, now, fresh_for)
        verdict.apply_to(record)
        events += verdict.events
    return events


def _change(before: Alert | None, after: Alert, told: Iterable[Event]) -> Change | None:
    fired = next((event for event in told if event.reason in FIRES), None)
    if fired is not None:
        return _made("fires", after, fired)
    if before is None or before.status is not Status.OPEN:
        return None
    last = next(iter(told), None)
    if after.status is Status.CLOSED:
        return _made("drops", after, last)
    if after.status is not Status.OPEN or len(after.told) < len(before.told):
        return _made("re-arms", after, last)
    return None


def _made(what: What, alert: Alert, event: Event | None) -> Change:
    return Change(
        what=what,
        alert=alert.key,
        severity=alert.severity.value,
        threshold=alert.threshold,
        value=alert.value,
        limit=alert.limit,
        channels=event.channels if event else (),
    )
