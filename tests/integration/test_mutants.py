"""The example rule tests notice what a slip of the hand would change in the example rules."""

from collections import Counter

import mutants


async def test_the_example_tests_kill_nearly_every_mutant_of_the_example_rules() -> None:
    every, alive = await mutants.living()
    kinds = Counter((mutant.kind, mutant.what) for mutant in every)
    assert {what for _, what in kinds} == {"threshold", "severity", "window", "period", "metric"}
    assert {kind for kind, _ in kinds} == {"quota", "usage", "growth", "stale"}
    assert len(alive) <= 0.05 * len(every), [mutant.name for mutant in alive]
