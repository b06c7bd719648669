"""The rule book taken apart: which rule is judged on which license or account, for which metric."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from alerter.core.book import Account, License, Quota, Rule, RuleBook
from alerter.core.metrics import Metric, MetricKind, catalogue
from alerter.core.model import CheckKey
from alerter.core.ports import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule on one subject and metric. `metric` is None for kinds that read none; `quota` when there is none."""

    key: CheckKey
    rule: Rule
    metric: Metric | None
    accounts: tuple[str, ...]
    timezone: str
    license: License | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A license or an account with everything that is judged on it."""

    subject: Subject
    accounts: tuple[str, ...]
    timezone: str
    license: License | None
    checks: tuple[Check, ...]


def matches(globs: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _labelled(account: Account, labels: Mapping[str, str]) -> bool:
    return all(account.labels.get(name) == value for name, value in labels.items())


def _accounts(rule: Rule, book: RuleBook) -> list[Account]:
    """The accounts a rule selects by `accounts`, `labels`, or through its licenses."""
    chosen = list(book.accounts.values())
    if rule.accounts:
        chosen = [a for a in chosen if matches(rule.accounts, a.name)]
    if rule.licenses:
        pooled = {n for lic in book.licenses.values() if matches(rule.licenses, lic.name) for n in lic.accounts}
        chosen = [a for a in chosen if a.name in pooled]
    return [a for a in chosen if _labelled(a, rule.labels)]


def _licenses(rule: Rule, book: RuleBook) -> list[License]:
    """The licenses a rule selects by name, or because they pool a selected account."""
    chosen = [lic for lic in book.licenses.values() if not rule.licenses or matches(rule.licenses, lic.name)]
    if not rule.accounts and not rule.labels:
        return chosen
    names = {a.name for a in _accounts(rule, book)}
    return [lic for lic in chosen if names.intersection(lic.accounts)]


def _per_account(rule: Rule, book: RuleBook) -> bool:
    """Whether a rule is judged on accounts one by one instead of on licenses."""
    if getattr(rule.options, "PER_ACCOUNT", False):
        return True
    if getattr(rule.options, "WHOLE_LICENSE", False):
        return False
    named = bool(rule.accounts or rule.labels) and not rule.licenses
    return not rule.options.NEEDS_QUOTA and (named or not book.licenses)


def _metrics(rule: Rule, quotas: Iterable[str], known: Mapping[str, Metric]) -> list[str]:
    """Metric names a rule is judged on: all with a quota by default; globs choose among these where there are any."""
    if getattr(rule.options, "WHOLE_LICENSE", False):
        return [""]
    judges = getattr(rule.options, "judges", _is_number)
    quotas = [name for name in quotas if judges(known[name])]
    if not rule.metrics:
        usual = list(getattr(rule.options, "METRICS", ())) or quotas
        return usual or ([] if rule.options.NEEDS_QUOTA else ["num_operations"])
    names: list[str] = []
    for wanted in rule.metrics:
        if wanted in known:
            names += [wanted] if judges(known[wanted]) else []
            continue
        pool = quotas if rule.options.NEEDS_QUOTA else [n for n, m in known.items() if judges(m)]
        names += [name for name in pool if fnmatchcase(name, wanted)]
    return list(dict.fromkeys(names))


def _is_number(metric: Metric) -> bool:
    """What every kind judges that does not say otherwise: all but the maps."""
    return metric.kind is not MetricKind.MAP


def _license_checks(rule: Rule, lic: License, known: Mapping[str, Metric]) -> list[Check]:
    return [
        Check(
            key=CheckKey(rule.name, "license", lic.name, name),
            rule=rule,
            metric=known.get(name),
            accounts=lic.accounts,
            timezone=lic.timezone,
            license=lic,
            quota=lic.quotas.get(name),
        )
        for name in _metrics(rule, lic.quotas, known)
    ]


def _account_checks(rule: Rule, account: Account, book: RuleBook, known: Mapping[str, Metric]) -> list[Check]:
    if getattr(rule.options, "PER_ACCOUNT", False):
        names: list[str] = [""]
    else:
        quotas = (n for lic in book.licenses.values() if account.name in lic.accounts for n in lic.quotas)
        names = _metrics(rule, dict.fromkeys(quotas), known)
    return [
        Check(
            key=CheckKey(rule.name, "account", account.name, name),
            rule=rule,
            metric=known.get(name),
            accounts=(account.name,),
            timezone="UTC",
        )
        for name in names
    ]


def checks_of(rule: Rule, book: RuleBook, known: Mapping[str, Metric] | None = None) -> list[Check]:
    """Every check of one rule, in the order of the rule book."""
    known = known or catalogue(book.metrics.values())
    if not rule.enabled:
        return []
    if _per_account(rule, book):
        return [check for a in _accounts(rule, book) for check in _account_checks(rule, a, book, known)]
    return [check for lic in _licenses(rule, book) for check in _license_checks(rule, lic, known)]


def watched(book: RuleBook) -> dict[Subject, Watched]:
    """Every license, and every account that a rule looks at by itself, with its checks."""
    known = catalogue(book.metrics.values())
    by_subject: dict[Subject, list[Check]] = {("license", name): [] for name in book.licenses}
    for rule in book.rules.values():
        for check in checks_of(rule, book, known):
            by_subject.setdefault((check.key.subject_kind, check.key.subject), []).append(check)
    return {subject: _watched(subject, checks, book) for subject, checks in by_subject.items()}


def _watched(subject: Subject, checks: list[Check], book: RuleBook) -> Watched:
    kind, name = subject
    lic = book.licenses[name] if kind == "license" else None
    return Watched(
        subject=subject,
        accounts=lic.accounts if lic else (name,),
        timezone=lic.timezone if lic else "UTC",
        license=lic,
        checks=tuple(checks),
    )


def subjects_by_account(subjects: Mapping[Subject, Watched]) -> dict[str, list[Subject]]:
    """Which subjects are judged again when an account was read."""
    found: dict[str, list[Subject]] = {}
    for subject, item in subjects.items():
        for account in item.accounts:
            found.setdefault(account, []).append(subject)
    return found
