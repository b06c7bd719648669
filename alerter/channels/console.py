"""`console`: messages as cards on the standard output, for `alerter demo` and for trying rules out."""

from dataclasses import dataclass
from typing import TextIO

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alerter.channels.edges import Edges
from alerter.channels.plain import cut
from alerter.channels.render import Rendered
from alerter.channels.view import links
from alerter.core.errors import RetryLater
from alerter.core.model import Attempt, Message, Receipt, Severity

COLOURS = {Severity.INFO: "blue", Severity.WARNING: "yellow", Severity.CRITICAL: "red"}
MOST_ITEMS = 40
WIDTH = 100
"""Columns of a card: fewer on a narrow terminal."""

_TITLE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleOptions:
    """It has no keys of its own."""


class ConsoleChannel:
    """Prints; colours only on a terminal."""

    def __init__(self, edges: Edges) -> None:
        self._edges = edges

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        """Print the card; `RetryLater` when nothing can be printed, in doubt as a part may have been."""
        words = self._edges.words.render("console", message.payload, most=MOST_ITEMS, public_url=self._edges.public_url)
        card = _card(words, links(message.payload, self._edges.public_url))
        out = self._edges.out
        try:
            out.write(_printed(card, out))
            out.flush()
        except (OSError, ValueError) as problem:
            raise RetryLater(f"nothing can be printed: {type(problem).__name__}", doubt=True) from None
        return Receipt(id=message.key, note=words.note)

    async def close(self) -> None:
        """The output is not ours to close."""


def _printed(card: Panel, out: TextIO) -> str:
    """The card as text for `out`, in the width and the characters that it has."""
    console = Console(file=out, highlight=False, emoji=False, markup=False)
    console.width = min(WIDTH, console.width) if out.isatty() else WIDTH
    with console.capture() as shown:
        console.print(card)
    encoding = out.encoding or "utf-8"
    return shown.get().encode(encoding, errors="replace").decode(encoding)


def _card(words: Rendered, to_pages: list[tuple[str, str]]) -> Panel:
    colour = COLOURS[words.severity]
    grid = Table.grid(padding=(0, 2))
    for name, text in words.facts:
        grid.add_row(Text(name, style="dim"), Text(text))
    small = [*(f"{name}: {url}" for name, url in to_pages), words.footer, words.note]
    parts: list[Text | Table] = [Text(cut(words.title, _TITLE), style=f"bold {colour}"), Text(words.summary)]
    if words.facts:
        parts += [Text(""), grid, Text("")]
    parts += [Text(line, style="dim") for line in small if line]
    return Panel(Group(*parts), border_style=colour, box=box.ROUNDED)


def console(name: str, options: ConsoleOptions, edges: Edges) -> ConsoleChannel:
    """The channel."""
    return ConsoleChannel(edges)
