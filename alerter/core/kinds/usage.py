"""`usage`: what was used in a period or in a sliding window reaches an absolute amount."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from alerter.core.book import Per, Unit, key


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRule:
    """Fires when usage in the period, or in the last stretch of time, reaches an absolute amount."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.COUNT,)
    AT_EXAMPLE: ClassVar[str] = "2M"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = False

    per: Per | None = key(
        "The period to count in; default: the quota's own, else a month.", example="month", default=None
    )
    window: timedelta | None = key(
        "Count in the last stretch of this length instead of a period (at least 1m).", example="6h", default=None
    )
