"""The JSON Schema of rule tests, and the page about them: every key explained, both up to date."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from alerter.channels import OPTIONS
from alerter.rulebook import load, load_trials, read_folder, read_trials, trial_schema
from alerter.rulebook.trial_forms import ExpectForm, QuotaChangeForm, TrialForm

ROOT = Path(__file__).parents[3]
FORMS = (TrialForm, ExpectForm, QuotaChangeForm)


def documents() -> list[Any]:
    """The example tests as an editor reads them: dates stay text."""
    text = (ROOT / "rules/example.test.yaml").read_text("utf-8")
    return [json.loads(json.dumps(d, default=str)) for d in YAML(typ="safe", pure=True).load_all(text)]


def test_the_schema_in_the_rules_folder_is_up_to_date() -> None:
    assert json.loads((ROOT / "rules/test-schema.json").read_text("utf-8")) == json.loads(json.dumps(trial_schema()))


def test_every_key_has_words_and_an_example() -> None:
    Draft202012Validator.check_schema(trial_schema())
    for form in FORMS:
        for name, info in form.model_fields.items():
            assert info.description, name
            assert info.examples, name


def test_every_key_is_on_the_page_about_rule_tests() -> None:
    page = (ROOT / "docs/testing-rules.md").read_text("utf-8")
    for form in FORMS:
        for name in form.model_fields:
            assert f"`{name}`" in page, name


def test_the_example_tests_fit_the_schema_and_load() -> None:
    validator = Draft202012Validator(trial_schema())
    for document in documents():
        validator.validate(document)
    book = load(read_folder(ROOT / "rules"), OPTIONS).book
    assert len(load_trials(read_trials(ROOT / "rules"), book)) == len(documents())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("licence", "platform"),
        ("start", "1 May"),
        ("account", "platform-eu"),
        ("readings", {"platform-eu": {"num_operations": "1M y5"}}),
        ("expect", [{"reason": "crosed"}]),
        ("expect", [{"at": "tomorrow"}]),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(key: str, value: Any) -> None:
    validator = Draft202012Validator(trial_schema())
    assert not validator.is_valid({**documents()[0], key: value})
