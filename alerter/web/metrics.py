"""`/metrics`: computed when it is asked for, from the store and the process's own state."""

import asyncio
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from starlette.requests import Request
from starlette.responses import Response

from alerter.core.model import Severity, Status
from alerter.core.report import LicenseReport
from alerter.store.queries import Backlog, ChannelState
from alerter.web.desk import Desk
from alerter.web.state import Counts, ServiceState

QUANTILES = (0.5, 0.9, 0.99)

Labels = dict[str, str]
Samples = Iterable[tuple[Labels, float]]


class Families(Collector):
    """Metric families that are ready, for a registry of one answer."""

    def __init__(self, found: Sequence[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


def family(name: str, kind: str, doc: str, samples: Samples, suffix: str = "") -> Metric:
    """A family with its samples put in whole: one call a sample would cost seconds for thousands of licenses."""
    metric = Metric(name, doc, kind)
    metric.samples = [Sample(name + suffix, labels, value) for labels, value in samples]
    return metric


def usage(reports: Sequence[LicenseReport]) -> list[Metric]:
    rows = [({"license": r.name, "metric": q.metric}, q) for r in reports for q in r.quotas]
    return [
        family(
            "alerter_usage",
            "gauge",
            "Used in the quota's current period, or now for a number at a moment; at least, if accounts are missing.",
            [(labels, q.used) for labels, q in rows if q.used is not None],
        ),
        family(
            "alerter_quota",
            "gauge",
            "The quota in force; absent when unlimited.",
            [(labels, q.limit) for labels, q in rows if q.limit is not None],
        ),
        family(
            "alerter_quota_used_ratio",
            "gauge",
            "Used as a share of the quota, 0.9 for 90 %; absent when the quota is unlimited or 0.",
            [(labels, q.share) for labels, q in rows if q.share is not None],
        ),
    ]


def alerts(open_by_severity: Mapping[str, int]) -> Metric:
    counts = [({"severity": s.value}, open_by_severity.get(s.value, 0)) for s in Severity]
    return family("alerter_alerts_open", "gauge", "Alerts that stand now.", counts)


def delivery(backlog: Backlog, channels: Sequence[ChannelState], names: Iterable[str], now: datetime) -> list[Metric]:
    """`names` are the channels of the rule book: each has a line, even before its first message."""
    failing = {channel.name: channel.failing_since is not None for channel in channels}
    every = sorted({*names, *failing, *backlog.waiting})
    ages = {name: max(0.0, (now - at).total_seconds()) for name, at in backlog.oldest.items()}
    return [
        family(
            "alerter_outbox_pending",
            "gauge",
            "Messages that wait for a channel.",
            [({"channel": n}, backlog.waiting.get(n, 0)) for n in every],
        ),
        family(
            "alerter_outbox_oldest_seconds",
            "gauge",
            "Age of the oldest message that waits for a channel; 0 when none does.",
            [({"channel": n}, ages.get(n, 0)) for n in every],
        ),
        family(
            "alerter_channel_failing",
            "gauge",
            "1 while a channel refuses messages and somebody must act.",
            [({"channel": n}, float(failing.get(n, False))) for n in every],
        ),
    ]


def work(counts: Counts) -> list[Metric]:
    polls = [({"outcome": outcome}, number) for outcome, number in counts.polls.items()]
    ordered = sorted(counts.latencies)
    latency = family(
        "alerter_delivery_latency_seconds",
        "summary",
        "Seconds from decision to receipt, over the last deliveries.",
        [({"quantile": str(q)}, ordered[int(q * (len(ordered) - 1))]) for q in QUANTILES if ordered],
    )
    latency.samples.append(Sample("alerter_delivery_latency_seconds_count", {}, counts.deliveries))
    return [
        family("alerter_polls", "counter", "Polls since the process started, by outcome.", polls, "_total"),
        family(
            "alerter_deliveries", "counter", "Messages that a channel took.", [({}, counts.deliveries)], suffix="_total"
        ),
        latency,
        family(
            "alerter_judge_seconds",
            "counter",
            "Seconds spent judging.",
            [({}, counts.judge_seconds)],
            suffix="_total",
        ),
    ]


def process(state: ServiceState) -> list[Metric]:
    now = state.monotonic()
    loaded: Samples = [({}, state.book_loaded_at.timestamp())] if state.book_loaded_at else []
    book = [({"hash": state.book_hash}, 1.0)] if state.book_hash else []
    build = {"version": version("alerter"), "python": platform.python_version()}
    ages = [({"loop": name}, loop.age(now)) for name, loop in state.loops.items()]
    return [
        family("alerter_rule_book_info", "gauge", "The rule book in force.", book),
        family(
            "alerter_rule_book_reload_timestamp_seconds", "gauge", "When the rule book in force was loaded.", loaded
        ),
        family(
            "alerter_rule_book_reload_success",
            "gauge",
            "0 while the rule files on disk cannot be obeyed and the last good ones are in force.",
            [({}, float(state.reload_ok))],
        ),
        family("alerter_loop_age_seconds", "gauge", "Seconds since a loop last ran.", ages),
        family("alerter_build_info", "gauge", "Which alerter this is.", [(build, 1.0)]),
    ]


async def gather(desk: Desk) -> list[Metric]:
    """Every family; raises StoreError."""
    watch, now = desk.watch(), desk.clock()
    names = list(watch.book.licenses)
    reports = await desk.overview.licenses(watch, names, now)
    standing = Counter(a.severity.value for a in await desk.store.live_alerts() if a.status is Status.OPEN)
    backlog, channels = await desk.store.queries.backlog(), await desk.store.queries.channel_states()
    return [
        # Tens of thousands of samples: not on the loop that everything else runs on.
        *await asyncio.to_thread(usage, reports),
        alerts(standing),
        *delivery(backlog, channels, watch.book.channels, now),
        *work(desk.state.counts()),
        *process(desk.state),
    ]


class Metrics:
    """Answers `/metrics` from the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, _request: Request) -> Response:
        registry = CollectorRegistry()
        registry.register(Families(await gather(self._desk)))
        body = await asyncio.to_thread(generate_latest, registry)
        return Response(body, media_type=None, headers={"Content-Type": CONTENT_TYPE_LATEST})
