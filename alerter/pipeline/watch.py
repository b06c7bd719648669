"""The rule book in force, taken apart once for all that read it."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from alerter.core.book import RuleBook
from alerter.core.checks import Watched, subjects_by_account, watched
from alerter.core.metrics import Metric, catalogue
from alerter.core.plan import Needs, needs
from alerter.core.ports import Subject


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hundreds of thousands of values are made that live as long as the rule book does, and none is garbage.

    Afterwards they are frozen: later collections leave out what was there before, at every one of them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A rule book, its subjects with their checks, and what every account is asked for."""

    book: RuleBook
    subjects: Mapping[Subject, Watched]
    by_account: Mapping[str, list[Subject]]
    needs: Mapping[str, Needs]
    known: Mapping[str, Metric]

    @classmethod
    def over(cls, book: RuleBook) -> "Watch":
        with _no_collection():
            subjects = watched(book)
            return cls(
                book=book,
                subjects=subjects,
                by_account=subjects_by_account(subjects),
                needs=needs(book, subjects),
                known=catalogue(book.metrics.values()),
            )

    def subjects_of(self, accounts: list[str]) -> list[Subject]:
        """Every subject that reads one of these accounts, each once."""
        return list(dict.fromkeys(s for name in accounts for s in self.by_account.get(name, ())))

    def accounts_of(self, subjects: list[Subject]) -> list[str]:
        """Every account that one of these subjects reads, each once."""
        return list(dict.fromkeys(a for s in subjects for a in self.subjects[s].accounts))
