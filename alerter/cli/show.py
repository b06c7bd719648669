"""Lists on standard output: a table for people, JSON for programs, CSV for spreadsheets."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import typer

STYLES = {"critical": "red", "warning": "yellow", "trouble": "magenta", "info": "blue", "quiet": "dim", "ok": "green"}
"""A row's tone as a terminal shows it."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """`whole` cells are never broken over two lines."""

    title: str
    align: Literal["left", "right"] = "left"
    whole: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], tones: Sequence[str] = ()) -> None:
    """Columns of text. `tones` colour the last cell of each row on a terminal."""
    if sys.stdout.isatty():
        _rich(columns, rows, tones)
        return
    widths = [max(len(text) for text in column) for column in zip(*([[c.title for c in columns], *rows]), strict=True)]
    for row in ([c.title for c in columns], *rows):
        cells = [
            text.rjust(width) if column.align == "right" else text.ljust(width)
            for text, width, column in zip(row, widths, columns, strict=True)
        ]
        typer.echo("  ".join(cells).rstrip())


def _rich(columns: Sequence[Column], rows: Sequence[Sequence[str]], tones: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold underline")
    for column in columns:
        made.add_column(column.title, justify=column.align, overflow="fold", no_wrap=column.whole)
    for number, row in enumerate(rows):
        style = STYLES.get(tones[number], "") if tones else ""
        made.add_row(*(Text(text) for text in row[:-1]), Text(row[-1], style=style))
    console = Console(highlight=False, emoji=False, markup=False)
    with console.capture() as shown:
        console.print(made)
    typer.echo(shown.get(), nl=False)


def as_json(items: Sequence[Mapping[str, object]]) -> None:
    typer.echo(json.dumps(items, indent=2, ensure_ascii=False))


def as_csv(header: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """A header line, then a line a row; keys that a row lacks are empty."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in header])


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula stays text."""
    if isinstance(value, (list, tuple)):
        value = " ".join(str(part) for part in value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
