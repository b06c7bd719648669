"""How much an ordinary day brings, as it would have been said at the end of each past day."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

HALF_LIFE = (7.0, 28.0)
"""Days after which a day counts half: a week for what is due within six weeks, up to four for a year ahead."""

HORIZON_PER_HALF_LIFE = 6.0

SHIFT_MIN = 0.3
"""Least logarithmic jump (0.3: a third more) that may be a new level."""

SHIFT_SIZE = 5.0
"""… and least number of usual daily deviations."""

SHIFT_SETTLE = 14
"""Days of history before a shift can be told from a start."""

SHIFT_REST = 7
"""Days after a shift in which no other is looked for."""

USUAL_RATE = 0.05
"""Weight of the newest day in the usual deviation: about the last three weeks."""


@dataclass(slots=True)
class Level:
    """`at[i]`: the level at the end of day i; `noise`: root mean square error (log) of the next day; its `days`."""

    at: list[float] = field(default_factory=list)
    noise: float = 0.0
    days: int = 0
    shift: int | None = None

    @property
    def now(self) -> float:
        return self.at[-1] if self.at else 0.0


def half_life(horizon: int) -> float:
    """Days after which a day counts half in the level, for a forecast of this many days: 7 to 28."""
    shortest, longest = HALF_LIFE
    return min(max(shortest, horizon / HORIZON_PER_HALF_LIFE), longest)


def levels(counts: Sequence[int], factors: Sequence[float], horizon: int) -> Level:
    """The level day by day: counts ÷ factors, both decaying, so that closed days and holes (factor 0) carry no weight.

    Two days in a row far above what was expected, and alike, are a new workload: the level moves half the way
    (geometrically) at once and the rest within days. One such day is a spike. A fall is left to the decay: it is as
    often a holiday, and late news of it costs nothing.
    """
    found = Level()
    log, at, decay = math.log, found.at, 0.5 ** (1 / half_life(horizon))
    total = weight = squares = before = before_count = before_factor = level = 0.0
    usual, shifted = SHIFT_MIN, -SHIFT_REST
    for i, (count, factor) in enumerate(zip(counts, factors, strict=False)):
        total = decay * total + count
        weight = decay * weight + factor
        if factor > 0.0:
            if found.days or level > 0.0 or i:
                error = log((count + 0.5) / (level * factor + 0.5))
                limit = max(SHIFT_MIN, SHIFT_SIZE * usual)
                if error > limit and before > limit and i >= SHIFT_SETTLE and i - shifted > SHIFT_REST:
                    new = (count + before_count) / (factor + before_factor)
                    if abs(error - before) < 0.5 * error and min(factor, before_factor) > 0.2:
                        weight, shifted = 2.0, i
                        total = 2.0 * (math.sqrt((new + 0.5) * (level + 0.5)) - 0.5)
                size = abs(error)
                usual += USUAL_RATE * (min(size, 3 * usual) - usual)
                squares += error * error
                found.days += 1
                before, before_count, before_factor = error, count, factor
            level = total / weight
        at.append(level)
    found.noise = math.sqrt(squares / found.days) if found.days else 0.0
    found.shift = shifted if shifted >= 0 else None
    return found
