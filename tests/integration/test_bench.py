"""The benchmark on five accounts: that it runs and measures something, not how much."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import run
from benchmarks.latency import HOOKS, chosen, percentile


def test_five_accounts_give_every_number() -> None:
    result = run.measure(5, quick=True)
    assert result.rounds["requests"] == 10
    assert result.rounds["checks"] == 40
    assert result.memory["peak"] > 0
    assert len(result.ready) == 1
    assert (result.latency.crossings, result.latency.lost) == (5, 0)
    assert run.table([result]).count("\n") == len(run.LINES)


@pytest.mark.parametrize("accounts", [100, 1_000, 10_000])
def test_crossings_are_spread_over_all_accounts_and_channels(accounts: int) -> None:
    found = chosen(accounts, 100)
    assert len(set(found)) == 100
    assert max(found) < accounts
    per_channel = [sum(n % HOOKS == h for n in found) for h in range(HOOKS)]
    assert per_channel == [4] * HOOKS


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.99) == 4.0
    assert percentile([], 0.99) == float("inf")
