"""The rule book in force: from the folder, or the last good one from the database."""

import asyncio
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from alerter.bootstrap import clock
from alerter.channels import OPTIONS
from alerter.core.book import RuleBook
from alerter.core.errors import ConfigurationError, Mistake, RuleBookError
from alerter.core.ports import StoredBook
from alerter.rulebook import files_hash, load, read_folder, rebuild
from alerter.settings import Secrets, Settings
from alerter.store import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A rule book that can be obeyed. `rejected` are the mistakes of the files on disk when they could not be."""

    book: RuleBook
    files: Mapping[str, str]
    plain: object | None = None
    warnings: tuple[Mistake, ...] = ()
    rejected: tuple[Mistake, ...] = ()


def read_book(settings: Settings) -> Opened:
    """The rule files as they are on disk. Raises RuleBookError with every mistake, or ConfigurationError."""
    return loaded(read_folder(settings.rules), settings)


def loaded(files: Mapping[str, str], settings: Settings) -> Opened:
    """These rule texts. Raises RuleBookError with every mistake."""
    found = load(
        files,
        OPTIONS,
        poll_every=settings.poll_every,
        requests_per_second=settings.requests_per_second,
        used_channels=[settings.ops_channel] if settings.ops_channel else [],
        today=clock.now().date(),
    )
    return Opened(book=found.book, files=files, plain=found.plain, warnings=found.warnings)


def secret_names(book: RuleBook, *, channels: bool = True) -> list[str]:
    """Every secret that the rule book names."""
    names = [account.credential for account in book.accounts.values() if account.credential]
    if channels:
        for channel in book.channels.values():
            options = channel.options
            names += [n for n in (getattr(options, f, None) for f in ("token", "webhook", "secret")) if n]
    return [str(name) for name in dict.fromkeys(names)]


def check_usable(opened: Opened, settings: Settings, secrets: Secrets) -> None:
    """Everything the book names is there: secrets, the ops channel. Raises ConfigurationError naming what is not."""
    missing = secrets.missing(secret_names(opened.book))
    problems = [
        f"the secret {name} is missing: put it into a file {settings.secrets_dir / name}, "
        "or into an environment variable of that name"
        for name in missing
    ]
    ops = settings.ops_channel
    if ops is not None and ops not in opened.book.channels:
        near = difflib.get_close_matches(ops, list(opened.book.channels), n=1)
        problems.append(
            f"ALERTER_OPS_CHANNEL: the rule book has no channel {ops}" + (f"; did you mean {near[0]}?" if near else "")
        )
    mail = any(channel.kind == "email" for channel in opened.book.channels.values())
    if mail and (settings.smtp_url is None or settings.mail_from is None):
        problems.append("the rule book has e-mail channels, so ALERTER_SMTP_URL and ALERTER_MAIL_FROM must be set")
    if problems:
        raise ConfigurationError("\n".join(problems))


async def open_book(settings: Settings, store: Database, secrets: Secrets) -> Opened:
    """The rule book to run with: the one on disk, else the last good one with the mistakes that were found.

    Raises RuleBookError or ConfigurationError when there is neither.
    """
    last = await store.last_book()
    try:
        opened = await read_fast(settings, store)
        check_usable(opened, settings, secrets)
    except ConfigurationError as error:
        if last is None:
            raise
        kept = await asyncio.to_thread(loaded, last.files, settings)
        check_usable(kept, settings, secrets)
        return Opened(book=kept.book, files=last.files, warnings=kept.warnings, rejected=mistakes_of(error, settings))
    return opened


async def book_in_force(settings: Settings, store: Database, secrets: Secrets) -> Opened | None:
    """The rule book that was stored last: what a running service obeys, whatever is on disk. None: there is none."""
    last = await store.last_book()
    if last is None:
        return None
    opened = await asyncio.to_thread(loaded, last.files, settings)
    check_usable(opened, settings, secrets)
    return opened


async def book_to_read(settings: Settings, store: Database) -> Opened:
    """The rule book to look at stored things with: as `open_book`, but no secret has to be there."""
    try:
        return await read_fast(settings, store)
    except ConfigurationError as error:
        last = await store.last_book()
        if last is None:
            raise
        kept = await asyncio.to_thread(loaded, last.files, settings)
        return Opened(book=kept.book, files=last.files, rejected=mistakes_of(error, settings))


async def read_fast(settings: Settings, store: Database) -> Opened:
    """The rule files on disk; the same text as last time is not parsed again."""
    files = await asyncio.to_thread(read_folder, settings.rules)
    digest = files_hash(files)
    kept = await store.plain(digest)
    if kept is not None:
        return Opened(book=await asyncio.to_thread(rebuild, json.loads(kept), digest, OPTIONS), files=files)
    return await asyncio.to_thread(loaded, files, settings)


async def keep_book(store: Database, opened: Opened, now: datetime) -> None:
    """Remember this as the last good rule book."""
    await store.save_book(StoredBook(hash=opened.book.hash, files=opened.files, loaded_at=now))
    if opened.plain is not None:
        await store.save_plain(opened.book.hash, json.dumps(opened.plain))


def mistakes_of(error: ConfigurationError, settings: Settings) -> tuple[Mistake, ...]:
    """What is wrong, as mistakes with a place: a missing secret has the folder for one."""
    if isinstance(error, RuleBookError):
        return error.mistakes
    file = str(Path(settings.rules).name)
    return tuple(Mistake(file=file, line=1, column=1, path="", text=line) for line in str(error).splitlines())
