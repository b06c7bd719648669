"""Usage as a function of time: a rate with a day, a week, a trend and noise, counted in whole operations.

Everything is a cumulative count `total(t)` of operations before second `t`; a window `[a, b)` holds
`total(b) - total(a)`. So windows that touch add up exactly, whatever their bounds.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

HOUR, DAY, WEEK = 3600, 86_400, 604_800

_HOURS = tuple(0.55 + 0.9 * math.exp(-(((hour - 13) / 4.5) ** 2)) for hour in range(24))
_SHAPE = tuple(24 * share / sum(_HOURS) for share in _HOURS)
"""The day, busiest around 13:00 UTC; 1 on average."""

_DAYS = (1.15, 1.2, 1.2, 1.15, 1.1, 0.65, 0.55)
"""The week, from Monday; 1 on average."""


def chance(*parts: object) -> float:
    """A number in [0, 1) that is the same for the same parts, on every machine."""
    return crc32(repr(parts).encode()) / 2**32


class Rhythm:
    """A rate of `per_hour` operations at second `origin`, growing by `growth` a week; nothing before `origin`.

    `noise` is how far an hour strays at most, as a share. Hours are whole numbers; inside an hour operations come
    evenly. `origin` is rounded down to a day (UTC).
    """

    def __init__(self, seed: str, per_hour: float, *, origin: int, growth: float = 0.0, noise: float = 0.1) -> None:
        self._seed = crc32(seed.encode())
        self._rate = per_hour
        self._origin = origin - origin % DAY
        self._growth = growth
        self._noise = noise
        self._days = [0]
        self._hours = lru_cache(maxsize=64)(self._count_day)

    def total(self, second: int) -> int:
        """Operations from the origin up to this second."""
        gone = second - self._origin
        if gone <= 0:
            return 0
        day, rest = divmod(gone, DAY)
        hour, seconds = divmod(rest, HOUR)
        sums = self._hours(day)
        return self._until_day(day) + sums[hour] + (sums[hour + 1] - sums[hour]) * seconds // HOUR

    def _until_day(self, day: int) -> int:
        while len(self._days) <= day:
            self._days.append(self._days[-1] + self._count_day(len(self._days) - 1)[24])
        return self._days[day]

    def _count_day(self, day: int) -> tuple[int, ...]:
        """Operations of this day before each of its hours, and in all of it: 25 numbers."""
        first = self._origin // HOUR + day * 24
        weekday = (self._origin // DAY + day + 3) % 7  # second 0 was a Thursday
        rate = self._rate * _DAYS[weekday] * (1 + self._growth) ** (day / 7)
        sums = [0]
        for hour in range(24):
            # A cheap integer mix (Knuth's multiplicative hash): noise only has to look like noise.
            mixed = ((first + hour) * 2_654_435_761 ^ self._seed * 40_503) & 0xFFFFFFFF
            stray = 1 + self._noise * ((mixed * 2_246_822_519 >> 13 & 0xFFFF) / 32_768 - 1)
            sums.append(sums[-1] + int(rate * _SHAPE[hour] * stray))
        return tuple(sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`amount` further operations, evenly from second `start` to second `end`."""

    start: int
    end: int
    amount: int

    def total(self, second: int) -> int:
        if second >= self.end:
            return self.amount
        return self.amount * max(0, second - self.start) // (self.end - self.start)


class Steps:
    """A configured number over time: pairs of (second from which it holds, number), in order; 0 before the first."""

    def __init__(self, steps: Sequence[tuple[int, int]]) -> None:
        self._since = [since for since, _ in steps]
        self._numbers = [0, *(number for _, number in steps)]

    def at(self, second: int) -> int:
        return self._numbers[bisect_right(self._since, second)]


class Apps:
    """`count` apps of one category, each active at one moment of some days: the first daily, the last every 20th day.

    What a window reports is how many different ones were active in it, so windows cannot be added up.
    """

    def __init__(self, seed: str, count: int, *, origin: int) -> None:
        self._odds = [1 / (1 + 19 * i / max(1, count - 1)) for i in range(count)]
        self._origin = origin
        self._active: Callable[[int, int], int | None] = lru_cache(maxsize=65_536)(self._moment)
        self._seed = crc32(seed.encode())

    def distinct(self, start: int, end: int) -> int:
        """How many different apps were active in `[start, end)`."""
        start = max(start, self._origin)
        return sum(self._seen(app, start, end) for app in range(len(self._odds))) if start < end else 0

    def _seen(self, app: int, start: int, end: int) -> bool:
        for day in range(start // DAY, (end - 1) // DAY + 1):
            moment = self._active(app, day)
            if moment is not None and start <= moment < end:
                return True
        return False

    def _moment(self, app: int, day: int) -> int | None:
        """The second of this day at which this app is active, None if it is not."""
        if chance(self._seed, app, day) >= self._odds[app]:
            return None
        return day * DAY + int(chance(self._seed, app, day, "at") * DAY)
