"""How names, numbers and times read on pages: the filters that the pages' templates have."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from alerter.channels import filters
from alerter.channels.plain import clean
from alerter.core.model import Outcome, Severity

LONGEST = 80


def name(text: str) -> str:
    """A name others chose: one line, no invisible characters, not endless."""
    return clean(text, LONGEST)


def prose(text: object) -> str:
    """A sentence that may hold what others wrote."""
    return clean(str(text), 600)


def day(moment: datetime, zone: str = "UTC") -> str:
    return filters.date(moment.isoformat(), zone)


def moment(at: datetime, zone: str = "UTC") -> str:
    return filters.moment(at.isoformat(), zone)


def iso(at: datetime) -> str:
    """For machines: `datetime` of a `<time>`."""
    return at.isoformat().replace("+00:00", "Z")


def ago(at: datetime, now: datetime) -> str:
    """`4 minutes ago`; a time to come is `in 4 minutes`."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < 60:
        return "just now"
    unit = next(size for size in (86400, 3600, 60) if abs(seconds) >= size)
    words = filters.duration(abs(seconds) // unit * unit)
    return f"{words} ago" if seconds > 0 else f"in {words}"


def safe_link(url: str | None) -> str | None:
    """A link somebody wrote into a rule file, if it leads to a web page and nowhere else."""
    parts = urlsplit(url) if url and url.isprintable() else None
    return url if parts and parts.scheme in {"http", "https"} and parts.hostname else None


PER = {
    "month": "a month",
    "quarter": "a quarter",
    "year": "a year",
    "week": "a week",
    "day": "a day",
    "term": "for the term",
    "none": "",
}

STATES: Mapping[Outcome, str] = {
    Outcome.OK: "OK",
    Outcome.TOO_EARLY: "Too early",
    Outcome.BELOW_FLOOR: "Too little to judge",
    Outcome.NOT_REPORTED: "Not reported",
    Outcome.STALE: "Stale",
    Outcome.INCOMPLETE: "Incomplete",
    Outcome.ERROR: "No answer",
    Outcome.UNLIMITED: "Unlimited",
    Outcome.NO_QUOTA: "No quota",
    Outcome.NOT_STARTED: "Not started",
    Outcome.ENDED: "Ended",
}
SEVERITIES: Mapping[Severity, str] = {
    Severity.INFO: "Info",
    Severity.WARNING: "Warning",
    Severity.CRITICAL: "Critical",
}

FILTERS: Mapping[str, Callable[..., object]] = {
    "name": name,
    "prose": prose,
    "day": day,
    "moment": moment,
    "iso": iso,
    "ago": ago,
    "safe_link": safe_link,
    "count": filters.count,
    "days": filters.days,
    "duration": lambda length: filters.duration(
        length.total_seconds() if isinstance(length, timedelta) else float(length)
    ),
    "severity": lambda value: SEVERITIES[Severity(value)],
}
