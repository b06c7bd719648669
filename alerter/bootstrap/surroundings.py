"""Checks of what rule files lean on: secrets, and the user's templates."""

import re
from collections.abc import Iterator, Mapping

from alerter.bootstrap.books import Opened, secret_names
from alerter.channels import Words
from alerter.core.errors import Mistake
from alerter.rulebook.checks import silenced_in
from alerter.settings import Secrets, Settings


def warnings_around(opened: Opened, settings: Settings, *, secrets: bool) -> tuple[Mistake, ...]:
    """Templates that fail on sample data and, if asked for, secrets that are not there; the silenced ones left out."""
    found = list(_templates(settings))
    if secrets:
        found += _missing(opened, settings)
    silenced = silenced_in(opened.files)
    return tuple(m for m in found if m.check not in silenced.get((m.file, m.line), ()))


def _templates(settings: Settings) -> Iterator[Mistake]:
    for file, text in Words(settings.templates).problems():
        yield Mistake(file=file, line=1, column=1, path="", text=text, check="template-fails", severity="warning")


def _missing(opened: Opened, settings: Settings) -> Iterator[Mistake]:
    for name in Secrets(settings.secrets_dir).missing(secret_names(opened.book)):
        file, line, column = _place(opened.files, name)
        text = f"the secret {name} is missing"
        hint = f"put it into a file {settings.secrets_dir / name}, or into an environment variable of that name"
        yield Mistake(
            file=file,
            line=line,
            column=column,
            path="",
            text=text,
            hint=hint,
            check="secret-missing",
            severity="warning",
        )


def _place(files: Mapping[str, str], name: str) -> tuple[str, int, int]:
    """Where a secret is first named."""
    named = re.compile(rf":[ ]+[\"']?(?P<name>{re.escape(name)})(?![\w.-])")
    for file, text in files.items():
        found = named.search(text)
        if found:
            at = found.start("name")
            return file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return next(iter(files), ""), 1, 1
