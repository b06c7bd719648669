"""Rule tests put together: the rule book, the test files, the words of messages, and what each test came to."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alerter.bootstrap.books import read_book
from alerter.channels import Words
from alerter.channels.plain import slack_plain
from alerter.core.book import RuleBook
from alerter.core.model import Event
from alerter.core.trial import Trial
from alerter.pipeline.compare import Met, Say, compare
from alerter.pipeline.rehearse import Rehearsal
from alerter.rulebook import holds_rules, load_trials, read_trials
from alerter.settings import Settings

TEMPLATES = {"slack": "slack", "email": "email.txt", "console": "console"}
"""Channel kind → the template whose words a test reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """The tests of some files, ready to run; `folder` is where the files are."""

    book: RuleBook
    trials: tuple[Trial, ...]
    words: Words
    folder: Path

    async def run(self) -> AsyncIterator[Met]:
        """What each test comes to, in the order of the files."""
        rehearsal = Rehearsal(self.book)
        say = sayings(self.book, self.words)
        for trial in self.trials:
            yield compare(trial, await rehearsal.run(trial), say)


def places(path: Path | None, rules: Path | None, usual: Path) -> tuple[Path, Path]:
    """Where the rules and their tests are: without `rules`, rule files beside the tests go before the `usual` ones."""
    if path is None:
        found = rules or usual
        return found, found if found.is_dir() else found.parent
    beside = path if path.is_dir() else path.parent
    return rules or (beside if holds_rules(beside) else usual), path


def trial_files(tests: Path) -> Mapping[str, str]:
    """File name → text; raises ConfigurationError when there is none."""
    return read_trials(tests)


def open_trials(settings: Settings, tests: Path, files: Mapping[str, str]) -> Trials:
    """The tests of these files against the rule book on disk; raises RuleBookError with every mistake of either."""
    book = read_book(settings).book
    folder = tests if tests.is_dir() else tests.parent
    return Trials(book=book, trials=load_trials(files, book), words=Words(settings.templates), folder=folder)


def sayings(book: RuleBook, words: Words) -> Say:
    """The text of a message as each of its channels would show it, without what is only there for the channel."""

    def say(event: Event) -> dict[str, str]:
        kinds = {name: TEMPLATES.get(book.channels[name].kind, "console") for name in event.channels}
        texts = {kind: _text(words, kind, event) for kind in set(kinds.values())}
        return {name: texts[kind] for name, kind in kinds.items()}

    return say


def _text(words: Words, kind: str, event: Event) -> str:
    made = words.render(kind, event.payload)
    facts = [f"{name}: {text}" if name else text for name, text in made.facts]
    text = "\n".join((made.title, made.summary, *facts, made.footer))
    return slack_plain(text) if kind == "slack" else text
