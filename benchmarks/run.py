"""`python -m benchmarks.run`: every number of docs/performance.md, measured on this machine.

Each size has an installation of its own in a temporary folder, a simulated DSM in another process, and a fresh process
for each part. `--quick` repeats less.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerter.bootstrap import clock
from benchmarks import shape
from benchmarks.inside import make_due, prefill
from benchmarks.latency import HOOKS, Latency, latency
from benchmarks.outside import simulated
from benchmarks.restart import restarts

SIZES = (100, 1_000, 10_000)
CROSSINGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One size: what its parts said. `again` is memory after a restart; `ready` are seconds."""

    accounts: int
    rounds: dict[str, Any]
    memory: dict[str, Any]
    again: dict[str, Any]
    ready: Sequence[float]
    latency: Latency
    took: float


def measure(accounts: int, *, quick: bool = False) -> Result:
    """All four parts for one size. Memory comes first: its process reads the rule files as new."""
    began = time.monotonic()
    with simulated() as url, tempfile.TemporaryDirectory(prefix="alerter-bench-") as name:
        folder = Path(name)
        shape.write(folder, accounts, url, clock.now())
        asyncio.run(prefill(folder, accounts))
        memory = _part("memory", str(folder), "2")
        again = _part("memory", str(folder), "2")
        rounds = _part("rounds", str(folder), "1" if quick else "5" if accounts <= 1_000 else "3")
        asyncio.run(make_due(folder))
        ready = restarts(folder, 1 if quick else 5)
        shape.write(folder, accounts, url, clock.now(), hooks=HOOKS)
        asyncio.run(make_due(folder))
        polled_every = 60 if accounts > 1_000 else 20 if accounts > 100 else 2
        told = latency(folder, url, accounts, min(CROSSINGS, accounts), polled_every)
    took = time.monotonic() - began
    return Result(accounts=accounts, rounds=rounds, memory=memory, again=again, ready=ready, latency=told, took=took)


def _part(name: str, *arguments: str) -> dict[str, Any]:
    """What a part said that ran in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(results: Sequence[Result]) -> str:
    """Sizes side by side, a line a number."""
    lines = [("accounts", *(f"{r.accounts:,}" for r in results))]
    lines += [(words, *(number(r) for r in results)) for words, number in LINES]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(_row(line, widths) for line in lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)])


def _beyond(r: Result, bare: str) -> str:
    return f"{(r.rounds['round'] - r.rounds[bare]) / r.accounts * 1e6:,.0f} µs"


LINES: tuple[tuple[str, Callable[[Result], str]], ...] = (
    ("requests, checks a round", lambda r: f"{r.rounds['requests']:,}, {r.rounds['checks']:,}"),
    ("CPU of a round", lambda r: f"{r.rounds['round']:.2f} s"),
    ("CPU of the first round", lambda r: f"{r.rounds['first']:.2f} s"),
    ("CPU of the bare requests, httpx client", lambda r: f"{r.rounds['client']:.2f} s"),
    ("  ratio (goal 1.5)", lambda r: f"{r.rounds['round'] / r.rounds['client']:.2f}"),
    ("  beyond, an account", lambda r: _beyond(r, "client")),
    ("CPU of the bare requests, transport alone", lambda r: f"{r.rounds['transport']:.2f} s"),
    ("  ratio", lambda r: f"{r.rounds['round'] / r.rounds['transport']:.2f}"),
    ("  beyond, an account", lambda r: _beyond(r, "transport")),
    ("peak memory, rule files new (goal 300 MB)", lambda r: f"{r.memory['peak']:.0f} MB"),
    ("  when they are loaded", lambda r: f"{r.memory['loaded']:.0f} MB"),
    ("peak memory, after a restart (goal 300 MB)", lambda r: f"{r.again['peak']:.0f} MB"),
    ("  when the book is loaded", lambda r: f"{r.again['loaded']:.0f} MB"),
    ("peak memory, the whole service", lambda r: f"{r.latency.peak_mb:.0f} MB"),
    ("crossings told", lambda r: f"{r.latency.crossings - r.latency.lost}/{r.latency.crossings}"),
    ("  answer to accepted, p50", lambda r: f"{r.latency.p50:.2f} s"),
    ("  answer to accepted, p99 (goal 1 s)", lambda r: f"{r.latency.p99:.2f} s"),
    ("ready after SIGKILL, median (goal 2 s)", lambda r: f"{statistics.median(r.ready):.2f} s"),
    ("  worst", lambda r: f"{max(r.ready):.2f} s"),
    ("this took", lambda r: f"{r.took:.0f} s"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of accounts")
    parser.add_argument("--quick", action="store_true", help="repeat less: numbers are rough")
    given = parser.parse_args(arguments)
    results = []
    for accounts in given.sizes:
        print(f"{accounts:,} accounts …", file=sys.stderr, flush=True)
        results.append(measure(accounts, quick=given.quick))
    print(table(results))


if __name__ == "__main__":
    main()
