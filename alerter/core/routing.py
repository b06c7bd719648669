"""From thresholds to channels."""

from collections.abc import Iterable

from alerter.core.book import Rule, Threshold


def channels(rule: Rule, thresholds: Iterable[Threshold]) -> tuple[str, ...]:
    """Every channel that any of these thresholds names, each once; a threshold without its own uses the rule's."""
    named: list[str] = []
    for threshold in thresholds:
        named += rule.notify if threshold.notify is None else threshold.notify
    return tuple(dict.fromkeys(named))
