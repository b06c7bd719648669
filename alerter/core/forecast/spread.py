"""How far off a forecast like this one may be, from what the same method would have said on past days."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from alerter.core.forecast.level import Level

REPLAYED = 60
"""Past days from whose ends the forecast is replayed: the latest ones whose outcome is known."""

WARM = 6
"""The first days, from which nothing is replayed."""

DRIFT = 0.02
"""How far a level drifts in a day (log), before a series has shown it: 2 %, growing with the root of the days ahead."""

GUESS = (0.6, 15.0)
"""Daily noise (log) taken for granted before any data, and the number of days that it is worth."""

LEVEL_DAYS = 10.0
"""Days that a level rests on (half-life of a week ÷ ln 2)."""

PRIOR_WORTH = 10.0
"""Replays that the expected spread is worth against the replayed one."""

FULL_WORTH = 30
"""Horizon up to which each replay counts whole; over a longer one they overlap too much to be news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """`log`: standard deviation of log(actual ÷ expected) of the remainder; `share`: median error of past totals."""

    log: float
    share: float | None


def spread(counts: Sequence[int], factors: Sequence[float], level: Level, gone: int, ahead: int) -> Spread:
    """The uncertainty of the next `ahead` days, `gone` days into the period.

    Pseudo-periods of the same length, one ending each day, stand for earlier periods: there are more of them.
    """
    errors, shares = _replay(counts, factors, level, gone, ahead)
    noise, worth = GUESS
    daily = (level.days * level.noise**2 + worth * noise**2) / (level.days + worth)
    expected = DRIFT**2 * ahead + daily / ahead + daily / min(LEVEL_DAYS, level.days + 1)
    weight = min(1.0, FULL_WORTH / ahead)
    seen = weight * len(errors)
    squares = weight * sum(error * error for error in errors)
    log = math.sqrt((squares + PRIOR_WORTH * expected) / (seen + PRIOR_WORTH))
    return Spread(log=log, share=median(shares) if len(shares) >= gone + ahead else None)


def _replay(
    counts: Sequence[int], factors: Sequence[float], level: Level, gone: int, ahead: int
) -> tuple[list[float], list[float]]:
    """log(actual ÷ expected) of the remainder, and error as a share of the period's total, from each replayed day."""
    used = list(accumulate(counts, initial=0))
    usual = list(accumulate(factors, initial=0.0))
    log, at = math.log, level.at
    last = len(counts) - ahead
    errors, shares = [], []
    for day in range(max(WARM, last - REPLAYED), last):
        actual = used[day + 1 + ahead] - used[day + 1]
        expected = at[day] * (usual[day + 1 + ahead] - usual[day + 1])
        errors.append(log((actual + 0.5) / (expected + 0.5)))
        if day + 1 >= gone and (total := used[day + 1 + ahead] - used[day + 1 - gone]):
            shares.append(abs(actual - expected) / total)
    return errors, shares
