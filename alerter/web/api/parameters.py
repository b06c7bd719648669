"""Query parameters, parsed once. Whatever cannot be obeyed is a `BadParameter` that says what is allowed."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TypeVar

from starlette.requests import Request

LIMIT = 100
MOST = 1000

E = TypeVar("E", bound=StrEnum)


class BadParameter(Exception):
    """A query parameter is unknown or has a value that cannot be used; the text says what is allowed."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """One request's query: each name is known, and given once."""

    given: Mapping[str, str]

    def text(self, name: str) -> str | None:
        return self.given.get(name)

    @property
    def cursor(self) -> str | None:
        return self.given.get("cursor")

    @property
    def limit(self) -> int:
        text = self.given.get("limit", str(LIMIT))
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        if not 1 <= number <= MOST:
            raise BadParameter(f"limit: expected a whole number from 1 to {MOST}")
        return number

    def moment(self, name: str) -> datetime | None:
        """An RFC 3339 time with its zone, or a date: midnight UTC."""
        text = self.given.get(name)
        if text is None:
            return None
        try:
            found = _moment(text)
        except (ValueError, OverflowError):
            found = None
        if found is None:
            raise BadParameter(f"{name}: expected a time such as 2026-04-15T10:00:00Z, or a date such as 2026-04-15")
        return found

    def choice(self, name: str, kind: type[E], *, but: Collection[str] = ()) -> E | None:
        """One value of an enumeration, `but` these."""
        text = self.given.get(name)
        if text is None:
            return None
        allowed = [value.value for value in kind if value.value not in but]
        if text not in allowed:
            raise BadParameter(f"{name}: expected one of {', '.join(allowed)}")
        return kind(text)


def _moment(text: str) -> datetime | None:
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    # A plus sign that was not encoded arrives as a space.
    found = datetime.fromisoformat(text.replace(" ", "+"))
    return found.astimezone(UTC) if found.tzinfo else None


def parameters(request: Request, *allowed: str) -> Parameters:
    """The query of a request that takes `allowed` and, as every list does, `limit` and `cursor`."""
    names = (*allowed, "limit", "cursor")
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise BadParameter(f"{name[:50]}: no such parameter{hint} Allowed are {', '.join(names)}")
        if name in given:
            raise BadParameter(f"{name}: given more than once")
        given[name] = value
    return Parameters(given)
