"""Readings in expanding notation: `1.2M x20, 3M x5, _ x2, error, 1M+50k x10`, a value a day."""

import re
from collections.abc import Iterator
from typing import Literal

from alerter.rulebook.values import LARGEST, count
from alerter.rulebook.words import shown

Word = Literal["_", "error", "not_reported"]
Value = int | Word
WORDS: tuple[Word, ...] = ("_", "error", "not_reported")

LONGEST = 3660
"""Days of one test: ten years."""

_NUMBER = r"\d[\d_]*(?:\.\d+)?[kKMG]?"
_ITEM = rf"(?:{_NUMBER}|_|error|not_reported)\s*(?:[+-]\s*{_NUMBER})?(?:\s*[x×]\s*\d+)?"
ITEM = re.compile(
    rf"(?P<value>{_NUMBER}|_|error|not_reported)\s*(?P<step>[+-]\s*{_NUMBER})?(?:\s*[x×]\s*(?P<days>\d{{1,9}}))?"
)
PATTERN = rf"^\s*{_ITEM}(?:\s*,\s*{_ITEM})*\s*$"
EXAMPLE = "1.2M x20, 3M, _ x2, error, 1M+50k x10"


class Unreadable(Exception):
    """What cannot be read, `offset` characters into the text."""

    def __init__(self, offset: int, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.offset, self.text, self.hint = offset, text, hint


def expand(text: str) -> list[Value]:
    """A value a day; raises Unreadable at the first part that is wrong."""
    found: list[Value] = []
    at = 0
    for part in text.split(","):
        offset = at + len(part) - len(part.lstrip())
        found += _days(part.strip(), offset, LONGEST - len(found))
        at += len(part) + 1
    return found


def _days(part: str, offset: int, room: int) -> list[Value]:
    item = ITEM.fullmatch(part)
    if item is None:
        raise Unreadable(offset, f"found {shown(part) if part else 'nothing'}; expected a day's reading", _hint(part))
    days = int(item["days"] or 1)
    if not 0 < days <= room:
        raise Unreadable(offset, f"found {days:,} days; a test has 1 to {LONGEST:,} days", "write fewer after the x")
    for word in WORDS:
        if word == item["value"]:
            if item["step"]:
                raise Unreadable(offset, f"`{word}` cannot rise or fall", f"write `{word} x{days}`")
            return [word] * days
    return list(_ramp(item, days, offset))


def _ramp(item: re.Match[str], days: int, offset: int) -> Iterator[int]:
    """The first value, then so much more, or less, each day."""
    if item["step"] and item["days"] is None:
        raise Unreadable(offset, f"{item[0]} does not say for how many days", f"write `{item[0]} x10`")
    first, step = _whole(item["value"], offset), 0
    if item["step"]:
        step = _whole(item["step"][1:].strip(), offset) * (-1 if item["step"][0] == "-" else 1)
    if not 0 <= first + (days - 1) * step <= LARGEST:
        day = first // -step + 2 if step < 0 else days
        raise Unreadable(offset, f"{item[0]} is below 0 on its day {day}" if step < 0 else f"{item[0]} is too much", "")
    yield from (first + day * step for day in range(days))


def _whole(text: str, offset: int) -> int:
    try:
        return count(text)
    except ValueError:
        hint = "1.5k is whole, 1.5 is not"
        raise Unreadable(offset, f"{shown(text)} is not a whole number up to {LARGEST:,}", hint) from None


def _hint(part: str) -> str:
    if not part:
        return "remove the comma, or write `_` for a day without a reading"
    if re.fullmatch(r"[x×]\s*\d+", part):
        return "write a value before it"
    return f"for example {EXAMPLE}"
