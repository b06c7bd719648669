"""A rule test that is right, to the values that the rehearsal reads."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from alerter.core.book import LimitStep, RuleBook
from alerter.core.calendar import DAY, midnight, zone
from alerter.core.model import Reason
from alerter.core.ports import Subject
from alerter.core.trial import AccountDays, Answered, Expected, Trial
from alerter.rulebook.nodes import Node
from alerter.rulebook.notation import Value, expand
from alerter.rulebook.trial_forms import ExpectForm, TrialForm, When
from alerter.rulebook.trial_meaning import accounts_of, adds_up

Table = Mapping[str, Mapping[str, str]]
MINUTE = timedelta(minutes=1)


def build_trial(form: TrialForm, book: RuleBook, *, file: str, number: int, root: Node) -> Trial:
    """The trial; everything in the form was checked before."""
    accounts = accounts_of(form, book)
    timezone = book.licenses[form.license].timezone if form.license else "UTC"
    before, length = _length(form.history), _length(form.readings)
    items = root.entries["expect"].node.items if "expect" in root.entries else []
    return Trial(
        file=file,
        line=root.line + 1,
        name=form.name or f"{form.license or form.account} from {form.start}, test {number}",
        subjects=_subjects(form, accounts),
        timezone=timezone,
        first=form.start - before * DAY,
        start=form.start,
        days={
            name: _account(form.history.get(name, {}), form.readings.get(name, {}), before, length) for name in accounts
        },
        rules=form.rules or (),
        quotas=_quotas(form),
        expect=tuple(_expected(e, item.line + 1, timezone) for e, item in zip(form.expect, items, strict=True)),
        alone=form.expect_nothing_else,
    )


def _subjects(form: TrialForm, accounts: tuple[str, ...]) -> tuple[Subject, ...]:
    alone: tuple[Subject, ...] = tuple(("account", name) for name in accounts)
    return (("license", form.license), *alone) if form.license else alone


def _length(table: Table) -> int:
    return max((len(expand(text)) for metrics in table.values() for text in metrics.values()), default=0)


def _account(history: Mapping[str, str], readings: Mapping[str, str], before: int, length: int) -> AccountDays:
    """One account's days: what is not written is 0, and a number that does not add up stands."""
    found: dict[str, list[Value]] = {}
    for metric in {**history, **readings}:
        past = _stretched(metric, expand(history[metric]) if metric in history else [], before, first=True)
        days = _stretched(metric, expand(readings[metric]) if metric in readings else [], length, first=False)
        found[metric] = past + days
    silent = [_answered([values[n] for values in found.values()]) for n in range(before + length)]
    return AccountDays(
        answered=tuple(silent),
        counts={metric: tuple(_count(value) for value in values) for metric, values in found.items()},
    )


def _stretched(metric: str, values: list[Value], length: int, *, first: bool) -> list[Value]:
    missing = length - len(values)
    if not values or adds_up(metric):
        return values + [0] * missing
    numbers = [value for value in values if not isinstance(value, str) or value == "not_reported"] or [0]
    return [numbers[0]] * missing + values if first else values + [numbers[-1]] * missing


def _answered(values: list[Value]) -> Answered:
    if "error" in values:
        return Answered.ERROR
    return Answered.NO_READING if "_" in values else Answered.YES


def _count(value: Value) -> int | None:
    if isinstance(value, str):
        return None if value == "not_reported" else 0
    return value


def _quotas(form: TrialForm) -> dict[str, tuple[LimitStep, ...]]:
    found: dict[str, tuple[LimitStep, ...]] = {}
    for change in form.quotas:
        found[change.metric] = (*found.get(change.metric, ()), LimitStep(since=change.at, value=change.limit))
    return found


def _expected(form: ExpectForm, line: int, timezone: str) -> Expected:
    since, until = _span(form, timezone)
    return Expected(
        line=line,
        when=_when(form),
        since=since,
        until=until,
        rule=form.rule,
        reason=Reason(form.reason) if form.reason else None,
        severity=form.severity,
        metric=form.metric,
        account=form.account,
        channel=form.channel,
        threshold=form.threshold,
        says=form.says or (),
    )


def _span(form: ExpectForm, timezone: str) -> tuple[datetime | None, datetime | None]:
    """[since, until) of the messages that fit; None is open."""
    if form.at is not None:
        return _bounds(form.at, timezone)
    since = _bounds(form.after, timezone)[1] if form.after is not None else None
    until = _bounds(form.before, timezone)[0] if form.before is not None else None
    return since, until


def _bounds(moment: When, timezone: str) -> tuple[datetime, datetime]:
    """A whole local day, or a minute."""
    if not isinstance(moment, datetime):
        return midnight(moment, timezone), midnight(moment + DAY, timezone)
    start = (moment if moment.tzinfo else moment.replace(tzinfo=zone(timezone))).astimezone(UTC)
    return start, start + MINUTE


def _when(form: ExpectForm) -> str:
    if form.at is not None:
        return _written(form.at)
    parts = [("after", form.after), ("before", form.before)]
    return " and ".join(f"{word} {_written(moment)}" for word, moment in parts if moment is not None)


def _written(moment: date | datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M") if isinstance(moment, datetime) else moment.isoformat()
