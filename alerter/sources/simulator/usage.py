"""What an account used: as a function of time, or as a test scripts it."""

import uuid
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from alerter.core.metrics import APP_CATEGORIES, CATALOGUE, GAUGES, MAPS, OPERATION_KINDS, REPORTED, MetricKind
from alerter.sources.simulator.rhythm import Apps, Incident, Rhythm, Steps

COUNTERS = ("num_operations", *(f"{kind}_operations" for kind in OPERATION_KINDS))
DISTINCT = tuple(f"apps.{name}" for name in list(APP_CATEGORIES)[:5])
CONFIGURED = tuple(f"apps.{name}" for name in list(APP_CATEGORIES)[5:])
OTHER = "other_operations"
"""Operations that belong to no kind: key management. Counted in `num_operations` only."""

Maps = Mapping[str, Mapping[str, int]]


class Usage(Protocol):
    def counts(self, start: int, end: int) -> Mapping[str, int]:
        """Every reported count (`num_operations`, `apps.generic`, …) of the window `[start, end)` in seconds."""

    def maps(self, start: int, end: int) -> Maps:
        """`operation_top_app` and `operation_top_sobject` of the same window."""


class Rhythmic:
    """Usage as a function of time. `num_operations` is the sum of all kinds and of `other_operations`.

    `steps` are configured numbers: cloud accounts, EKM projects, XKS instances, plugins, gateways, security objects;
    a gauge is what it is at the window's end.
    """

    def __init__(
        self,
        seed: str,
        rhythms: Mapping[str, Rhythm],
        *,
        apps: Mapping[str, Apps] | None = None,
        steps: Mapping[str, Steps] | None = None,
        top: int = 8,
    ) -> None:
        self._rhythms = rhythms
        self._apps = apps or {}
        self._steps = steps or {}
        self._incidents: dict[str, list[Incident]] = defaultdict(list)
        self._names = {name: [_name(seed, name, i) for i in range(top)] for name in MAPS}

    def happen(self, metric: str, incident: Incident) -> None:
        """Further operations of this kind (or `other_operations`), counted in `num_operations` as well."""
        self._incidents[metric].append(incident)

    def count(self, metric: str, start: int, end: int) -> int:
        """Operations of one kind, or of `other_operations`, in `[start, end)`."""
        sources: list[Rhythm | Incident] = [*self._incidents.get(metric, ())]
        if metric in self._rhythms:
            sources.append(self._rhythms[metric])
        return sum(source.total(end) - source.total(start) for source in sources)

    def counts(self, start: int, end: int) -> dict[str, int]:
        found = {name: self.count(name, start, end) for name in (*COUNTERS[1:], OTHER)}
        found["num_operations"] = sum(found.values())
        del found[OTHER]
        found |= {name: self._apps[name].distinct(start, end) if name in self._apps else 0 for name in DISTINCT}
        found |= {name: self._steps[name].at(end) if name in self._steps else 0 for name in (*CONFIGURED, *GAUGES)}
        return found

    def maps(self, start: int, end: int) -> Maps:
        """Shares of the total that halve from one app to the next; cumulative too, so windows add up."""
        until, since = self._total(end), self._total(start)
        shares = [2 ** (16 - i) for i in range(1, 16)]
        return {
            name: {key: until * s // 65_536 - since * s // 65_536 for key, s in zip(keys, shares, strict=False)}
            for name, keys in self._names.items()
        }

    def _total(self, second: int) -> int:
        return sum(self.count(name, 0, second) for name in (*COUNTERS[1:], OTHER))


class Scripted:
    """Usage that a test writes down: exact counts at exact seconds, and gauges.

    `report_total` is a vendor's correction: whatever is asked for, this metric's answer is that number, until it is
    taken back with None.
    """

    def __init__(self) -> None:
        self._events: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._gauges: dict[str, int] = {}
        self._totals: dict[str, int] = {}
        self._maps: dict[str, dict[str, int]] = {}

    def add(self, metric: str, at: int, amount: int) -> None:
        """`amount` operations at second `at`. A kind is counted in its own field only: add the total as well."""
        _known(metric, {MetricKind.COUNTER, MetricKind.DISTINCT})
        insort(self._events[metric], (at, amount))

    def set_gauge(self, metric: str, value: int) -> None:
        """The number that any window answers for what is not counted over time (also a distinct count)."""
        _known(metric, {MetricKind.GAUGE, MetricKind.DISTINCT})
        self._gauges[metric] = value

    def report_total(self, metric: str, value: int | None) -> None:
        """Any window answers this number from now on; None: what was added counts again."""
        if value is None:
            self._totals.pop(metric, None)
        else:
            self._totals[metric] = value

    def set_map(self, metric: str, counts: Mapping[str, int]) -> None:
        """The top map that any window answers."""
        _known(metric, {MetricKind.MAP})
        self._maps[metric] = dict(counts)

    def counts(self, start: int, end: int) -> dict[str, int]:
        found = {name: _between(self._events.get(name, ()), start, end) for name in REPORTED}
        return {**found, **self._gauges, **self._totals}

    def maps(self, start: int, end: int) -> Maps:
        return {name: self._maps.get(name, {}) for name in MAPS}


def _between(events: Iterable[tuple[int, int]], start: int, end: int) -> int:
    ordered = list(events)
    return sum(amount for _, amount in ordered[bisect_left(ordered, (start,)) : bisect_left(ordered, (end,))])


def _known(metric: str, kinds: set[MetricKind]) -> None:
    if metric not in CATALOGUE or CATALOGUE[metric].kind not in kinds:
        raise ValueError(f"no such metric here: {metric}")


def _name(seed: str, kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed} {kind} {number}"))
