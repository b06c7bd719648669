"""`stale`: no fresh reading of an account for too long."""

from dataclasses import dataclass
from typing import ClassVar

from alerter.core.book import Unit
from alerter.core.checks import Check
from alerter.core.kinds.case import Case, Finding, Mark, Reads
from alerter.core.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleRule:
    """Fires when an account has given no fresh reading for at least `at`."""

    AT: ClassVar[tuple[Unit, ...]] = (Unit.DURATION,)
    AT_EXAMPLE: ClassVar[str] = "2h"
    SIGNED: ClassVar[bool] = False
    NEEDS_QUOTA: ClassVar[bool] = False
    PER_ACCOUNT: ClassVar[bool] = True
    SUMMARY: ClassVar[str] = (
        "{{ subject }} has given no fresh reading for {{ value|duration }}"
        "{% if extra.error %} ({{ extra.error }}){% endif %}: what is shown of it may be too low"
    )
    RECOVERED: ClassVar[str] = "{{ subject }} answers again"

    def reads(self, check: Check) -> Reads:
        return Reads()

    def find(self, case: Case) -> Finding:
        view = case.views.get(case.check.accounts[0])
        poll = view.poll if view else None
        if poll is None:
            return Finding(outcome=Outcome.TOO_EARLY, why="not asked yet")
        age = max(0, int((case.now - (poll.last_ok_at or poll.watched_since)).total_seconds()))
        return Finding(
            outcome=Outcome.OK,
            value=age,
            level=age,
            as_of=poll.last_ok_at,
            settles=True,
            marks=tuple(Mark(threshold=t, line=t.at.value, clear=t.at.value) for t in case.check.rule.thresholds),
            extra={"account": poll.account, "error": poll.error_text},
        )
