"""`alerter validate` and `alerter schema`: the rule book as text."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alerter.cli.faults import NOT_FINE, WRONG
from alerter.cli.options import Database, Rules, settings_of

if TYPE_CHECKING:
    from alerter.bootstrap.books import Opened

Format = Literal["text", "json", "github"]


def validate(
    path: Annotated[Path | None, typer.Argument(help="A rules folder or one rule file.", show_default=False)] = None,
    format: Annotated[Format, typer.Option(help="For people, programs, or pull requests.")] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there are warnings.")] = False,
    secrets: Annotated[bool, typer.Option("--secrets", help="Also warn of secrets that are not there.")] = False,
    rules: Rules = None,
    database: Database = None,
) -> None:
    """Check the rule files, and show every mistake in them at once.

    Exits with 2 when there is a mistake. It needs no database, no network, and no secret
    without --secrets.
    """
    settings = settings_of(path or rules, database)
    from alerter.bootstrap.books import read_book
    from alerter.bootstrap.surroundings import warnings_around
    from alerter.cli.faults import texts
    from alerter.core.errors import RuleBookError
    from alerter.rulebook import render

    opened = None
    try:
        opened = read_book(settings)
        found = (*opened.warnings, *warnings_around(opened, settings, secrets=secrets))
    except RuleBookError as error:
        found = error.mistakes
    shown = render(found, format, texts() if found else {}, color=sys.stdout.isatty())
    if shown:
        typer.echo(shown)
    if format == "text":
        typer.echo(_summary(settings.rules, opened, len(found)))
    if opened is None:
        raise typer.Exit(WRONG)
    if found and strict:
        raise typer.Exit(NOT_FINE)


def _summary(path: Path, opened: "Opened | None", found: int) -> str:
    if opened is None:
        return f"{path}: {_many(found, 'mistake')}"
    book = opened.book
    parts = [(len(book.accounts), "account"), (len(book.licenses), "license"), (len(book.channels), "channel")]
    holds = ", ".join(_many(number, noun) for number, noun in [*parts, (len(book.rules), "rule")])
    return f"{path}: no mistake, {_many(found, 'warning')} ({holds})"


def _many(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def schema(
    tests: Annotated[bool, typer.Option("--tests", help="The schema of rule tests (*.test.yaml) instead.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", hidden=True, help="Print docs/rules.md.")] = False,
    rules: Annotated[Path | None, typer.Option(hidden=True)] = None,
    database: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Print the JSON Schema of rule files, for editors."""
    from alerter.channels import OPTIONS
    from alerter.rulebook import markdown as page
    from alerter.rulebook import schema as made
    from alerter.rulebook import trial_schema

    if markdown:
        typer.echo(page(OPTIONS), nl=False)
    else:
        typer.echo(json.dumps(trial_schema() if tests else made(OPTIONS), indent=2, ensure_ascii=False))
