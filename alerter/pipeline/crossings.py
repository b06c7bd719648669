"""When a quota was reached, whether a rule watches it or not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerter.core.checks import Watched
from alerter.core.kinds.quota import limit_at, slot_for, spec_of
from alerter.core.metrics import CATALOGUE, Metric, MetricKind
from alerter.core.series import AccountView


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A quota that was reached: when, in which period, and what was used then."""

    at: datetime
    license: str
    metric: str
    start: datetime
    value: int
    limit: int


class Quotas:
    """Notices when a quota of the license is reached: once a period; without a period, again after it was not."""

    def __init__(self, item: Watched) -> None:
        lic = item.license
        self._license = lic
        self._accounts = item.accounts
        metrics: dict[str, Metric] = {c.key.metric: c.metric for c in item.checks if c.metric is not None}
        names = lic.quotas if lic else ()
        self._metrics = {name: metrics.get(name) or CATALOGUE.get(name) for name in names}
        self._over: set[tuple[str, datetime]] = set()

    def look(self, views: Mapping[str, AccountView], now: datetime) -> list[Crossing]:
        return list(self._look(views, now))

    def _look(self, views: Mapping[str, AccountView], now: datetime) -> Iterator[Crossing]:
        lic = self._license
        for name, metric in self._metrics.items():
            if lic is None or metric is None:
                continue
            quota = lic.quotas[name]
            period, limit = spec_of(lic, quota).at(now), limit_at(quota, now, lic.timezone)
            if period is None or limit is None:
                continue
            used = self._used(views, metric, slot_for(metric, period))
            key = (name, period.start)
            if used is None or used < max(limit, 1):
                if metric.kind is MetricKind.GAUGE:
                    self._over.discard(key)
            elif key not in self._over:
                self._over.add(key)
                yield Crossing(at=now, license=lic.name, metric=name, start=period.start, value=used, limit=limit)

    def _used(self, views: Mapping[str, AccountView], metric: Metric, slot: datetime | timedelta | None) -> int | None:
        total: int | None = None
        for account in self._accounts:
            view = views[account]
            reading = view.newest() if slot is None else view.live.get(slot)
            value = metric.value(reading.values) if reading else None
            if value is not None:
                total = (total or 0) + value
        return total
