"""Core values from rows and back."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from alerter.core.metrics import REPORTED
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
from alerter.core.ports import Slot
from alerter.store.encoding import (
    clean,
    clean_or_none,
    micros,
    micros_or_none,
    moment,
    pack,
    pack_names,
    seconds,
    unpack,
    unpack_names,
    when,
    when_or_none,
)

KIND_NUMBERS = {AskKind.PERIOD: 1, AskKind.SLIDING: 2, AskKind.CLOSED: 3}
OUTCOMES = {outcome.value: outcome for outcome in Outcome}
KINDS = {number: kind for kind, number in KIND_NUMBERS.items()}


def slot_number(slot: Slot) -> int:
    """What the readings of this slot have in common: their length in seconds, or when they start."""
    if slot.kind is AskKind.SLIDING:
        return int((slot.length or timedelta()).total_seconds())
    return seconds(slot.start) if slot.start else 0


def reading_row(reading: Reading, account_id: int) -> tuple[Any, ...]:
    """The columns of `readings` in their order."""
    start, end = seconds(reading.window.start), seconds(reading.window.end)
    return (
        account_id,
        KIND_NUMBERS[reading.kind],
        end - start if reading.kind is AskKind.SLIDING else start,
        end,
        start,
        micros(reading.read_at),
        reading.approximate,
        _more(reading),
        *map(reading.values.get, REPORTED),
    )


def _more(reading: Reading) -> str | None:
    if not reading.maps and not reading.unknown:
        return None
    maps = {name: dict(counts) for name, counts in reading.maps.items()}
    return pack({"maps": maps, "unknown": dict(reading.unknown)})


def reading(account: str, row: Sequence[Any]) -> Reading:
    """From the columns of `readings` in their order."""
    _, kind, _, end, start, read_at, approximate, packed, *counts = row
    more = json.loads(packed) if packed else {}
    return Reading(
        account=account,
        window=Window(moment(start), moment(end)),
        kind=KINDS[kind],
        read_at=when(read_at),
        values={name: count for name, count in zip(REPORTED, counts, strict=True) if count is not None},
        maps=more.get("maps", {}),
        approximate=bool(approximate),
        unknown=more.get("unknown", {}),
    )


def poll_row(state: PollState, account_id: int) -> tuple[Any, ...]:
    """The columns that `polls.SETTLE` sets, and the account."""
    return (
        micros(state.next_poll_at),
        False,
        micros(state.watched_since),
        micros_or_none(state.last_ok_at),
        micros_or_none(state.failing_since),
        state.failures,
        clean_or_none(state.error),
        clean_or_none(state.error_text),
        account_id,
    )


def poll_state(row: Row[Any]) -> PollState:
    return PollState(
        account=row.name,
        next_poll_at=when(row.next_poll_at),
        watched_since=when(row.watched_since),
        last_ok_at=when_or_none(row.last_ok_at),
        failing_since=when_or_none(row.failing_since),
        failures=row.failures,
        error=row.error,
        error_text=row.error_text,
    )


def check_columns(key: CheckKey) -> dict[str, Any]:
    return {"rule": key.rule, "subject_kind": key.subject_kind, "subject": key.subject, "metric": key.metric}


def check_key(row: Row[Any]) -> CheckKey:
    return CheckKey(row.rule, row.subject_kind, row.subject, row.metric)


def alert_row(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.key.id,
        **check_columns(alert.key.check),
        "period_start": micros_or_none(alert.key.period) or 0,
        "kind": alert.kind,
        "status": alert.status.value,
        "severity": alert.severity.value,
        "told": pack_names(alert.told),
        "terms": pack_names(alert.terms),
        "quota": alert.limit,
        "value": alert.value,
        "threshold": alert.threshold,
        "period_end": micros_or_none(alert.period_end),
        "opened_at": micros(alert.opened_at),
        "updated_at": micros(alert.updated_at),
        "told_at": micros_or_none(alert.told_at),
        "told_level": None if alert.told_level is None else str(alert.told_level),
        "holding_since": micros_or_none(alert.holding_since),
        "channels": pack_names(alert.channels),
        "accounts": pack_names(alert.accounts),
        "version": alert.version,
    }


def alert(row: Row[Any]) -> Alert:
    return Alert(
        key=AlertKey(check_key(row), when_or_none(row.period_start or None)),
        kind=row.kind,
        status=Status(row.status),
        severity=Severity(row.severity),
        told=unpack_names(row.told),
        terms=unpack_names(row.terms),
        limit=row.quota,
        value=row.value,
        threshold=row.threshold,
        period_end=when_or_none(row.period_end),
        opened_at=when(row.opened_at),
        updated_at=when(row.updated_at),
        told_at=when_or_none(row.told_at),
        told_level=None if row.told_level is None else Decimal(row.told_level),
        holding_since=when_or_none(row.holding_since),
        channels=unpack_names(row.channels),
        accounts=unpack_names(row.accounts),
        version=row.version,
    )


def standing_row(standing: Standing) -> dict[str, Any]:
    return {
        **check_columns(standing.key),
        "outcome": standing.outcome.value,
        "why": clean(standing.why),
        "since": micros(standing.since),
        "period": micros_or_none(standing.period) or 0,
        "value": standing.value,
        "severity": standing.severity.value if standing.severity else None,
    }


def standing(row: Sequence[Any]) -> Standing:
    """From the columns of `standings` in their order."""
    kind, subject, rule, metric, outcome, why, since, period, value, severity = row
    return Standing(
        key=CheckKey(rule, kind, subject, metric),
        outcome=OUTCOMES[outcome],
        why=why,
        since=when(since),
        period=when_or_none(period or None),
        value=value,
        severity=Severity(severity) if severity else None,
    )


def event_row(event: Event) -> dict[str, Any]:
    key: Mapping[str, Any] = (
        check_columns(event.key) if event.key else dict.fromkeys(("rule", "subject_kind", "subject", "metric"))
    )
    return {
        "id": event.id,
        "alert": event.alert,
        **key,
        "at": micros(event.at),
        "reason": event.reason.value,
        "severity": event.severity.value,
        "value": event.value,
        "threshold": event.threshold,
        "channels": pack_names(event.channels),
        "payload": pack(dict(event.payload)),
    }


def event(row: Row[Any]) -> Event:
    return Event(
        id=row.id,
        alert=row.alert,
        key=check_key(row) if row.rule is not None else None,
        at=when(row.at),
        reason=Reason(row.reason),
        severity=Severity(row.severity),
        value=row.value,
        threshold=row.threshold,
        channels=unpack_names(row.channels),
        payload=unpack(row.payload),
    )
