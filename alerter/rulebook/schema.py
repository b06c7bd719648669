"""The rule book's JSON Schema (2020-12), for editors: every key completed and explained."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from alerter.rulebook.forms import Forms, forms
from alerter.rulebook.values import NAME

ABOUT = {
    "accounts": "DSM accounts whose usage is read.",
    "licenses": "What was bought: quotas, pooled over accounts.",
    "channels": "Where messages go.",
    "rules": "When to tell whom.",
    "metrics": "Metrics of your own, as sums of built-in ones.",
}


def schema(channel_kinds: Mapping[str, type]) -> dict[str, Any]:
    """The whole book; made from the models that the loader obeys."""
    made = forms(channel_kinds)
    entries = {section: _names(made, section) for section in ABOUT}
    models = [(form, "validation") for section in ABOUT for form in entries[section]]
    refs, definitions = models_json_schema(models, ref_template="#/$defs/{model}")  # type: ignore[arg-type]
    sections = {
        section: _section(ABOUT[section], [refs[form, "validation"] for form in entries[section]]) for section in ABOUT
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "alerter rule book",
        "description": "Accounts, licenses, channels and rules. Any section may be in any file; names are unique.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": sections,
        "$defs": {name: tidy(definition) for name, definition in _needed(definitions["$defs"], sections)},
    }


def _needed(definitions: dict[str, Any], sections: dict[str, Any]) -> list[tuple[str, Any]]:
    """The definitions that something refers to; pydantic also leaves those of values nobody writes."""
    said = json.dumps([tidy(definitions), sections])
    return [(name, found) for name, found in definitions.items() if f'"#/$defs/{name}"' in said]


def _names(made: Forms, section: str) -> list[Any]:
    kinds = {"rules": made.rules, "channels": made.channels}.get(section)
    return list(kinds.values()) if kinds is not None else [made.of(section, "")]


def _section(about: str, refs: list[Any]) -> dict[str, Any]:
    entry = refs[0] if len(refs) == 1 else {"oneOf": refs} if refs else False
    return {
        "description": about,
        "type": ["object", "null"],
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": entry,
    }


def tidy(value: Any) -> Any:
    """Without pydantic's titles, and without null, which nobody may write."""
    if isinstance(value, list):
        return [tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {k: tidy(v) for k, v in value.items() if not (k == "title" and isinstance(v, str))}
    choices = [c for c in kept.get("anyOf", []) if c != {"type": "null"}]
    if "anyOf" in kept:
        kept["anyOf"] = choices
    if len(choices) == 1:
        kept.pop("anyOf")
        kept = {**choices[0], **kept}
    if kept.get("default", "") is None:
        kept.pop("default")
    return kept
