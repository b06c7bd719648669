"""What the process knows of itself: how its loops and its rule book fare. Filled by whoever wires the service."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerter.core.errors import Mistake

GRACE = timedelta(minutes=5)
"""How long after its time a loop may still come before it counts as late."""


@dataclass(slots=True, kw_only=True)
class LoopState:
    """One loop. `every` of None: nobody said how often it should run, so it is never late.

    `last` and `since` are readings of the monotonic clock: the end of its last run, and when it was first heard of.
    """

    every: timedelta | None
    grace: timedelta
    since: float
    last: float | None = None
    error: str | None = None

    def age(self, monotonic: float) -> float:
        """Seconds since it last ended, or since it is waited for."""
        return monotonic - (self.since if self.last is None else self.last)

    def is_late(self, monotonic: float) -> bool:
        return self.every is not None and self.age(monotonic) > (self.every + self.grace).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was done since the process started. `polls` by outcome (`ok`, or the error class's name).

    `judge_seconds` is what judging took in all; `latencies` are the last deliveries' seconds from decision to receipt,
    `deliveries` counts all of them.
    """

    polls: Mapping[str, int] = field(default_factory=dict)
    deliveries: int = 0
    judge_seconds: float = 0.0
    latencies: Sequence[float] = ()


@dataclass(slots=True, kw_only=True)
class ServiceState:
    """How this process fares. `rejected` are the mistakes of the rule files on disk, if they could not be obeyed.

    `changes` are what the book in force changed of the one before it, in words.
    """

    monotonic: Callable[[], float]
    counts: Callable[[], Counts] = Counts
    loops: dict[str, LoopState] = field(default_factory=dict)
    book_hash: str | None = None
    book_loaded_at: datetime | None = None
    reload_ok: bool = True
    rejected: tuple[Mistake, ...] = ()
    rejected_at: datetime | None = None
    changes: tuple[str, ...] = ()

    def expect(self, loop: str, every: timedelta, grace: timedelta = GRACE) -> None:
        """From now on this loop should run at least every `every`, give or take `grace`."""
        self.loops[loop] = LoopState(every=every, grace=grace, since=self.monotonic())

    def beat(self, loop: str, error: str | None = None) -> None:
        """The loop has just run; `error` is what went wrong, if anything."""
        now = self.monotonic()
        known = self.loops.setdefault(loop, LoopState(every=None, grace=GRACE, since=now))
        known.last, known.error = now, error

    def late(self) -> list[str]:
        """Loops that did not run in time, by name."""
        now = self.monotonic()
        return sorted(name for name, loop in self.loops.items() if loop.is_late(now))

    def errors(self, *loops: str) -> dict[str, str]:
        """What went wrong in the last run of these loops (none given: of all)."""
        wanted = loops or tuple(self.loops)
        found = {name: self.loops[name].error for name in wanted if name in self.loops}
        return {name: error for name, error in found.items() if error is not None}
