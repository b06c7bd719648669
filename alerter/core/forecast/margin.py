"""How sure a forecast must be before anyone is told: what is to come against what is left of the quota."""

import math
from typing import Literal

from alerter.core.forecast.expect import Forecast

Sensitivity = Literal["early", "balanced", "sure"]

MARGINS: dict[Sensitivity, float] = {"early": 0.17, "balanced": 0.54, "sure": 1.11}
"""`alarm` above which each sensitivity warns.

Set where 10, 5 and 2 of 100 months that stayed within quota were warned of in vain, over 48 public daily series, each
counted the same, with quotas of 0.7 to 1.3 times the month's total.
"""

PATIENCE = 0.3
"""What is to come must exceed what is left by a factor that grows with the days left to this power."""

PATIENCE_FROM = 3.0
"""Days before the end from which being early is no longer worth a wider margin."""

FLOOR = 0.2
"""Log uncertainty that even the steadiest series keeps: no history holds every surprise."""


def alarm(used: float, quota: float, forecast: Forecast, gone: float = 0.0) -> float:
    """How surely this quota will be used up before the period ends; warn when it exceeds a margin.

    log(expected remainder ÷ what is left), less a toll for time left in which to know better, in units of how far
    forecasts of this series go wrong. `gone`: share (0 to 1) of the first remaining day that is already in `used`.
    inf when nothing is left, -inf when nothing is to come.
    """
    left = quota - used
    if left <= 0:
        return math.inf
    rest = forecast.rest(gone)
    if rest <= 0:
        return -math.inf
    days = len(forecast.daily) - gone
    ratio = math.log(rest / max(left, 0.5))
    return (ratio - PATIENCE * math.log(days / PATIENCE_FROM)) / math.hypot(FLOOR, forecast.spread)


def on_course(used: float, quota: float, forecast: Forecast, sensitivity: Sensitivity, gone: float = 0.0) -> bool:
    """Whether this sensitivity warns now."""
    return alarm(used, quota, forecast, gone) > MARGINS[sensitivity]
