"""`growth`: the usage of a window grew, or fell, by a share against a baseline. Completed days only."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from alerter.core.book import Unit, key


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRule:
    """Fires when usage of a window grew by at least `at` (or, below zero, fell by at least that) against a baseline."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.SHARE,)
    AT_EXAMPLE: ClassVar[str] = "+30%"
    SIGNED: ClassVar[bool] = True
    NEEDS_QUOTA: ClassVar[bool] = False

    window: timedelta = key(
        "How long a stretch is compared: whole days, or whole hours below a day. Only what has ended counts.",
        example="7d",
        default=timedelta(days=7),
    )
    against: Literal["previous"] = key(
        "`previous`: the window of the same length just before.", example="previous", default="previous"
    )
    ignore_below: int = key("Stay silent while both stretches are below this count.", example="10k", default=0)
