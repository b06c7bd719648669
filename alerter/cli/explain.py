"""`alerter explain`: why a rule did or did not fire."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.options import Database, Output, Rules, Shape, known, moment, settings_of
from alerter.cli.show import as_csv, as_json
from alerter.cli.status import say_rejected

if TYPE_CHECKING:
    from alerter.core.book import Rule
    from alerter.core.verdict import Judged
    from alerter.settings import Settings

DAYS_END = time(23, 59, 59, tzinfo=UTC)
HEADER = (
    "rule",
    "license",
    "account",
    "metric",
    "outcome",
    "severity",
    "why",
    "value",
    "limit",
    "share",
    "as_of",
    "reached",
    "next_threshold",
    "alert",
)

Name = Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.", show_default=False)]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="DATE|TIME", help="Then, by what was known then (a day: its end).", show_default=False
    ),
]


def explain(
    rule: Name, at: At = None, output: Output = "table", rules: Rules = None, database: Database = None
) -> None:
    """Why a rule did or did not fire: for each license and metric the reading, quota, thresholds, alert and reason."""
    asyncio.run(_explain(settings_of(rules, database), rule, at, output))


async def _explain(settings: "Settings", name: str, at: str | None, output: Shape) -> None:
    from alerter.bootstrap import clock
    from alerter.bootstrap.reading import reading

    now = clock.now()
    then = now if at is None else moment(at, now, of_day=DAYS_END)
    if then > now and at is not None:
        then = now if moment(at, now) <= now else _refuse(at)
    async with reading(settings) as reader:
        say_rejected(reader)
        rule = reader.watch.book.rules[known(name, reader.watch.book.rules, "rule")]
        found = await reader.overview.explain(reader.watch, rule, then, past=at is not None)
    if output == "json":
        as_json([_json(judged) for judged in found])
    elif output == "csv":
        as_csv(HEADER, (_flat(judged) for judged in found))
    else:
        typer.echo(_page(rule, found, then, past=at is not None))


def _refuse(at: str) -> datetime:
    raise typer.BadParameter(f"{at} lies in the future")


def _page(rule: "Rule", found: "Sequence[Judged]", at: datetime, *, past: bool) -> str:
    from alerter.web import words

    if not rule.enabled:
        return f"The rule {rule.name} is switched off (enabled: false)."
    if not found:
        return f"The rule {rule.name} matches nothing in the rule book."
    head = f"{rule.name} ({rule.kind}) at {words.moment(at)}" + (", by what was known then" if past else "")
    return "\n\n".join([head, *(_block(judged, past=past) for judged in found)])


def _block(judged: "Judged", *, past: bool) -> str:
    """One license or account and metric."""
    from alerter.web.words import SEVERITIES, STATES

    key, metric = judged.check.key, judged.check.metric
    about = f"{key.subject}, {metric.words if metric else 'readings'}"
    state = SEVERITIES[judged.severity] if judged.severity else STATES[judged.outcome]
    lines = {
        "reading": _reading(judged),
        "quota": _quota(judged),
        "thresholds": _thresholds(judged),
        "missing": ", ".join(judged.finding.missing),
        "not reported by": ", ".join(judged.finding.silent),
        "alert": "" if past else _alert(judged),
        "because": judged.why,
    }
    return "\n".join([f"{about}: {state}", *(f"  {name:<15}  {text}" for name, text in lines.items() if text)])


def _reading(judged: "Judged") -> str:
    from alerter.channels.filters import share
    from alerter.web.stories import amount
    from alerter.web.words import moment as at

    finding = judged.finding
    facts = {"kind": judged.check.rule.kind, "limit": None, "extra": finding.extra}
    text = amount(finding.value, facts) or "none"
    change = finding.extra.get("change")
    if isinstance(change, (int, float)):
        text += f", that is {'+' if change > 0 else ''}{share(change)}"
    if finding.as_of is not None:
        text += f" (as of {at(finding.as_of, judged.check.timezone)})"
    least = "" if finding.complete or finding.value is None else "at least "
    return least + text


def _quota(judged: "Judged") -> str:
    from alerter.channels.filters import count, share
    from alerter.core.facts import share_of
    from alerter.web.words import PER, day

    finding = judged.finding
    if finding.limit is None:
        return ""
    part = share_of(finding.value, finding.limit)
    period = finding.period
    per = f" {PER[period.per]}" if period and PER.get(period.per) else ""
    until = f", period ends {day(period.end, judged.check.timezone)}" if period and period.end else ""
    return f"{count(finding.limit)}{per}{until}" + ("" if part is None else f"; {share(part)} used")


def _thresholds(judged: "Judged") -> str:
    finding = judged.finding
    marks = finding.marks
    if not marks:
        return ", ".join(f"{t.at.text} {t.severity.value}" for t in judged.check.rule.thresholds)
    level = finding.level
    return ", ".join(
        f"{m.threshold.at.text} {m.threshold.severity.value}"
        + ("" if level is None else " (reached)" if m.reached(level) else " (not reached)")
        for m in marks
    )


def _alert(judged: "Judged") -> str:
    from alerter.core.model import Status
    from alerter.web.words import day
    from alerter.web.words import moment as at

    alert = judged.alert
    if alert is None:
        return "none"
    if alert.status is Status.PENDING:
        since = f" since {at(alert.holding_since)}" if alert.holding_since else ""
        return f"reached{since}, but not for long enough yet"
    told = f"; told of {', '.join(alert.told)}" if alert.told else ""
    last = f", last on {at(alert.told_at)}" if alert.told_at else ""
    to = f", to {', '.join(alert.channels)}" if alert.channels else ""
    return f"{alert.status.value} since {day(alert.opened_at)}{told}{last}{to}"


def _reached(judged: "Judged") -> tuple[list[str], str | None]:
    """The thresholds reached, and the next one."""
    level = judged.finding.level
    if level is None:
        return [], None
    marks = judged.finding.marks
    reached = [m.threshold.at.text for m in marks if m.reached(level)]
    return reached, next((m.threshold.at.text for m in marks if not m.reached(level)), None)


def _json(judged: "Judged") -> dict[str, object]:
    from alerter.core.facts import period_facts
    from alerter.web.api.shapes import alert_json

    finding, rule = judged.finding, judged.check.rule
    period = finding.period
    return {
        **_facts(judged),
        "kind": rule.kind,
        "period": period_facts(period, judged.check.timezone, period.start)["period"] if period else None,
        "thresholds": [{"at": t.at.text, "severity": t.severity.value} for t in rule.thresholds],
        "missing": list(finding.missing),
        "not_reported_by": list(finding.silent),
        "alert": alert_json(judged.alert) if judged.alert else None,
    }


def _flat(judged: "Judged") -> Mapping[str, object]:
    facts = _facts(judged)
    reached = facts["reached"]
    return {
        **facts,
        "reached": " ".join(str(one) for one in reached) if isinstance(reached, Iterable) else "",
        "alert": judged.alert.status.value if judged.alert else None,
    }


def _facts(judged: "Judged") -> dict[str, object]:
    from alerter.core.facts import share_of
    from alerter.web.api.shapes import utc

    key, finding = judged.check.key, judged.finding
    reached, following = _reached(judged)
    return {
        "rule": key.rule,
        "license": key.subject if key.subject_kind == "license" else None,
        "account": key.subject if key.subject_kind == "account" else None,
        "metric": key.metric or None,
        "outcome": judged.outcome.value,
        "severity": judged.severity.value if judged.severity else None,
        "why": judged.why or None,
        "value": finding.value,
        "limit": finding.limit,
        "share": share_of(finding.value, finding.limit),
        "as_of": utc(finding.as_of),
        "reached": reached,
        "next_threshold": following,
    }
