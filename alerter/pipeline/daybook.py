"""What the API would answer for any window, from what was used on each day."""

from bisect import bisect_right
from datetime import date, datetime, timedelta
from itertools import accumulate

from alerter.core.calendar import DAY, SECOND, midnight
from alerter.core.metrics import CATALOGUE, REPORTED, MetricKind
from alerter.core.model import Ask, AskKind, Reading
from alerter.core.trial import AccountDays, Answered

ZEROS = dict.fromkeys(REPORTED, 0)


def day_bounds(first: date, count: int, timezone: str) -> list[datetime]:
    """Where each of these local days begins, and where the last one ends, in UTC."""
    return [midnight(first + n * DAY, timezone) for n in range(count + 1)]


class Daybook:
    """One account's days. Counts of operations add up, spread evenly over their day; other numbers are the day's own.

    Before the first day nothing was used.
    """

    def __init__(self, name: str, days: AccountDays, bounds: list[datetime]) -> None:
        self._name = name
        self._days = days
        self._bounds = bounds
        self._sums = {
            metric: [0, *accumulate(count or 0 for count in counts)]
            for metric, counts in days.counts.items()
            if CATALOGUE[metric].kind is MetricKind.COUNTER
        }

    def read(self, ask: Ask, now: datetime, ahead: timedelta) -> Reading | None:
        """The answer, or None for a completed window of which a day was not read.

        `ahead` is how far the day has really got beyond `now`: the last second of a day stands for its end.
        """
        start, end = ask.window.start, ask.window.end
        last = self._day(end - SECOND)
        if ask.kind is AskKind.CLOSED:
            if not self._complete(start, last):
                return None
            silent = self._silent(self._day(start), last)
        else:
            end += ahead
            start += ahead if ask.kind is AskKind.SLIDING else timedelta(0)
            silent = self._silent(last, last)
        values = ZEROS | {name: self._value(name, start, end, last) for name in self._days.counts}
        for name in silent:
            del values[name]
        return Reading(account=self._name, window=ask.window, kind=ask.kind, read_at=now, values=values)

    def _day(self, at: datetime) -> int:
        return bisect_right(self._bounds, at) - 1

    def _complete(self, start: datetime, last: int) -> bool:
        first = self._day(start)
        answered = self._days.answered
        return first >= 0 and last < len(answered) and all(a is Answered.YES for a in answered[first : last + 1])

    def _silent(self, first: int, last: int) -> list[str]:
        return [name for name, counts in self._days.counts.items() if None in counts[max(0, first) : last + 1]]

    def _value(self, name: str, start: datetime, end: datetime, last: int) -> int:
        if name not in self._sums:
            return (self._days.counts[name][last] if last >= 0 else 0) or 0
        return self._used(name, end) - self._used(name, start)

    def _used(self, name: str, at: datetime) -> int:
        """Everything used before this instant."""
        day = self._day(at)
        sums = self._sums[name]
        if day < 0:
            return 0
        if day >= len(sums) - 1:
            return sums[-1]
        begins = self._bounds[day]
        if at == begins:
            return sums[day]
        return sums[day] + (sums[day + 1] - sums[day]) * ((at - begins) // SECOND) // (
            (self._bounds[day + 1] - begins) // SECOND
        )
