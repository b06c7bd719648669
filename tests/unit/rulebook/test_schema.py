"""The JSON Schema and docs/rules.md: every key explained, both up to date, and the example book fits."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from support.rule_texts import BASE, KINDS

from alerter.channels import OPTIONS
from alerter.rulebook import load, markdown, read_folder, schema

ROOT = Path(__file__).parents[3]


def as_an_editor_reads(text: str) -> Any:
    """YAML 1.2 with JSON's types: dates stay text."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


def properties(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if isinstance(node, dict):
        for name, value in node.get("properties", {}).items():
            found.append((f"{path}.{name}", value))
        for name, value in node.items():
            found += properties(value, f"{path}.{name}")
    return found


@pytest.mark.parametrize("kinds", [KINDS, OPTIONS], ids=["of the tests", "of alerter"])
def test_every_key_has_words_a_type_and_an_example(kinds: Any) -> None:
    made = schema(kinds)
    Draft202012Validator.check_schema(made)
    for path, key in properties(made["$defs"]):
        assert key.get("description"), path
        assert {"type", "anyOf", "enum", "const", "$ref"} & key.keys(), path
        if ".limit.anyOf" not in path and "items.properties" not in path and ".anyOf." not in path:
            assert key.get("examples") or "limit" in path, path


def test_the_schema_in_the_rules_folder_is_up_to_date() -> None:
    assert json.loads((ROOT / "rules/schema.json").read_text("utf-8")) == json.loads(json.dumps(schema(OPTIONS)))


def test_the_page_on_rules_is_up_to_date() -> None:
    assert (ROOT / "docs/rules.md").read_text("utf-8") == markdown(OPTIONS)


@pytest.mark.parametrize("file", ["example.yaml"])
def test_the_example_book_fits_the_schema_and_loads(file: str) -> None:
    text = (ROOT / "rules" / file).read_text("utf-8")
    Draft202012Validator(schema(OPTIONS)).validate(as_an_editor_reads(text))
    assert load(read_folder(ROOT / "rules" / file), OPTIONS).warnings == ()


@pytest.mark.parametrize(
    "change",
    [
        ("kind: quota", "kind: quotas"),
        ("at: 80%", "at: eighty"),
        ("severity: warning", "severity: warn"),
        ("limit: 50M", "limit: 50Q"),
        ("    notify", "    notfy"),
        ("url: ", "uri: "),
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_loader_refuses(change: tuple[str, str]) -> None:
    validator = Draft202012Validator(schema(KINDS))
    assert validator.is_valid(as_an_editor_reads(BASE))
    assert not validator.is_valid(as_an_editor_reads(BASE.replace(*change)))
