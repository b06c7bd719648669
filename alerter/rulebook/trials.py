"""Rule tests (`*.test.yaml`): text → tree → models → trials, with every mistake at its place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from alerter.core.book import RuleBook
from alerter.core.errors import Mistake, RuleBookError
from alerter.core.trial import Trial
from alerter.rulebook.compose import compose_each
from alerter.rulebook.merge import empty
from alerter.rulebook.nodes import Entry, Located, Node, Step, Tree, plain
from alerter.rulebook.trial_build import build_trial
from alerter.rulebook.trial_forms import TrialForm
from alerter.rulebook.trial_meaning import Subject, meaning
from alerter.rulebook.validate import group_of
from alerter.rulebook.words import Nearest, shown

KEYS = tuple(TrialForm.model_fields)
SECTION = "tests"


def load_trials(files: Mapping[str, str], book: RuleBook) -> tuple[Trial, ...]:
    """Every test of these files against this rule book; raises RuleBookError with every mistake."""
    mistakes: list[Mistake] = []
    trials: list[Trial] = []
    for file in sorted(files):
        roots, wrong = compose_each(file, files[file])
        mistakes += wrong
        written = [root for root in roots if root.value is not None]
        if not written and not wrong:
            text = "this file holds no test"
            mistakes.append(Mistake(file=file, line=1, column=1, path="", text=text, hint="docs/testing-rules.md"))
        for number, root in enumerate(written, 1):
            found = _Document(file, number, root, files[file]).trial(book, mistakes)
            trials += [found] if found else []
    if mistakes:
        raise RuleBookError(sorted(set(mistakes), key=lambda m: (m.file, m.line, m.column)))
    return tuple(trials)


@dataclass(frozen=True, slots=True)
class _Document:
    """One document of a file, its first being 1."""

    file: str
    number: int
    root: Node
    text: str

    def trial(self, book: RuleBook, mistakes: list[Mistake]) -> Trial | None:
        """The test, or None and what is wrong with it."""
        found: list[Mistake] = []
        trial = self._trial(book, found)
        mistakes += [_short(mistake) for mistake in found]
        return None if found else trial

    def _trial(self, book: RuleBook, found: list[Mistake]) -> Trial | None:
        if not isinstance(self.root.value, dict):
            what = "a list" if isinstance(self.root.value, list) else shown(self.root.value)
            found.append(self._at_root(f"a rule test is a mapping, found {what}"))
            return None
        entry = Entry(self.root.line, self.root.column, self.root)
        tree = Tree({SECTION: {str(self.number): Located(self.file, entry)}})
        found += empty(self.file, (SECTION, str(self.number)), self.root)
        forms = group_of(SECTION, {str(self.number): plain(self.root)}, TrialForm, tree, found, Nearest())
        form = cast("TrialForm | None", forms.get(str(self.number)))
        if form is None:
            return None
        subject = Subject(form=form, book=book, tree=tree, path=self._path, lines=self.text.split("\n"))
        found += meaning(subject)
        if found:
            return None
        return build_trial(form, book, file=self.file, number=self.number, root=self.root)

    @property
    def _path(self) -> tuple[Step, ...]:
        return (SECTION, str(self.number))

    def _at_root(self, text: str) -> Mistake:
        hint = f"begin with one of {', '.join(f'{key}:' for key in KEYS[1:4])}"
        line, column = self.root.line + 1, self.root.column + 1
        return Mistake(file=self.file, line=line, column=column, path="", text=text, hint=hint)


def _short(mistake: Mistake) -> Mistake:
    """The key path as the person sees it: inside the document."""
    parts = mistake.path.split(".", 2)
    return replace(mistake, path=parts[2] if len(parts) > 2 else "") if parts[0] == SECTION else mistake
