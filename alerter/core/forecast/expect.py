"""The forecast itself, and the day on which a quota runs out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from alerter.core.forecast.days import DAY, Days, days
from alerter.core.forecast.level import Level, levels
from alerter.core.forecast.rhythm import WEEKS, rhythm
from alerter.core.forecast.spread import REPLAYED, spread

BAND = 1.2816
"""Standard deviations on either side that hold 80 %."""

LOOK_BACK = 184
"""Days read at least (half a year, for month ends); a longer period's forecast reads more, to replay it."""

WARM_UP = 60
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
    """The forecast of the period [start, end), made at the end of `today`, its last complete day.

    `history` is ascending by date, ends with `today` and reaches back before `start` as far as there is any; a day
    that is missing or None is a hole and is taken to have been as expected. With no known day at all the forecast is 0
    and `alarm` silent.
    """
    gone, ahead = (today - start).days + 1, max(0, (end - today).days - 1)
    known = days(history, today, max(LOOK_BACK, gone, REPLAYED + ahead + WARM_UP))
    factors, month_ends = rhythm(known, ahead)
    past = factors[: len(known)]
    if 0 in known.known:
        past = [f * k for f, k in zip(past, known.known, strict=True)]
    level = levels(known.counts, past, ahead)
    so_far = _so_far(known, factors, level, gone)
    daily = tuple(level.now * factor for factor in factors[len(known) :])
    error = spread(known.counts, past, level, gone, max(1, ahead))
    rest = sum(daily)
    swing = math.exp(BAND * error.log)
    return Forecast(
        expected=so_far + rest,
        low=so_far + max(0.0, (rest + 0.5) / swing - 0.5) if daily else so_far,
        high=so_far + (rest + 0.5) * swing - 0.5 if daily else so_far,
        daily=daily,
        method=_method(known, level, month_ends=month_ends),
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
    """Known counts of the period's days, and the expected ones of its holes."""
    first = max(0, len(known) - gone)
    counted = float(sum(known.counts[first:]))
    holes = [f for f, k in zip(factors[first:], known.known[first:], strict=False) if not k]
    return counted + level.now * sum(holes)


def _method(known: Days, level: Level, *, month_ends: bool) -> str:
    """The method in words."""
    if not any(known.known):
        return "no usage known yet"
    words = ["recent daily level", "weekday rhythm of the last weeks" if sum(known.known) >= 14 else "no rhythm yet"]
    if month_ends:
        words.append("month-end rhythm")
    if level.shift is not None and len(known) - level.shift <= 28:
        words.append(f"new level since {known.first + (level.shift - 1) * DAY:%-d %B}")
    return ", ".join(words)


__all__ = ["WEEKS", "Forecast", "forecast", "run_out"]
