"""`alerter outbox`: messages that no channel has taken yet."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.faults import WRONG, complain
from alerter.cli.options import Database, Output, Rules, settings_of
from alerter.cli.show import Column, as_csv, as_json, table

if TYPE_CHECKING:
    from alerter.settings import Settings
    from alerter.store.queries import DeliveryLine

app = typer.Typer(help="Messages that no channel has taken yet: look, try again, give up.", no_args_is_help=True)

COLUMNS = (
    Column("id", "right"),
    Column("channel"),
    Column("status"),
    Column("decided"),
    Column("tries", "right"),
    Column("next try"),
    Column("alert"),
    Column("error"),
)
HEADER = ("id", "channel", "status", "created_at", "attempts", "next_try", "alert", "event", "error")

Ids = Annotated[list[int], typer.Argument(help="Numbers from `alerter outbox list`.", show_default=False)]
SomeIds = Annotated[list[int] | None, typer.Argument(help="Else all that failed.", show_default=False)]


@app.command("list", epilog="Example: alerter outbox list --output json")
def list_(output: Output = "table", rules: Rules = None, database: Database = None) -> None:
    """What waits or failed, oldest first."""
    found = asyncio.run(_undelivered(settings_of(rules, database)))
    if output == "table":
        _table(found)
        return
    from alerter.web.api.shapes import delivery_json

    items = [delivery_json(line) for line in found]
    as_json(items) if output == "json" else as_csv(HEADER, items)


def _table(found: "Sequence[DeliveryLine]") -> None:
    from alerter.channels.plain import clean
    from alerter.web.words import moment

    if not found:
        typer.echo("Nothing waits, nothing failed.")
        return
    rows = [
        (
            str(line.id),
            clean(line.channel),
            line.status,
            moment(line.created_at),
            str(line.attempts),
            moment(line.next_try) if line.next_try else "",
            line.alert or "",
            clean(line.error or "", 200),
        )
        for line in found
    ]
    table(COLUMNS, rows)


async def _undelivered(settings: "Settings") -> "list[DeliveryLine]":
    from alerter.bootstrap.reading import stored

    async with stored(settings) as store:
        found: list[DeliveryLine] = []
        after = None
        while True:
            page = await store.queries.undelivered(limit=500, after=after)
            found += page.items
            after = page.next
            if after is None:
                return found


@app.command(epilog="Example: alerter outbox retry 17 18")
def retry(ids: SomeIds = None, rules: Rules = None, database: Database = None) -> None:
    """Try failed messages again, for another day: at once where the service runs, else at the next alerter check."""
    _told(asyncio.run(_retry(settings_of(rules, database), ids or None)), ids or (), "to be sent again")


async def _retry(settings: "Settings", ids: list[int] | None) -> int:
    from alerter.bootstrap import clock
    from alerter.bootstrap.reading import stored

    async with stored(settings) as store:
        return await store.retry(ids, clock.now())


@app.command(epilog="Example: alerter outbox drop 17")
def drop(ids: Ids, rules: Rules = None, database: Database = None) -> None:
    """Give messages up: they are never sent."""
    _told(asyncio.run(_drop(settings_of(rules, database), ids)), ids, "given up")


async def _drop(settings: "Settings", ids: list[int]) -> int:
    from alerter.bootstrap.reading import stored

    async with stored(settings) as store:
        return await store.drop(ids)


def _told(changed: int, ids: Sequence[int], what: str) -> None:
    """How many messages changed; that some of those named did not is an error."""
    typer.echo(f"{changed} message{'' if changed == 1 else 's'} {what}.")
    wanted = len(set(ids))
    if changed < wanted:
        complain(f"{wanted - changed} of the numbers given are not such messages: see alerter outbox list")
        raise typer.Exit(WRONG)
