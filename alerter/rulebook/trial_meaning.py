"""What a rule test's keys mean together, and against the rule book: names, days, readings."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from alerter.core.book import RuleBook
from alerter.core.calendar import DAY
from alerter.core.checks import matches
from alerter.core.errors import Mistake
from alerter.core.metrics import CATALOGUE, REPORTED, MetricKind, catalogue
from alerter.rulebook.nodes import Step, Tree
from alerter.rulebook.notation import Unreadable, Value, expand
from alerter.rulebook.trial_forms import TrialForm, When
from alerter.rulebook.words import Nearest, shown

Path = tuple[Step, ...]
SILENT = ("_", "error")
"""What is of the account's whole day, whichever metric it is written for."""


def accounts_of(form: TrialForm, book: RuleBook) -> tuple[str, ...]:
    """The accounts a test is about; none where its license or account is unknown."""
    if form.license is not None:
        return book.licenses[form.license].accounts if form.license in book.licenses else ()
    return (form.account,) if form.account is not None and form.account in book.accounts else ()


def adds_up(metric: str) -> bool:
    """Whether this metric counts operations; any other one is a number that stands until another is written."""
    return CATALOGUE[metric].kind is MetricKind.COUNTER


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One test that is looked at, and where it stands in its file."""

    form: TrialForm
    book: RuleBook
    tree: Tree
    path: Path
    lines: list[str]
    nearest: Nearest = field(default_factory=Nearest)

    def mistake(self, path: Path, text: str, hint: str = "", *, at_key: bool = False) -> Mistake:
        return self.tree.mistake((*self.path, *path), text, hint, at_key=at_key)

    def unknown(self, path: Path, what: str, name: str, known: Collection[str], *, at_key: bool = False) -> Mistake:
        hint = self.nearest.hint(name, known) if known else f"the rule book has no {what}"
        return self.mistake(path, f"unknown {what} {shown(name)}", hint, at_key=at_key)

    def inside(self, path: Path, error: Unreadable) -> Mistake:
        """A mistake at its own characters, where the text stands in one piece on its line."""
        found = self.mistake(path, error.text, error.hint)
        entry = self.tree.find((*self.path, *path))
        value = entry[1].node.value if entry else None
        # YAML knows more line ends than \n: then the text is simply not found there
        line = "".join(self.lines[found.line - 1 : found.line])[found.column - 1 :]
        for quote in ("", '"', "'"):
            if isinstance(value, str) and line.startswith(quote + value):
                return replace(found, column=found.column + len(quote) + error.offset)
        return found


def meaning(subject: Subject) -> Iterator[Mistake]:
    """Every contradiction in one test, and every name that the rule book does not have."""
    form = subject.form
    yield from _about(subject)
    accounts = accounts_of(form, subject.book)
    if accounts:
        yield from _table(subject, "history", accounts)
        yield from _table(subject, "readings", accounts)
    yield from _quotas(subject)
    for index in range(len(form.expect)):
        yield from _expectation(subject, index)
    if not form.expect and not form.expect_nothing_else:
        hint = "add `expect: [...]`, or `expect_nothing_else: true`"
        yield subject.mistake((), "this test expects nothing, so it cannot fail", hint, at_key=True)


def _about(subject: Subject) -> Iterator[Mistake]:
    form, book = subject.form, subject.book
    if (form.license is None) == (form.account is None):
        text = "`license` is missing" if form.license is None else "give `license` or `account`, not both"
        hint = "or `account`, for rules that judge accounts by themselves" if form.license is None else ""
        yield subject.mistake(() if form.license is None else ("account",), text, hint, at_key=True)
    if form.license is not None and form.license not in book.licenses:
        yield subject.unknown(("license",), "license", form.license, book.licenses)
    if form.account is not None and form.account not in book.accounts:
        yield subject.unknown(("account",), "account", form.account, book.accounts)
    for index, glob in enumerate(form.rules or ()):
        if not any(matches([glob], name) for name in book.rules):
            yield subject.unknown(("rules", index), "rule", glob, book.rules)


def _table(subject: Subject, key: str, accounts: tuple[str, ...]) -> Iterator[Mistake]:
    """`readings` or `history`: known names, readable values, lists of operations of one length."""
    table: dict[str, dict[str, str]] = getattr(subject.form, key)
    lengths: dict[Path, int] = {}
    for account, metrics in table.items():
        if account not in accounts:
            what = f"account of {subject.form.license}" if subject.form.license else "account of this test"
            yield subject.unknown((key, account), what, account, accounts, at_key=True)
        days: dict[str, list[Value]] = {}
        for metric, text in metrics.items():
            path: Path = (key, account, metric)
            problem = _metric_problem(subject, path, metric)
            if problem:
                yield problem
                continue
            try:
                days[metric] = expand(text)
            except Unreadable as error:
                yield subject.inside(path, error)
                continue
            lengths[path] = len(days[metric])
        yield from _at_odds(subject, (key, account), days)
    yield from _uneven(subject, lengths)


def _metric_problem(subject: Subject, path: Path, metric: str) -> Mistake | None:
    if metric in REPORTED:
        return None
    known = catalogue(subject.book.metrics.values()).get(metric)
    if known is None:
        return subject.unknown(path, "metric", metric, REPORTED, at_key=True)
    if known.kind is MetricKind.MAP:
        text = f"`{metric}` lists operations by app or key; no rule kind reads it"
        return subject.mistake(path, text, at_key=True)
    parts = ", ".join((*known.plus, *known.minus))
    return subject.mistake(path, f"`{metric}` is made of other metrics", f"write those: {parts}", at_key=True)


def _at_odds(subject: Subject, path: Path, days: dict[str, list[Value]]) -> Iterator[Mistake]:
    """An account that does not answer gives nothing at all: operations written for that day would be lost."""
    counted = {metric: values for metric, values in days.items() if adds_up(metric)}
    for number in range(max((len(values) for values in days.values()), default=0)):
        on_day = {metric: values[number] for metric, values in days.items() if number < len(values)}
        silent = next((m for m, value in on_day.items() if value in SILENT), None)
        other = next((m for m in on_day if m in counted and on_day[m] != on_day.get(silent or m)), None)
        if silent is not None and other is not None:
            text = f"day {number + 1} is `{on_day[silent]}` in {silent}, which is of the whole account"
            yield subject.mistake((*path, other), text, f"write `{on_day[silent]}` for that day here too")
            return


def _uneven(subject: Subject, lengths: dict[Path, int]) -> Iterator[Mistake]:
    longest = max(lengths.values(), default=0)
    for path, length in lengths.items():
        if length < longest and adds_up(str(path[-1])):
            text = f"{length} days; the test has {longest}"
            less = longest - length
            yield subject.mistake(path, text, f"add `, 0 x{less}`, or `, _ x{less}` for days without a reading")


def _quotas(subject: Subject) -> Iterator[Mistake]:
    form, book = subject.form, subject.book
    lic = book.licenses.get(form.license or "")
    seen: set[tuple[str, date]] = set()
    if form.quotas and form.account is not None and form.license is None:
        yield subject.mistake(
            ("quotas",), "an account has no quota", "give `license` instead of `account`", at_key=True
        )
        return
    for index, change in enumerate(form.quotas):
        if lic is not None and change.metric not in lic.quotas:
            yield subject.unknown(("quotas", index, "metric"), f"quota of {lic.name}", change.metric, lic.quotas)
        if (change.metric, change.at) in seen:
            text = f"{change.metric} changes twice on {change.at}"
            yield subject.mistake(("quotas", index, "at"), text, "remove one")
        seen.add((change.metric, change.at))


def _expectation(subject: Subject, index: int) -> Iterator[Mistake]:
    book, expect, path = subject.book, subject.form.expect[index], ("expect", index)
    known = {
        "rule": book.rules,
        "metric": catalogue(book.metrics.values()),
        "account": accounts_of(subject.form, book) or book.accounts,
        "channel": book.channels,
    }
    for key, names in known.items():
        name = getattr(expect, key)
        if name is not None and name not in names:
            yield subject.unknown((*path, key), key, name, names)
    if expect.at is not None and (expect.before is not None or expect.after is not None):
        yield subject.mistake((*path, "at"), "give `at`, or `before` and `after`", "`at` says it exactly", at_key=True)
    if not expect.model_fields_set:
        yield subject.mistake(path, "this expectation says nothing, so any message fits", "say at least its `rule`")
    yield from _out_of_reach(subject, index)


def _day(moment: When) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _out_of_reach(subject: Subject, index: int) -> Iterator[Mistake]:
    """A day that is not judged: such an expectation could never be met."""
    expect, first = subject.form.expect[index], subject.form.start
    last = last_day(subject.form)
    if last is None:
        return
    days = f"this test judges {first} to {last}"
    if expect.at is not None and not first - DAY <= _day(expect.at) <= last + DAY:
        yield subject.mistake(("expect", index, "at"), f"{_day(expect.at)} is not judged; {days}")
    if expect.before is not None and _day(expect.before) <= first and not isinstance(expect.before, datetime):
        yield subject.mistake(("expect", index, "before"), f"nothing is told before {_day(expect.before)}; {days}")
    if expect.after is not None and _day(expect.after) >= last and not isinstance(expect.after, datetime):
        yield subject.mistake(("expect", index, "after"), f"nothing is told after {_day(expect.after)}; {days}")


def last_day(form: TrialForm) -> date | None:
    """The last day that is judged; None while some readings cannot be read."""
    try:
        length = max((len(expand(text)) for table in form.readings.values() for text in table.values()), default=0)
    except Unreadable:
        return None
    return form.start + (length - 1) * DAY if length else None
