"""What warnings were worth: how long before each crossing they came, and which came in vain."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Literal

from alerter.core.book import RuleBook
from alerter.core.calendar import local_day
from alerter.core.kinds.quota import spec_of
from alerter.core.model import Period, Reason
from alerter.pipeline.crossings import Crossing
from alerter.pipeline.replay import Told
from alerter.pipeline.watch import Watch

WARNINGS = frozenset({Reason.CROSSED.value, Reason.ESCALATED.value})
Worth = Literal["before", "after", "in_vain", "open", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one message was worth to one license.

    `before`: `days` before `crossing`. `after`: the quota was reached already. `in_vain`: its period ended within the
    quota. `open`: the period had not ended yet. `none`: no warning, or about nothing that has a quota.
    """

    told: Told
    worth: Worth
    license: str | None = None
    days: int | None = None
    crossing: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWorth:
    """One rule: its messages, of how many of the crossings in its sight it warned a day or more before, the rest."""

    rule: str
    messages: int
    crossings: int
    warned: int
    median_days: float | None
    in_vain: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One crossing, and how many days before it each rule first warned (0: on that day)."""

    crossing: Crossing
    rules: Mapping[str, int]


def weigh(told: Iterable[Told], crossings: Iterable[Crossing], book: RuleBook, until: datetime) -> list[Judgement]:
    """Every message with what it was worth; `until` is how far is known. A warning about an account counts for each
    license that pools it.
    """
    reached = {(c.license, c.metric, c.start): c for c in crossings}
    return [judgement for one in told for judgement in _weigh(one, reached, book, until)]


def _weigh(
    told: Told, reached: Mapping[tuple[str, str, datetime], Crossing], book: RuleBook, until: datetime
) -> list[Judgement]:
    found = []
    for name in _licenses(told, book) if told.reason in WARNINGS else ():
        lic = book.licenses[name]
        quota = lic.quotas.get(told.metric)
        period = spec_of(lic, quota).at(told.at) if quota else None
        if period is not None:
            crossing = reached.get((name, told.metric, period.start))
            found.append(_judgement(told, name, crossing, period, until, lic.timezone))
    return found or [Judgement(told=told, worth="none")]


def _licenses(told: Told, book: RuleBook) -> list[str]:
    kind, name = told.subject
    if kind == "license":
        return [name] if name in book.licenses else []
    return [lic.name for lic in book.licenses.values() if name in lic.accounts]


def _judgement(
    told: Told, name: str, crossing: Crossing | None, period: Period, until: datetime, timezone: str
) -> Judgement:
    if crossing is not None:
        if told.at > crossing.at:
            return Judgement(told=told, worth="after", license=name, crossing=crossing.at)
        days = (local_day(crossing.at, timezone) - local_day(told.at, timezone)).days
        return Judgement(told=told, worth="before", license=name, days=days, crossing=crossing.at)
    over = period.end is not None and period.end <= until
    return Judgement(told=told, worth="in_vain" if over else "open", license=name)


def warned(crossings: Iterable[Crossing], judgements: Iterable[Judgement]) -> list[Warned]:
    """For each crossing how many days before it each rule first warned."""
    first: dict[tuple[str | None, str, datetime | None], dict[str, int]] = {}
    for one in judgements:
        if one.worth == "before" and one.days is not None:
            rules = first.setdefault((one.license, one.told.metric, one.crossing), {})
            rules[one.told.rule] = max(one.days, rules.get(one.told.rule, 0))
    return [Warned(crossing=c, rules=first.get((c.license, c.metric, c.at), {})) for c in crossings]


def in_sight(watch: Watch) -> dict[str, set[tuple[str, str]]]:
    """Which licenses and metrics each rule looks at; one that looks at an account, at every license that pools it."""
    found: dict[str, set[tuple[str, str]]] = {}
    for item in watch.subjects.values():
        kind, name = item.subject
        pooling = [lic.name for lic in watch.book.licenses.values() if name in lic.accounts]
        for check in item.checks:
            names = [name] if kind == "license" else pooling
            found.setdefault(check.key.rule, set()).update((lic, check.key.metric) for lic in names)
    return found


def by_rule(
    sight: Mapping[str, Set[tuple[str, str]]], judgements: Sequence[Judgement], crossings: Sequence[Warned]
) -> list[RuleWorth]:
    """What each rule's messages came to, in the order of `sight`."""
    told = {name: {id(j.told) for j in judgements if j.told.rule == name} for name in sight}
    worth = Counter((j.told.rule, j.worth) for j in judgements)
    return [
        RuleWorth(
            rule=name,
            messages=len(told[name]),
            crossings=sum((w.crossing.license, w.crossing.metric) in seen for w in crossings),
            warned=sum(w.rules.get(name, 0) > 0 for w in crossings),
            median_days=_median([w.rules[name] for w in crossings if w.rules.get(name, 0) > 0]),
            in_vain=worth[name, "in_vain"],
            open=worth[name, "open"],
        )
        for name, seen in sight.items()
    ]


def _median(days: Sequence[int]) -> float | None:
    return float(median(days)) if days else None


def by_channel(told: Iterable[Told]) -> dict[str, int]:
    """How many messages each channel would have been given."""
    return dict(sorted(Counter(channel for one in told for channel in one.channels).items()))
