"""The catalogue of metrics: what each is, whether it may be added over time, and its words.

Names and meaning: Fortanix DSM REST API, `GET /sys/v1/accounts/{id}/usage` (GetUsageResponse).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from alerter.core.book import DerivedMetric, Per


class MetricKind(StrEnum):
    COUNTER = "counter"  # operations in a window: windows that tile may be added
    DISTINCT = "distinct"  # different apps active in a window: never added over time
    GAUGE = "gauge"  # a number at a moment
    MAP = "map"  # counts by app or key


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`plus` and `minus` name the reported fields a derived metric is made of; `unit` is the noun behind a count."""

    name: str
    kind: MetricKind
    words: str
    unit: str
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()

    @property
    def default_per(self) -> Per:
        """The period of a quota that does not say one: a month, but none for what is a number at a moment."""
        return "none" if self.kind is MetricKind.GAUGE else "month"

    def value(self, values: Mapping[str, int]) -> int | None:
        """This metric in a reading's reported counts; None when it, or a part of it, is not reported.

        What a derived metric subtracts counts only as far as it is reported.
        """
        if not self.plus:
            return values.get(self.name)
        total = 0
        for name in self.plus:
            part = values.get(name)
            if part is None:
                return None
            total += part
        return max(0, total - sum(values.get(name, 0) for name in self.minus))


OPERATION_KINDS = (
    "encryption",
    "decryption",
    "sign",
    "verify",
    "tokenization",
    "detokenization",
    "secrets",
    "plugin_invoke",
)
APP_CATEGORIES = {
    "generic": "generic apps",
    "tokenization": "tokenization apps",
    "tep": "transparent encryption proxy apps",
    "accelerator": "accelerator apps",
    "secrets_management": "secrets management apps",
    "aws_cloud_accounts": "AWS cloud accounts",
    "azure_cloud_accounts": "Azure cloud accounts",
    "gcp_cloud_accounts": "GCP cloud accounts",
    "google_ekm_projects": "Google EKM projects",
    "aws_xks_instances": "AWS XKS instances",
}
GAUGES = {"plugin": "plugins", "hsm_gateway": "HSM gateways", "sobjects": "security objects"}
MAPS = {"operation_top_app": "operations by app", "operation_top_sobject": "operations by security object"}


def _catalogue() -> dict[str, Metric]:
    found = [Metric(name="num_operations", kind=MetricKind.COUNTER, words="operations", unit="operations")]
    for kind in OPERATION_KINDS:
        words = f"{kind.replace('_', ' ')} operations"
        found.append(Metric(name=f"{kind}_operations", kind=MetricKind.COUNTER, words=words, unit="operations"))
    for name, words in APP_CATEGORIES.items():
        found.append(Metric(name=f"apps.{name}", kind=MetricKind.DISTINCT, words=words, unit=words.split()[-1]))
    for name, words in GAUGES.items():
        found.append(Metric(name=name, kind=MetricKind.GAUGE, words=words, unit=words.split()[-1]))
    for name, words in MAPS.items():
        found.append(Metric(name=name, kind=MetricKind.MAP, words=words, unit="operations"))
    clouds = tuple(f"apps.{c}" for c in ("aws_cloud_accounts", "azure_cloud_accounts", "gcp_cloud_accounts", "generic"))
    kinds = tuple(f"{kind}_operations" for kind in OPERATION_KINDS)
    found.append(Metric(name="active_apps", kind=MetricKind.DISTINCT, words="active apps", unit="apps", plus=clouds))
    found.append(
        Metric(
            name="other_operations",
            kind=MetricKind.COUNTER,
            words="other operations",
            unit="operations",
            plus=("num_operations",),
            minus=kinds,
        )
    )
    return {metric.name: metric for metric in found}


CATALOGUE: Mapping[str, Metric] = _catalogue()
"""Every metric the API documents, and the two that are derived from them."""

REPORTED: tuple[str, ...] = tuple(name for name, m in CATALOGUE.items() if not m.plus and m.kind is not MetricKind.MAP)
"""The counts that a reading stores, a column each."""


def declared(metric: DerivedMetric) -> Metric:
    """The metric a user declared as a sum: a gauge if any part is one, distinct if any part is, else a counter."""
    parts: list[str] = []
    less: list[str] = []
    for name in metric.sum:
        parts += CATALOGUE[name].plus or (name,)
        less += CATALOGUE[name].minus
    kinds = {CATALOGUE[name].kind for name in metric.sum}
    kind = next((k for k in (MetricKind.GAUGE, MetricKind.DISTINCT) if k in kinds), MetricKind.COUNTER)
    unit = CATALOGUE[metric.sum[0]].unit
    words = metric.name.replace("_", " ")
    return Metric(name=metric.name, kind=kind, words=words, unit=unit, plus=tuple(parts), minus=tuple(less))


def catalogue(extra: Iterable[DerivedMetric] = ()) -> Mapping[str, Metric]:
    """The built-in metrics and the ones a rule book declares."""
    return {**CATALOGUE, **{m.name: declared(m) for m in extra}}
