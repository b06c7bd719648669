"""Names that others chose, made harmless: one line, no invisible or direction-changing characters, not endless."""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping

LONGEST_NAME = 200
"""Characters kept of a name, a label or any other single value."""

LONGEST_TEXT = 2000
"""Characters kept of a sentence that the service itself wrote, such as a notice's text."""

ZERO_WIDTH = "\u200b"
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_UNSEEN = {"Cf", "Co", "Cs", "Cn"}
_BREAKS = {"Cc", "Zl", "Zp"}
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def cut(text: str, most: int) -> str:
    """At most `most` characters, the last an ellipsis if some are missing; never half an HTML entity."""
    if len(text) <= most:
        return text
    return re.sub(r"&[#\w]*$", "", text[: max(0, most - 1)]).rstrip() + "…"


def clean(text: str, most: int = LONGEST_NAME) -> str:
    """`text` in one line: breaks become spaces, unseen characters go, right-to-left script is isolated."""
    # Characters beyond the cut are not even looked at: a label of a megabyte costs nothing.
    kept = []
    for char in text[: most * 4]:
        category = unicodedata.category(char)
        if category not in _UNSEEN:
            kept.append(" " if category in _BREAKS else char)
    line = cut(" ".join("".join(kept).split()), most)
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in line):
        return f"{_ISOLATE}{line}{_END_ISOLATE}"
    return line


def slack_url(url: str) -> str:
    """A URL as the first part of a Slack link."""
    return url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")


def slack_text(text: str) -> str:
    """`text` as Slack's mrkdwn shows it letter for letter.

    `&`, `<` and `>` are escaped as Slack documents; a character that could format gets zero-width spaces around it,
    unless it stands inside a word, where Slack leaves it alone (`acme_prod`).
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|[*~`]", rf"{ZERO_WIDTH}\g<0>{ZERO_WIDTH}", escaped)
    escaped = re.sub(r":(?=[a-z][a-z0-9_+-]*:)", f":{ZERO_WIDTH}", escaped)
    return f"{ZERO_WIDTH}{escaped}" if escaped.startswith("&gt;") else escaped


def slack_plain(text: str) -> str:
    """Text escaped by `slack_text`, for a `plain_text` object, where Slack undoes no escaping and formats nothing."""
    return html.unescape(text).replace(ZERO_WIDTH, "").replace("<", f"<{ZERO_WIDTH}")


def each_text(value: object, change: Callable[[str], str]) -> object:
    """`value`, a JSON value, with `change` done to every text in it."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {str(name): each_text(item, change) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [each_text(item, change) for item in value]
    return value
