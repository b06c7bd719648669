"""Rule files to the rule book: YAML text to frozen values, with every mistake at its line and column."""

from alerter.rulebook.files import files_hash, read_folder
from alerter.rulebook.load import Loaded, load, rebuild
from alerter.rulebook.markdown import markdown
from alerter.rulebook.render import render
from alerter.rulebook.schema import schema

__all__ = ["Loaded", "files_hash", "load", "markdown", "read_folder", "rebuild", "render", "schema"]
