"""What happened, in sentences: the lines of an alert's timeline, and what an alert is about."""

from collections.abc import Callable, Mapping
from typing import Any

from alerter.channels.filters import count, days, duration, share
from alerter.core.facts import share_of
from alerter.core.metrics import Metric
from alerter.core.model import Alert, Event, Reason

Facts = Mapping[str, Any]


def amount(value: object, facts: Facts) -> str:
    """`45,000,000 of 50,000,000 (90%)`; for growth what it grew from, for silence how long; "" without a number."""
    if not isinstance(value, int):
        return ""
    if facts.get("kind") == "stale":
        return f"nothing for {duration(value)}"
    if facts.get("kind") == "expiry":
        return f"{days(value)} left"
    extra, limit = facts.get("extra") or {}, facts.get("limit")
    if isinstance(extra.get("baseline"), int):
        return f"{count(value)}, after {count(extra['baseline'])} before"
    if not isinstance(limit, int):
        return count(value)
    part = share_of(value, limit)
    over = ", exceeded" if _exceeded(value, limit) else ""
    return f"{count(value)} of {count(limit)}" + ("" if part is None else f" ({share(part)}{over})")


def _exceeded(value: object, limit: object) -> bool:
    return isinstance(value, int) and isinstance(limit, int) and value > limit > 0


def standing(alert: Alert) -> str:
    """The number an alert stands at."""
    return amount(alert.value, {"kind": alert.kind, "limit": alert.limit})


def about(alert: Alert, known: Mapping[str, Metric]) -> str:
    """The metric in words; what an alert without one watches is its account's readings."""
    metric = known.get(alert.key.check.metric)
    return metric.words if metric else alert.key.check.metric or "readings"


def _threshold(facts: Facts, verb: str, above: str = "") -> str:
    """`above` is the verb for a value above its quota."""
    if above and _exceeded(facts.get("value"), facts.get("limit")):
        every = [str(at) for at in (*(facts.get("passed") or ()), facts.get("threshold")) if at]
        return above + (f", passing {', '.join(every)}" if every else "")
    at, passed = facts.get("threshold"), facts.get("passed") or ()
    also = f", passing {', '.join(str(p) for p in passed)}" if passed else ""
    return f"{verb} {at}{also}" if at else verb


def _quota_changed(facts: Facts) -> str:
    before, limit = facts.get("limit_before"), facts.get("limit")
    if isinstance(before, int) and isinstance(limit, int) and before != limit:
        return f"The quota changed from {count(before)} to {count(limit)}"
    return "The quota or the thresholds changed"


_SENTENCES: Mapping[Reason, Callable[[Facts], str]] = {
    Reason.CROSSED: lambda facts: _threshold(facts, "Reached", "Exceeded the quota"),
    Reason.ESCALATED: lambda facts: _threshold(facts, "Went on to reach", "Went on to exceed the quota"),
    Reason.REMINDER: lambda facts: _threshold(facts, "Still at or beyond"),
    Reason.RECOVERED: lambda _: "Recovered: back under every threshold",
    Reason.QUOTA_CHANGED: _quota_changed,
    Reason.RULE_REMOVED: lambda _: "No rule watches this any more",
    Reason.PERIOD_CLOSED: lambda _: "The period ended",
    Reason.SERVICE: lambda facts: f"Told together with {len(facts.get('items') or ())} messages that waited",
}


def sentence(event: Event) -> str:
    """One line of a timeline, with the number it was about."""
    say = _SENTENCES.get(event.reason)
    text = (
        say({**event.payload, "threshold": event.threshold, "value": event.value})
        if say
        else event.reason.value.replace("_", " ")
    )
    told = amount(event.value, event.payload)
    return f"{text}: {told}" if told and event.reason in _WITH_NUMBER else text


_WITH_NUMBER = {Reason.CROSSED, Reason.ESCALATED, Reason.REMINDER, Reason.RECOVERED, Reason.QUOTA_CHANGED}
