"""Semantic checks: what can be obeyed and is hardly meant. Each has a name, warns, and can be silenced on its line."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from alerter.core.book import Amount, Rule, RuleBook, Unit
from alerter.core.checks import Check, checks_of
from alerter.core.errors import Mistake
from alerter.core.metrics import catalogue
from alerter.rulebook.build import falls
from alerter.rulebook.contracts import claimed_twice, cut_periods, ended
from alerter.rulebook.literals import literal_secrets
from alerter.rulebook.nodes import Step, Tree
from alerter.rulebook.words import Nearest, lasting, shown

IGNORE = re.compile(r"#\s*alerter:\s*ignore\[([a-z0-9_, -]*)\]")
Warned = tuple[tuple[Step, ...], str, str]
"""Where, what looks wrong, and what would mend it."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What the checks look at. `used` names channels that settings use; without `today` no date is in the past."""

    book: RuleBook
    tree: Tree
    poll_every: timedelta | None
    requests_per_second: float | None
    used: Collection[str]
    today: date | None = None

    @cached_property
    def checks(self) -> Mapping[str, list[Check]]:
        """What each enabled rule comes to."""
        known = catalogue(self.book.metrics.values())
        return {rule.name: checks_of(rule, self.book, known) for rule in self.enabled}

    @property
    def enabled(self) -> list[Rule]:
        return [rule for rule in self.book.rules.values() if rule.enabled]


def warnings(subject: Subject, files: Mapping[str, str]) -> tuple[Mistake, ...]:
    """Everything that looks wrong and is not silenced, in the order of the files."""
    silenced = silenced_in(files)
    found: list[Mistake] = [*_misspelt(files), *literal_secrets(files, silenced)]
    for name, (check, _) in CHECKS.items():
        for path, text, hint in check(subject):
            mistake = subject.tree.mistake(path, text, hint, at_key=not isinstance(path[-1], int))
            if name not in silenced.get((mistake.file, mistake.line), ()):
                found.append(replace(mistake, check=name, severity="warning"))
    return tuple(sorted(found, key=lambda m: (m.file, m.line, m.column)))


def _comments(files: Mapping[str, str]) -> Iterator[tuple[str, int, int, list[str]]]:
    for file, text in files.items():
        if "alerter:" in text:
            for number, line in enumerate(text.split("\n"), 1):
                found = IGNORE.search(line)
                if found:
                    yield file, number, found.start() + 1, [n.strip() for n in found[1].split(",") if n.strip()]


def silenced_in(files: Mapping[str, str]) -> dict[tuple[str, int], list[str]]:
    """The checks that are switched off, by file and line."""
    return {(file, line): names for file, line, _, names in _comments(files)}


def _misspelt(files: Mapping[str, str]) -> Iterator[Mistake]:
    for file, line, column, names in _comments(files):
        for name in names:
            if name not in CHECKS and name not in ELSEWHERE:
                hint = Nearest().hint(name, (*CHECKS, *ELSEWHERE))
                text = f"no check is called {shown(name)}"
                where = Mistake(file=file, line=line, column=column, path="", text=text, hint=hint)
                yield replace(where, check="unknown-check", severity="warning")


def _out_of_order(subject: Subject) -> Iterator[Warned]:
    for rule in subject.book.rules.values():
        located = subject.tree.find(("rules", rule.name, "thresholds"))
        written = located[1].node.items if located else []
        if len({t.at.unit for t in rule.thresholds}) > 1:
            continue
        order = [item.entries["at"].node.value for item in written]
        sorted_texts = [t.at.text for t in rule.thresholds]
        for index, (found, right) in enumerate(zip(order, sorted_texts, strict=False)):
            if found != right:
                hint = f"in order: {', '.join(sorted_texts)}"
                yield ("rules", rule.name, "thresholds", index), "thresholds go from mild to severe", hint
                break
        else:
            yield from _milder(rule)


def _milder(rule: Rule) -> Iterator[Warned]:
    for index, (first, second) in enumerate(zip(rule.thresholds, rule.thresholds[1:], strict=False)):
        same_side = (first.at.value < 0) == (second.at.value < 0)
        if same_side and second.severity.rank < first.severity.rank:
            text = f"{second.at.text} is {second.severity}, milder than {first.at.text}, which is {first.severity}"
            yield ("rules", rule.name, "thresholds", index + 1), text, ""


def _matches_nothing(subject: Subject) -> Iterator[Warned]:
    for rule in subject.enabled:
        if not subject.checks[rule.name]:
            yield ("rules", rule.name), "this rule matches nothing", _nearest_subject(rule, subject.book)


def _nearest_subject(rule: Rule, book: RuleBook) -> str:
    for wanted, known in ((rule.licenses, book.licenses), (rule.accounts, book.accounts)):
        missing = [name for name in wanted if name not in known and not set(name) & set("*?[")]
        for name in missing:
            return Nearest().hint(name, known)
    return "look at its licenses, accounts, labels and metrics"


def _unused_channel(subject: Subject) -> Iterator[Warned]:
    used = set(subject.used)
    for rule in subject.book.rules.values():
        used.update(rule.notify, *(t.notify or () for t in rule.thresholds))
    for name in subject.book.channels:
        if name not in used:
            yield ("channels", name), "no rule notifies this channel", ""


def _no_channel(subject: Subject) -> Iterator[Warned]:
    for rule in subject.enabled:
        if not rule.notify and not all(t.notify for t in rule.thresholds):
            yield ("rules", rule.name), "this rule notifies no channel", "add `notify: [...]`"


def _quota_without_rule(subject: Subject) -> Iterator[Warned]:
    watched = {
        (check.license.name, check.quota.metric)
        for checks in subject.checks.values()
        for check in checks
        if check.license and check.quota
    }
    for lic in subject.book.licenses.values():
        for metric, quota in lic.quotas.items():
            counted = any(step.value is not None for step in quota.steps)
            if counted and (lic.name, metric) not in watched:
                yield ("licenses", lic.name, "quotas", metric), "no rule watches this quota", ""


def _short_window(subject: Subject) -> Iterator[Warned]:
    for rule in subject.enabled:
        window = getattr(rule.options, "window", None)
        if subject.poll_every and window and window < subject.poll_every:
            text = f"shorter than the polling interval, {lasting(subject.poll_every)}"
            yield ("rules", rule.name, "window"), text, "what happens between two polls is not seen"


def _unused_account(subject: Subject) -> Iterator[Warned]:
    pooled = {name for lic in subject.book.licenses.values() for name in lic.accounts}
    named = (r for r in subject.enabled if r.accounts)
    pooled.update(check.key.subject for rule in named for check in subject.checks[rule.name])
    for name in subject.book.accounts:
        if name not in pooled:
            yield ("accounts", name), "this account is in no license", ""


def _account_twice(subject: Subject) -> Iterator[Warned]:
    first: dict[tuple[str, str], str] = {}
    for account in subject.book.accounts.values():
        other = first.setdefault((account.url, account.account_id), account.name)
        if other != account.name:
            yield ("accounts", account.name, "account_id"), f"the same account as {other}", ""


def _request_rate(subject: Subject) -> Iterator[Warned]:
    """A request a poll for each period of its quotas and each window of a rule; at least one."""
    if not subject.poll_every or not subject.requests_per_second:
        return
    windows: dict[str, set[object]] = {name: set() for name in subject.book.accounts}
    for lic in subject.book.licenses.values():
        periods = {(q.per, lic.starts, lic.timezone) for q in lic.quotas.values()}
        for name in lic.accounts:
            windows[name] |= periods
    extra = len({r.options.window for r in subject.enabled if getattr(r.options, "window", None)})
    hosts: Counter[str] = Counter()
    for account in subject.book.accounts.values():
        hosts[account.url] += max(1, len(windows[account.name])) + extra
    room = subject.poll_every.total_seconds() * subject.requests_per_second
    for account in subject.book.accounts.values():
        needed = hosts.pop(account.url, 0)
        if needed > room:
            every = lasting(subject.poll_every)
            text = f"{account.url} needs about {needed:,} requests every {every}; the limit allows {room:,.0f}"
            yield ("accounts", account.name), text, "poll less often, or raise ALERTER_REQUESTS_PER_SECOND"


def _unreachable(subject: Subject) -> Iterator[Warned]:
    for rule in subject.book.rules.values():
        located = subject.tree.find(("rules", rule.name, "thresholds"))
        places = {str(n.entries["at"].node.value): i for i, n in enumerate(located[1].node.items)} if located else {}
        for threshold in rule.thresholds:
            text = _never_crossed(rule, threshold.at)
            if text:
                yield ("rules", rule.name, "thresholds", places.get(threshold.at.text, 0)), text, ""


def _never_crossed(rule: Rule, at: Amount) -> str | None:
    """Why nothing can cross this line, or None."""
    remaining = getattr(rule.options, "measure", None) == "remaining"
    if at.unit is Unit.SHARE and remaining and at.value >= 1:
        return f"at most {at.text} is left from the first moment on: this is reached before anything happens"
    if at.unit is Unit.SHARE and at.value < -1:
        return f"usage cannot fall by more than 100%, found {at.text}"
    if at.value == 0 and not falls(rule.thresholds, rule.options) and rule.kind != "growth":
        return f"{at.text} is reached before anything is used"
    return None


CHECKS: dict[str, tuple[Callable[[Subject], Iterable[Warned]], str]] = {
    "thresholds-out-of-order": (_out_of_order, "thresholds do not go from mild to severe"),
    "threshold-unreachable": (_unreachable, "a threshold that no period can cross"),
    "rule-matches-nothing": (_matches_nothing, "an enabled rule fits no license, account or quota"),
    "no-channel": (_no_channel, "an enabled rule, or one of its thresholds, tells nobody"),
    "unused-channel": (_unused_channel, "no rule notifies this channel"),
    "quota-without-rule": (_quota_without_rule, "no enabled rule watches this quota"),
    "window-shorter-than-polling": (_short_window, "a `window` shorter than ALERTER_POLL_EVERY"),
    "unused-account": (_unused_account, "an account in no license, which no rule names either"),
    "account-twice": (_account_twice, "two accounts with the same address and id"),
    "quota-claimed-twice": (
        lambda s: claimed_twice(s.book),
        "two licenses have a quota on one metric of one account at the same time",
    ),
    "license-ended": (lambda s: ended(s.book, s.today), "a license whose `ends` is in the past"),
    "period-cut": (lambda s: cut_periods(s.book), "the license ends in the middle of a quota's period"),
    "request-rate": (_request_rate, "more requests an interval than ALERTER_REQUESTS_PER_SECOND allows"),
}

ELSEWHERE = {
    "literal-secret": "a comment, label or address holds what looks like a token, hook or password",
    "template-fails": "a template of ALERTER_TEMPLATES fails on sample data (`alerter validate` only)",
    "secret-missing": "a secret that the rules name is not there (`alerter validate --secrets` only)",
}
"""Checks of what is not an entry of the rule book."""
