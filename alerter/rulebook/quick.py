"""The plain part of YAML, read line by line: about twenty times as quick as ruamel.yaml.

A book of 10,000 accounts is 120,000 lines that all look alike. What this reader understands (keys, one-line values and
one-line `[]` and `{}` of plain words) it reads exactly as ruamel.yaml does, place for place; a test compares the two.
At anything else it raises Unfit, and ruamel.yaml reads that entry instead.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from alerter.rulebook.nodes import WORDS, Entry, Node

WORD = r"(?:https?://)?[A-Za-z0-9_/+](?:[A-Za-z0-9_/.+@%*=-]|:(?=//))*"
PLAIN = rf"{WORD}(?: {WORD})*"
QUOTED = r"\"[ !#-\[\]-~]*\"|'[ -&(-~]*'"
FLOW = rf"\{{(?:[^#\"']|{QUOTED})*\}}|\[(?:[^#\"']|{QUOTED})*\]"
LINE = re.compile(
    rf"(?P<indent> *)(?:(?P<dash>- +)|(?P<key>[A-Za-z0-9_][A-Za-z0-9_./-]*):(?: +|$))?"
    rf"(?P<value>{PLAIN}|{QUOTED}|{FLOW})?(?:(?:^| +)#.*)? *"
)
TOKEN = re.compile(
    rf" *(?:(?P<mark>[{{}}\[\],])"
    rf"|(?P<quoted>{QUOTED})(?= *[,\]}}])"
    rf"|(?P<plain>{PLAIN})(?:(?P<colon>:)(?= )|(?= *[,\]}}])))"
)


MAX_INDENT, MAX_BRACKETS = 16, 12
"""Deeper than any rule file goes, and far from the limits of recursion and of compose.MAX_DEPTH."""


class Unfit(Exception):
    """More of YAML than this reader knows."""


class Row(NamedTuple):
    """One line with something on it. `column` is where the value begins."""

    line: int
    indent: int
    key: str | None
    value: str | None
    column: int


def quick(lines: list[str], first: int) -> Node:
    """The tree of these lines, which begin at line `first`; raises Unfit."""
    reader = _Reader([row for number, line in enumerate(lines, first) if (row := _row(line, number))])
    if not reader.rows:
        raise Unfit
    node = reader.block(reader.rows[0].indent)
    if reader.at < len(reader.rows):
        raise Unfit
    return node


def _row(line: str, number: int) -> Row | None:
    found = LINE.fullmatch(line)
    if found is None:
        raise Unfit
    indent, dash, key, value = found.group("indent", "dash", "key", "value")
    if len(indent) > MAX_INDENT:
        raise Unfit
    if key is None and dash is None:
        if value is None:
            return None  # blank, or a comment
        raise Unfit
    if dash is not None and value is None:
        raise Unfit
    return Row(number, len(indent), key, value, found.start("value"))


@dataclass(slots=True)
class _Reader:
    rows: list[Row]
    at: int = 0

    def block(self, indent: int) -> Node:
        """The mapping or list whose lines begin at this indentation."""
        return self.mapping(indent) if self.rows[self.at].key is not None else self.sequence(indent)

    def mapping(self, indent: int) -> Node:
        rows, entries = self.rows, dict[str, Entry]()
        node = Node(rows[self.at].line, indent, entries)
        while self.at < len(rows) and rows[self.at].indent == indent:
            row = rows[self.at]
            if row.key is None or row.key in entries:
                raise Unfit
            self.at += 1
            value = self.nested(row) if row.value is None else scalar_or_flow(row.value, row.line, row.column)
            entries[row.key] = Entry(row.line, indent, value)
        self.no_deeper(indent)
        return node

    def sequence(self, indent: int) -> Node:
        rows, items = self.rows, list[Node]()
        node = Node(rows[self.at].line, indent, items)
        while self.at < len(rows) and rows[self.at].indent == indent and rows[self.at].key is None:
            row = rows[self.at]
            self.at += 1
            items.append(scalar_or_flow(row.value or "", row.line, row.column))
        self.no_deeper(indent)
        return node

    def nested(self, row: Row) -> Node:
        """What stands below a key with nothing behind it; a list may begin in the key's own column."""
        if self.at < len(self.rows):
            below = self.rows[self.at]
            if below.indent > row.indent:
                return self.block(below.indent)
            if below.indent == row.indent and below.key is None:
                return self.sequence(row.indent)
        return Node(row.line, row.indent, None)

    def no_deeper(self, indent: int) -> None:
        if self.at < len(self.rows) and self.rows[self.at].indent > indent:
            raise Unfit


def scalar_or_flow(text: str, line: int, column: int) -> Node:
    """A one-line value."""
    first = text[0]
    if first in "\"'":
        return Node(line, column, text[1:-1])
    if first not in "{[":
        return Node(line, column, WORDS.get(text, text))
    if text.count("[") + text.count("{") > MAX_BRACKETS and _depth(text) > MAX_BRACKETS:
        raise Unfit
    node, end = _flow(text, 0, line, column)
    if end != len(text):
        raise Unfit
    return node


def _depth(text: str) -> int:
    """How deep brackets are nested, at most."""
    depth = deepest = 0
    for mark in re.findall(r"[\[\]{}]", text):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _token(text: str, at: int) -> re.Match[str]:
    found = TOKEN.match(text, at)
    if found is None:
        raise Unfit
    return found


def _flow(text: str, at: int, line: int, column: int) -> tuple[Node, int]:
    """The value that begins at `at`, and where it ends; `column` is where the text begins in its line."""
    token = _token(text, at)
    if token["mark"] is None:
        group = "quoted" if token["quoted"] is not None else "plain"
        word = token[group]
        if token["colon"]:
            raise Unfit
        value = word[1:-1] if group == "quoted" else WORDS.get(word, word)
        return Node(line, column + token.start(group), value), token.end(group)
    place = column + token.start("mark")
    if token["mark"] == "[":
        return _list(text, token.end(), line, column, Node(line, place, []))
    if token["mark"] == "{":
        return _pairs(text, token.end(), line, column, Node(line, place, {}))
    raise Unfit


def _list(text: str, at: int, line: int, column: int, node: Node) -> tuple[Node, int]:
    if (end := _closed(text, at, "]")) is not None:
        return node, end
    while True:
        item, at = _flow(text, at, line, column)
        node.items.append(item)
        token = _token(text, at)
        at = token.end()
        if token["mark"] == "]":
            return node, at
        if token["mark"] != ",":
            raise Unfit


def _pairs(text: str, at: int, line: int, column: int, node: Node) -> tuple[Node, int]:
    if (end := _closed(text, at, "}")) is not None:
        return node, end
    while True:
        key = _token(text, at)
        name = key["plain"]
        if name is None or not key["colon"] or name in node.entries:
            raise Unfit
        value, at = _flow(text, key.end(), line, column)
        node.entries[name] = Entry(line, column + key.start("plain"), value)
        token = _token(text, at)
        at = token.end()
        if token["mark"] == "}":
            return node, at
        if token["mark"] != ",":
            raise Unfit


def _closed(text: str, at: int, mark: str) -> int | None:
    token = TOKEN.match(text, at)
    return token.end() if token and token["mark"] == mark else None
