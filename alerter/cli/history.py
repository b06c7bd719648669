"""`alerter history`: what fired, what was sent, what was not, and why."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.faults import note
from alerter.cli.options import Database, Output, Rules, Shape, moment, settings_of
from alerter.cli.show import Column, as_csv, as_json, table
from alerter.cli.status import say_rejected

if TYPE_CHECKING:
    from alerter.bootstrap.reading import Reader
    from alerter.core.metrics import Metric
    from alerter.core.model import CheckKey, Event
    from alerter.settings import Settings
    from alerter.store.queries import Decision, DeliveryLine

COLUMNS = (Column("at"), Column("rule"), Column("about"), Column("what"), Column("sent"))
HEADER = (
    "at",
    "type",
    "reason",
    "severity",
    "rule",
    "license",
    "account",
    "metric",
    "threshold",
    "value",
    "why",
    "alert",
    "deliveries",
)

Since = Annotated[str, typer.Option(metavar="DATE|7d", help="What happened at or after this.")]
Every = Annotated[bool, typer.Option("--all", help="Also every change of an outcome that was no news to anybody.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many lines.")]


def history(
    since: Since = "30d",
    every: Every = False,
    limit: Limit = 200,
    output: Output = "table",
    rules: Rules = None,
    database: Database = None,
) -> None:
    """What fired, what was sent to whom, what was not sent and why: the last first."""
    asyncio.run(_history(settings_of(rules, database), since, every, limit, output))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that was told, or an outcome that changed and was not worth a message."""

    at: datetime
    event: "Event | None" = None
    decision: "Decision | None" = None
    deliveries: "Sequence[DeliveryLine]" = ()

    @property
    def key(self) -> "CheckKey | None":
        found = self.event or self.decision
        return found.key if found else None


async def _history(settings: "Settings", since: str, every: bool, limit: int, output: Shape) -> None:
    from alerter.bootstrap import clock
    from alerter.bootstrap.reading import reading

    async with reading(settings) as reader:
        say_rejected(reader)
        lines, more = await _lines(reader, moment(since, clock.now()), every, limit)
        known = reader.watch.known
    if output == "json":
        as_json([_json(line) for line in lines])
    elif output == "csv":
        as_csv(HEADER, (_flat(line) for line in lines))
    else:
        _table(lines, known)
    if more:
        note(f"There is more in this time: --limit shows more than {limit} lines.")


async def _lines(reader: "Reader", since: datetime, every: bool, limit: int) -> tuple[list[Line], bool]:
    """The last `limit` lines, and whether there are more."""
    from alerter.bootstrap.reading import deliveries_of

    page = await reader.store.queries.events(since=since, limit=limit)
    # a list that several messages went out in is no news of its own: each of them is here
    events = [event for event in page.items if event.payload.get("type") not in {"bundle", "merged"}]
    fared = await deliveries_of(reader.store, [event.id for event in events])
    found = [Line(at=event.at, event=event, deliveries=fared[event.id]) for event in events]
    told = {(event.at, event.key) for event in events}
    decisions = await reader.store.queries.decisions(since=since, limit=limit)
    quiet = [d for d in decisions if (d.at, d.key) not in told]
    found += [Line(at=d.at, decision=d) for d in quiet if every or _is_trouble(d)]
    found.sort(key=lambda line: line.at, reverse=True)
    return found[:limit], page.next is not None or len(found) > limit


def _is_trouble(decision: "Decision") -> bool:
    """An outcome that may be why somebody misses a message; the others are the course of things."""
    from alerter.core.model import Outcome

    return decision.severity is not None or decision.outcome not in {
        Outcome.OK,
        Outcome.STALE,
        Outcome.TOO_EARLY,
        Outcome.BELOW_FLOOR,
        Outcome.UNLIMITED,
    }


def _table(lines: Sequence[Line], known: "Mapping[str, Metric]") -> None:
    from alerter.web import words

    if not lines:
        typer.echo("Nothing happened in this time.")
        return
    rows = [
        (words.moment(line.at), line.key.rule if line.key else "", _about(line, known), _what(line), _sent(line))
        for line in lines
    ]
    tones = ["" if line.event is None else line.event.severity.value for line in lines]
    table(COLUMNS, rows, tones)


def _about(line: Line, known: "Mapping[str, Metric]") -> str:
    key = line.key
    if key is None:
        subject = line.event.payload.get("subject") if line.event else None
        return str(subject or "the service")
    metric = known.get(key.metric)
    return f"{key.subject}, {metric.words if metric else key.metric or 'readings'}"


def _what(line: Line) -> str:
    from alerter.channels.plain import clean
    from alerter.web.stories import sentence
    from alerter.web.words import SEVERITIES, STATES

    if line.event is not None:
        text = clean(str(line.event.payload.get("title") or sentence(line.event)), 200)
        return text[:1].upper() + text[1:]
    if line.decision is None:
        return ""
    if line.decision.severity is not None:
        return f"Judged {SEVERITIES[line.decision.severity].lower()}"
    return f"Judged {STATES[line.decision.outcome].lower().replace('ok', 'OK')}"


def _sent(line: Line) -> str:
    from alerter.channels.plain import clean

    if line.event is None:
        why = line.decision.why if line.decision else ""
        return f"not sent: {why or 'nothing new to tell'}"
    if not line.event.channels:
        return "not sent: recorded only"
    return clean("; ".join(_delivery(one) for one in line.deliveries), 400)


def _delivery(line: "DeliveryLine") -> str:
    from alerter.web.words import moment as at

    if line.status == "sent":
        return f"sent to {line.channel}"
    if line.dropped:
        return f"{line.channel}: given up by hand"
    cause = f": {line.error}" if line.error else ""
    if line.status == "failed":
        return f"{line.channel} FAILED{cause}"
    when = f", next try {at(line.next_try)}" if line.next_try and line.attempts else ""
    return f"waits for {line.channel}{cause}{when}"


def _json(line: Line) -> dict[str, object]:
    from alerter.web.api.shapes import delivery_json

    return {**_facts(line), "deliveries": [delivery_json(one) for one in line.deliveries]}


def _flat(line: Line) -> dict[str, object]:
    return {**_facts(line), "deliveries": [f"{one.channel}:{one.status}" for one in line.deliveries]}


def _facts(line: Line) -> dict[str, object]:
    from alerter.web.api.shapes import utc

    key, event, decision = line.key, line.event, line.decision
    severity = event.severity if event else decision.severity if decision else None
    return {
        "at": utc(line.at),
        "type": "event" if event else "decision",
        "reason": event.reason.value if event else decision.outcome.value if decision else None,
        "severity": severity.value if severity else None,
        "rule": key.rule if key else None,
        "license": key.subject if key and key.subject_kind == "license" else None,
        "account": key.subject if key and key.subject_kind == "account" else None,
        "metric": key.metric or None if key else None,
        "threshold": event.threshold if event else None,
        "value": event.value if event else decision.value if decision else None,
        "why": decision.why if decision else str((event.payload.get("title") or "") if event else "") or None,
        "alert": event.alert if event else None,
    }
