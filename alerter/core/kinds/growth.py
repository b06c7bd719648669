"""`growth`: the usage of a window grew, or fell, by a share against a baseline. Completed days only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import ClassVar

from alerter.core.book import Amount, Threshold, Unit, key
from alerter.core.calendar import last_full
from alerter.core.checks import Check
from alerter.core.kinds.baselines import (
    DAY,
    TWICE,
    Against,
    Compared,
    MedianOf,
    elapsed,
    month_before,
    several_before,
)
from alerter.core.kinds.case import POINTS, Case, Finding, Mark, PeriodSpec, Reads, Stretch
from alerter.core.metrics import Metric, MetricKind
from alerter.core.model import Outcome, Window
from alerter.core.series import SETTLE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Total:
    """A stretch over the accounts of a check; `outcome` of `too_early` while a part of it was not read."""

    outcome: Outcome
    value: int = 0
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRule:
    """Fires when usage of a window grew by at least `at` (or, below zero, fell by at least that) against a baseline."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.SHARE,)
    AT_EXAMPLE: ClassVar[str] = "+30%"
    SIGNED: ClassVar[bool] = True
    NEEDS_QUOTA: ClassVar[bool] = False
    PER_ACCOUNT: ClassVar[bool] = False
    SUMMARY: ClassVar[str] = (
        "{{ subject }} used {{ extra.current|count }} {{ metric_words }} in the {{ extra.window|duration }} through "
        "{{ extra.through|date(extra.zone) }}: {% if extra.change is none %}up from none{% else %}"
        "{{ extra.change|abs|share }} {{ 'more' if extra.change > 0 else 'less' }} than the {{ extra.baseline|count }}"
        "{% endif %} in the {{ extra.against }}"
    )
    RECOVERED: ClassVar[str] = (
        "{{ subject }}: {{ metric_words }} are back in line, {{ extra.current|count }} in the "
        "{{ extra.window|duration }} through {{ extra.through|date(extra.zone) }} against "
        "{{ extra.baseline|count }} before"
    )

    window: timedelta = key(
        "How long a stretch is compared: whole days, or whole hours below a day. Only what has ended counts.",
        example="7d",
        default=timedelta(days=7),
    )
    against: Against = key(
        "`previous`: the window of the same length just before. `same_last_month`: the same days of the month before. "
        "`same_elapsed`: this period so far against as many days of the last one (`window` is not used). "
        "`{median_of: 8}`: the median of so many windows before.",
        example={"median_of": "8"},
        default="previous",
    )
    ignore_below: int = key("Stay silent while both stretches are below this count.", example="10k", default=0)

    def problem(self) -> str | None:
        """What is wrong with these keys together, or None."""
        unit = DAY if self.window >= DAY else timedelta(hours=1)
        if self.window < timedelta(hours=1) or self.window % unit:
            return "`window` must be whole days such as 7d, or whole hours below a day such as 6h"
        if self.against == "same_last_month" and self.window < DAY:
            return "`against: same_last_month` needs a `window` of whole days such as 7d"
        return None

    def judges(self, metric: Metric) -> bool:
        """Different apps are counted in windows asked for as such, which only stretches in a row are."""
        if metric.kind is MetricKind.DISTINCT:
            return self.against not in {"same_last_month", "same_elapsed"}
        return metric.kind is not MetricKind.MAP

    def spec(self, check: Check) -> PeriodSpec:
        """The period of `same_elapsed`: the quota's own where it comes again, else a month."""
        lic, quota = check.license, check.quota
        per = quota.per if quota and quota.per in TWICE else "month"
        return PeriodSpec(per, lic.starts if lic else None, lic.ends if lic else None, check.timezone)

    def reads(self, check: Check) -> Reads:
        kind = check.metric.kind if check.metric else MetricKind.COUNTER
        exact = self.window < DAY or kind is MetricKind.DISTINCT
        if self.against == "same_elapsed":
            return Reads(stretch=Stretch(DAY, check.timezone, TWICE[self.spec(check).per], exact=False))
        if self.against == "same_last_month":
            return Reads(stretch=Stretch(DAY, check.timezone, self.window // DAY + 32, exact=False))
        count = 1 + (self.against.count if isinstance(self.against, MedianOf) else 1)
        return Reads(stretch=Stretch(self.window, check.timezone, count, exact))

    def find(self, case: Case) -> Finding:
        compared = self._compared(case, case.now - SETTLE)
        if compared is None:
            return Finding(outcome=Outcome.TOO_EARLY, why="there is no completed day, or no period before")
        current = self._total(case, compared.current)
        day = DAY if self.against == "same_elapsed" else self.window
        if current.outcome is Outcome.TOO_EARLY and day >= DAY:
            # the day that has just ended is not read yet: the one before still tells
            newest = last_full(day, case.now - SETTLE, case.check.timezone)
            compared = self._compared(case, newest.end - timedelta(seconds=1)) or compared
            current = self._total(case, compared.current)
        return self._judged(case, compared, [current, *(self._total(case, w) for w in compared.baselines)])

    def _compared(self, case: Case, now: datetime) -> Compared | None:
        """The newest completed stretch at `now` and what it is measured against."""
        timezone = case.check.timezone
        if self.against == "same_elapsed":
            return elapsed(self.spec(case.check), now)
        window = last_full(self.window, now, timezone)
        if self.against == "same_last_month":
            return Compared(current=window, baselines=(month_before(window, timezone),))
        count = self.against.count if isinstance(self.against, MedianOf) else 1
        return Compared(current=window, baselines=several_before(window, count, timezone))

    def _judged(self, case: Case, compared: Compared, totals: Sequence[_Total]) -> Finding:
        period, until = compared.period, compared.current.end
        for total in totals:
            if total.outcome is not Outcome.OK:
                return Finding(outcome=total.outcome, why=_why(total.outcome), silent=total.silent, period=period)
        current, baseline = totals[0].value, int(median(total.value for total in totals[1:]))
        if max(current, baseline) < self.ignore_below:
            why = "below ignore_below"
            return Finding(outcome=Outcome.BELOW_FLOOR, why=why, value=current, as_of=until, period=period)
        return self._finding(case, current, baseline, compared)

    def _total(self, case: Case, window: Window) -> _Total:
        check = case.check
        if check.metric is None:
            return _Total(outcome=Outcome.TOO_EARLY)
        if case.is_gauge and self.window >= DAY:
            window = last_full(DAY, window.end, check.timezone)  # a number at a moment: what its last day showed
        value, silent = 0, []
        for name in check.accounts:
            part = case.stretched(name, window)
            if isinstance(part, Outcome):
                return _Total(outcome=part)
            if part is None:
                silent.append(name)
            else:
                value += part
        if silent:
            outcome = Outcome.NOT_REPORTED if len(silent) == len(check.accounts) else Outcome.INCOMPLETE
            return _Total(outcome=outcome, silent=tuple(silent))
        return _Total(outcome=Outcome.OK, value=value)

    def _finding(self, case: Case, current: int, baseline: int, compared: Compared) -> Finding:
        until, length = compared.current.end, compared.current.length
        change = Decimal(current - baseline) / baseline if baseline else None
        level = change if change is not None else Decimal("Infinity") if current else Decimal(0)
        return Finding(
            outcome=Outcome.OK,
            value=current,
            level=level,
            as_of=until,
            period=compared.period,
            settles=True,
            marks=tuple(_marks(case.check.rule.thresholds, case.check.rule.clear_below)),
            extra={
                "current": current,
                "baseline": baseline,
                "change": None if change is None else round(float(change), 6),
                # in whole days, also where the clock changed meanwhile
                "window": int((length if self.window < DAY else round(length / DAY) * DAY).total_seconds()),
                "against": self._words(),
                "through": (until - timedelta(seconds=1)).isoformat(),
                "zone": case.check.timezone,
            },
        )

    def _words(self) -> str:
        """The baseline, after "in the"."""
        if isinstance(self.against, MedianOf):
            return f"median of the {self.against.count} stretches before"
        words = {
            "previous": "{length} before",
            "same_last_month": "same days of the month before",
            "same_elapsed": "same stretch of the period before",
        }
        return words[self.against].format(length=_length(self.window))


def _length(window: timedelta) -> str:
    """`7 days`, `1 day`, `6 hours`."""
    number, noun = (window // DAY, "day") if window >= DAY else (window // timedelta(hours=1), "hour")
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _why(outcome: Outcome) -> str:
    if outcome is Outcome.TOO_EARLY:
        return "not enough completed days have been read"
    return "the account does not report it" if outcome is Outcome.NOT_REPORTED else "not every account reports it"


def _marks(thresholds: Iterable[Threshold], clear_below: Amount | None) -> Iterable[Mark]:
    """Growth and fall each with their own side: a rise clears below, a fall above its line."""
    for threshold in thresholds:
        line = threshold.at.value
        if line < 0:
            yield Mark(threshold=threshold, line=line, clear=line + POINTS, falling=True)
        else:
            clear = clear_below.value if clear_below is not None else line - POINTS
            yield Mark(threshold=threshold, line=line, clear=clear)
