"""`alerter test`: rule tests, and what they came to."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.faults import NOT_FINE, note
from alerter.cli.options import Database, Output, Rules, settings_of

if TYPE_CHECKING:
    from alerter.bootstrap.trials import Trials
    from alerter.pipeline.compare import Met
    from alerter.settings import Settings

Where = Annotated[
    Path | None,
    typer.Argument(help="A *.test.yaml, or a folder of them; else those beside the rules.", show_default=False),
]
Junit = Annotated[
    Path | None,
    typer.Option("--junit", help="Write the results as JUnit XML, for CI.", metavar="FILE", show_default=False),
]


def run_tests(
    path: Where = None, junit: Junit = None, output: Output = "table", rules: Rules = None, database: Database = None
) -> None:
    """Run the rule tests (*.test.yaml): readings a day in, the messages that must come of them out.

    Exits with 1 when a test fails, with 2 when a rule or a test cannot be read. It needs no database, no secret and
    no network.
    """
    from alerter.bootstrap.trials import places
    from alerter.cli.trial_report import say

    settings = settings_of(rules, database)
    found, tests = places(path, rules, settings.rules)
    trials = _opened(settings.model_copy(update={"rules": found}), tests)
    results = asyncio.run(_run(trials))
    if junit is not None:
        _write(junit, results)
    say(results, output, color=sys.stdout.isatty())
    if not all(result.ok for result in results):
        raise typer.Exit(NOT_FINE)


def _opened(settings: "Settings", tests: Path) -> "Trials":
    """The tests; mistakes in them, or in the rules, are told with their lines."""
    from alerter.bootstrap.trials import open_trials, trial_files
    from alerter.cli.faults import RULES, WRONG, texts
    from alerter.core.errors import RuleBookError
    from alerter.rulebook import render

    RULES.set(settings.rules)
    files = trial_files(tests)
    try:
        return open_trials(settings, tests, files)
    except RuleBookError as error:
        note(render(error.mistakes, "text", {**texts(), **files}, color=sys.stderr.isatty()))
        raise typer.Exit(WRONG) from None


async def _run(trials: "Trials") -> "list[Met]":
    from alerter.cli.pool import progress

    results = []
    with progress("Tests", len(trials.trials)) as advance:
        async for result in trials.run():
            results.append(result)
            advance(1)
    return results


def _write(file: Path, results: "list[Met]") -> None:
    from alerter.cli.junit import junit_xml
    from alerter.core.errors import ConfigurationError

    try:
        file.write_text(junit_xml(results), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--junit {file}: {error.strerror}") from None
