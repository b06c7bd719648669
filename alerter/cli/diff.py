"""`alerter diff`: what a change of rules would do to alerts."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.options import Database, Output, Shape, settings_of
from alerter.cli.show import Column, as_csv, as_json, table

if TYPE_CHECKING:
    from alerter.core.book import RuleBook
    from alerter.pipeline.differences import Change
    from alerter.settings import Settings

HEADER = ("change", "rule", "license", "account", "metric", "severity", "threshold", "value", "limit", "channels")
WORDS = {"fires": "would fire", "re-arms": "would be armed again", "drops": "would be dropped"}

Old = Annotated[Path, typer.Argument(metavar="OLD", help="The rules folder or file as it is.", show_default=False)]
New = Annotated[Path, typer.Argument(metavar="NEW", help="As it would be.", show_default=False)]


def diff(
    old: Old,
    new: New,
    output: Output = "table",
    rules: Annotated[Path | None, typer.Option(hidden=True)] = None,
    database: Database = None,
) -> None:
    """Which alerts a change of rules would newly fire, arm again or drop, on the readings stored now.

    Nothing is asked, sent or stored. A period that was never asked for is made of its stored days.
    """
    settings = settings_of(rules or old, database)
    before, after = _book(settings, old), _book(settings, new)
    asyncio.run(_diff(settings, before, after, output))


def _book(settings: "Settings", path: Path) -> "RuleBook":
    from alerter.bootstrap.books import read_book
    from alerter.cli.faults import RULES

    RULES.set(path)
    return read_book(settings.model_copy(update={"rules": path})).book


async def _diff(settings: "Settings", old: "RuleBook", new: "RuleBook", output: Shape) -> None:
    from alerter.bootstrap import clock
    from alerter.bootstrap.comparing import compared
    from alerter.bootstrap.reading import stored
    from alerter.pipeline.differences import edits
    from alerter.pipeline.watch import Watch

    async with stored(settings) as store:
        found = await compared(store, Watch.over(old), Watch.over(new), clock.now(), settings.fresh_for)
    if output == "json":
        as_json([_flat(change) for change in found])
    elif output == "csv":
        as_csv(HEADER, (_flat(change) for change in found))
    else:
        for edit in edits(old, new):
            typer.echo(str(edit))
        typer.echo("")
        _table(found)


def _table(found: "list[Change]") -> None:
    from alerter.channels.filters import count

    if not found:
        typer.echo("No alert would change.")
        return
    rows = [
        (
            WORDS[one.what],
            one.alert.check.rule,
            one.alert.check.subject,
            one.alert.check.metric,
            "" if one.value is None else count(one.value),
            one.threshold or "",
            ", ".join(one.channels) or "nobody told",
        )
        for one in found
    ]
    names = ("alert", "rule", "about", "metric", "used", "threshold", "told")
    table([Column(name, "right" if name == "used" else "left") for name in names], rows)


def _flat(change: "Change") -> Mapping[str, object]:
    check = change.alert.check
    return {
        "change": change.what,
        "rule": check.rule,
        "license": check.subject if check.subject_kind == "license" else None,
        "account": check.subject if check.subject_kind == "account" else None,
        "metric": check.metric or None,
        "severity": change.severity,
        "threshold": change.threshold,
        "value": change.value,
        "limit": change.limit,
        "channels": list(change.channels),
    }
