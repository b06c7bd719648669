"""`python -m benchmarks.rule_tests`: a rule test over a year of days, for 100 rules of all kinds; CPU seconds."""

import asyncio
import logging
import sys
import time
from collections.abc import Iterator

import structlog

from alerter.channels import OPTIONS
from alerter.core.trial import Trial
from alerter.pipeline.rehearse import Rehearsal
from alerter.rulebook import load, load_trials

ACCOUNT = "account_id: 7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11, credential: KEY"
BOOK = f"""\
accounts:
  one: {{url: "https://one.example.com", {ACCOUNT}}}
  two: {{url: "https://two.example.com", {ACCOUNT}}}
licenses:
  both:
    accounts: [one, two]
    starts: 2026-01-15
    quotas:
      num_operations: {{limit: 50M, per: month}}
      sign_operations: {{limit: 100M, per: year}}
      apps.generic: {{limit: 80}}
      sobjects: {{limit: 1000}}
channels:
  screen: {{kind: console}}
rules:
"""
YEAR = """\
license: both
start: 2026-01-15
readings:
  one:
    num_operations: 1M x100, 2M x20, 1M+10k x245
    sign_operations: 200k x365
    apps.generic: 40 x365
    sobjects: 500 x365
  two: {num_operations: 500k x365}
expect_nothing_else: true
"""
METRICS = ("num_operations", "sign_operations", "apps.generic", "sobjects")


def rules() -> Iterator[str]:
    """100 rules: half on quotas, a quarter each on usage and growth."""
    for n in range(100):
        metric = METRICS[n // 4 % 4]
        kind = (
            f"kind: quota, metrics: [{metric}], thresholds: [{{at: {50 + n // 4}%, severity: info}}]",
            f"kind: quota, metrics: [{metric}], thresholds: [{{at: {60 + n // 4}%, severity: warning}}]",
            f"kind: usage, metrics: [{metric}], per: week, thresholds: [{{at: {n}M, severity: info}}]",
            (
                f"kind: growth, licenses: [both], metrics: [num_operations], window: {n // 4 % 4 * 7 + 7}d,"
                " thresholds: [{at: +50%, severity: info}]"
            ),
        )[n % 4]
        yield f"  rule-{n}: {{{kind}, notify: [screen]}}\n"


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    book = load({"book.yaml": BOOK + "".join(rules())}, OPTIONS).book
    [trial] = load_trials({"year.test.yaml": YEAR}, book)
    for _ in range(3):
        sys.stdout.write(f"{_seconds(Rehearsal(book), trial)}\n")


def _seconds(rehearsal: Rehearsal, trial: Trial) -> str:
    began = time.process_time()
    events = asyncio.run(rehearsal.run(trial))
    return f"{time.process_time() - began:.2f} s CPU for {len(trial.days['one'].answered)} days, {len(events)} events"


if __name__ == "__main__":
    main()
