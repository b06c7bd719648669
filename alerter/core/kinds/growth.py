"""`growth`: the usage of a window grew, or fell, by a share against a baseline. Completed days only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar, Literal

from alerter.core.book import Amount, Threshold, Unit, key
from alerter.core.calendar import before, last_full
from alerter.core.checks import Check
from alerter.core.kinds.case import POINTS, Case, Finding, Mark, Reads, Stretch
from alerter.core.metrics import MetricKind
from alerter.core.model import Outcome, Window
from alerter.core.series import SETTLE

DAY = timedelta(days=1)


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
        "{% endif %} in the {{ extra.window|duration }} before"
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
    against: Literal["previous"] = key(
        "`previous`: the window of the same length just before.", example="previous", default="previous"
    )
    ignore_below: int = key("Stay silent while both stretches are below this count.", example="10k", default=0)

    def problem(self) -> str | None:
        """What is wrong with these keys together, or None."""
        unit = DAY if self.window >= DAY else timedelta(hours=1)
        if self.window < timedelta(hours=1) or self.window % unit:
            return "`window` must be whole days such as 7d, or whole hours below a day such as 6h"
        return None

    def reads(self, check: Check) -> Reads:
        kind = check.metric.kind if check.metric else MetricKind.COUNTER
        exact = self.window < DAY or kind is MetricKind.DISTINCT
        return Reads(stretch=Stretch(self.window, check.timezone, 2, exact))

    def find(self, case: Case) -> Finding:
        now = case.now - SETTLE
        newest = last_full(self.window, now, case.check.timezone)
        totals = self._totals(case, newest)
        if totals[0].outcome is Outcome.TOO_EARLY and self.window >= DAY:
            # the day that has just ended is not read yet: the one before still tells
            earlier = last_full(self.window, newest.end - timedelta(seconds=1), case.check.timezone)
            totals = self._totals(case, earlier)
        current, baseline, until = totals
        for total in (current, baseline):
            if total.outcome is not Outcome.OK:
                return Finding(outcome=total.outcome, why=_why(total.outcome), silent=total.silent)
        if max(current.value, baseline.value) < self.ignore_below:
            return Finding(outcome=Outcome.BELOW_FLOOR, why="below ignore_below", value=current.value, as_of=until)
        return self._finding(case, current.value, baseline.value, until)

    def _totals(self, case: Case, window: Window) -> tuple[_Total, _Total, datetime]:
        return self._total(case, window), self._total(case, _before(window, case.check.timezone)), window.end

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

    def _finding(self, case: Case, current: int, baseline: int, until: datetime) -> Finding:
        change = Decimal(current - baseline) / baseline if baseline else None
        level = change if change is not None else Decimal("Infinity") if current else Decimal(0)
        return Finding(
            outcome=Outcome.OK,
            value=current,
            level=level,
            as_of=until,
            settles=True,
            marks=tuple(_marks(case.check.rule.thresholds, case.check.rule.clear_below)),
            extra={
                "current": current,
                "baseline": baseline,
                "change": None if change is None else round(float(change), 6),
                "window": int(self.window.total_seconds()),
                "through": (until - timedelta(seconds=1)).isoformat(),
                "zone": case.check.timezone,
            },
        )


@lru_cache(maxsize=256)
def _before(window: Window, timezone: str) -> Window:
    """The stretch just before, remembered: every license looks back on the same ones."""
    return before(window, timezone)


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
