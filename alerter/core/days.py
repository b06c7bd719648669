"""Counts of closed windows, kept small: 400 days of a metric are 3 KB an account, where a mapping a day took 100 KB."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alerter.core.model import Window

SHORTEST, LONGEST = timedelta(hours=22), timedelta(hours=26)
"""How long a local day may be; whatever else was asked for as one window is kept apart."""

_NONE = -1


class ClosedCounts(MutableMapping[Window, Mapping[str, int]]):
    """Window → its reported counts. Days are columns of numbers, in order of their start.

    `version` grows with every change: what was worked out from the same version need not be worked out again. `worked`
    holds such results until the next change.
    """

    __slots__ = ("_columns", "_ends", "_other", "_starts", "version", "worked")

    def __init__(self, counts: Mapping[Window, Mapping[str, int]] | None = None) -> None:
        self._starts = array("q")
        self._ends = array("q")
        self._columns: dict[str, array[int]] = {}
        self._other: dict[Window, Mapping[str, int]] = {}
        self.version = 0
        self.worked: dict[object, Any] = {}
        self.update(counts or {})

    def _changed(self) -> None:
        self.version += 1
        self.worked.clear()

    def _place(self, window: Window) -> tuple[int, bool]:
        """Where a window's start is, or would be, and whether just this window is there."""
        start = int(window.start.timestamp())
        at = bisect_left(self._starts, start)
        here = at < len(self._starts) and self._starts[at] == start
        return at, here and self._ends[at] == int(window.end.timestamp())

    def __getitem__(self, window: Window) -> Mapping[str, int]:
        at, here = self._place(window)
        if not here:
            return self._other[window]
        return {name: column[at] for name, column in self._columns.items() if column[at] != _NONE}

    def __setitem__(self, window: Window, counts: Mapping[str, int]) -> None:
        self._changed()
        at, here = self._place(window)
        taken = at < len(self._starts) and self._starts[at] == int(window.start.timestamp())
        if not SHORTEST <= window.length <= LONGEST or (taken and not here):
            self._other[window] = dict(counts)
            return
        for name in counts:
            if name not in self._columns:
                self._columns[name] = array("q", [_NONE]) * len(self._starts)
        if not here:
            self._starts.insert(at, int(window.start.timestamp()))
            self._ends.insert(at, int(window.end.timestamp()))
            for column in self._columns.values():
                column.insert(at, _NONE)
        for name, column in self._columns.items():
            column[at] = counts.get(name, _NONE)

    def __delitem__(self, window: Window) -> None:
        self._changed()
        at, here = self._place(window)
        if here:
            self._cut(slice(at, at + 1))
        else:
            del self._other[window]

    def _cut(self, part: slice) -> None:
        for column in (self._starts, self._ends, *self._columns.values()):
            del column[part]

    def __iter__(self) -> Iterator[Window]:
        for start, end in zip(self._starts, self._ends, strict=True):
            yield Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
        yield from self._other

    def __contains__(self, window: object) -> bool:
        return isinstance(window, Window) and (self._place(window)[1] or window in self._other)

    def days(self, names: Sequence[str], bounds: Sequence[tuple[int, int]]) -> list[tuple[int, ...] | None]:
        """These counts on each day, given by start and end in ascending epoch seconds; None where not all are there."""
        columns = [self._columns.get(name) for name in names]
        if not bounds or any(column is None for column in columns):
            return [None] * len(bounds)
        at, found = bisect_left(self._starts, bounds[0][0]), list[tuple[int, ...] | None]()
        for start, end in bounds:
            while at < len(self._starts) and self._starts[at] < start:
                at += 1
            here = at < len(self._starts) and self._starts[at] == start and self._ends[at] == end
            counts = tuple(column[at] for column in columns if column is not None) if here else (_NONE,)
            found.append(None if _NONE in counts else counts)
        return found

    def __len__(self) -> int:
        return len(self._starts) + len(self._other)

    def drop_before(self, since: datetime) -> None:
        """Forget what starts before `since`."""
        cut = bisect_left(self._starts, since.timestamp())
        old = [w for w in self._other if w.start < since]
        if cut or old:
            self._changed()
            self._cut(slice(0, cut))
            for window in old:
                del self._other[window]
