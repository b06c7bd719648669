"""How a backtest or a simulation is shown."""

import json
from collections.abc import Mapping, Sequence

import typer

from alerter.bootstrap.replays import Played
from alerter.channels import filters
from alerter.cli.faults import note
from alerter.cli.options import Shape
from alerter.cli.show import Column, as_csv, table
from alerter.pipeline.hindsight import Judgement, RuleWorth, Warned, by_channel, by_rule
from alerter.pipeline.replay import Told
from alerter.web.api.shapes import utc
from alerter.web.words import day

MOST = 200
"""Messages that a table shows; JSON and CSV have all."""

HEADER = (
    "at",
    "rule",
    "license",
    "account",
    "metric",
    "reason",
    "severity",
    "threshold",
    "value",
    "limit",
    "channels",
    "worth",
    "about_license",
    "days_before",
    "crossed_at",
)


def show(played: Played, output: Shape) -> None:
    """Messages, crossings, rules and channels; CSV has the messages alone."""
    sight = {name: seen for name, seen in played.sight.items() if name not in played.left_out}
    worth = by_rule(sight, played.judgements, played.warned)
    for rule, why in played.left_out.items() if output != "json" else ():
        note(f"{rule} is not in this, or only in part: {why}.")
    if output == "json":
        typer.echo(json.dumps(_json(played, worth), indent=2, ensure_ascii=False))
    elif output == "csv":
        as_csv(HEADER, (_flat(one) for one in played.judgements))
    else:
        _page(played, worth)


def messages(judgements: Sequence[Judgement]) -> list[Told]:
    """Each message once: one about an account may be judged for several licenses."""
    return list({id(j.told): j.told for j in judgements}.values())


def _page(played: Played, worth: Sequence[RuleWorth]) -> None:
    told = messages(played.judgements)
    if not played.days:
        typer.echo("No completed day is stored for this: alerter backfill asks for the missing ones.")
        return
    _messages(played.judgements)
    _crossings(played.warned)
    typer.echo("")
    columns = ("rule", "messages", "warned of", "days before (median)", "in vain", "not over yet")
    table([Column(columns[0]), *(Column(name, "right") for name in columns[1:])], [_worth(one) for one in worth])
    typer.echo("")
    per = ", ".join(f"{name} {filters.count(n)}" for name, n in by_channel(told).items())
    typer.echo(f"{filters.count(len(told))} messages. By channel: {per or 'none'}.")
    if played.gaps:
        typer.echo(f"{filters.count(played.gaps)} days of an account are not stored, and were judged as no reading.")


def _messages(judgements: Sequence[Judgement]) -> None:
    shown = judgements[:MOST]
    if shown:
        columns = ("at", "rule", "about", "what", "used", "worth")
        table([Column(name) for name in columns], [_line(one) for one in shown])
    else:
        typer.echo("No rule would have sent a message.")
    if len(judgements) > MOST:
        typer.echo(f"… and {filters.count(len(judgements) - MOST)} more: --output csv has them all.")


def _line(one: Judgement) -> tuple[str, ...]:
    told = one.told
    what = f"{told.reason.replace('_', ' ')} {told.threshold or ''}".strip()
    about = f"{told.subject[1]}, {told.metric}" if told.metric else told.subject[1]
    used = "" if told.value is None else filters.count(told.value)
    return day(told.at), told.rule, about, f"{what} ({told.severity})", used, _words(one)


def _words(one: Judgement) -> str:
    if one.worth == "before" and one.days is not None:
        return f"{filters.days(one.days)} before" if one.days else "on the day"
    return {"after": "after the crossing", "in_vain": "in vain", "open": "not over yet"}.get(one.worth, "")


def _crossings(warned: Sequence[Warned]) -> None:
    typer.echo("")
    if not warned:
        typer.echo("No quota was reached.")
        return
    rows = []
    for one in warned[:MOST]:
        crossing = one.crossing
        by = ", ".join(f"{name} {days} d before" for name, days in sorted(one.rules.items(), key=lambda r: -r[1]))
        used = f"{filters.count(crossing.value)} of {filters.count(crossing.limit)}"
        rows.append((day(crossing.at), f"{crossing.license}, {crossing.metric}", used, by or "nobody warned"))
    table([Column("quota reached"), Column("license"), Column("used"), Column("warned by")], rows)
    if len(warned) > MOST:
        typer.echo(f"… and {filters.count(len(warned) - MOST)} more: --output json has them all.")


def _worth(one: RuleWorth) -> tuple[str, ...]:
    before = "" if one.median_days is None else f"{one.median_days:g}"
    return (
        one.rule,
        filters.count(one.messages),
        f"{one.warned} of {one.crossings}",
        before,
        filters.count(one.in_vain),
        filters.count(one.open),
    )


def _flat(one: Judgement) -> Mapping[str, object]:
    told = one.told
    kind, name = told.subject
    return {
        "at": utc(told.at),
        "rule": told.rule or None,
        "license": name if kind == "license" else None,
        "account": name if kind == "account" else None,
        "metric": told.metric or None,
        "reason": told.reason,
        "severity": told.severity,
        "threshold": told.threshold,
        "value": told.value,
        "limit": told.limit,
        "channels": list(told.channels),
        "worth": one.worth,
        "about_license": one.license,
        "days_before": one.days,
        "crossed_at": utc(one.crossing),
    }


def _json(played: Played, worth: Sequence[RuleWorth]) -> Mapping[str, object]:
    return {
        "messages": [_flat(one) for one in played.judgements],
        "crossings": [
            {
                "at": utc(one.crossing.at),
                "license": one.crossing.license,
                "metric": one.crossing.metric,
                "period_start": utc(one.crossing.start),
                "value": one.crossing.value,
                "limit": one.crossing.limit,
                "warned": dict(one.rules),
            }
            for one in played.warned
        ],
        "rules": [
            {
                "rule": one.rule,
                "messages": one.messages,
                "crossings": one.crossings,
                "warned": one.warned,
                "median_days_before": one.median_days,
                "in_vain": one.in_vain,
                "open": one.open,
            }
            for one in worth
        ],
        "channels": by_channel(messages(played.judgements)),
        "not_replayed": dict(played.left_out),
        "days": played.days,
        "gaps": played.gaps,
    }
