"""Rule tests: the days of a trial through the same plan, settling and judge as the service, in memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alerter.core.book import License, LimitStep, RuleBook
from alerter.core.calendar import DAY, HOUR, SECOND
from alerter.core.checks import Watched, matches, subjects_by_account, watched
from alerter.core.errors import Unreachable
from alerter.core.metrics import catalogue
from alerter.core.model import Ask, AskKind, Event, Reading, Window
from alerter.core.plan import Needs, closed_windows, depth, final_windows, live_asks, needs
from alerter.core.ports import Subject
from alerter.core.trial import Answered, Trial
from alerter.pipeline.daybook import Daybook, day_bounds
from alerter.pipeline.notebook import Notebook
from alerter.pipeline.settle import Answer, Settler
from alerter.pipeline.watch import Watch

FRESH_FOR = HOUR
"""Days are judged at their end, and hourly while an account is silent: what is older is from before the silence."""

NO_ANSWER = Unreachable("no answer: the test says so")


class Rehearsal:
    """Runs trials against one rule book."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._subjects = watched(book)

    async def run(self, trial: Trial) -> list[Event]:
        """Every event that the trial's days come to, in order, told or not."""
        run = _Run(trial, self._watch(trial))
        await run.days()
        return list(run.notebook.events.values())

    def _watch(self, trial: Trial) -> Watch:
        """Only what the trial looks at, by the rules that it chooses."""
        book, subjects = self._book, self._subjects
        if trial.quotas:
            book = with_quotas(book, trial)
            subjects = watched(book)
        chosen = {s: _chosen(subjects[s], trial.rules) for s in trial.subjects if s in subjects}
        book = replace(book, accounts={name: book.accounts[name] for name in trial.days})
        return Watch(
            book=book,
            subjects=chosen,
            by_account=subjects_by_account(chosen),
            needs={name: _whole(need) for name, need in needs(book, chosen).items()},
            known=catalogue(book.metrics.values()),
        )


def _chosen(item: Watched, rules: tuple[str, ...]) -> Watched:
    if not rules:
        return item
    return replace(item, checks=tuple(c for c in item.checks if matches(rules, c.rule.name)))


def _whole(need: Needs) -> Needs:
    """Every stretch asked for as one window: the same numbers, without adding up the days for each rule anew."""
    return replace(need, stretches={replace(stretch, exact=True): None for stretch in need.stretches})


def with_quotas(book: RuleBook, trial: Trial) -> RuleBook:
    """The book with the trial's own limits from their days on."""
    changed = {
        name: _with_steps(book.licenses[name], trial.quotas) for kind, name in trial.subjects if kind == "license"
    }
    return replace(book, licenses={**book.licenses, **changed})


def _with_steps(lic: License, quotas: Mapping[str, tuple[LimitStep, ...]]) -> License:
    found = dict(lic.quotas)
    for metric, steps in quotas.items():
        days = {step.since for step in steps}
        kept = [step for step in found[metric].steps if step.since not in days]
        merged = sorted((*kept, *steps), key=lambda s: (s.since is not None, s.since))
        found[metric] = replace(found[metric], steps=tuple(merged))
    return replace(lic, quotas=found)


class _Run:
    """One trial under way."""

    def __init__(self, trial: Trial, watch: Watch) -> None:
        self.notebook = Notebook()
        self._trial = trial
        self._watch = watch
        self._settler = Settler(self.notebook, watch, poll_every=DAY, fresh_for=FRESH_FOR, ops=None)
        length = max((len(days.answered) for days in trial.days.values()), default=0)
        self._bounds = day_bounds(trial.first, length, trial.timezone)
        self._books = {name: Daybook(name, days, self._bounds) for name, days in trial.days.items()}
        self._have: dict[str, set[Window]] = {name: set() for name in trial.days}

    async def days(self) -> None:
        """Judge every day from the trial's start on, at its end."""
        for number in range((self._trial.start - self._trial.first).days, len(self._bounds) - 1):
            answered = {name: days.answered[number] for name, days in self._trial.days.items()}
            for now, ahead in self._moments(number, answered.values()):
                await self._at(now, ahead, answered)

    def _moments(self, number: int, answered: Iterable[Answered]) -> Iterator[tuple[datetime, timedelta]]:
        """The last second of the day; while an account is silent, every full hour before it too."""
        start, end = self._bounds[number], self._bounds[number + 1]
        if any(a is not Answered.YES for a in answered):
            now = start + HOUR
            while now < end:
                yield now, timedelta(0)
                now += HOUR
        if start < end:
            yield end - SECOND, SECOND

    async def _at(self, now: datetime, ahead: timedelta, answered: Mapping[str, Answered]) -> None:
        """Ask the accounts, settle their answers, and judge what none of them touched."""
        polls, fills = [], []
        for name, how in answered.items():
            if how is Answered.ERROR:
                polls.append(Answer(account=name, asked_at=now, error=NO_ANSWER))
            elif how is Answered.YES:
                live, past, final = self._answers(name, now, ahead)
                polls.append(Answer(account=name, asked_at=now, readings=[*live, *past]))
                if final:
                    fills.append(Answer(account=name, asked_at=now, readings=final, polled=False))
        asked = [answer.account for answer in polls]
        if polls:
            await self._settler.settle(polls, now)
        if fills:
            await self._settler.settle(fills, now)
        if len(asked) < len(answered):
            touched: set[Subject] = set(self._watch.subjects_of(asked))
            await self._settler.rejudge([s for s in self._watch.subjects if s not in touched], now)

    def _answers(
        self, name: str, now: datetime, ahead: timedelta
    ) -> tuple[list[Reading], list[Reading], list[Reading]]:
        """Current windows, completed ones that rules look back on, and periods that have just ended."""
        need = self._watch.needs[name]
        live = self._read(name, live_asks(need, now), now, ahead)
        closed = self._read(name, self._missing(need, now, self._have[name]), now, ahead)
        self._have[name].update(reading.window for reading in closed)
        ends = set(final_windows(need, now)) if closed else set()
        past = [reading for reading in closed if reading.window not in ends]
        return live, past, [reading for reading in closed if reading.window in ends]

    @staticmethod
    def _missing(need: Needs, now: datetime, have: set[Window]) -> list[Ask]:
        return [Ask(window, AskKind.CLOSED) for window in closed_windows(need, now, depth(need), have)]

    def _read(self, name: str, asks: Iterable[Ask], now: datetime, ahead: timedelta) -> list[Reading]:
        found = (self._books[name].read(ask, now, ahead) for ask in asks)
        return [reading for reading in found if reading is not None]
