"""What is shown of licenses: used, quota, period and state, as the status page, the API and the commands print it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alerter.core.book import Quota, Rule
from alerter.core.calendar import midnight
from alerter.core.checks import Check, Watched
from alerter.core.facts import share_of
from alerter.core.kinds.ahead import outlook_now
from alerter.core.kinds.case import Case, Finding
from alerter.core.kinds.quota import QuotaRule
from alerter.core.metrics import Metric
from alerter.core.model import Alert, CheckKey, Outcome, Period, Severity, Status
from alerter.core.ports import Record
from alerter.core.series import AccountView

_SHOWN = Rule(name="", kind="quota", options=QuotaRule(), thresholds=())


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReport:
    """One quota now. `used` is a lower bound unless `complete`; `share` is a fraction; `limit` None is unlimited.

    `missing` are the accounts without a fresh reading, `silent` those that do not report the metric. `expected` at the
    period's end, with its 80 % band, and the midnight at which the day begins on which the quota `runs_out` (None: not
    before the end) are there where completed days were read.
    """

    metric: str
    words: str
    unit: str
    limit: int | None
    per: str
    period: Period | None
    used: int | None
    remaining: int | None
    share: float | None
    complete: bool
    approximate: bool
    state: Outcome
    severity: Severity | None
    why: str
    as_of: datetime | None
    missing: tuple[str, ...]
    silent: tuple[str, ...]
    expected: int | None = None
    expected_low: int | None = None
    expected_high: int | None = None
    runs_out: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseReport:
    name: str
    accounts: tuple[str, ...]
    timezone: str
    starts: date | None
    ends: date | None
    quotas: tuple[QuotaReport, ...]


def report(
    item: Watched,
    views: Mapping[str, AccountView],
    record: Record,
    known: Mapping[str, Metric],
    now: datetime,
    fresh_for: timedelta,
) -> LicenseReport:
    """Every quota of one license at `now`, judged with the same findings as its rules."""
    lic = item.license
    if lic is None:
        raise ValueError(f"{item.subject} is not a license")
    standing = [a for a in record.alerts.values() if a.status is Status.OPEN]
    quotas = tuple(
        _quota(item, quota, known[quota.metric], views, standing, now, fresh_for) for quota in lic.quotas.values()
    )
    return LicenseReport(
        name=lic.name, accounts=lic.accounts, timezone=lic.timezone, starts=lic.starts, ends=lic.ends, quotas=quotas
    )


def _quota(
    item: Watched,
    quota: Quota,
    metric: Metric,
    views: Mapping[str, AccountView],
    standing: Iterable[Alert],
    now: datetime,
    fresh_for: timedelta,
) -> QuotaReport:
    check = Check(
        key=CheckKey("", "license", item.subject[1], metric.name),
        rule=_SHOWN,
        metric=metric,
        accounts=item.accounts,
        timezone=item.timezone,
        license=item.license,
        quota=quota,
    )
    case = Case(check=check, now=now, views=views, fresh_for=fresh_for, memo={})
    finding = _SHOWN.options.find(case)
    outlook = outlook_now(case)
    total = outlook if outlook and outlook.ends else None
    out = outlook.runs_out(finding.limit) if outlook and finding.limit is not None else None
    state, severity = _state(finding, [a for a in standing if a.key.check.metric == metric.name])
    return QuotaReport(
        metric=metric.name,
        words=metric.words,
        unit=metric.unit,
        limit=finding.limit,
        per=quota.per,
        period=finding.period,
        used=finding.value,
        remaining=None if finding.value is None or finding.limit is None else max(0, finding.limit - finding.value),
        share=share_of(finding.value, finding.limit),
        complete=finding.outcome in {Outcome.OK, Outcome.UNLIMITED} and not finding.missing,
        approximate=finding.approximate,
        state=state,
        severity=severity,
        why=finding.why,
        as_of=finding.as_of,
        missing=finding.missing,
        silent=finding.silent,
        expected=total.expected if total else None,
        expected_low=total.low if total else None,
        expected_high=total.high if total else None,
        runs_out=midnight(out, item.timezone) if out else None,
    )


def _state(finding: Finding, standing: Iterable[Alert]) -> tuple[Outcome, Severity | None]:
    """An open alert on the metric makes a quota that can be judged a breach."""
    worst = max((a.severity for a in standing), key=lambda s: s.rank, default=None)
    if worst is not None and finding.outcome in {Outcome.OK, Outcome.INCOMPLETE}:
        return Outcome.BREACH, worst
    return finding.outcome, worst
