"""What putting another rule book in force changed, in words."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from alerter.bootstrap.books import loaded
from alerter.bootstrap.parts import Parts
from alerter.core.book import RuleBook
from alerter.core.errors import ConfigurationError
from alerter.core.model import Event, Reason
from alerter.pipeline.differences import edits

MOST = 50
"""Lines that are kept; what is more is counted."""

WORDS = {
    Reason.CROSSED: "fires at",
    Reason.ESCALATED: "fires at",
    Reason.QUOTA_CHANGED: "is armed again",
    Reason.RECOVERED: "has recovered",
    Reason.RULE_REMOVED: "is dropped",
    Reason.PERIOD_CLOSED: "is closed",
}


@dataclass(frozen=True, slots=True)
class Before:
    """What was in force before this process. `book` is None when it cannot be read, or is the same."""

    same: bool
    book: RuleBook | None


async def book_before(parts: Parts) -> Before:
    """Whether the rule book is the one that the process before this one obeyed."""
    last = await parts.store.last_book()
    if last is None:
        return Before(same=False, book=None)
    if last.hash == parts.opened.book.hash:
        return Before(same=True, book=None)
    try:
        return Before(same=False, book=(await asyncio.to_thread(loaded, last.files, parts.settings)).book)
    except ConfigurationError:
        return Before(same=False, book=None)


def told_changes(old: RuleBook, new: RuleBook, events: Iterable[Event]) -> tuple[str, ...]:
    """Everything that was edited, then every alert that this fired, armed again or dropped."""
    lines = [str(edit) for edit in edits(old, new)]
    lines += [_line(event) for event in events if event.reason in WORDS and event.key is not None]
    more = len(lines) - MOST
    return (*lines[:MOST], f"and {more:,} more") if more > 0 else tuple(lines)


def _line(event: Event) -> str:
    key = event.key
    about = ", ".join(part for part in (key.subject, key.metric) if part) if key else ""
    at = f" {event.threshold}" if event.threshold and WORDS[event.reason].endswith("at") else ""
    return f"alert {key.rule if key else ''} on {about} {WORDS[event.reason]}{at}"
