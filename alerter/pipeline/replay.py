"""The past, or a supposed future, day by day through the same judge: what it would have told, and when.

Nothing is read and nothing is kept here: a tape goes in, messages and crossings come out. A day is judged one second
before its end, so that a period's last day counts for that period; rules over completed days are judged once the day
has settled. Missing days leave the account without a fresh reading, as they would have then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerter.core.checks import Check, Watched
from alerter.core.judge import judge
from alerter.core.kinds.case import FINAL_FOR
from alerter.core.model import Event, Status
from alerter.core.plan import Needs, depth
from alerter.core.ports import Record, Subject
from alerter.core.series import SETTLE, AccountView
from alerter.pipeline.crossings import Crossing, Quotas
from alerter.pipeline.tape import DAY, SECOND, Player, Tape, day_windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message that would have been sent. `at` is the moment of judging."""

    at: datetime
    rule: str
    subject: Subject
    metric: str
    reason: str
    severity: str
    threshold: str | None
    value: int | None
    limit: int | None
    channels: tuple[str, ...]


@dataclass(slots=True)
class Reel:
    """What replaying one subject came to. `days` were judged, `gaps` are days of an account without a reading."""

    told: list[Told] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    days: int = 0
    gaps: int = 0


def why_not(check: Check) -> str | None:
    """Why this check cannot be replayed from days, or None."""
    if check.rule.kind == "stale":
        return "when an account did not answer is not kept"
    sliding = check.rule.options.reads(check).sliding
    if sliding is not None and sliding % DAY:
        return "its window is not whole days"
    return None


def replayable(item: Watched) -> Watched:
    """The same subject with the checks that days can tell about."""
    return replace(item, checks=tuple(check for check in item.checks if why_not(check) is None))


def replay(
    item: Watched,
    needs: Mapping[str, Needs],
    tapes: Mapping[str, Tape],
    *,
    fresh_for: timedelta,
    since: datetime,
    record: Record | None = None,
    judge_since: datetime | None = None,
) -> Reel:
    """Play the tapes of one subject; messages and crossings at or after `since` are given back.

    Days that end by `judge_since` are only taken in, not judged: what stood then is in `record`.
    """
    item = replayable(item)
    record = Record() if record is None else record
    live, after = _split(item)
    reel, over = Reel(), Quotas(item)
    reach = max((depth(needs[name]) for name in item.accounts if name in needs), default=timedelta(0))
    players = [Player(name, item, needs.get(name), tapes.get(name, Tape())) for name in item.accounts]
    views = {player.name: player.view for player in players}
    zones = (item.timezone, *dict.fromkeys(z for n in item.accounts if n in needs for z in needs[n].zones))
    for day in day_windows(tapes, zones):
        gaps = sum(not player.play(day, reach) for player in players)
        if judge_since is not None and day.end <= judge_since:
            continue
        now = day.end - SECOND
        told = _judged(live, views, record, now, fresh_for) + _judged(after, views, record, day.end + SETTLE, fresh_for)
        crossed = over.look(views, now)
        if now >= since:
            reel.days, reel.gaps = reel.days + 1, reel.gaps + gaps
            reel.told += [_told(item.subject, event) for event in told if event.channels]
            reel.crossings += crossed
    return reel


def _split(item: Watched) -> tuple[Watched, Watched]:
    """What a day tells while it is the current one, and what is told of it once it is over."""
    after = [c for c in item.checks if c.rule.options.reads(c).stretch and not c.rule.options.NEEDS_QUOTA]
    keys = {check.key for check in after}
    return (
        replace(item, checks=tuple(check for check in item.checks if check.key not in keys)),
        replace(item, checks=tuple(after)),
    )


def _judged(
    item: Watched, views: Mapping[str, AccountView], record: Record, now: datetime, fresh_for: timedelta
) -> list[Event]:
    if not item.checks:
        return []
    verdict = judge(item, views, record, now, fresh_for)
    verdict.apply_to(record)
    if verdict.alerts:
        _forget_closed(record, now)
    return verdict.events


def _forget_closed(record: Record, now: datetime) -> None:
    """As the store does: an alert is remembered for three days after its period."""
    for key, alert in list(record.alerts.items()):
        if alert.status is Status.CLOSED and alert.period_end is not None and alert.period_end < now - FINAL_FOR:
            del record.alerts[key]


def _told(subject: Subject, event: Event) -> Told:
    limit = event.payload.get("limit")
    named = event.payload.get("metrics")
    metric = event.key.metric if event.key else ""
    return Told(
        at=event.at,
        rule=event.key.rule if event.key else "",
        subject=subject,
        metric=" ".join(str(name) for name in named) if isinstance(named, list) else metric,
        reason=event.reason.value,
        severity=event.severity.value,
        threshold=event.threshold,
        value=event.value,
        limit=limit if isinstance(limit, int) else None,
        channels=event.channels,
    )
