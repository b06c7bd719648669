"""`stale`: no fresh reading of an account for too long."""

from dataclasses import dataclass
from typing import ClassVar

from alerter.core.book import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleRule:
    """Fires when an account has given no fresh reading for at least `at`."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.DURATION,)
    AT_EXAMPLE: ClassVar[str] = "2h"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = False
