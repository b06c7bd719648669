"""From an answer that shows a crossing to the webhook that has taken the message about it."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.outside import Running, cross, times

HOOKS = 25
"""Channels: more than five messages to one within a minute would be bundled into one, and wait for that."""

PATIENCE = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds; `peak_mb` is the process's memory at the end. `lost` crossings were not told in time."""

    crossings: int
    lost: int
    p50: float
    p99: float
    peak_mb: float


def latency(folder: Path, url: str, accounts: int, crossings: int, polled_every: int) -> Latency:
    """Let so many accounts of a running alerter cross, one by one, while it polls all of them every so many seconds."""
    # An account's windows are asked one after the other, each in its turn: at a slow pace that alone takes seconds.
    pace = max(100.0, 2.4 * accounts / polled_every)
    alerter = Running(folder, poll_every=f"{polled_every}s", requests_per_second=f"{pace:.0f}")
    before = times(url)["requests"]
    try:
        alerter.start()
        _wait(lambda: bool(times(url)["requests"] >= before + 2 * accounts))
        for n in chosen(accounts, crossings):
            cross(url, [n])
            time.sleep(max(polled_every / crossings, 0.2))
        _wait(lambda: len(times(url)["heard"]) >= crossings)
        return _found(url, crossings, alerter.peak_mb())
    finally:
        alerter.kill()


def chosen(accounts: int, crossings: int) -> list[int]:
    """Accounts from the whole range, so that their polls are spread, and as many of each channel."""
    starts = (n * accounts // crossings for n in range(crossings))
    return [start - start % HOOKS + n % HOOKS for n, start in enumerate(starts)]


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not until() and time.monotonic() < end:
        time.sleep(0.2)


def _found(url: str, crossings: int, peak_mb: float) -> Latency:
    seen = times(url)
    waits = sorted(heard - seen["shown"][number] for number, heard in seen["heard"].items())
    return Latency(
        crossings=crossings,
        lost=crossings - len(waits),
        p50=percentile(waits, 0.5),
        p99=percentile(waits, 0.99),
        peak_mb=peak_mb,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of these that at least `share` of them do not exceed; infinite when there are none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.inf
