"""Every entry against the model of its kind; pydantic's errors in our words and at their places."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from alerter.core.errors import Mistake
from alerter.core.kinds import KINDS
from alerter.rulebook.forms import Forms, adapter
from alerter.rulebook.later import later
from alerter.rulebook.models import Form, Written
from alerter.rulebook.nodes import Plain, Step, Tree, plain
from alerter.rulebook.words import Nearest, shown

Section = Mapping[str, Plain]
Valid = dict[str, dict[str, Form]]


def gather(tree: Tree) -> dict[str, dict[str, Plain]]:
    """JSON values of every entry that is a mapping, by section and name."""
    return {
        section: {name: plain(at.entry.node) for name, at in names.items() if isinstance(at.entry.node.value, dict)}
        for section, names in tree.sections.items()
    }


def validate(data: Mapping[str, Section], forms: Forms, tree: Tree, mistakes: list[Mistake]) -> Valid:
    """The entries that are right, as models; mistakes of the others are added."""
    nearest = Nearest()
    valid: Valid = {}
    for section, entries in data.items():
        known = {"rules": KINDS, "channels": forms.channel_kinds}.get(section)
        groups = {"": dict(entries)}
        if known is not None:
            groups, wrong = _by_kind(section, entries, known, tree, nearest)
            mistakes += wrong
        valid[section] = {}
        for kind, group in groups.items():
            valid[section] |= group_of(section, group, forms.of(section, kind), tree, mistakes, nearest)
    return valid


def trusted(data: Mapping[str, Section], forms: Forms) -> Valid:
    """Models of data that was valid once; raises pydantic's ValidationError or KeyError where it no longer is."""
    valid: Valid = {}
    for section, entries in data.items():
        valid[section] = {}
        groups: dict[str, dict[str, Plain]] = {}
        for name, value in entries.items():
            kind = str(value["kind"]) if section in {"rules", "channels"} and isinstance(value, dict) else ""
            groups.setdefault(kind, {})[name] = value
        for kind, group in groups.items():
            valid[section] |= adapter(forms.of(section, kind)).validate_python(group)
    return valid


def _by_kind(
    section: str, entries: Section, known: Mapping[str, Any], tree: Tree, nearest: Nearest
) -> tuple[dict[str, dict[str, Plain]], list[Mistake]]:
    groups: dict[str, dict[str, Plain]] = {}
    wrong: list[Mistake] = []
    for name, value in entries.items():
        kind = value.get("kind") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in known:
            groups.setdefault(kind, {})[name] = value
        elif not (kind is None and tree.has((section, name, "kind"))):
            wrong.append(_kind_mistake(section, name, kind, known, tree, nearest))
    return groups, wrong


def _kind_mistake(
    section: str, name: str, kind: Plain, known: Mapping[str, Any], tree: Tree, nearest: Nearest
) -> Mistake:
    allowed = ", ".join(known)
    if kind is None:
        return tree.mistake((section, name), "`kind` is missing", f"one of {allowed}", at_key=True)
    path = (section, name, "kind")
    what = f"{section.removesuffix('s')} kind"
    missing = later(what, kind, known) if isinstance(kind, str) else None
    if missing:
        return tree.mistake(path, missing, f"there are: {allowed}")
    near = nearest.find(kind, known) if isinstance(kind, str) else None
    hint = f"did you mean {near}?" if near else ""
    return tree.mistake(path, f"unknown {what} {shown(kind)}; there are: {allowed}", hint)


def group_of(
    section: str, group: dict[str, Plain], form: type[Form], tree: Tree, mistakes: list[Mistake], nearest: Nearest
) -> dict[str, Form]:
    """Entries of one model that are right; mistakes of the others are added."""
    try:
        return adapter(form).validate_python(group)
    except ValidationError as error:
        found = error.errors(include_url=False)
    mistakes += [m for item in found for m in _told(section, item, form, tree, nearest)]
    wrong = {item["loc"][0] for item in found}
    return adapter(form).validate_python({name: value for name, value in group.items() if name not in wrong})


def _told(section: str, error: Any, form: type[Form], tree: Tree, nearest: Nearest) -> Iterator[Mistake]:
    path: tuple[Step, ...] = (section, *error["loc"])
    kind, found = error["type"], error["input"]
    if found is None and kind != "missing":
        return  # an empty item: told where it was read
    if kind == "missing":
        yield from _missing(path, tree)
    elif kind == "extra_forbidden":
        yield _unknown_key(path, form, tree, nearest)
    elif kind == "told":
        yield tree.mistake(path, error["ctx"]["text"], error["ctx"]["hint"])
    elif kind in {"literal_error", "enum"}:
        yield _not_one_of(path, error, tree, nearest)
    elif kind == "too_short":
        if found:  # its items have mistakes of their own
            return
        yield tree.mistake(path, "this list is empty", "write at least one item, or leave the key out", at_key=True)
    else:
        what = {"tuple_type": "a list such as [a, b]", "model_type": "a mapping of keys", "dict_type": "a mapping"}
        hint = f"write [{shown(found)}]" if kind == "tuple_type" and isinstance(found, str) else ""
        yield tree.mistake(path, f"found {shown(found)}; expected {what.get(kind, 'something else')}", hint)


def _missing(path: tuple[Step, ...], tree: Tree) -> Iterator[Mistake]:
    discovered = path[-1] == "account_id" and tree.has((*path[:-1], "discover"))
    if not tree.has(path) and not discovered:
        yield tree.mistake(path[:-1], f"`{path[-1]}` is missing", at_key=True)


def _unknown_key(path: tuple[Step, ...], form: type[Form], tree: Tree, nearest: Nearest) -> Mistake:
    key = str(path[-1])
    missing = later("key", key)
    if missing:
        return tree.mistake(path, missing, at_key=True)
    return tree.mistake(path, f"unknown key `{shown(key)}`", nearest.hint(key, keys_at(form, path[2:-1])), at_key=True)


def _not_one_of(path: tuple[Step, ...], error: Any, tree: Tree, nearest: Nearest) -> Mistake:
    found = error["input"]
    allowed = [word.strip("'") for word in error["ctx"]["expected"].replace(" or ", ", ").split(", ")]
    near = nearest.find(found, allowed) if isinstance(found, str) else None
    hint = f"did you mean {near}?" if near else ""
    return tree.mistake(path, f"found {shown(found)}; expected {' or '.join(allowed)}", hint)


def keys_at(form: type[BaseModel], path: tuple[Step, ...]) -> list[str]:
    """The keys that may stand at a place inside an entry."""
    current = form
    for step in path:
        for name, info in current.model_fields.items():
            if (info.alias or name) == step:
                current = inner(info.annotation, info.metadata) or current
                break
    return [info.alias or name for name, info in current.model_fields.items()]


def inner(annotation: Any, metadata: list[Any]) -> type[BaseModel] | None:
    """The model somewhere inside a type: of `dict[str, QuotaForm]` it is QuotaForm."""
    for item in metadata:
        if isinstance(item, Written):
            return item.items
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (inner(part, []) for part in getattr(annotation, "__args__", ()))
    return next((model for model in found if model), None)
