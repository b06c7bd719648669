"""Mistakes for a terminal, for a program, or for a pull request's margin."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Literal

from alerter.core.errors import Mistake
from alerter.rulebook.words import veil

WIDEST = 160
COLORS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "dim": "\x1b[2m", "bold": "\x1b[1m"}
OFF = "\x1b[0m"


def render(
    mistakes: Sequence[Mistake],
    format: Literal["text", "json", "github"],  # noqa: A002 - the name of the command's option
    files: Mapping[str, str],
    color: bool = False,
) -> str:
    """All mistakes as text with the source line and a caret, as a JSON list, or as GitHub annotations."""
    if format == "json":
        return json.dumps([asdict(mistake) for mistake in mistakes], indent=2, ensure_ascii=False)
    if format == "github":
        return "\n".join(_annotation(mistake) for mistake in mistakes)
    lines = {name: text.split("\n") for name, text in files.items() if any(m.file == name for m in mistakes)}
    return "\n".join(_text(mistake, lines.get(mistake.file, []), color) for mistake in mistakes)


def _paint(text: str, style: str, color: bool) -> str:
    return f"{COLORS[style]}{text}{OFF}" if color and text else text


def _text(mistake: Mistake, lines: Sequence[str], color: bool) -> str:
    name = f" [{mistake.check}]" if mistake.check else ""
    path = f"{mistake.path}: " if mistake.path else ""
    where = _paint(f"{mistake.file}:{mistake.line}:{mistake.column}:", "bold", color)
    severity = _paint(f"{mistake.severity}:", mistake.severity, color)
    told = [f"{where} {severity} {path}{mistake.text}{name}"]
    if mistake.hint:
        told.append(f"  hint: {mistake.hint}")
    if 0 < mistake.line <= len(lines):
        told += _source(mistake, lines[mistake.line - 1], color)
    return "\n".join(told)


def _source(mistake: Mistake, line: str, color: bool) -> list[str]:
    """The line with a caret under the place; a long one is cut around it, and secrets are veiled."""
    start = max(0, mistake.column - WIDEST // 2) if len(line) > WIDEST else 0
    cut = "".join(c if c.isprintable() else " " for c in veil(line.rstrip())[start : start + WIDEST])
    number = f"{mistake.line:5} | "
    caret = " " * (mistake.column - 1 - start) + _paint("^", mistake.severity, color)
    return [_paint(number, "dim", color) + cut, _paint("      | ", "dim", color) + caret]


def _annotation(mistake: Mistake) -> str:
    """A workflow command: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    level = "warning" if mistake.severity == "warning" else "error"
    place = f"file={_escaped(mistake.file, property=True)},line={mistake.line},col={mistake.column}"
    title = _escaped(mistake.check or mistake.path or "rule file", property=True)
    hint = f" ({mistake.hint})" if mistake.hint else ""
    return f"::{level} {place},title={title}::{_escaped(mistake.text + hint)}"


def _escaped(text: str, *, property: bool = False) -> str:  # noqa: A002 - GitHub's word for it
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text
