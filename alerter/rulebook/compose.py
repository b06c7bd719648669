"""YAML text to a tree of nodes, by ruamel.yaml's events: no tags, no merge keys, no duplicate keys, no bombs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError, YAMLStreamError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from alerter.core.errors import Mistake
from alerter.rulebook.nodes import WORDS, Entry, Node
from alerter.rulebook.syntax import explain
from alerter.rulebook.words import shown

MAX_DEPTH = 32
MAX_NODES = 2_000_000


class Refused(Exception):
    """The text cannot be read on from here."""

    def __init__(self, line: int, column: int, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.line, self.column, self.text, self.hint = line, column, text, hint


@dataclass(slots=True)
class Composed:
    """What one file says: `root` is None when it is empty or cannot be read."""

    root: Node | None = None
    mistakes: list[Mistake] = field(default_factory=list)


def compose(file: str, text: str) -> Composed:
    """The tree of one file and its mistakes of syntax; never raises."""
    builder = _Builder(file)
    whole = _build(builder, text)
    return Composed(builder.roots[-1] if whole and builder.roots else None, builder.mistakes)


def compose_each(file: str, text: str) -> tuple[list[Node], list[Mistake]]:
    """The trees of all documents of one file, and its mistakes of syntax; what comes after a mistake is not read."""
    builder = _Builder(file, several=True)
    _build(builder, text)
    return builder.roots, builder.mistakes


def _build(builder: "_Builder", text: str) -> bool:
    """Whether all of it could be read; the builder has what could not."""
    try:
        builder.read(text)
    except Refused as error:
        builder.complain(error.line, error.column, error.text, error.hint)
    except (YAMLError, YAMLStreamError, ValueError, IndexError) as error:
        builder.complain(*explain(error, text, builder.open[-1].node if builder.open else None))
    else:
        return True
    return False


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come; `key` is the one that waits for its value."""

    node: Node
    anchor: str | None
    size: int = 1
    key: tuple[str, int, int] | None = None


class _Builder:
    def __init__(self, file: str, *, several: bool = False) -> None:
        self.file = file
        self.several = several
        self.roots: list[Node] = []
        self.mistakes: list[Mistake] = []
        self.documents = 0
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.handlers: dict[type, Callable[[Any], None]] = {
            ScalarEvent: self.scalar,
            MappingStartEvent: self.start,
            SequenceStartEvent: self.start,
            MappingEndEvent: self.end,
            SequenceEndEvent: self.end,
            AliasEvent: self.alias,
            DocumentStartEvent: self.document,
        }

    def read(self, text: str) -> None:
        for event in YAML(typ="safe", pure=True).parse(text):
            handler = self.handlers.get(type(event))
            if handler:
                handler(event)

    def complain(self, line: int, column: int, text: str, hint: str = "") -> None:
        self.mistakes.append(
            Mistake(file=self.file, line=line + 1, column=column + 1, path=self.path(), text=text, hint=hint)
        )

    def path(self) -> str:
        return ".".join(frame.key[0] for frame in self.open if frame.key)

    def document(self, event: Any) -> None:
        self.documents += 1
        self.anchors.clear()
        if self.documents > 1 and not self.several:
            mark = event.start_mark
            raise Refused(mark.line, mark.column, "a second document begins here", "one file holds one; remove the ---")

    def scalar(self, event: Any) -> None:
        mark = event.start_mark
        self.refuse_tag(event)
        value = WORDS.get(event.value, event.value) if event.implicit[0] else event.value
        if self.awaits_key:
            self.key(event.value, mark)
            return
        node = Node(mark.line, mark.column, value)
        if event.value == "" and value is None and self.open and self.open[-1].key:
            _, node.line, node.column = self.open[-1].key  # ruamel.yaml says the line after
        self.add(node, 1)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1)

    def start(self, event: Any) -> None:
        mark = event.start_mark
        self.refuse_tag(event)
        if self.awaits_key:
            raise Refused(mark.line, mark.column, "a key must be a word, found a list or mapping")
        if len(self.open) >= MAX_DEPTH:
            raise Refused(mark.line, mark.column, f"nested more than {MAX_DEPTH} deep")
        node = Node(mark.line, mark.column, {} if isinstance(event, MappingStartEvent) else [])
        self.open.append(_Open(node, event.anchor))

    def end(self, _: Any) -> None:
        frame = self.open.pop()
        self.add(frame.node, frame.size)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.node, frame.size)

    def alias(self, event: Any) -> None:
        mark = event.start_mark
        if event.anchor not in self.anchors:
            raise Refused(mark.line, mark.column, f"*{shown(event.anchor)} names no anchor (&) above this line")
        if self.awaits_key:
            raise Refused(mark.line, mark.column, "a key must be a word, found an alias (*)")
        self.add(*self.anchors[event.anchor])

    @property
    def awaits_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].node.value, dict) and self.open[-1].key is None

    def key(self, name: str, mark: Any) -> None:
        frame = self.open[-1]
        if name == "<<":
            raise Refused(mark.line, mark.column, "merge keys (<<) are not supported", "write the keys out")
        frame.key = (name, mark.line, mark.column)
        first = frame.node.entries.get(name)
        if first:
            self.complain(
                mark.line, mark.column, f"`{shown(name)}` is written twice", f"first on line {first.line + 1}"
            )

    def add(self, node: Node, size: int) -> None:
        """Hang a finished node where it belongs. `size` counts what an alias repeats again."""
        if not self.open:
            self.roots.append(node)
            return
        frame = self.open[-1]
        frame.size += size
        if frame.size > MAX_NODES:
            raise Refused(node.line, node.column, f"more than {MAX_NODES:,} values", "are aliases (*) nested?")
        if frame.key is None:
            frame.node.items.append(node)
            return
        name, line, column = frame.key
        frame.key = None
        frame.node.entries.setdefault(name, Entry(line, column, node))

    def refuse_tag(self, event: Any) -> None:
        if event.ctag is not None:
            mark = event.start_mark
            tag = shown(str(event.ctag))
            raise Refused(mark.line, mark.column, f"tags such as {tag} are not allowed", "write the plain value")
