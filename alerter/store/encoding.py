"""How values are written into columns.

Windows are whole seconds since 1970, every other time microseconds since 1970, both UTC. Lists and maps are JSON in
ASCII, so that a lone surrogate in a hostile name cannot stop a commit.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ENCODER = json.JSONEncoder(separators=(",", ":"))
TEXT_LIMIT = 500
"""Characters of an error text that are kept."""

FAR_AHEAD = timedelta(days=1)
"""Nothing is planned further ahead than this: a later time was set by a clock that was ahead."""


def seconds(when: datetime) -> int:
    """Whole seconds since 1970 of a window's bound."""
    return int(when.timestamp())


def moment(stored: int) -> datetime:
    """The time of whole seconds since 1970."""
    return datetime.fromtimestamp(stored, UTC)


def micros(when: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (when - _EPOCH) // _MICROSECOND


def micros_or_none(when: datetime | None) -> int | None:
    return None if when is None else micros(when)


def when(stored: int) -> datetime:
    """The time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=stored)


def when_or_none(stored: int | None) -> datetime | None:
    return None if stored is None else when(stored)


def pack(value: object) -> str:
    """JSON without spaces, in ASCII."""
    return _ENCODER.encode(value)


def pack_names(names: Sequence[str]) -> str:
    return pack(list(names))


def unpack(stored: str) -> Mapping[str, object]:
    found: Mapping[str, object] = json.loads(stored)
    return found


def unpack_names(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored))


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """At most `limit` characters that any database takes: no NUL, no lone surrogate; a cut one ends in an ellipsis."""
    text = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_or_none(text: str | None) -> str | None:
    return None if text is None else clean(text)
