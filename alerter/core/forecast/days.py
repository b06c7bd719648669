"""Daily counts as the forecast reads them: one number a day, oldest first, with holes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Counts of consecutive days from `first` on. A day that is not known counts 0 and has `known` of 0, else 1."""

    first: date
    counts: list[int]
    known: list[int]

    def __len__(self) -> int:
        return len(self.counts)


def days(history: Sequence[tuple[date, int | None]], today: date, keep: int) -> Days:
    """The last `keep` days up to `today`; a day that is missing from `history`, or None in it, is a hole."""
    recent = history[-keep:]
    if not recent:
        return Days(first=today + DAY, counts=[], known=[])
    values = [count for _, count in recent]
    if (today - recent[0][0]).days + 1 != len(recent):
        known_counts = dict(recent)
        first = max(recent[0][0], today - (keep - 1) * DAY)
        values = [known_counts.get(first + i * DAY) for i in range((today - first).days + 1)]
    else:
        first = recent[0][0]
    return Days(first=first, counts=[c or 0 for c in values], known=[0 if c is None else 1 for c in values])
