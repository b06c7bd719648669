"""`concentration`: one app or key makes a large share of all operations."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from alerter.core.book import Unit, key
from alerter.core.checks import Check
from alerter.core.kinds.case import POINTS, Case, Finding, Mark, PeriodSpec, Reads
from alerter.core.kinds.quota import outside, spec_of
from alerter.core.metrics import CATALOGUE, Metric, MetricKind
from alerter.core.model import Outcome, Period
from alerter.core.series import Pooled, pool

ALL = CATALOGUE["num_operations"]
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentrationRule:
    """Fires when one app or one key makes at least this share of the operations of the current period."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.SHARE,)
    AT_EXAMPLE: ClassVar[str] = "60%"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = False
    PER_ACCOUNT: ClassVar[bool] = False
    FINAL: ClassVar[bool] = False
    METRICS: ClassVar[tuple[str, ...]] = ("operation_top_app",)
    SUMMARY: ClassVar[str] = (
        "{{ subject }}: one {{ extra.what }}, {{ extra.name }}, makes "
        "{% if not complete %}at least {% endif %}{{ extra.part|share }} of the operations of the current "
        "{{ period.per }}: {{ value|count }} of {{ extra.total|count }}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }}: operations are spread again, {{ extra.part|share }} of them by one {{ extra.what }}"
    )

    ignore_below: int = key(
        "Stay silent while there are fewer operations than this in the period.", example="10k", default=0
    )

    @staticmethod
    def judges(metric: Metric) -> bool:
        return metric.kind is MetricKind.MAP

    def spec(self, check: Check) -> PeriodSpec:
        """The period looked at: that of the quota on all operations, else a month."""
        lic = check.license
        quota = lic.quotas.get(ALL.name) if lic else None
        if lic and quota:
            return spec_of(lic, quota)
        return PeriodSpec("month", lic.starts if lic else None, lic.ends if lic else None, check.timezone)

    def reads(self, check: Check) -> Reads:
        return Reads(period=self.spec(check))

    def find(self, case: Case) -> Finding:
        check = case.check
        period = self.spec(check).at(case.now)
        if period is None:
            # only a license's own dates leave a moment without a period
            return outside(check.license, case.now) if check.license else Finding(outcome=Outcome.TOO_EARLY)
        pooled = pool(case.views, check.accounts, ALL, period.start, case.now, case.fresh_for)
        if pooled.outcome not in {Outcome.OK, Outcome.INCOMPLETE} or pooled.missing:
            return Finding(outcome=pooled.outcome, why=pooled.why, period=period, missing=pooled.missing)
        return self._finding(case, period, pooled)

    def _finding(self, case: Case, period: Period, pooled: Pooled) -> Finding:
        counts, silent = _pooled_by_name(case, period)
        if len(silent) == len(case.check.accounts):
            why = "the account does not report it"
            return Finding(outcome=Outcome.NOT_REPORTED, why=why, period=period, silent=silent)
        total = max(pooled.value or 0, counts.total())
        top = counts.most_common(SHOWN)
        if total < self.ignore_below or not top:
            return Finding(outcome=Outcome.BELOW_FLOOR, why="too few operations", period=period, as_of=pooled.as_of)
        return Finding(
            outcome=Outcome.INCOMPLETE if silent else Outcome.OK,
            why="not every account of the pool is in it" if silent else "",
            value=top[0][1],
            level=Decimal(top[0][1]) / total if total else Decimal(0),
            marks=self._marks(case),
            period=period,
            as_of=pooled.as_of,
            silent=silent,
            settles=True,
            extra=_told(case.check, top, total),
        )

    def _marks(self, case: Case) -> tuple[Mark, ...]:
        rule = case.check.rule
        own = rule.clear_below
        return tuple(
            Mark(threshold=t, line=t.at.value, clear=t.at.value - POINTS if own is None else own.value)
            for t in rule.thresholds
        )


def _pooled_by_name(case: Case, period: Period) -> tuple[Counter[str], tuple[str, ...]]:
    """Counts by app or key over all accounts, and the accounts that do not report them."""
    counts: Counter[str] = Counter()
    silent = []
    for name in case.check.accounts:
        found = case.views[name].live[period.start].maps.get(case.check.key.metric)
        if found is None:
            silent.append(name)
        else:
            counts.update(found)
    return counts, tuple(silent)


def _told(check: Check, top: Sequence[tuple[str, int]], total: int) -> dict[str, object]:
    return {
        "name": top[0][0],
        "part": float(Decimal(top[0][1]) / total) if total else 0.0,
        "total": total,
        "what": "app" if check.key.metric == "operation_top_app" else "key",
        "top": [[name, number] for name, number in top],
    }
