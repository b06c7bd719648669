"""Replaying many licenses: a share at a time, on every core, so that memory stays flat."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any

from alerter.core.book import RuleBook
from alerter.core.checks import Watched
from alerter.core.ports import Record, Subject
from alerter.pipeline.hindsight import Judgement, Warned, in_sight, warned, weigh
from alerter.pipeline.replay import Reel, replay, why_not
from alerter.pipeline.tapes import Growth, imagine, load
from alerter.pipeline.watch import Watch
from alerter.settings import Settings
from alerter.store import Database, open_store

SHARE = 20
"""Subjects that are replayed in one go."""

ALONE = 2 * SHARE
"""Up to so many subjects, starting further processes costs more than it saves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What to replay: this book's subjects, over [since, until). `days` of more than 0 play the future from `until`."""

    book: RuleBook
    database_url: str
    fresh_for: timedelta
    since: datetime
    until: datetime
    rule: str | None = None
    license: str | None = None
    days: int = 0
    growths: tuple[Growth, ...] = ()


@dataclass(slots=True, kw_only=True)
class Played:
    """What a replay came to. `left_out` are the rules that days cannot tell about, and why; `sight` is what
    each rule looks at.
    """

    judgements: list[Judgement] = field(default_factory=list)
    warned: list[Warned] = field(default_factory=list)
    days: int = 0
    gaps: int = 0
    left_out: Mapping[str, str] = field(default_factory=dict)
    sight: Mapping[str, set[tuple[str, str]]] = field(default_factory=dict)


def script(settings: Settings, book: RuleBook, since: datetime, until: datetime, **more: Any) -> Script:
    """What to replay on this installation."""
    return Script(
        book=book,
        database_url=settings.database_url,
        fresh_for=settings.fresh_for,
        since=since,
        until=until,
        **more,
    )


def chosen(watch: Watch, rule: str | None, license: str | None) -> Watch:  # noqa: A002 - the field's name
    """The same, with this rule's checks and this license's subjects only."""
    lic = watch.book.licenses.get(license) if license else None
    accounts = lic.accounts if lic else ()

    def wanted(subject: Subject) -> bool:
        return lic is None or subject == ("license", lic.name) or (subject[0] == "account" and subject[1] in accounts)

    subjects = {s: _only(item, rule) for s, item in watch.subjects.items() if wanted(s)}
    return replace(watch, subjects=subjects)


def _only(item: Watched, rule: str | None) -> Watched:
    return item if rule is None else replace(item, checks=tuple(c for c in item.checks if c.key.rule == rule))


def left_out(watch: Watch) -> dict[str, str]:
    """Rules with a check that cannot be replayed, and why."""
    found: dict[str, str] = {}
    for item in watch.subjects.values():
        for check in item.checks:
            why = why_not(check)
            if why is not None:
                found[check.key.rule] = why
    return found


def play(what: Script, began: Callable[[int], Callable[[int], None]]) -> Played:
    """Replay all of it. `began` is told the number of subjects, and what it returns how many more are done."""
    watch = chosen(Watch.over(what.book), what.rule, what.license)
    subjects = list(watch.subjects)
    shares = [subjects[start : start + SHARE] for start in range(0, len(subjects), SHARE)]
    reel = Reel()
    advance = began(len(subjects))
    for share, found in _alone(what, shares) if len(subjects) <= ALONE else _together(what, shares):
        reel.told += found.told
        reel.crossings += found.crossings
        reel.days, reel.gaps = reel.days + found.days, reel.gaps + found.gaps
        advance(share)
    reel.told.sort(key=lambda told: (told.at, told.subject, told.rule, told.metric))
    reel.crossings.sort(key=lambda crossing: (crossing.at, crossing.license, crossing.metric))
    until = what.until + timedelta(days=what.days + 1) if what.days else what.until
    judgements = weigh(reel.told, reel.crossings, watch.book, until)
    return Played(
        judgements=judgements,
        warned=warned(reel.crossings, judgements),
        days=reel.days,
        gaps=reel.gaps,
        left_out=left_out(watch),
        sight=in_sight(watch),
    )


def _alone(what: Script, shares: Sequence[Sequence[Subject]]) -> Any:
    _begin(what)
    for share in shares:
        yield len(share), _share(share)


def _together(what: Script, shares: Sequence[Sequence[Subject]]) -> Any:
    context = get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context, initializer=_begin, initargs=(what,)) as pool:
        running: dict[Future[Reel], int] = {pool.submit(_share, share): len(share) for share in shares}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_STAGE: list[tuple[Script, Watch]] = []
"""What this process replays: set once, since a rule book is too large to be sent with every share."""


def _begin(what: Script) -> None:
    _STAGE[:] = [(what, chosen(Watch.over(what.book), what.rule, what.license))]


def _share(subjects: Sequence[Subject]) -> Reel:
    return asyncio.run(_replayed(*_STAGE[0], subjects))


async def _replayed(what: Script, watch: Watch, subjects: Sequence[Subject]) -> Reel:
    store = await open_store(what.database_url, upgrade=False)
    try:
        whole = Reel()
        tapes = await load(store, store.queries, watch, subjects, what.since, what.until)
        records = await store.records(subjects, what.until) if what.days else {}
        for subject in subjects:
            reel = await _one(what, watch, watch.subjects[subject], tapes, records.get(subject), store)
            whole.told += reel.told
            whole.crossings += reel.crossings
            whole.days, whole.gaps = whole.days + reel.days, whole.gaps + reel.gaps
        return whole
    finally:
        await store.close()


async def _one(
    what: Script, watch: Watch, item: Watched, tapes: Mapping[str, Any], record: Record | None, store: Database
) -> Reel:
    if not what.days:
        return replay(item, watch.needs, tapes, fresh_for=what.fresh_for, since=what.since)
    ahead = await imagine(store, tapes, watch, item, what.until, what.days, what.growths)
    return replay(
        item,
        watch.needs,
        ahead,
        fresh_for=what.fresh_for,
        since=what.until,
        record=record,
        judge_since=what.until,
    )
