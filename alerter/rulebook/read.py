"""One rule file as a tree: entry by entry with the quick reader, and with ruamel.yaml what that does not know."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from alerter.rulebook.compose import Composed, compose
from alerter.rulebook.nodes import Entry, Node
from alerter.rulebook.quick import Unfit, quick

SECTION = re.compile(r"([a-z]+): *(?:#.*)?")
ENTRY = re.compile(r"( +)\S")
ANCHOR = re.compile(r"[&*]\w")
UNUSUAL = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Control characters, tabs, other line ends: ruamel.yaml judges these."""


def read(file: str, text: str) -> Composed:
    """The tree of one file and its mistakes of syntax; never raises."""
    if not UNUSUAL.search(text):
        try:
            return Composed(_sections(file, text.removesuffix("\n").split("\n")))
        except Unfit:
            pass
    return compose(file, text)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The lines of one entry of a section."""

    first: int
    lines: list[str]


def _sections(file: str, lines: list[str]) -> Node:
    """Every section of the file; raises Unfit where the file as a whole is not plain."""
    starts = [number for number, line in enumerate(lines) if line[:1] not in {"", " ", "#"}]
    root: dict[str, Entry] = {}
    if not starts or any(line.strip() and not line.lstrip().startswith("#") for line in lines[: starts[0]]):
        raise Unfit
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        found = SECTION.fullmatch(lines[start])
        if not found or found[1] in root:
            raise Unfit
        root[found[1]] = Entry(start, 0, _section(file, _Chunk(start, lines[start:end])))
    return Node(starts[0], 0, root)


def _section(file: str, section: _Chunk) -> Node:
    entries: dict[str, Entry] = {}
    for chunk in _chunks(section):
        [(name, entry)] = _entry(file, chunk).entries.items()
        if name in entries:
            raise Unfit
        entries[name] = entry
    if not entries:
        return Node(section.first, 0, None)
    first = next(iter(entries.values()))
    return Node(first.line, first.column, entries)


def _chunks(section: _Chunk) -> Iterator[_Chunk]:
    """The entries of a section: each begins at the indentation of the first, and what follows is deeper."""
    indent, start = -1, 0
    for number, line in enumerate(section.lines[1:], 1):
        found = ENTRY.match(line)
        if not found or line[found.end() - 1] == "#":
            continue
        width = len(found[1])
        if indent < 0:
            indent, start = width, number
        elif width < indent:
            raise Unfit
        elif width == indent:
            yield _Chunk(section.first + start, section.lines[start:number])
            start = number
    if indent >= 0:
        yield _Chunk(section.first + start, section.lines[start:])


def _entry(file: str, chunk: _Chunk) -> Node:
    """A mapping with one key; raises Unfit where the entry does not stand by itself."""
    try:
        node = quick(chunk.lines, chunk.first)
    except Unfit:
        node = _composed(file, chunk)
    if [(entry.line, entry.column) for entry in node.entries.values()] != [(chunk.first, node.column)]:
        raise Unfit  # more than one key, or one inside of {}: not an entry of this section
    return node


def _composed(file: str, chunk: _Chunk) -> Node:
    """By ruamel.yaml; anchors reach over entries and mistakes need their context, so both are for the whole file."""
    text = "\n".join([*chunk.lines, ""])
    if ANCHOR.search(text):
        raise Unfit
    composed = compose(file, text)
    if composed.root is None or composed.mistakes:
        raise Unfit
    _shift(composed.root, chunk.first)
    return composed.root


def _shift(node: Node, lines: int) -> None:
    node.line += lines
    for item in node.items:
        _shift(item, lines)
    for name, entry in node.entries.items():
        _shift(entry.node, lines)
        node.entries[name] = entry._replace(line=entry.line + lines)
