"""How a command ends when something is wrong: clear lines on standard error, and an exit code that scripts can use."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from alerter.core.errors import AlerterError, ConfigurationError, Mistake, RuleBookError

NOT_FINE = 1
WRONG = 2
NO_ANSWER = 3
INTERRUPTED = 130

RULES: ContextVar[Path | None] = ContextVar("RULES", default=None)
"""Where the rule files of this command are."""


class Commands(TyperGroup):
    """The top of all commands: where every error alerter raises on purpose ends."""

    def invoke(self, ctx: Any) -> Any:
        try:
            found = super().invoke(ctx)
            sys.stdout.flush()
        except AlerterError as error:
            tell(error)
            raise typer.Exit(code_of(error)) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _leave_pipe()
            raise typer.Exit(0) from None
        return found


def code_of(error: AlerterError) -> int:
    return WRONG if isinstance(error, ConfigurationError) else NO_ANSWER


def tell(error: AlerterError) -> None:
    """Say what is wrong; mistakes of rule files with their line and a caret."""
    if isinstance(error, RuleBookError):
        say_mistakes(error.mistakes)
        return
    for line in str(error).splitlines() or [type(error).__name__]:
        complain(line)


def complain(line: str) -> None:
    typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(line, err=True)


def note(line: str) -> None:
    """Something worth knowing that is not what was asked for."""
    typer.echo(line, err=True)


def say_mistakes(mistakes: tuple[Mistake, ...]) -> None:
    from alerter.rulebook import render

    note(render(mistakes, "text", texts(), color=sys.stderr.isatty()))


def texts() -> Mapping[str, str]:
    """The rule files as they are now, to show the lines that mistakes are on."""
    from alerter.rulebook import read_folder

    rules = RULES.get()
    with suppress(ConfigurationError):
        return read_folder(rules) if rules else {}
    return {}


def _leave_pipe() -> None:
    """Whoever read our output has gone: what is still to be flushed goes nowhere, without a word."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
