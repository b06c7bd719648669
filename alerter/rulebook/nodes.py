"""Rule text as a tree: what was written, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alerter.core.errors import Mistake

Scalar = str | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]
Step = str | int


@dataclass(slots=True, eq=True)
class Node:
    """A value at a line and column, both from 0. Scalars are text, but for the plain words true, false and null."""

    line: int
    column: int
    value: "Scalar | list[Node] | dict[str, Entry]"

    @property
    def entries(self) -> "dict[str, Entry]":
        """The keys of a mapping; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "list[Node]":
        """The items of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []


class Entry(NamedTuple):
    """A key's place, and its value."""

    line: int
    column: int
    node: Node


WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
"""What YAML 1.2 reads unquoted as something else than text; numbers stay text until a key says what they are."""


def plain(node: Node) -> Plain:
    """The tree without places: JSON values only. Keys with nothing after them are left out (they are mistakes)."""
    value = node.value
    if isinstance(value, dict):
        return {name: plain(entry.node) for name, entry in value.items() if entry.node.value is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Located:
    """One named entry of a section, and the file and place it stands at."""

    file: str
    entry: Entry


@dataclass(slots=True)
class Tree:
    """All files as one: section -> name -> entry. `broken` says that some of it could not be read."""

    sections: dict[str, dict[str, Located]] = field(default_factory=dict)
    broken: bool = False

    def names(self, section: str) -> dict[str, Located]:
        return self.sections.get(section, {})

    def find(self, path: Sequence[Step]) -> tuple[str, Entry] | None:
        """The file of this path and the entry or item there; where it does not exist, the nearest one above."""
        located = self.names(str(path[0])).get(str(path[1]))
        if located is None:
            return None
        entry = located.entry
        for step in path[2:]:
            below = _below(entry.node, step)
            if below is None:
                break
            entry = below
        return located.file, entry

    def has(self, path: Sequence[Step]) -> bool:
        """Whether exactly this path was written, even with nothing after it."""
        located = self.names(str(path[0])).get(str(path[1]))
        entry = located.entry if located else None
        for step in path[2:]:
            entry = _below(entry.node, step) if entry else None
        return entry is not None

    def mistake(self, path: Sequence[Step], text: str, hint: str = "", *, at_key: bool = False) -> Mistake:
        """A mistake at the value of this path, or at its key."""
        found = self.find(path)
        file, (line, column, node) = found or ("", Entry(0, 0, Node(0, 0, None)))
        if not at_key:
            line, column = node.line, node.column
        return Mistake(file=file, line=line + 1, column=column + 1, path=spelled(path), text=text, hint=hint)


def _below(node: Node, step: Step) -> Entry | None:
    if isinstance(step, str):
        return node.entries.get(step)
    if step < len(node.items):
        item = node.items[step]
        return Entry(item.line, item.column, item)
    return None


def spelled(path: Sequence[Step]) -> str:
    """A key path as people write it: `rules.quota-used.thresholds[0].at`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def texts(node: Node, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], str]]:
    """The text items of the list at a key, each with its path."""
    entry = node.entries.get(str(path[-1]))
    for index, item in enumerate(entry.node.items if entry else []):
        if isinstance(item.value, str):
            yield (*path, index), item.value
