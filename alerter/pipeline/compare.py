"""A trial's expectations against what was told: which found their message, and what is left over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerter.core.model import Event
from alerter.core.trial import Expected, Trial

Say = Callable[[Event], dict[str, str]]
"""A message's text, by channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What a trial came to. `pairs` are expectations with their message; `extra` was told though nothing else may be.

    `missing` are expectations without a message; `told` is everything told, in order.
    """

    trial: Trial
    told: tuple[Event, ...]
    pairs: tuple[tuple[Expected, Event], ...]
    missing: tuple[Expected, ...]
    extra: tuple[Event, ...]
    say: Say

    @property
    def ok(self) -> bool:
        return not self.missing and not self.extra


def compare(trial: Trial, events: Sequence[Event], say: Say) -> Met:
    """Give every expectation a message of its own, as many as can have one."""
    fits = [[n for n, event in enumerate(events) if not differs(e, event, say)] for e in trial.expect]
    owner = _assigned(fits)
    pairs = {expectation: number for number, expectation in owner.items()}
    told = tuple(event for event in events if event.channels)
    return Met(
        trial=trial,
        told=told,
        pairs=tuple((trial.expect[e], events[number]) for e, number in sorted(pairs.items())),
        missing=tuple(e for n, e in enumerate(trial.expect) if n not in pairs),
        extra=tuple(e for n, e in enumerate(events) if e.channels and n not in owner) if trial.alone else (),
        say=say,
    )


def _assigned(fits: Sequence[Sequence[int]]) -> dict[int, int]:
    """Message → expectation, each at most once: a vague expectation gives way to one that has no other message."""
    owner: dict[int, int] = {}

    def place(expectation: int, seen: set[int]) -> bool:
        for number in fits[expectation]:
            if number in seen:
                continue
            seen.add(number)
            if number not in owner or place(owner[number], seen):
                owner[number] = expectation
                return True
        return False

    for expectation in range(len(fits)):
        place(expectation, set())
    return owner


def differs(expected: Expected, event: Event, say: Say) -> list[str]:
    """In what a message is not the expected one, by key; `says` is looked at last, as it costs the most."""
    key = event.key
    found: dict[str, tuple[object, object]] = {
        "rule": (expected.rule, key.rule if key else None),
        "reason": (expected.reason, event.reason),
        "severity": (expected.severity, event.severity),
        "metric": (expected.metric, _metric(event, expected.metric)),
        "account": (expected.account, key.subject if key and key.subject_kind == "account" else None),
        "threshold": (expected.threshold, event.threshold),
    }
    wrong = [name for name, (wanted, is_) in found.items() if wanted is not None and wanted != is_]
    if (expected.since and event.at < expected.since) or (expected.until and event.at >= expected.until):
        wrong.insert(0, "when")
    if expected.channel is not None and expected.channel not in event.channels:
        wrong.append("channel")
    if expected.says and not wrong and not _says(expected, event, say):
        wrong.append("says")
    return wrong


def _metric(event: Event, wanted: str | None) -> str | None:
    """The metric a message is about; one that is about several is about the wanted one if that is among them."""
    several = event.payload.get("metrics")
    if isinstance(several, list) and wanted in several:
        return wanted
    return event.key.metric if event.key else None


def _says(expected: Expected, event: Event, say: Say) -> bool:
    """Whether one of the texts, or the named channel's, holds every part."""
    texts = say(event)
    chosen = [texts[expected.channel]] if expected.channel in texts else list(texts.values())
    return any(all(part.lower() in text.lower() for part in expected.says) for text in chosen)
