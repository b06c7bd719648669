"""The JSON Schema (2020-12) of rule tests, for editors."""

from typing import Any

from alerter.rulebook.schema import tidy
from alerter.rulebook.trial_forms import TrialForm


def trial_schema() -> dict[str, Any]:
    """One document of a `*.test.yaml`; made from the models that the loader obeys."""
    made = tidy(TrialForm.model_json_schema(ref_template="#/$defs/{model}"))
    about = made.pop("description")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "alerter rule test",
        "description": about,
        **made,
        "oneOf": [{"required": ["license"]}, {"required": ["account"]}],
    }
