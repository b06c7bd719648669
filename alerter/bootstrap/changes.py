"""What putting another rule book in force changed, in words."""

import asyncio
from collections.abc import Iterable

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


async def book_before(parts: Parts) -> RuleBook | None:
    """The book that was in force before this process, if it was another one and can still be read."""
    last = await parts.store.last_book()
    if last is None or last.hash == parts.opened.book.hash:
        return None
    try:
        return (await asyncio.to_thread(loaded, last.files, parts.settings)).book
    except ConfigurationError:
        return None


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
