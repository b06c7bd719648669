"""When to try again, and what to send together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerter.core.model import Severity
from alerter.core.ports import Waiting

FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=15)
GIVE_UP = timedelta(hours=24)
CALM = timedelta(minutes=1)
MOST = 5
"""More than this many messages to one channel within `CALM` become one."""

QUIET = timedelta(seconds=30)
"""How long a channel that just failed is left alone: the next row then shows whether it is back."""


def next_try(key: str, attempts: int, since: datetime, now: datetime, after: timedelta | None) -> datetime | None:
    """When to try again after `attempts` tries, or None after 24 hours of them.

    5 s, doubling up to 15 min, give or take a fifth that `key` decides, so that many do not come at once; never before
    what the channel asked for with `after`.
    """
    if now - since >= GIVE_UP:
        return None
    wait = min(LONGEST, FIRST * (1 << min(attempts - 1, 12)))
    spread = int.from_bytes(hashlib.blake2b(f"{key}:{attempts}".encode(), digest_size=2).digest(), "big") / 65535
    wait *= 0.8 + 0.4 * spread
    return now + max(wait, after or timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What to do with the waiting rows of a channel: `merge` groups tell one alert's story, `bundle` becomes one list.

    `send` go out as they are, in this order. What is in none of them waits for the minute to pass.
    """

    merge: tuple[tuple[Waiting, ...], ...] = ()
    bundle: tuple[Waiting, ...] = ()
    send: tuple[Waiting, ...] = ()


def arrange(rows: Sequence[Waiting], sent: Sequence[datetime], now: datetime) -> Arrangement:
    """Decide what goes out now. `rows` are due, oldest first; `sent` are this channel's sends of the last minute.

    A row that may have got through already is repeated as it was, alone. Several of one alert become one message.
    """
    stories: dict[str, list[Waiting]] = {}
    for row in rows:
        if not row.doubt and row.alert is not None:
            stories.setdefault(row.alert, []).append(row)
    merge = tuple(tuple(group) for group in stories.values() if len(group) > 1)
    if merge:
        return Arrangement(merge=merge)
    room = MOST - sum(1 for moment in sent if timedelta(0) <= now - moment < CALM)
    again = [row for row in rows if row.doubt]
    fresh = sorted((row for row in rows if not row.doubt), key=_severity, reverse=True)
    loose = [row for row in fresh if not _is_list(row)]
    if len(loose) > max(0, room) and len(loose) > 1 and (len(loose) > MOST or room <= 0):
        return _together(again, fresh, loose, room)
    return Arrangement(send=tuple(again + fresh[: max(0, room)]))


def _together(again: list[Waiting], fresh: list[Waiting], loose: list[Waiting], room: int) -> Arrangement:
    """Too many for one minute: one list now if there is room for a message, else later."""
    if room <= 0:
        return Arrangement(send=tuple(again))
    ready = [row for row in fresh if _is_list(row)]
    return Arrangement(bundle=tuple(loose), send=tuple(again + ready[:room]))


def _severity(row: Waiting) -> int:
    """Severe messages go out before mild ones that waited longer."""
    return Severity(str(row.payload.get("severity", "info"))).rank


def _is_list(row: Waiting) -> bool:
    return row.payload.get("type") == "bundle"
