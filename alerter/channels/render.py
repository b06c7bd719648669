"""Words: a message's payload and a channel kind's template, rendered to text. Structure is the channels' own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader
from markupsafe import Markup

from alerter.channels.builtin import data_folder
from alerter.channels.plain import cut, each_text, slack_text, slack_url
from alerter.channels.samples import SAMPLES
from alerter.channels.sandbox import TIME_LIMIT, Overrun, WordsEnvironment, render_blocks, render_text, time_limit
from alerter.channels.view import Facts, page_of, severity, view
from alerter.core.model import Severity

BLOCKS = ("title", "summary", "facts", "footer")
MOST_SOURCE = 64_000
"""Characters a template file may have, and 4,000 the words of a kind."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a channel kind's template is escaped: every text in the facts by `escape`, or HTML by Jinja2 itself.

    `link` makes a URL a link, escaped already.
    """

    escape: Callable[[str], str] | None = None
    autoescape: bool = False
    link: Callable[[str], str] = str


STYLES: Mapping[str, Style] = {
    "slack": Style(escape=slack_text, link=lambda url: f"<{slack_url(url)}|Open alert>"),
    "email.txt": Style(),
    "email.html": Style(autoescape=True, link=lambda url: Markup('<a href="{}">Open alert</a>').format(url)),
    "console": Style(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message in words, escaped for its channel.

    `facts` are (name, text) pairs, the name empty where the line has none; `note` says why a user's template was not
    used, and is empty otherwise.
    """

    title: str
    summary: str
    facts: tuple[tuple[str, str], ...]
    footer: str
    severity: Severity
    note: str = ""


class Words:
    """The templates: the built-in ones, and over them those of `folder`.

    A file of `folder` with the name of a built-in one (`slack.j2`) replaces the blocks that it defines;
    `{% extends "builtin/slack.j2" %}` and `{% import "words.j2" as words %}` work. Where it fails, or takes longer
    than `limit` seconds, the message gets the built-in words and says so.
    """

    def __init__(self, folder: Path | None = None, *, limit: float = TIME_LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._builtin = {kind: self._environment(kind, None) for kind in STYLES}
        self._users = {kind: self._environment(kind, folder) for kind in STYLES} if folder else {}

    def render(self, kind: str, payload: Facts, *, most: int = 40, public_url: str | None = None) -> Rendered:
        """The message in the words of a channel kind; of a list, at most `most` items, with links to `public_url`."""
        found, note = self._blocks(kind, self._facts(kind, payload, most, public_url))
        return Rendered(
            title=_line(found["title"]),
            summary="\n".join(line.strip() for line in found["summary"].strip().splitlines()),
            facts=tuple(_fact(line) for line in found["facts"].splitlines() if line.strip()),
            footer=_line(found["footer"]),
            severity=severity(payload),
            note=note,
        )

    def problems(self) -> list[tuple[str, str]]:
        """(file, what is wrong) of each of the user's templates that fails with sample data."""
        found = []
        for kind in self._users:
            for name, payload in SAMPLES.items():
                note = self._blocks(kind, self._facts(kind, payload, 40))[1]
                if note:
                    found.append((f"{kind}.j2", f"{note} (with the sample {name!r})"))
                    break
        return found

    def _environment(self, kind: str, folder: Path | None) -> WordsEnvironment:
        loader: BaseLoader = FileSystemLoader(data_folder("templates"))
        if folder is not None:
            loader = ChoiceLoader([FileSystemLoader(folder), loader, PrefixLoader({"builtin": loader})])
        return WordsEnvironment(loader, autoescape=STYLES[kind].autoescape)

    def _facts(self, kind: str, payload: Facts, most: int, public_url: str | None = None) -> dict[str, Any]:
        facts, style = view(payload, _say, most), STYLES[kind]
        shown = dict(_mapping(each_text(facts, style.escape))) if style.escape else facts
        if facts["type"] == "bundle":
            pages = [page_of(item, public_url) for item in facts["items"]]
            shown["items"] = [
                {**item, "link": style.link(page) if page else ""}
                for item, page in zip(shown["items"], pages, strict=True)
            ]
        return {**shown, "message": shown}

    def _blocks(self, kind: str, facts: Mapping[str, object]) -> tuple[dict[str, str], str]:
        """The blocks of this kind, and why the user's template was not used."""
        name = f"{kind}.j2"
        built_in = render_blocks(self._builtin[kind], name, BLOCKS, facts)
        if self._folder is None or not self._overrides(name):
            return built_in, ""
        try:
            self._check_size()
            for file in (name, "words.j2"):
                self._users[kind].get_template(file)  # compiled once, and not on the message's time
            with time_limit(self._limit):
                own = render_blocks(self._users[kind], name, BLOCKS, facts)
        except Exception as problem:  # noqa: BLE001 - a template may raise anything, and the message must go out
            return built_in, f"your template {name} was not used: {cut(_why(problem), 200)}"
        return {**built_in, **own}, ""

    def _overrides(self, name: str) -> bool:
        return self._folder is not None and any((self._folder / file).is_file() for file in (name, "words.j2"))

    def _check_size(self) -> None:
        for file in self._folder.glob("*.j2") if self._folder else ():
            if file.stat().st_size > MOST_SOURCE:
                raise Overrun(f"{file.name} is larger than {MOST_SOURCE} bytes")


def _why(problem: Exception) -> str:
    line = getattr(problem, "lineno", None)
    where = f" (line {line})" if line else ""
    return f"{type(problem).__name__}: {' '.join(str(problem).split())}{where}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _line(text: str) -> str:
    return " ".join(text.split())


def _fact(line: str) -> tuple[str, str]:
    """`Used: 45 (90%)` as a name and a text."""
    name, colon, text = line.strip().partition(": ")
    return (name, text.strip()) if colon and len(name) <= 40 else ("", line.strip())


@lru_cache(maxsize=1)
def _plain() -> WordsEnvironment:
    return WordsEnvironment(None, autoescape=False)


def _say(words: str, facts: Facts) -> str:
    """A kind's own words about an event; none if they do not fit its facts, and the template's own take their place."""
    try:
        return render_text(_plain(), words[:4000], facts)
    except Exception:  # noqa: BLE001 - a template may raise anything, and the message must go out
        return ""
