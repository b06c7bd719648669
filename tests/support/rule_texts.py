"""Rule files for tests of the loader: channel kinds of its own, a good book, and texts with a marked place."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerter.core.book import SecretName, key
from alerter.core.errors import Mistake, RuleBookError
from alerter.rulebook import load

PLACE = "§"
"""Stands in a text right before the place where a mistake is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Mail to people."""

    to: tuple[str, ...] = key("Who gets it.", example=["finance@example.com"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A room, by a bot or a hook."""

    room: str | None = key("The room.", example="#ops", default=None)
    token: SecretName | None = key("The bot's token.", example="BOT_TOKEN", default=None)
    webhook: SecretName | None = key("The hook.", example="HOOK_URL", default=None)
    loud: bool = key("Ring.", example="true", default=False)

    def problem(self) -> str | None:
        return None if (self.token is None) != (self.webhook is None) else "give `token` or `webhook`"


KINDS: Mapping[str, type] = {"mail": Mail, "chat": Chat}

BASE = """\
accounts:
  prod: {url: "https://amer.smartkey.io", account_id: 7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11, credential: PROD_KEY}
licenses:
  base:
    accounts: [prod]
    quotas:
      num_operations: {limit: 50M}
channels:
  team: {kind: mail, to: [finance@example.com]}
rules:
  used:
    kind: quota
    thresholds: [{at: 80%, severity: warning}]
    notify: [team]
"""


def found_in(text: str, **others: str) -> list[Mistake]:
    """The mistakes of `a.yaml` with this text, beside a good book."""
    try:
        load({"a.yaml": text, "base.yaml": BASE, **others}, KINDS)
    except RuleBookError as error:
        return list(error.mistakes)
    return []


def warned_in(text: str) -> list[tuple[str, int]]:
    """(check, line) of every warning for this text alone."""
    return [(w.check, w.line) for w in load({"a.yaml": text}, KINDS).warnings]


def places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and line and column of each mark."""
    marks: list[tuple[int, int]] = []
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        plain = line
        while PLACE in plain:
            marks.append((number, plain.index(PLACE) + 1))
            plain = plain.replace(PLACE, "", 1)
        lines.append(plain)
    return "\n".join(lines), marks
