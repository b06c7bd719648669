"""Stories for the judge: what is read goes in, what is told comes out. No clock, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from alerter.core.book import Account, Amount, License, LimitStep, Quota, Rule, RuleBook, SecretName, Threshold, Unit
from alerter.core.calendar import day_windows_before
from alerter.core.checks import watched
from alerter.core.judge import judge, judge_final, removed
from alerter.core.kinds import KINDS
from alerter.core.kinds.quota import QuotaRule
from alerter.core.model import AskKind, Event, PollState, Reading, Severity, Window
from alerter.core.plan import needs
from alerter.core.ports import Record, Subject
from alerter.core.series import AccountView, SlotKey
from alerter.core.verdict import Verdict

START = datetime(2026, 4, 15, tzinfo=UTC)


def amount(text: str) -> Amount:
    """`80%`, `2h`, `7d`, `5000 USD`, a plain count, or `1.25x` for a ratio, as the rule book would read it."""
    if text.endswith("%"):
        return Amount(Decimal(text[:-1]) / 100, Unit.SHARE, text)
    if text.endswith("h"):
        return Amount(Decimal(text[:-1]) * 3600, Unit.DURATION, text)
    if text.endswith("d"):
        return Amount(Decimal(text[:-1]) * 86_400, Unit.DURATION, text)
    if text.endswith("x"):
        return Amount(Decimal(text[:-1]), Unit.RATIO, text[:-1])
    if text.endswith(" USD"):
        return Amount(Decimal(text[:-4]), Unit.MONEY, text, "USD")
    return Amount(Decimal(text), Unit.COUNT, text)


def thresholds(*texts: str) -> tuple[Threshold, ...]:
    """Mild to severe: info, warning, then critical."""
    severities = [Severity.INFO, Severity.WARNING, Severity.CRITICAL]
    return tuple(Threshold(at=amount(t), severity=severities[min(i, 2)]) for i, t in enumerate(texts))


def rule(*at: str, name: str = "used", options: Any = None, **more: Any) -> Rule:
    kinds = {made: name for name, made in KINDS.items()}
    options = options or QuotaRule()
    more = {"notify": ("slack",), **more}
    return Rule(name=name, kind=kinds[type(options)], options=options, thresholds=thresholds(*at), **more)


def quota(metric: str, limit: int | None, per: Any = "month", *more: tuple[date, int | None]) -> Quota:
    steps = (LimitStep(since=None, value=limit), *(LimitStep(since=d, value=v) for d, v in more))
    return Quota(metric=metric, per=per, steps=steps)


def days(
    *counts: int | None, metric: str = "num_operations", until: datetime = START, tz: str = "UTC"
) -> dict[Window, Mapping[str, int]]:
    """Completed days, oldest first, the last one ending by `until`; None: not read, below 0: not reported."""
    windows = reversed(day_windows_before(until, len(counts), tz))
    return {w: {} if n < 0 else {metric: n} for w, n in zip(windows, counts, strict=True) if n is not None}


def book(*rules: Rule, quotas: tuple[Quota, ...] = (), accounts: tuple[str, ...] = ("acme",), **lic: Any) -> RuleBook:
    """One license `lic` over these accounts."""
    found = {
        n: Account(name=n, url="https://dsm.example.com", account_id=n, credential=SecretName("KEY")) for n in accounts
    }
    quotas = quotas or (quota("num_operations", 100),)
    license_ = License(name="lic", accounts=accounts, quotas={q.metric: q for q in quotas}, **lic)
    return RuleBook(hash="0", accounts=found, licenses={"lic": license_}, rules={r.name: r for r in rules})


@dataclass
class Story:
    """Feeds readings at times and collects what is told, as (day, reason, threshold) or whole events."""

    book: RuleBook
    now: datetime = START
    views: dict[str, AccountView] = field(default_factory=dict)
    records: dict[Subject, Record] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    last: dict[Subject, Verdict] = field(default_factory=dict)
    unknown: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.edit(self.book)

    def edit(self, book: RuleBook) -> "Story":
        """Put another rule book in force."""
        self.book, self.subjects = book, watched(book)
        self.needs = needs(book, self.subjects)
        gone = removed((a for r in self.records.values() for a in r.alerts.values()), self.subjects, self.now)
        for record in self.records.values():
            gone.apply_to(record) if gone.alerts else None
        self.events += gone.events
        return self

    def read(self, after: timedelta | None = None, account: str = "acme", **values: int) -> "Story":
        """Time passes, then `account` answers these counts in every current window; all are judged."""
        self.now += after or timedelta(minutes=15)
        view = self.views.setdefault(account, AccountView())
        plain = {name.replace("__", "."): n for name, n in values.items()}
        for slot, window in self._windows(account):
            view.live[slot] = Reading(
                account=account,
                window=window,
                kind=AskKind.PERIOD,
                read_at=self.now,
                values=plain,
                unknown=self.unknown,
            )
        view.poll = self._poll(account, failing=False)
        return self.judge()

    def _windows(self, account: str) -> list[tuple[SlotKey, Window]]:
        spans = [(spec.at(self.now), spec) for spec in self.needs[account].periods]
        found: list[tuple[SlotKey, Window]] = [(p.start, Window(p.start, self.now)) for p, _ in spans if p]
        found += [(length, Window(self.now - length, self.now)) for length in self.needs[account].sliding]
        return found or [(START, Window(START, self.now))]

    def fail(self, after: timedelta | None = None, account: str = "acme") -> "Story":
        """Time passes, then the account does not answer."""
        self.now += after or timedelta(minutes=15)
        view = self.views.setdefault(account, AccountView())
        view.poll = self._poll(account, failing=True)
        return self.judge()

    def _poll(self, account: str, *, failing: bool) -> PollState:
        old = self.views[account].poll or PollState(account=account, next_poll_at=self.now, watched_since=START)
        since = (old.failing_since or self.now) if failing else None
        return replace(old, failing_since=since, last_ok_at=old.last_ok_at if failing else self.now)

    def closed(self, counts: Mapping[Window, Mapping[str, int]], account: str = "acme") -> "Story":
        """These completed windows are in the ledger."""
        self.views.setdefault(account, AccountView()).closed.update(counts)
        return self

    def judge(self, after: timedelta = timedelta(0)) -> "Story":
        """Judge everything now, and keep what it came to as a restart would find it."""
        self.now += after
        for subject, item in self.subjects.items():
            record = self.records.setdefault(subject, Record())
            verdict = judge(item, self.views, record, self.now, timedelta(hours=1))
            verdict.apply_to(record)
            self.events += verdict.events
            self.last[subject] = verdict
        return self

    def final(self, window: Window, counts: Mapping[str, Mapping[str, int]]) -> "Story":
        """The ended period was read once more as a whole: account → counts."""
        for subject, item in self.subjects.items():
            record = self.records.setdefault(subject, Record())
            verdict = judge_final(item, counts, window, record, self.now)
            verdict.apply_to(record)
            self.events += verdict.events
            self.last[subject] = verdict
        return self

    @property
    def reasons(self) -> list[str]:
        """Every line of the timelines, told or not, in order."""
        return [e.reason.value for e in self.events]

    @property
    def alerts(self) -> list[tuple[str, str]]:
        """(status, severity) of every alert remembered."""
        return [(a.status.value, a.severity.value) for r in self.records.values() for a in r.alerts.values()]

    @property
    def told(self) -> list[tuple[str, str | None]]:
        """(reason, threshold) of every message, in order."""
        return [(e.reason.value, e.threshold) for e in self.events if e.channels]

    @property
    def outcomes(self) -> dict[str, str]:
        """Metric → outcome of the last judging."""
        return {j.check.key.metric: j.outcome.value for v in self.last.values() for j in v.judged}
