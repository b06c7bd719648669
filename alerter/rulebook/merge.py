"""The trees of all files as one: sections, names, and what is written twice or left empty."""

from collections.abc import Iterator, Mapping

from alerter.core.errors import Mistake
from alerter.rulebook.later import later
from alerter.rulebook.nodes import Entry, Located, Node, Step, Tree, spelled
from alerter.rulebook.read import read
from alerter.rulebook.values import NAME
from alerter.rulebook.words import Nearest, shown

SECTIONS = ("accounts", "licenses", "channels", "rules", "metrics")


def merge(files: Mapping[str, str], mistakes: list[Mistake]) -> Tree:
    """One tree of all files; what cannot be read is added to `mistakes`."""
    tree = Tree({section: {} for section in SECTIONS})
    for file in sorted(files):
        composed = read(file, files[file])
        mistakes += composed.mistakes
        tree.broken |= bool(composed.mistakes)
        if composed.root is not None and composed.root.value is not None:
            mistakes += _file(tree, file, composed.root)
    return tree


def _at(file: str, entry: Entry, path: str, text: str, hint: str = "") -> Mistake:
    return Mistake(file=file, line=entry.line + 1, column=entry.column + 1, path=path, text=text, hint=hint)


def _file(tree: Tree, file: str, root: Node) -> Iterator[Mistake]:
    if not isinstance(root.value, dict):
        place = Entry(root.line, root.column, root)
        tree.broken = True
        yield _at(
            file, place, "", f"a rule file is a mapping, found {shown(root.value) if root.items else 'text'}", _TOP
        )
        return
    for name, entry in root.entries.items():
        if name not in SECTIONS:
            missing = later("section", name)
            yield _at(file, entry, name, missing or f"unknown key `{shown(name)}`", "" if missing else _near(name))
        elif entry.node.value is not None and not isinstance(entry.node.value, dict):
            yield _at(
                file,
                entry,
                name,
                f"found {_found(entry.node)}; expected a mapping of names",
                f"write `{name}:`, then each name indented below it",
            )
        else:
            yield from _section(tree, file, name, entry.node)


_TOP = f"begin with one of {', '.join(f'{s}:' for s in SECTIONS)}"


def _near(name: str) -> str:
    return Nearest().hint(name, SECTIONS)


def _found(node: Node) -> str:
    return "a list" if isinstance(node.value, list) else shown(node.value)


def _section(tree: Tree, file: str, section: str, node: Node) -> Iterator[Mistake]:
    names = tree.sections[section]
    for name, entry in node.entries.items():
        path = f"{section}.{name}"
        first = names.get(name)
        if first:
            where = f"{first.file}:{first.entry.line + 1}:{first.entry.column + 1}"
            yield _at(file, entry, path, f"`{shown(name)}` is defined twice", f"first in {where}")
            continue
        names[name] = Located(file, entry)
        if not NAME.fullmatch(name):
            allowed = "letters, digits, `.`, `_` and `-`, at most 80, beginning with a letter or digit"
            yield _at(file, entry, section, f"`{shown(name)}` cannot be a name", f"names are {allowed}")
        if not isinstance(entry.node.value, dict):
            yield _at(
                file,
                entry,
                path,
                f"found {_found(entry.node)}; expected a mapping of keys",
                "write its keys indented below it",
            )
        else:
            yield from empty(file, (section, name), entry.node)


def empty(file: str, path: tuple[Step, ...], node: Node) -> Iterator[Mistake]:
    """Keys and items with nothing after them."""
    for name, entry in node.entries.items():
        if entry.node.value is None:
            yield _at(file, entry, spelled((*path, name)), *_nothing(path, name))
        elif not isinstance(entry.node.value, (str, bool)):
            yield from empty(file, (*path, name), entry.node)
    for index, item in enumerate(node.items):
        if item.value is None:
            yield _at(
                file, Entry(item.line, item.column, item), spelled((*path, index)), "this item is empty", "remove it"
            )
        elif not isinstance(item.value, (str, bool)):
            yield from empty(file, (*path, index), item)


def _nothing(path: tuple[Step, ...], name: str) -> tuple[str, str]:
    if name == "limit" and path[0] == "licenses":
        return "a limit cannot be null", "say `limit: unlimited`, or leave the quota out"
    return f"nothing is written after `{shown(name)}:`", "write a value, or leave the key out"
