"""`alerter doctor`: what accounts, channels, database and templates really do."""

import asyncio
from typing import TYPE_CHECKING

import typer

from alerter.cli.faults import NO_ANSWER, NOT_FINE
from alerter.cli.options import Database, Output, Rules, Shape, settings_of
from alerter.cli.show import Column, as_csv, as_json, table

if TYPE_CHECKING:
    from alerter.bootstrap.doctor import Remark
    from alerter.settings import Settings

HEADER = ("about", "what", "state", "text")
STATES = {"ok": "fine", "note": "note", "bad": "MEND", "no_answer": "NO ANSWER"}
TONES = {"ok": "ok", "note": "info", "bad": "critical", "no_answer": "trouble"}


def doctor(output: Output = "table", rules: Rules = None, database: Database = None) -> None:
    """Look at each account (TLS, credential, permission, fields, clock, history), each channel, database, templates.

    Says what it means for your rules. Sends no message. Exits with 1 when something must be mended, with 3 when
    something did not answer.
    """
    raise typer.Exit(asyncio.run(_doctor(settings_of(rules, database), output)))


async def _doctor(settings: "Settings", output: Shape) -> int:
    from alerter.bootstrap.books import book_to_read
    from alerter.bootstrap.doctor import examine
    from alerter.cli.faults import note, say_mistakes
    from alerter.pipeline.watch import Watch
    from alerter.store import open_store

    store = await open_store(settings.database_url)
    try:
        opened = await book_to_read(settings, store)
        if opened.rejected:
            say_mistakes(opened.rejected)
            note("The rule book on disk cannot be obeyed; this is by the last good one.\n")
        found = [remark async for remark in examine(settings, store, Watch.over(opened.book))]
    finally:
        await store.close()
    _show(found, output)
    states = {remark.state for remark in found}
    if "bad" in states or opened.rejected:
        return NOT_FINE
    return NO_ANSWER if "no_answer" in states else 0


def _show(found: "list[Remark]", output: Shape) -> None:
    if output == "table":
        rows = [(one.about, one.what, one.text, STATES[one.state]) for one in found]
        table([Column(name) for name in ("about", "looked at", "found", "")], rows, [TONES[one.state] for one in found])
        return
    flat = [{"about": one.about, "what": one.what, "state": one.state, "text": one.text} for one in found]
    if output == "json":
        as_json(flat)
    else:
        as_csv(HEADER, flat)
