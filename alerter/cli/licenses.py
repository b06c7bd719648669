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
from alerter.web.rows import license_row

COLUMNS = (
    Column("license"),
    Column("metric"),
    Column("used", "right"),
    Column("quota"),
    Column("share", "right"),
    Column("remaining", "right"),
    Column("period ends"),
    Column("as of"),
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
    rows, tones = [], []
    for report in reports:
        for quota in license_row(report, now).quotas:
            left = f"{words.day(quota.period_end, report.timezone)}, {quota.left}" if quota.period_end else ""
            used = " ".join(part for part in (quota.lead, quota.used) if part)
            as_of = words.moment(quota.as_of, report.timezone) if quota.as_of else ""
            state = f"{quota.state}: {quota.note}" if quota.note else quota.state
            cells = (report.name, quota.metric, used, quota.of.removeprefix("of "), quota.share, quota.remaining)
            rows.append((*cells, left, as_of, state))
            tones.append(quota.tone)
    if rows:
        table(COLUMNS, rows, tones)
    else:
        typer.echo("The rule book has no quota to show.")


def _open(alerts: Iterable[Alert]) -> str:
    found = [alert.severity for alert in alerts]
    if not found:
        return "\nNo alert is open."
    parts = [f"{found.count(level)} {level.value}" for level in reversed(Severity) if level in found]
    return f"\n{len(found)} alert{' is' if len(found) == 1 else 's are'} open: {', '.join(parts)}."


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
