"""Block Kit, within its limits, from a message in words.

Limits: https://docs.slack.dev/reference/block-kit/blocks (50 blocks, 150 characters a header, 3,000 a section's text,
10 fields of 2,000).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from alerter.channels.plain import cut, slack_plain, slack_text, slack_url
from alerter.channels.render import Rendered
from alerter.core.model import Severity

COLOURS = {Severity.INFO: "#3b82c4", Severity.WARNING: "#e8a317", Severity.CRITICAL: "#d02f2f"}
MOST_ITEMS = 20
"""Entries of a list that one message shows, with a title and a line each: at their longest they fit in 40 blocks."""

_HEADER, _SECTION, _FIELD, _FIELDS = 150, 2900, 1900, 10
_MOST_FIELDS = 40
_FALLBACK = 1000

Block = dict[str, Any]


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _field(name: str, text: str) -> Block:
    return _mrkdwn(cut(f"*{name}*\n{text}" if name else text, _FIELD))


def _lines(facts: Sequence[tuple[str, str]]) -> Iterable[Block]:
    """Facts as list lines, as many a section as fit."""
    section = ""
    for name, text in facts:
        line = cut(f"• *{name}* {text}" if name else text, _FIELD)
        if section and len(section) + len(line) + 1 > _SECTION:
            yield {"type": "section", "text": _mrkdwn(section)}
            section = ""
        section = f"{section}\n{line}" if section else line
    if section:
        yield {"type": "section", "text": _mrkdwn(section)}


def _fields(facts: Sequence[tuple[str, str]]) -> Iterable[Block]:
    for first in range(0, min(len(facts), _MOST_FIELDS), _FIELDS):
        yield {"type": "section", "fields": [_field(name, text) for name, text in facts[first : first + _FIELDS]]}


def message_body(
    rendered: Rendered, links: Sequence[tuple[str, str]], *, listing: bool, remark: str = ""
) -> dict[str, Any]:
    """`text`, `blocks` and `attachments` of a message: the header, and under it, beside a bar of the severity's colour,
    the rest. `listing` shows the facts as lines; `remark` comes last.
    """
    body: list[Block] = []
    if rendered.summary:
        body.append({"type": "section", "text": _mrkdwn(cut(rendered.summary, _SECTION))})
    body += _lines(rendered.facts) if listing else _fields(rendered.facts)
    last = [slack_text(remark), " · ".join(f"<{slack_url(url)}|{words}>" for words, url in links)]
    last += [rendered.footer, slack_text(rendered.note)]
    small = [_mrkdwn(cut(text, _FIELD)) for text in last if text]
    if small:
        body.append({"type": "context", "elements": small})
    title = cut(slack_plain(rendered.title), _HEADER) or "alerter"
    return {
        "text": cut(f"{rendered.title}\n{slack_text(remark)}".strip(), _FALLBACK),
        "blocks": [{"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}],
        "attachments": [{"color": COLOURS[rendered.severity], "blocks": body[:49]}] if body else [],
    }
