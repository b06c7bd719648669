"""`quota`: used in the current period reaches a share of the quota, or little of it is left."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from alerter.core.book import Unit, key


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRule:
    """Fires when what was used in the current period reaches a share of the quota."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.SHARE, Unit.COUNT)
    AT_EXAMPLE: ClassVar[str] = "80%"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = True

    measure: Literal["used", "remaining"] = key(
        "`used` fires when at least `at` is used; `remaining` when at most `at` is left.",
        example="remaining",
        default="used",
    )
