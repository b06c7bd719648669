"""What judging one license or account came to."""

from dataclasses import dataclass, field
from datetime import datetime

from alerter.core.checks import Check
from alerter.core.kinds.case import FINAL_FOR, Finding
from alerter.core.model import Alert, Event, Outcome, Severity, Standing, Status
from alerter.core.ports import Record, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One check's result: the finding, its outcome after the thresholds, and how its alert stands afterwards."""

    check: Check
    finding: Finding
    outcome: Outcome
    severity: Severity | None
    why: str
    alert: Alert | None


@dataclass(slots=True)
class Verdict:
    """What judging one subject came to: all results, and what is new and must be stored."""

    judged: list[Judged] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    said: list[tuple[Subject, str]] = field(default_factory=list)

    def apply_to(self, record: Record, now: datetime | None = None) -> None:
        """Bring a remembered record up to date, once this is stored; what ended long before `now` is dropped."""
        record.alerts.update((a.key, a) for a in self.alerts)
        if self.alerts and now is not None:
            for key in [a.key for a in record.alerts.values() if _is_past(a, now)]:
                del record.alerts[key]
        record.standings.update((s.key, s) for s in self.standings)
        record.said.update(text for _, text in self.said)


def _is_past(alert: Alert, now: datetime) -> bool:
    ended = alert.period_end
    return alert.status is Status.CLOSED and ended is not None and ended < now - FINAL_FOR
