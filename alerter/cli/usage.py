"""`alerter usage`: readings, for a spreadsheet."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.options import Database, Output, Rules, Shape, known, moment, settings_of
from alerter.cli.show import Column, as_csv, as_json, table
from alerter.cli.status import say_rejected

if TYPE_CHECKING:
    from alerter.bootstrap.reading import Reader
    from alerter.core.model import Reading
    from alerter.settings import Settings

PAGE = 1000
LONGEST_DAY = timedelta(hours=26)
SHORTEST_DAY = timedelta(hours=22)

License = Annotated[str | None, typer.Option("--license", help="Its accounts, by its own days.", show_default=False)]
Account = Annotated[str | None, typer.Option("--account", help="Only this one.", show_default=False)]
Since = Annotated[str, typer.Option(metavar="DATE|7d", help="Days that begin at or after this.")]


def usage(
    license: License = None,
    account: Account = None,
    since: Since = "30d",
    output: Output = "table",
    rules: Rules = None,
    database: Database = None,
) -> None:
    """What each account used on each completed day, as the API answered it.

    Apps, plugins and keys are counts, not amounts: they may not be added up over days.
    """
    asyncio.run(_usage(settings_of(rules, database), license, account, since, output))


async def _usage(settings: "Settings", license: str | None, account: str | None, since: str, output: Shape) -> None:
    from alerter.bootstrap import clock
    from alerter.bootstrap.reading import reading
    from alerter.web.api.shapes import reading_json

    start = moment(since, clock.now())
    async with reading(settings) as reader:
        say_rejected(reader)
        found = [day for name in _accounts(reader, license, account) for day in await _days(reader, name, start)]
        if license is not None:
            zone = reader.watch.book.licenses[license].timezone
            found = [day for day in found if _begins(day, zone)]
    if output == "json":
        as_json([reading_json(day) for day in found])
    elif output == "csv":
        _csv(found)
    else:
        _table(found)


def _accounts(reader: "Reader", license: str | None, account: str | None) -> Sequence[str]:
    book = reader.watch.book
    names = list(book.licenses[known(license, book.licenses, "license")].accounts) if license else list(book.accounts)
    return [known(account, names, "account")] if account else names


async def _days(reader: "Reader", name: str, since: datetime) -> list["Reading"]:
    """Every closed day of one account, oldest first."""
    from alerter.core.model import AskKind

    found: list[Reading] = []
    after = None
    while True:
        page = await reader.store.queries.readings(
            account=name, since=since, kind=AskKind.CLOSED, limit=PAGE, after=after
        )
        found += [r for r in page.items if r.window.start >= since and _is_day(r)]
        after = page.next
        if after is None:
            return sorted(found, key=lambda r: r.window)


def _is_day(reading: "Reading") -> bool:
    return SHORTEST_DAY <= reading.window.length <= LONGEST_DAY


def _begins(reading: "Reading", zone: str) -> bool:
    """Whether this is a day of the time zone."""
    from alerter.core.calendar import local_day, midnight

    start = reading.window.start
    return midnight(local_day(start, zone), zone) == start


def _csv(found: "Sequence[Reading]") -> None:
    from alerter.core.metrics import REPORTED
    from alerter.web.api.shapes import utc

    def row(reading: "Reading") -> Mapping[str, object]:
        window = reading.window
        return {"account": reading.account, "from": utc(window.start), "to": utc(window.end), **reading.values}

    as_csv(("account", "from", "to", *REPORTED), (row(reading) for reading in found))


def _table(found: "Sequence[Reading]") -> None:
    """Only the metrics that some day used: the others would be columns of zeros."""
    from alerter.channels.filters import count
    from alerter.core.metrics import REPORTED

    if not found:
        typer.echo("No completed day is stored for this: alerter backfill asks for the missing ones.")
        return
    names = [name for name in REPORTED if any(reading.values.get(name) for reading in found)]
    rows = [
        (
            reading.account,
            f"{reading.window.start:%Y-%m-%d %H:%M}",
            *(count(reading.values[name]) if name in reading.values else "–" for name in names),
        )
        for reading in found
    ]
    table((Column("account"), Column("from (UTC)"), *(Column(name, "right") for name in names)), rows)
