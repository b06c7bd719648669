"""A license and its quotas as the first page shows them: numbers as text, a state as word and tone, a bar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerter.channels.filters import count, date, days, share
from alerter.core.calendar import days_left
from alerter.core.model import Outcome
from alerter.core.report import LicenseReport, QuotaReport
from alerter.web import words

ATTENTION = ("critical", "warning", "trouble", "info", "quiet", "ok")
"""Tones, from what needs somebody most to what needs nobody."""

_TONES: Mapping[Outcome, str] = {
    Outcome.OK: "ok",
    Outcome.UNLIMITED: "ok",
    Outcome.STALE: "trouble",
    Outcome.ERROR: "trouble",
    Outcome.INCOMPLETE: "trouble",
    Outcome.NOT_REPORTED: "quiet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Percent of the bar's width: the used part, the quota's mark where usage is beyond it, the share of time gone."""

    used: float
    quota: float | None
    gone: float | None
    gone_words: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRow:
    """`lead` stands before the number: "at least", or "last known"."""

    metric: str
    words: str
    lead: str
    used: str
    of: str
    share: str
    remaining: str
    bar: Bar | None
    tone: str
    state: str
    note: str
    gone: str
    outlook: str
    period_end: datetime | None
    left: str
    as_of: datetime | None
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRow:
    name: str
    accounts: tuple[str, ...]
    timezone: str
    term: str
    tone: str
    ratio: float
    quotas: tuple[QuotaRow, ...]
    as_of: datetime | None


def license_row(report: LicenseReport, now: datetime) -> LicenseRow:
    quotas = tuple(_quota(quota, report, now) for quota in report.quotas)
    return LicenseRow(
        name=report.name,
        accounts=report.accounts,
        timezone=report.timezone,
        term=_term(report),
        tone=min((q.tone for q in quotas), key=ATTENTION.index, default="quiet"),
        ratio=max((q.ratio for q in quotas), default=0),
        quotas=quotas,
        as_of=min((q.as_of for q in quotas if q.as_of), default=None),
    )


def _term(report: LicenseReport) -> str:
    starts, ends = (d and f"{d.day} {d:%b %Y}" for d in (report.starts, report.ends))
    if starts and ends:
        return f"{starts} to {ends}"
    return f"since {starts}" if starts else f"until {ends}" if ends else ""


def _quota(quota: QuotaReport, report: LicenseReport, now: datetime) -> QuotaRow:
    period = quota.period
    end = period.end if period else None
    bar = _bar(quota, now)
    tone = quota.severity.value if quota.severity else _TONES.get(quota.state, "quiet")
    return QuotaRow(
        metric=quota.metric,
        words=quota.words,
        lead=_lead(quota),
        used="–" if quota.used is None else count(quota.used),
        of=_of(quota),
        share="" if quota.share is None else share(quota.share),
        remaining=_remaining(quota),
        bar=bar,
        tone=tone,
        state=_state(quota, report),
        note=_note(quota),
        gone="" if bar is None or bar.gone is None else f"{bar.gone_words} of the period gone",
        outlook=_outlook(quota, report),
        period_end=end,
        left="" if end is None else f"{days(days_left(end, now, report.timezone))} left",
        as_of=quota.as_of,
        ratio=quota.share or 0,
    )


def _state(quota: QuotaReport, report: LicenseReport) -> str:
    if quota.severity is not None:
        return words.SEVERITIES[quota.severity]
    if quota.state is Outcome.NOT_STARTED and report.starts:
        return f"Starts {report.starts.day} {report.starts:%b %Y}"
    if quota.state is Outcome.ENDED and report.ends:
        return f"Ended {report.ends.day} {report.ends:%b %Y}"
    if quota.state is Outcome.STALE and quota.as_of is None:
        return "Waiting for data"
    return words.STATES[quota.state]


def _lead(quota: QuotaReport) -> str:
    if quota.used is None or quota.complete:
        return "about" if quota.approximate and quota.used is not None else ""
    return "last known" if quota.state in {Outcome.STALE, Outcome.ERROR} else "at least"


def _of(quota: QuotaReport) -> str:
    if quota.state in {Outcome.NOT_STARTED, Outcome.ENDED}:
        return ""
    limit = "unlimited" if quota.limit is None else f"of {count(quota.limit)}"
    return " ".join(part for part in (limit, words.PER[quota.per]) if part)


def _remaining(quota: QuotaReport) -> str:
    if quota.used is None or quota.limit is None:
        return ""
    if quota.used > quota.limit:
        return f"{count(quota.used - quota.limit)} over the quota"
    if quota.remaining == 0:
        return "nothing left"
    most = "" if quota.complete else "at most "
    return f"{most}{count(quota.limit - quota.used)} left"


def _outlook(quota: QuotaReport, report: LicenseReport) -> str:
    """How the period is expected to end, or "" where nothing is expected or the quota is used up already."""
    parts = []
    if quota.expected is not None:
        of = "" if not quota.limit else f" ({share(quota.expected / quota.limit)})"
        parts.append(f"about {count(quota.expected)}{of} expected at the end")
    if quota.runs_out is not None and not (quota.limit is not None and (quota.used or 0) >= quota.limit):
        parts.append(f"runs out on {date(quota.runs_out.isoformat(), report.timezone)}")
    return ", ".join(parts)


def _note(quota: QuotaReport) -> str:
    """Why the number is not the whole truth."""
    if quota.state in {Outcome.NOT_STARTED, Outcome.ENDED, Outcome.UNLIMITED}:
        return ""
    parts = []
    if quota.missing:
        parts.append(f"no {'reading yet' if quota.as_of is None else 'fresh reading'} of {_listed(quota.missing)}")
    if quota.silent:
        parts.append(f"{_listed(quota.silent)} {'does' if len(quota.silent) == 1 else 'do'} not report it")
    if quota.approximate:
        parts.append("an estimate by the API")
    return "; ".join(parts)


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(words.name(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _bar(quota: QuotaReport, now: datetime) -> Bar | None:
    """The bar spans the quota, or what was used where that is more; a quota of 0 is full once anything is used."""
    if quota.used is None or quota.limit is None:
        return None
    used = quota.share if quota.share is not None else float(quota.used > 0)
    gone = quota.period.gone(now) if quota.period else None
    span = max(1.0, used)
    label = f"{share(quota.share)} used" if quota.share is not None else f"{count(quota.used)} used of a quota of 0"
    gone_words = "" if gone is None else f"{int(gone * 100)}%"
    if gone is not None:
        label += f", {gone_words} of the period gone"
    return Bar(
        used=round(100 * used / span, 2),
        quota=round(100 / span, 2) if span > 1 else None,
        gone=None if gone is None else round(100 * float(gone) / span, 2),
        gone_words=gone_words,
        label=label,
    )
