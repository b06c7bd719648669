"""From readings to stored alerts: everything that one batch of answers changes, in one transaction."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from alerter.core.errors import Conflict, SourceError
from alerter.core.facts import notice
from alerter.core.judge import judge, judge_final
from alerter.core.metrics import CATALOGUE, REPORTED, MetricKind
from alerter.core.model import AskKind, Event, PollState, Reading, Reason, Severity, Window
from alerter.core.plan import final_windows
from alerter.core.polling import after_failure, after_success
from alerter.core.ports import Settlement, Subject
from alerter.core.series import fallen
from alerter.core.verdict import Verdict
from alerter.pipeline.memory import Memory, Recalled
from alerter.pipeline.watch import Watch

log = structlog.get_logger(__name__)
AT_A_TIME = 25
"""Subjects judged before the event loop has its turn."""

GROWING = tuple(name for name in REPORTED if CATALOGUE[name].kind is not MetricKind.GAUGE)
"""Counts that can only grow within a window; a number at a moment may fall."""

TRIES = 4
"""How often a settlement is judged again when another process changed the same alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What asking one account came to. `polled` is False for history; `fill` is when history is looked for next."""

    account: str
    asked_at: datetime
    readings: Sequence[Reading] = ()
    error: SourceError | None = None
    polled: bool = True
    fill: datetime | None = None


class Settles(Recalled, Protocol):
    """What settling needs of a store: to recall, and to keep a batch whole or not at all."""

    async def settle(self, settlement: Settlement) -> None: ...


@dataclass(slots=True)
class Settled:
    """What a batch came to, for logs and metrics."""

    subjects: int = 0
    events: list[Event] = field(default_factory=list)


class Settler:
    """Judges what new readings touch and stores all of it together.

    `ops` is the channel for what the service says about itself (None: only the log); `told` is called with every
    event that has a channel, after it is stored.
    """

    def __init__(
        self,
        store: Settles,
        watch: Watch,
        *,
        poll_every: timedelta,
        fresh_for: timedelta,
        ops: str | None,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self.watch = watch
        self.memory = Memory(store)
        self.fresh_for = fresh_for
        self._every = poll_every
        self._ops = ops
        self._told = told
        self.judge_seconds = 0.0
        self._lock = asyncio.Lock()

    async def change(self, watch: Watch) -> None:
        """Put another rule book in force; what is remembered is read again."""
        async with self._lock:
            self.watch = watch
            self.memory.forget()

    async def settle(self, answers: Sequence[Answer], now: datetime) -> Settled:
        """Store these answers with all that they change. Raises StoreError; then nothing is stored."""
        async with self._lock:
            with self._remembering():
                settled = await self._settle([a for a in answers if a.account in self.watch.needs], now)
        self._say(settled)
        return settled

    async def _settle(self, answers: Sequence[Answer], now: datetime) -> Settled:
        accounts = [a.account for a in answers]
        await self.memory.load_accounts(self.watch, accounts, now)
        batch = Settlement()
        finals: dict[Window, None] = {}
        for answer in answers:
            self._take(answer, batch, finals, now)
        return await self._store_judged(batch, self.watch.subjects_of(accounts), now, list(finals))

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        """What is remembered is what is stored: after anything went wrong it is read again."""
        try:
            yield
        except BaseException:
            self.memory.forget()
            raise

    async def refresh(self, account: str) -> None:
        """Read again what is stored of this account: another process may have added to it."""
        async with self._lock:
            self.memory.views.pop(account, None)

    async def rejudge(self, subjects: Sequence[Subject], now: datetime) -> Settled:
        """Judge again without new readings: after a reload, and while accounts do not answer."""
        async with self._lock:
            known = [s for s in subjects if s in self.watch.subjects]
            with self._remembering():
                settled = await self._store_judged(Settlement(), known, now)
        self._say(settled)
        return settled

    async def note(self, events: Iterable[Event]) -> None:
        """Store events that no judging made."""
        batch = Settlement(events=list(events))
        await self._store.settle(batch)
        self._told()

    def _say(self, settled: Settled) -> None:
        for event in settled.events:
            key = event.key
            log.info(
                "event",
                reason=event.reason.value,
                severity=event.severity.value,
                rule=key.rule if key else None,
                subject=key.subject if key else None,
                metric=key.metric if key else None,
                threshold=event.threshold,
                channels=list(event.channels),
            )
        if any(event.channels for event in settled.events):
            self._told()

    def _take(self, answer: Answer, batch: Settlement, finals: dict[Window, None], now: datetime) -> None:
        """Put one answer into memory and into the batch."""
        need = self.watch.needs[answer.account]
        ends = final_windows(need, now) if not answer.polled else ()
        for reading in answer.readings:
            batch.readings.append(reading)
            before = self.memory.take(reading, need, now)
            if reading.kind is AskKind.CLOSED:
                finals.update(dict.fromkeys(w for w in ends if w == reading.window))
            for metric, (old, new) in fallen(before, reading, GROWING).items():
                batch.events.append(self._fell(reading, metric, old, new, now))
        if answer.polled:
            self._poll(answer, batch)
        if answer.fill is not None:
            batch.fills[answer.account] = answer.fill

    def _poll(self, answer: Answer, batch: Settlement) -> None:
        view = self.memory.answered(answer.account)
        state = view.poll or PollState(
            account=answer.account, next_poll_at=answer.asked_at, watched_since=answer.asked_at
        )
        if answer.error is None:
            view.poll = after_success(state, answer.asked_at, self._every)
        else:
            view.poll = after_failure(state, answer.error, answer.asked_at, self._every)
        batch.polls.append(view.poll)

    def _fell(self, reading: Reading, metric: str, old: int, new: int, now: datetime) -> Event:
        """The vendor corrected a count: shown and told to the ops channel, it neither resolves nor re-arms."""
        payload = notice(
            title=f"{reading.account}: {metric} was corrected downwards",
            text=f"The count since {reading.window.start:%d %b %Y} fell from {old:,} to {new:,}. Both values are kept.",
            now=now,
            details={"account": reading.account, "metric": metric, "before": old, "after": new},
        )
        return Event(
            id=f"fell-{reading.account}-{metric}-{int(reading.window.end.timestamp())}",
            alert=None,
            key=None,
            at=now,
            reason=Reason.SERVICE,
            severity=Severity.WARNING,
            channels=(self._ops,) if self._ops else (),
            payload=payload,
        )

    async def _store_judged(
        self, batch: Settlement, subjects: list[Subject], now: datetime, finals: Sequence[Window] = ()
    ) -> Settled:
        """Judge and store; when another process was faster with an alert, read that and judge again."""
        for attempt in range(TRIES):
            await self.memory.load(self.watch, subjects, now)
            last = await self._judge_finals(finals, subjects, batch, now)
            verdicts = [*last, *await self._judge_all(subjects, dict(last), now)]
            whole = _joined(batch, (v for _, v in verdicts))
            try:
                await self._store.settle(whole)
            except Conflict:
                self.memory.forget_records(subjects)
                if attempt == TRIES - 1:
                    raise
                continue
            for subject, verdict in verdicts:
                verdict.apply_to(self.memory.records[subject], now)
            return Settled(subjects=len(subjects), events=whole.events)
        raise AssertionError("unreachable")

    async def _judge_all(
        self, subjects: Sequence[Subject], last: Mapping[Subject, Verdict], now: datetime
    ) -> list[tuple[Subject, Verdict]]:
        """A few milliseconds at a time, so that pages are answered in between; `last` are verdicts on final counts."""
        verdicts: list[tuple[Subject, Verdict]] = []
        for number, subject in enumerate(subjects, 1):
            verdicts.append((subject, self._judge(subject, last.get(subject), now)))
            if number % AT_A_TIME == 0:
                await asyncio.sleep(0)
        return verdicts

    def _judge(self, subject: Subject, last: Verdict | None, now: datetime) -> Verdict:
        record = self.memory.records[subject]
        if last is not None:
            record = replace(record, alerts={**record.alerts, **{a.key: a for a in last.alerts}})
        begun = time.perf_counter()
        verdict = judge(self.watch.subjects[subject], self.memory.views, record, now, self.fresh_for)
        self.judge_seconds += time.perf_counter() - begun
        return verdict

    async def _judge_finals(
        self, windows: Sequence[Window], subjects: Sequence[Subject], batch: Settlement, now: datetime
    ) -> list[tuple[Subject, Verdict]]:
        """Judge periods that have ended on their final counts, where all accounts of the pool gave theirs."""
        found: list[tuple[Subject, Verdict]] = []
        for subject in subjects:
            for window in windows:
                item, record = self.watch.subjects[subject], self.memory.records[subject]
                counts = await self._final_counts(item.accounts, window, batch)
                if counts is not None:
                    found.append((subject, judge_final(item, counts, window, record, now)))
        return _one_each(found)

    async def _final_counts(
        self, accounts: Sequence[str], window: Window, batch: Settlement
    ) -> dict[str, Mapping[str, int]] | None:
        """Counts of a closed window for every account; None when one is missing or was not watched then."""
        polls = [self.memory.views[name].poll for name in accounts if name in self.memory.views]
        if any(p is None or p.watched_since >= window.end for p in polls):
            return None
        rows = await self._store.closed_counts(accounts, REPORTED, window.start, window.start + timedelta(seconds=1))
        counts = {name: values for name, stored, values in rows if stored == window}
        new = [r for r in batch.readings if r.window == window and r.kind is AskKind.CLOSED and r.account in accounts]
        counts |= {reading.account: reading.values for reading in new}
        return counts if len(counts) == len(set(accounts)) else None


def _one_each(found: Iterable[tuple[Subject, Verdict]]) -> list[tuple[Subject, Verdict]]:
    """One verdict a subject, whatever the number of its periods that ended."""
    whole: dict[Subject, Verdict] = {}
    for subject, verdict in found:
        into = whole.setdefault(subject, Verdict())
        into.alerts += verdict.alerts
        into.events += verdict.events
    return list(whole.items())


def _joined(batch: Settlement, verdicts: Iterable[Verdict]) -> Settlement:
    whole = Settlement(
        readings=batch.readings,
        polls=batch.polls,
        fills=batch.fills,
        alerts=list(batch.alerts),
        standings=list(batch.standings),
        events=list(batch.events),
        said=list(batch.said),
    )
    for verdict in verdicts:
        whole.alerts += verdict.alerts
        whole.standings += verdict.standings
        whole.events += verdict.events
        whole.said += verdict.said
    return whole
