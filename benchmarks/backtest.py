"""`alerter backtest` over many accounts: seconds, CPU and memory.

    python -m benchmarks.backtest [--accounts 1000] [--days 400]

A ledger with a closed day an account and day, a license an account, and 10 rules.
"""

import argparse
import asyncio
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from alerter.bootstrap.clock import now as clock_now
from alerter.core.calendar import day_windows_before
from alerter.core.model import AskKind, Reading, Window
from alerter.core.ports import Settlement
from alerter.store import open_store

KINDS = (
    "{kind: quota, thresholds: [{at: 75%, severity: info}, {at: 90%, severity: warning}], notify: [out]}",
    "{kind: growth, window: 7d, thresholds: [{at: +30%, severity: info}], notify: [out]}",
    "{kind: usage, per: month, thresholds: [{at: 900k, severity: info}], notify: [out]}",
)


def rules(accounts: int) -> str:
    """A license an account with one quota, and ten rules on it."""
    names = [f"a{n:05d}" for n in range(accounts)]
    lines = ["channels:", "  out: {kind: console}", "accounts:"]
    url = "https://dsm.example.com"
    lines += [f"  {n}: {{url: '{url}', account_id: {UUID(int=i)}, credential: KEY}}" for i, n in enumerate(names)]
    lines += ["licenses:"]
    lines += [f"  {n}: {{accounts: [{n}], quotas: {{num_operations: {{limit: 1M, per: month}}}}}}" for n in names]
    lines += ["rules:"]
    lines += [f"  rule-{i}: {KINDS[i % len(KINDS)]}" for i in range(10)]
    return "\n".join(lines)


async def fill(url: str, accounts: int, days: int, now: datetime) -> None:
    """A closed day an account and day, rising slowly, noisy."""
    store = await open_store(url)
    chance = random.Random(1)
    windows = day_windows_before(now, days, "UTC")[::-1]
    for number in range(accounts):
        level = chance.uniform(15_000, 35_000)
        readings = [_reading(f"a{number:05d}", w, level, i, chance) for i, w in enumerate(windows)]
        await store.settle(Settlement(readings=readings))
    await store.close()


def _reading(name: str, window: Window, level: float, day: int, chance: random.Random) -> Reading:
    count = int(level * 1.001**day * chance.uniform(0.7, 1.3))
    return Reading(
        account=name,
        window=window,
        kind=AskKind.CLOSED,
        read_at=window.end + timedelta(hours=1),
        values={"num_operations": count},
    )


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--accounts", type=int, default=1000)
    given.add_argument("--days", type=int, default=400)
    args = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database, book = Path(folder) / "alerter.db", Path(folder) / "rules"
        book.mkdir()
        (book / "rules.yaml").write_text(rules(args.accounts), encoding="utf-8")
        now = clock_now().astimezone(UTC)
        asyncio.run(fill(f"sqlite:///{database}", args.accounts, args.days, now))
        command = [sys.executable, "-m", "alerter", "backtest", "--output", "csv", "--since", f"{args.days}d"]
        began = time.perf_counter()
        done = subprocess.run(
            [*command, "--rules", str(book), "--database", str(database)], stdout=subprocess.PIPE, check=True
        )
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        lines = done.stdout.count(b"\n") - 1
        print(f"{args.days} days, {args.accounts:,} accounts, 10 rules: {seconds:.1f} s, {lines:,} messages")
        print(f"{used.ru_utime + used.ru_stime:.1f} s of CPU; largest process: {used.ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
