"""Steady growth or decline from week to week, where the history leaves no doubt about it."""

import math
from collections.abc import Sequence
from itertools import accumulate

TREND_WEEKS = 8
"""Whole weeks that a trend is read from; with fewer there is none."""

SURE = 4.0
"""Standard errors that the weekly growth must exceed; only what lies above them counts."""

STEEPEST = 0.1
"""Weekly growth (log) that no trend is believed beyond."""

REACH = 28
"""Days over which a trend is carried on: growth rarely lasts a quarter."""

HORIZON = 42
"""Days ahead beyond which a forecast goes without: on yearly quotas a trend made more mistakes than it mended."""


def trend(counts: Sequence[int], factors: Sequence[float], ahead: int) -> float:
    """Growth a day (log) of the level over the last eight weeks, for the next `ahead` days; 0.0 unless beyond doubt.

    Least squares through the logarithms of the weeks' levels, less four standard errors.
    """
    days = 7 * TREND_WEEKS
    if len(counts) < days or ahead > HORIZON:
        return 0.0
    used = list(accumulate(counts[-days:], initial=0))
    usual = list(accumulate(factors[-days:], initial=0.0))
    if any(usual[i + 7] - usual[i] < 2.0 for i in range(0, days, 7)):
        return 0.0
    weeks = [math.log((used[i + 7] - used[i] + 0.5) / (usual[i + 7] - usual[i])) for i in range(0, days, 7)]
    middle, mean = (TREND_WEEKS - 1) / 2, sum(weeks) / TREND_WEEKS
    width = sum((i - middle) ** 2 for i in range(TREND_WEEKS))
    slope = sum((i - middle) * week for i, week in enumerate(weeks)) / width
    left_over = sum((week - mean - slope * (i - middle)) ** 2 for i, week in enumerate(weeks))
    doubt = SURE * math.sqrt(left_over / (TREND_WEEKS - 2) / width)
    certain = min(max(0.0, abs(slope) - doubt), STEEPEST)
    return math.copysign(certain / 7, slope) if certain else 0.0


def grown(growth: float, lag: float, ahead: int) -> list[float]:
    """By what factor each of the next `ahead` days exceeds a level that lags `lag` days behind."""
    return [math.exp(growth * (lag + min(day, REACH))) for day in range(1, ahead + 1)]
