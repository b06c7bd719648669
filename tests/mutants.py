"""Mutants of a rule book: one number, period, window, severity or metric changed a little. Do its rule tests notice?

`python tests/mutants.py` says it for the example rules, and names the mutants that live.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from alerter.bootstrap.trials import sayings
from alerter.channels import OPTIONS, Words
from alerter.core.book import Amount, Per, Rule, RuleBook, Threshold, Unit
from alerter.core.model import Severity
from alerter.core.trial import Trial
from alerter.pipeline.compare import Say, compare
from alerter.pipeline.rehearse import Rehearsal
from alerter.rulebook import load, load_trials, read_folder, read_trials

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "rules"
PERS: tuple[Per, ...] = ("month", "quarter", "year", "week", "day")
STEPS = {Unit.SHARE: (Decimal("0.05"),), Unit.COUNT: (), Unit.DURATION: (Decimal(3600),)}
"""How far a threshold is moved: 5 points, or an hour; a count by 5 percent."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`what` is changed: threshold, severity, window, period or metric."""

    kind: str
    what: str
    name: str
    book: RuleBook


def mutants(book: RuleBook) -> Iterator[Mutant]:
    """Every mutant of every rule, and of the periods of the quotas that quota rules look at."""
    for rule in book.rules.values():
        for what, name, mutated in _of_rule(rule):
            changed = replace(book, rules={**book.rules, rule.name: mutated})
            yield Mutant(rule.kind, what, f"{rule.name}: {name}", changed)
    yield from _quota_periods(book)


def _of_rule(rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    for index, threshold in enumerate(rule.thresholds):
        for name, mutated in _threshold(threshold):
            thresholds = (*rule.thresholds[:index], mutated, *rule.thresholds[index + 1 :])
            what = "severity" if mutated.severity is not threshold.severity else "threshold"
            yield what, name, replace(rule, thresholds=thresholds)
    for what, name, options in _options(rule.options):
        yield what, name, replace(rule, options=options)
    if rule.kind != "stale":
        others: Sequence[tuple[str, ...]] = [("num_operations",), ("sign_operations",), ("apps.*",), ("plugin",)]
        for metrics in others:
            if metrics != rule.metrics:
                yield "metric", f"metrics {metrics}", replace(rule, metrics=metrics)


def _threshold(threshold: Threshold) -> Iterator[tuple[str, Threshold]]:
    at = threshold.at
    steps = STEPS[at.unit] or (at.value / 20,)
    for step in (s * sign for s in steps for sign in (1, -1)):
        value = at.value + step
        # the message names the threshold: its text stays, or every mutant would be found by that alone
        yield f"{at.text} {step:+f}", replace(threshold, at=Amount(value, at.unit, at.text))
    for severity in Severity:
        if severity is not threshold.severity:
            yield f"{at.text} is {severity}", replace(threshold, severity=severity)


def _options(options: Any) -> Iterator[tuple[str, str, Any]]:
    window = getattr(options, "window", None)
    if window is not None:
        for days in (-1, 1, 7):
            yield "window", f"window {days:+} days", replace(options, window=window + timedelta(days=days))
    own = getattr(options, "per", None)
    for per in PERS if own is not None else ():
        if per != own:
            yield "period", f"per {per}", replace(options, per=per)
    if hasattr(options, "measure"):
        yield "metric", "measure remaining", replace(options, measure="remaining")
    if getattr(options, "ignore_below", 0):
        for share in (-10, 10):
            changed = options.ignore_below * (100 + share) // 100
            yield "threshold", f"ignore_below {share:+}%", replace(options, ignore_below=changed)


def _quota_periods(book: RuleBook) -> Iterator[Mutant]:
    for lic in book.licenses.values():
        for metric, quota in lic.quotas.items():
            for per in PERS:
                if per != quota.per:
                    quotas = {**lic.quotas, metric: replace(quota, per=per)}
                    changed = {**book.licenses, lic.name: replace(lic, quotas=quotas)}
                    name = f"{lic.name}: {metric} per {per}"
                    yield Mutant("quota", "period", name, replace(book, licenses=changed))


async def killed(mutant: Mutant, trials: Sequence[Trial], say: Say) -> bool:
    """Whether a rule test fails with this mutant."""
    rehearsal = Rehearsal(mutant.book)
    for trial in trials:
        if not compare(trial, await rehearsal.run(trial), say).ok:
            return True
    return False


async def living(folder: Path = EXAMPLE) -> tuple[list[Mutant], list[Mutant]]:
    """Every mutant of the rules in this folder, and those that no rule test notices."""
    book = load(read_folder(folder), OPTIONS).book
    trials = load_trials(read_trials(folder), book)
    say = sayings(book, Words())
    every = list(mutants(book))
    return every, [mutant for mutant in every if not await killed(mutant, trials, say)]


def main() -> int:
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    every, alive = asyncio.run(living())
    for mutant in alive:
        sys.stdout.write(f"lives: {mutant.kind} {mutant.what}: {mutant.name}\n")
    sys.stdout.write(f"{len(every)} mutants, {len(every) - len(alive)} killed: {1 - len(alive) / len(every):.1%}\n")
    return 0 if len(alive) <= len(every) * 0.05 else 1


if __name__ == "__main__":
    sys.exit(main())
