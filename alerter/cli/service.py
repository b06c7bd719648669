"""`alerter run` and `alerter demo`."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.options import Database, Rules, settings_of

if TYPE_CHECKING:
    from alerter.settings import Settings

OrDemo = Annotated[bool, typer.Option("--or-demo", hidden=True, help="Without accounts or secrets, start the demo.")]


def run(rules: Rules = None, database: Database = None, or_demo: OrDemo = False) -> None:
    """Run the service: collect, judge, deliver, and serve the status page.

    SIGTERM stops it cleanly, SIGHUP reads the rules again.
    """
    settings = settings_of(rules, database, quiet=False)
    why = _why_demo(settings) if or_demo else None
    if why is not None:
        typer.echo(f"{why}\nStarting the demo instead: a simulated DSM on this machine, and the example rules.\n")
        demo(database=database)
        return
    from alerter.bootstrap.service import serve
    from alerter.settings import Secrets

    asyncio.run(serve(settings, Secrets(settings.secrets_dir)))


def demo(rules: Annotated[Path | None, typer.Option(hidden=True)] = None, database: Database = None) -> None:
    """Run the service over a simulated DSM, with the example rules and nothing to configure.

    Alerts are printed as they would look in Slack. What it stores is gone afterwards, unless there is a --database.
    """
    settings = settings_of(rules, database)
    from alerter.bootstrap.demo import demo as play

    asyncio.run(play(settings))


def _why_demo(settings: "Settings") -> str | None:
    """Why there is nothing real to run, or None; raises RuleBookError when the rule files hold mistakes."""
    from alerter.bootstrap.books import read_book, secret_names
    from alerter.core.errors import ConfigurationError, RuleBookError
    from alerter.settings import Secrets

    try:
        book = read_book(settings).book
    except RuleBookError:
        raise
    except ConfigurationError as error:
        return f"Nothing is configured: {error}."
    names = secret_names(book, channels=False)
    if not book.accounts:
        return f"Nothing is configured: the rules in {settings.rules} name no account."
    if len(Secrets(settings.secrets_dir).missing(names)) < len(names):
        return None
    listed = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    return (
        f"None of the secrets that {settings.rules} names is there ({listed}):\n"
        f"neither a file in {settings.secrets_dir} nor an environment variable."
    )
