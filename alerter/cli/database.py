"""`alerter db`: the database itself."""

import asyncio
from typing import TYPE_CHECKING

import typer

from alerter.cli.options import Database, Rules, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerter.settings import Settings

app = typer.Typer(help="Bring the database up to date, or drop what is too old.", no_args_is_help=True)


@app.command(epilog="Example: alerter db upgrade --database /var/lib/alerter/alerter.db")
def upgrade(rules: Rules = None, database: Database = None) -> None:
    """Make the database, or bring its schema up to date. The service does the same when it starts."""
    settings = settings_of(rules, database)
    asyncio.run(_upgrade(settings))
    typer.echo(f"{settings.database_url} is up to date.")


async def _upgrade(settings: "Settings") -> None:
    from alerter.store import open_store

    store = await open_store(settings.database_url)
    await store.close()


@app.command(epilog="Example: ALERTER_RETENTION=800d alerter db prune")
def prune(rules: Rules = None, database: Database = None) -> None:
    """Drop what is older than ALERTER_RETENTION. The service does so once a day."""
    settings = settings_of(rules, database)
    dropped = asyncio.run(_prune(settings))
    told = [f"{number:,} {name.replace('_', ' ')}" for name, number in dropped.items() if number]
    typer.echo(f"Dropped {', '.join(told)}." if told else "Nothing is old enough to be dropped.")


async def _prune(settings: "Settings") -> "Mapping[str, int]":
    from alerter.bootstrap import clock
    from alerter.bootstrap.reading import stored

    async with stored(settings) as store:
        return await store.prune(clock.now(), settings.retention)
