"""The check for secrets that stand in a rule file themselves."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from alerter.core.errors import Mistake

LITERAL = re.compile(r"xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|hooks\.slack\.com/\w+/\S{8,}|://[^\s/@:]+:[^\s/@]+@")
"""Slack's tokens and hooks, and addresses with a password."""


def literal_secrets(files: Mapping[str, str], silenced: Mapping[tuple[str, int], Sequence[str]]) -> Iterator[Mistake]:
    """What must be a name is refused where it is read; this is about comments, labels and addresses."""
    for file, text in files.items():
        for found in LITERAL.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            column = found.start() - text.rfind("\n", 0, found.start())
            words, hint = "this looks like a secret", "take it out, and change it where it came from"
            if "literal-secret" not in silenced.get((file, line), ()):
                where = Mistake(file=file, line=line, column=column, path="", text=words, hint=hint)
                yield replace(where, check="literal-secret", severity="warning")
