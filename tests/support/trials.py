"""Rule tests for tests: a small book, and what a text comes to."""

from collections.abc import Sequence

from alerter.channels import OPTIONS, Words
from alerter.core.book import RuleBook
from alerter.core.model import Event
from alerter.core.trial import Trial
from alerter.pipeline.compare import Met, compare
from alerter.pipeline.rehearse import Rehearsal
from alerter.rulebook import load, load_trials

ACCOUNT = "account_id: 7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11, credential: KEY"

BOOK = f"""\
accounts:
  prod: {{url: "https://amer.smartkey.io", {ACCOUNT}}}
  dr: {{url: "https://eu.smartkey.io", {ACCOUNT}}}
licenses:
  base:
    accounts: [prod, dr]
    starts: 2026-04-15
    timezone: America/New_York
    quotas:
      num_operations: {{limit: 100, per: month}}
      apps.generic: {{limit: 10}}
channels:
  team: {{kind: console}}
  hook: {{kind: slack, webhook: HOOK_URL}}
rules:
"""
USED = (
    "  used: {kind: quota, notify: [team],"
    " thresholds: [{at: 80%, severity: warning}, {at: 100%, severity: critical}]}\n"
)


def book(rules: str = USED) -> RuleBook:
    """A license `base` over `prod` and `dr`, months from the 15th in New York, 100 operations and 10 apps a month."""
    return load({"a.yaml": BOOK + rules}, OPTIONS).book


def trial(text: str, rules: RuleBook) -> Trial:
    [found] = load_trials({"a.test.yaml": text}, rules)
    return found


async def events(text: str, rules: str = USED) -> list[Event]:
    """Every event of a test of `base` with these keys."""
    found = book(rules)
    return await Rehearsal(found).run(trial(f"license: base\nexpect_nothing_else: true\n{text}", found))


async def told(text: str, rules: str = USED) -> list[tuple[str, str, str | None]]:
    """(day, reason, threshold) of every message, days in New York's reckoning of 04:00 UTC."""
    return [(f"{e.at:%m-%d %H:%M}", e.reason.value, e.threshold) for e in await events(text, rules) if e.channels]


async def met(text: str, rules: str = USED) -> Met:
    """What one test comes to, with the words of the built-in templates."""
    from alerter.bootstrap.trials import sayings

    found = book(rules)
    made = trial(f"license: base\n{text}", found)
    return compare(made, await Rehearsal(found).run(made), sayings(found, Words()))


def lines(found: Sequence[str], sign: str) -> list[str]:
    """The lines of a difference that begin with this sign."""
    return [line.strip() for line in found if line.strip().startswith(sign)]
