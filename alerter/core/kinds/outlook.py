"""How a quota's period is expected to end: the forecast over completed days, joined with what is used right now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import dropwhile, pairwise

from alerter.core.calendar import last_full, local_day, midnight
from alerter.core.checks import Check
from alerter.core.forecast import MARGINS, Forecast, Sensitivity, alarm, forecast, run_out
from alerter.core.kinds.baselines import DAY
from alerter.core.kinds.case import Case, Reads, Stretch
from alerter.core.kinds.course import Course
from alerter.core.metrics import Metric
from alerter.core.model import Window
from alerter.core.series import SETTLE, AccountView

HISTORY = 400
"""Completed days that a forecast may read; as many as are kept at most without asking for more."""

BALANCE = 366
"""Days looked ahead on a balance, which has no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`expected`, `low` and `high` are the period's total with its 80 % band, never below what is used.

    `today` is the last completed day in it, `gone` the share (0 to 1) of the next day that is over. Where the period
    has no end (`ends` is False) a year is looked ahead.
    """

    used: int
    forecast: Forecast
    today: date
    gone: float
    timezone: str
    ends: bool = True

    @property
    def expected(self) -> int:
        return round(self.used + self.forecast.rest(self.gone))

    @property
    def low(self) -> int:
        return max(self.used, round(self.forecast.low + self._shift))

    @property
    def high(self) -> int:
        return max(self.expected, round(self.forecast.high + self._shift))

    @property
    def _shift(self) -> float:
        """By how much today's readings moved what completed days alone made expected."""
        return self.used + self.forecast.rest(self.gone) - self.forecast.expected

    def runs_out(self, limit: int) -> date | None:
        """The local day on which `limit` is used up; None if not before the period's end."""
        found = run_out(self.used, self.forecast, limit, self.today, self.gone)
        return self.today + DAY if found is not None and found <= self.today else found

    def warned_up_to(self, sensitivity: Sensitivity) -> float:
        """The quota up to which this sensitivity warns: what is used, and so much of what is to come.

        `alarm` is a straight line in the logarithm of what is left; two points of it give all.
        """
        rest = self.forecast.rest(self.gone)
        if rest <= 0:
            return self.used
        here = alarm(0, rest, self.forecast, self.gone)
        slope = alarm(0, rest / 2, self.forecast, self.gone) - here
        left = rest * 2 ** -((MARGINS[sensitivity] - here) / slope) if rest > 1 and slope > 0 else 0.0
        return self.used + left

    def facts(self, limit: int | None) -> dict[str, object]:
        """As JSON values, for messages and pages."""
        out = None if limit is None else self.runs_out(limit)
        return {
            "expected": self.expected,
            "low": self.low,
            "high": self.high,
            "runs_out": midnight(out, self.timezone).isoformat() if out else None,
            "method": self.forecast.method,
            "off_by": None if self.forecast.error is None else round(self.forecast.error, 4),
        }


def reads_history(check: Check) -> Reads:
    """What a check that looks ahead asks for: completed days as far back as they help."""
    return Reads(stretch=Stretch(DAY, check.timezone, HISTORY, exact=False))


def outlook_of(case: Case, course: Course) -> Outlook | None:
    """How this quota's period is expected to end; None while no completed day has been read.

    The forecast is made once for a last completed day, and again when other days of it were read.
    """
    check, period = case.check, course.period
    metric = check.metric
    views = [case.views[name] for name in check.accounts if name in case.views]
    if metric is None or len(views) < len(check.accounts):
        return None
    day = _newest(views, last_full(DAY, case.now - SETTLE, check.timezone), check.timezone)
    if day is None:
        return None
    today = local_day(day.start, check.timezone)
    known = (period.start, period.end, today, tuple(view.closed.version for view in views))
    kept = case.kept.get(metric.name)
    if kept is None or kept[0] != known:
        made = _forecast(views, metric, period.start, period.end, today, check.timezone)
        kept = case.kept[metric.name] = (known, made)
    if kept[1] is None:
        return None
    over = ((course.pooled.as_of or case.now) - day.end) / DAY
    return Outlook(
        used=course.used,
        forecast=kept[1],
        today=today,
        gone=max(0.0, min(1.0, over)),
        timezone=check.timezone,
        ends=period.end is not None,
    )


def _newest(views: Sequence[AccountView], day: Window, timezone: str) -> Window | None:
    """The last completed day that every account's ledger has; the one before while the last is not read yet."""
    for found in (day, last_full(DAY, day.end - timedelta(seconds=1), timezone)):
        if all(found in view.closed for view in views):
            return found
    return None


def _forecast(
    views: Sequence[AccountView], metric: Metric, start: datetime, end: datetime | None, today: date, timezone: str
) -> Forecast | None:
    """None without a single known day."""
    days, bounds = _days(today, timezone)
    # days before the first known one are no holes: replayed, they would count as days without any use
    history = list(dropwhile(lambda day: day[1] is None, zip(days, _counts(views, metric, bounds), strict=True)))
    if not history:
        return None
    last = today + BALANCE * DAY if end is None else local_day(end, timezone)
    # completed days before the period are read as history; a forecast begins at the earliest just after them
    return forecast(history, min(local_day(start, timezone), today + DAY), last, today)


@lru_cache(maxsize=64)
def _days(today: date, timezone: str) -> tuple[tuple[date, ...], tuple[tuple[int, int], ...]]:
    """The last days up to `today`, and their bounds in epoch seconds; the same for every license of a time zone."""
    days = tuple(today - back * DAY for back in reversed(range(HISTORY)))
    begins = [int(midnight(day, timezone).timestamp()) for day in (*days, today + DAY)]
    return days, tuple(pairwise(begins))


def _counts(views: Sequence[AccountView], metric: Metric, bounds: Sequence[tuple[int, int]]) -> Sequence[int | None]:
    """Each day over all accounts; None when one of them did not report it or was not read."""
    total = _of_account(views[0], metric, bounds)
    for view in views[1:]:
        more = _of_account(view, metric, bounds)
        total = [None if a is None or b is None else a + b for a, b in zip(total, more, strict=True)]
    return total


def _of_account(view: AccountView, metric: Metric, bounds: Sequence[tuple[int, int]]) -> list[int | None]:
    """Each day of one account. What a derived metric subtracts counts only as far as it is reported."""
    plus = [None if c is None else sum(c) for c in view.closed.days(metric.plus or (metric.name,), bounds)]
    for name in metric.minus:
        less = view.closed.days((name,), bounds)
        plus = [n if n is None or c is None else n - c[0] for n, c in zip(plus, less, strict=True)]
    return [None if n is None else max(0, n) for n in plus] if metric.minus else plus
