"""Plain values for the tests of the store."""

from datetime import UTC, datetime, timedelta

from alerter.core.model import (
    Alert,
    AlertKey,
    AskKind,
    CheckKey,
    Event,
    Outcome,
    PollState,
    Reading,
    Reason,
    Severity,
    Standing,
    Status,
    Window,
)

T0 = datetime(2026, 4, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CHECK = CheckKey("quota-used", "license", "acme", "num_operations")
KEY = AlertKey(CHECK, T0)


def a_reading(
    account: str = "acme-prod",
    *,
    kind: AskKind = AskKind.PERIOD,
    start: datetime = T0,
    end: datetime = T0 + DAY,
    count: int | None = 7,
    read_at: datetime | None = None,
) -> Reading:
    values = {} if count is None else {"num_operations": count}
    return Reading(account=account, window=Window(start, end), kind=kind, read_at=read_at or end, values=values)


def a_poll(account: str, next_poll_at: datetime) -> PollState:
    return PollState(account=account, next_poll_at=next_poll_at, watched_since=T0, last_ok_at=T0)


def an_alert(version: int = 1, status: Status = Status.OPEN, key: AlertKey = KEY) -> Alert:
    return Alert(
        key=key, kind="quota", status=status, severity=Severity.WARNING, opened_at=T0, updated_at=T0, version=version
    )


def a_standing(outcome: Outcome = Outcome.OK, why: str = "61 % used", since: datetime = T0) -> Standing:
    return Standing(key=CHECK, outcome=outcome, why=why, since=since, period=T0, value=61)


def an_event(name: str, *channels: str, at: datetime = T0, alert: str | None = None) -> Event:
    return Event(
        id=name,
        alert=alert,
        key=CHECK,
        at=at,
        reason=Reason.CROSSED,
        severity=Severity.WARNING,
        value=80,
        threshold="80%",
        channels=channels,
        payload={"type": "event", "title": name},
    )
