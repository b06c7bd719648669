"""The forecast itself, and the day on which a quota runs out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from alerter.core.forecast.days import DAY, Days, days
from alerter.core.forecast.level import Level, lag, levels
from alerter.core.forecast.rhythm import rhythm
from alerter.core.forecast.spread import REPLAYED, spread
from alerter.core.forecast.trend import grown, trend

BAND = 1.2816
"""Standard deviations on either side that hold 80 %."""

LOOK_BACK = 184
"""Days read at least (half a year, for month ends); a longer period's forecast reads more, to replay it."""

WARM_UP = 45
"""Days for the level to forget where it started, before the first replay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a period is expected to come to.

    `expected`, `low` and `high` are the period's total with its 80 % band; `daily` the count of each remaining day.
    `error`: by what share of the total this method missed, at this point of earlier stretches of the same length
    (median); None without enough history. `spread`: standard deviation of log(actual ÷ expected remainder).
    """

    expected: float
    low: float
    high: float
    daily: tuple[float, ...]
    method: str
    error: float | None
    spread: float

    def rest(self, gone: float = 0.0) -> float:
        """The count still to come, when this share (0 to 1) of the first remaining day is over."""
        return sum(self.daily) - gone * self.daily[0] if self.daily else 0.0


def forecast(history: Sequence[tuple[date, int | None]], start: date, end: date, today: date) -> Forecast:
    """The forecast of the period [start, end), made at the end of `today`, the last complete day.

    `history` is ascending by date, ends with `today` and reaches back before `start` as far as there is any; a day
    that is missing or None is a hole and is taken to have been as expected. `today` is the day before `start` at the
    earliest. With no known day at all the forecast is 0 and `alarm` silent.
    """
    gone, ahead = (today - start).days + 1, max(0, (end - today).days - 1)
    replayable = REPLAYED + ahead + WARM_UP
    known = days(history, today, max(LOOK_BACK, gone, replayable))
    factors, month_ends = rhythm(known, ahead)
    past = factors[: len(known)]
    if 0 in known.known:
        past = [f * k for f, k in zip(past, known.known, strict=True)]
    counts, past = known.counts[-replayable:], past[-replayable:]
    level, growth = levels(counts, past, ahead), trend(counts, past, ahead)
    so_far = _so_far(known, factors, level, gone)
    daily = tuple(level.now * factor for factor in factors[len(known) :])
    if growth:
        daily = tuple(count * factor for count, factor in zip(daily, grown(growth, lag(ahead), ahead), strict=True))
    error = spread(counts, past, level, gone, max(1, ahead))
    rest = sum(daily)
    swing = math.exp(BAND * error.log)
    return Forecast(
        expected=so_far + rest,
        low=so_far + max(0.0, (rest + 0.5) / swing - 0.5) if daily else so_far,
        high=so_far + (rest + 0.5) * swing - 0.5 if daily else so_far,
        daily=daily,
        method=_method(sum(known.known), level, growth, today, month_ends=month_ends),
        error=error.share,
        spread=error.log,
    )


def run_out(used: float, forecast: Forecast, quota: float, today: date, gone: float = 0.0) -> date | None:
    """The day on which `quota` is used up at the forecast pace; `today` if it is; None if not before the period ends.

    `gone`: share (0 to 1) of the first remaining day that is already in `used`.
    """
    if used >= quota:
        return today
    for ahead, count in enumerate(forecast.daily, 1):
        used += count * (1 - gone) if ahead == 1 else count
        if used >= quota:
            return today + ahead * DAY
    return None


def _so_far(known: Days, factors: Sequence[float], level: Level, gone: int) -> float:
    """Known counts of the period's days, and the expected ones of its holes and of days before the history begins."""
    first = max(0, len(known) - gone)
    counted = float(sum(known.counts[first:]))
    holes = [f for f, k in zip(factors[first:], known.known[first:], strict=False) if not k]
    return counted + level.now * (sum(holes) + max(0, gone - len(known)))


def _method(seen: int, level: Level, growth: float, today: date, *, month_ends: bool) -> str:
    """The method in words; `seen`: days with a known count."""
    if not seen:
        return "no usage known yet"
    words = ["recent daily level", "weekday rhythm"] if seen >= 14 else [f"daily level of {seen} days"]
    if month_ends:
        words.append("month-end rhythm")
    if growth:
        words.append(f"{'growth' if growth > 0 else 'decline'} of {abs(math.expm1(7 * growth)):.0%} a week")
    if level.shift is not None and (age := len(level.at) - level.shift) <= 28:
        words.append(f"new level since {(today - age * DAY).isoformat()}")
    return ", ".join(words)
