"""Rule files to the rule book: YAML text to frozen values, with every mistake at its line and column."""

from alerter.rulebook.files import files_hash, holds_rules, read_folder, read_trials
from alerter.rulebook.load import Loaded, load, rebuild
from alerter.rulebook.markdown import markdown
from alerter.rulebook.render import render
from alerter.rulebook.schema import schema
from alerter.rulebook.trial_schema import trial_schema
from alerter.rulebook.trials import load_trials

__all__ = [
    "Loaded",
    "files_hash",
    "holds_rules",
    "load",
    "load_trials",
    "markdown",
    "read_folder",
    "read_trials",
    "rebuild",
    "render",
    "schema",
    "trial_schema",
]
