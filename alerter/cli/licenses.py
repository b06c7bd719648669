"""The table of licenses that `alerter status` and `alerter check` print."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import typer

from alerter.channels.plain import clean
from alerter.cli.options import Shape
from alerter.cli.show import Column, as_csv, as_json, table
from alerter.core.model import Alert, PollState, Severity
from alerter.core.report import LicenseReport
from alerter.web import words
from alerter.web.api.shapes import Json, license_json
from alerter.web.rows import QuotaRow, license_row

COLUMNS = (
    Column("license", whole=True),
    Column("metric", whole=True),
    Column("used", "right", whole=True),
    Column("quota", whole=True),
    Column("share", "right", whole=True),
    Column("left", "right", whole=True),
    Column("ends"),
    Column("in", "right"),
    Column("state"),
)
HEADER = (
    "license",
    "metric",
    "used",
    "limit",
    "per",
    "period_start",
    "period_end",
    "remaining",
    "share",
    "complete",
    "state",
    "severity",
    "as_of",
)


def show(
    reports: Sequence[LicenseReport], polls: Iterable[PollState], alerts: Iterable[Alert], output: Shape, now: datetime
) -> None:
    """Every quota of these licenses; then, for people, what is open and which accounts do not answer."""
    failing = [poll for poll in polls if poll.failing_since is not None]
    if output == "json":
        as_json([license_json(report) for report in reports])
    elif output == "csv":
        as_csv(HEADER, (row for report in reports for row in _flat(license_json(report))))
    else:
        _table(reports, now)
        typer.echo(_open(alerts))
    for poll in failing:
        typer.echo(_failing(poll, now), err=output != "table")


def _table(reports: Sequence[LicenseReport], now: datetime) -> None:
    rows, tones, notes = [], [], []
    for report in reports:
        for quota in license_row(report, now).quotas:
            rows.append((report.name, quota.metric, *_cells(quota, report.timezone)))
            tones.append(quota.tone)
            notes += [f"{report.name}, {quota.words}: {quota.note}"] if quota.note else []
    if rows:
        table(COLUMNS, rows, tones)
    else:
        typer.echo("The rule book has no quota to show.")
    oldest = min((quota.as_of for report in reports for quota in report.quotas if quota.as_of), default=None)
    typer.echo("\n".join(["", *notes, f"Data as of {words.moment(oldest)}." if oldest else "Nothing was read yet."]))


def _cells(quota: QuotaRow, timezone: str) -> tuple[str, ...]:
    """Used, quota, share, left, period end, days left, state."""
    return (
        " ".join(part for part in (quota.lead, quota.used) if part),
        quota.of.removeprefix("of "),
        quota.share,
        quota.remaining.removesuffix(" left"),
        words.day(quota.period_end, timezone) if quota.period_end else "",
        quota.left.removesuffix(" left"),
        quota.state,
    )


def _open(alerts: Iterable[Alert]) -> str:
    found = [alert.severity for alert in alerts]
    if not found:
        return "No alert is open."
    parts = [f"{found.count(level)} {level.value}" for level in reversed(Severity) if level in found]
    return f"{len(found)} alert{' is' if len(found) == 1 else 's are'} open: {', '.join(parts)}."


def _failing(poll: PollState, now: datetime) -> str:
    since = words.ago(poll.failing_since, now) if poll.failing_since else ""
    cause = clean(poll.error_text or poll.error or "", 200)
    last = f"last answer {words.ago(poll.last_ok_at, now)}" if poll.last_ok_at else "it never has"
    return f"{poll.account} does not answer since {since}: {cause} ({last})"


def _flat(one: Json) -> Iterable[Json]:
    quotas = one["quotas"]
    for quota in quotas if isinstance(quotas, list) else ():
        period = quota["period"] or {}
        yield {
            "license": one["name"],
            **quota,
            "period_start": period.get("start"),
            "period_end": period.get("end"),
        }
