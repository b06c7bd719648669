"""All rule files at once: text -> tree -> models -> values, with every mistake."""

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import ValidationError

from alerter.core.book import RuleBook
from alerter.core.errors import Mistake, RuleBookError
from alerter.rulebook.build import build
from alerter.rulebook.checks import Subject, warnings
from alerter.rulebook.files import MAX_BYTES, files_hash
from alerter.rulebook.forms import forms
from alerter.rulebook.meaning import meaning
from alerter.rulebook.merge import merge
from alerter.rulebook.references import references
from alerter.rulebook.validate import Section, gather, trusted, validate


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hundreds of thousands of small values are made here and none is garbage: looking for some doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A good rule book. `plain` is the parsed text as JSON values, for `rebuild`; `files` the text itself."""

    book: RuleBook
    warnings: tuple[Mistake, ...]
    plain: Mapping[str, Section]
    files: Mapping[str, str]


def load(
    files: Mapping[str, str],
    channel_kinds: Mapping[str, type],
    *,
    poll_every: timedelta | None = None,
    requests_per_second: float | None = None,
    used_channels: Collection[str] = (),
    today: date | None = None,
) -> Loaded:
    """The rule book of these files; raises RuleBookError with every mistake of every file.

    `poll_every`, `requests_per_second` (a host), `used_channels` (named by settings) and `today` sharpen the warnings.
    """
    _check_size(files)
    with _no_collection():
        return _load(files, channel_kinds, poll_every, requests_per_second, used_channels, today)


def _load(
    files: Mapping[str, str],
    channel_kinds: Mapping[str, type],
    poll_every: timedelta | None,
    requests_per_second: float | None,
    used_channels: Collection[str],
    today: date | None,
) -> Loaded:
    mistakes: list[Mistake] = []
    made = forms(channel_kinds)
    tree = merge(files, mistakes)
    data = gather(tree)
    valid = validate(data, made, tree, mistakes)
    if not tree.broken:
        mistakes += references(tree)
    mistakes += meaning(valid, channel_kinds, tree)
    if mistakes:
        raise RuleBookError(sorted(set(mistakes), key=lambda m: (m.file, m.line, m.column)))
    book = build(valid, files_hash(files), channel_kinds)
    subject = Subject(
        book=book,
        tree=tree,
        poll_every=poll_every,
        requests_per_second=requests_per_second,
        used=used_channels,
        today=today,
    )
    return Loaded(book=book, warnings=warnings(subject, files), plain=data, files=dict(files))


def rebuild(plain: Mapping[str, Section], digest: str, channel_kinds: Mapping[str, type]) -> RuleBook:
    """The rule book of `Loaded.plain` that was good before, without reading YAML.

    Raises RuleBookError when this version no longer takes it: load the text instead.
    """
    try:
        with _no_collection():
            return build(trusted(plain, forms(channel_kinds)), digest, channel_kinds)
    except (ValidationError, KeyError, TypeError):
        text = "the stored rule book does not fit this version"
        raise RuleBookError([Mistake(file="", line=1, column=1, path="", text=text)]) from None


def _check_size(files: Mapping[str, str]) -> None:
    left = MAX_BYTES
    for name, text in files.items():
        left -= len(text)
        if left < 0:
            words = f"the rule files are larger than {MAX_BYTES // 1_000_000} MB together"
            raise RuleBookError([Mistake(file=name, line=1, column=1, path="", text=words)])
