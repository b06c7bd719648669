"""`alerter check`: one cycle now."""

import asyncio
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alerter.cli.faults import NO_ANSWER, NOT_FINE, note, say_mistakes
from alerter.cli.options import Database, Output, Rules, Shape, settings_of

if TYPE_CHECKING:
    from alerter.bootstrap.parts import Parts
    from alerter.settings import Settings

AT_ONCE = 20

Worst = Literal["info", "warning", "critical"]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Send and store nothing; print what would be sent.")]
FailOn = Annotated[
    Worst | None,
    typer.Option(help="Exit with 1 when an alert of at least this severity is open.", show_default=False),
]


def check(
    dry_run: DryRun = False,
    fail_on: FailOn = None,
    output: Output = "table",
    rules: Rules = None,
    database: Database = None,
) -> None:
    """One cycle now: ask every account, judge, send what is due, and print how the licenses stand.

    Exits with 3 when an account did not answer; an alert asked for with --fail-on goes first.
    """
    settings = settings_of(rules, database)
    raise typer.Exit(asyncio.run(_check(settings, dry_run, fail_on, output)))


async def _check(settings: "Settings", dry_run: bool, fail_on: Worst | None, output: Shape) -> int:
    from alerter.bootstrap import wiring
    from alerter.bootstrap.parts import wired
    from alerter.bootstrap.reading import is_served, rehearsal
    from alerter.cli.sending import Sent, noting, on_paper, say

    sent: list[Sent] = []
    # what a program reads on standard output is the licenses alone
    out = sys.stdout if output == "table" else sys.stderr
    served = not dry_run and is_served(settings)
    with ExitStack() as stack:
        if dry_run:
            settings = stack.enter_context(rehearsal(settings))
        channels = noting(on_paper if dry_run else wiring.channels, sent)
        async with wired(settings, make_channels=channels, out=out, as_rules_look_back=True) as parts:
            _obey(parts, dry_run)
            await cycle(parts, fill=dry_run or not served)
            say(sent, parts.edges.words, out, dry_run=dry_run)
            return await _judged(parts, fail_on, output)


def _obey(parts: "Parts", dry_run: bool) -> None:
    """Rule files on disk that cannot be obeyed: a dry run is about them, the real thing goes on with the last good."""
    from alerter.core.errors import RuleBookError

    if parts.opened.rejected and dry_run:
        raise RuleBookError(parts.opened.rejected)
    if parts.opened.rejected:
        say_mistakes(parts.opened.rejected)
        note("The rule book on disk cannot be obeyed; this is by the last good one.\n")


async def cycle(parts: "Parts", *, fill: bool) -> None:
    """Ask, judge, deliver. Beside a running service its own loop fills history: it keeps what it has read at hand."""
    from alerter.bootstrap.books import keep_book
    from alerter.cli.backfill import AT_ONCE as FILLS_AT_ONCE
    from alerter.cli.backfill import fill_missing
    from alerter.cli.pool import each, progress
    from alerter.pipeline.upkeep import close_removed

    if not parts.opened.rejected:
        await keep_book(parts.store, parts.opened, parts.now())
    await close_removed(parts.store, parts.watch, parts.now())
    names = list(parts.watch.needs)
    with progress("Accounts", len(names)) as advance:

        async def one(name: str) -> None:
            await parts.collector.poll(name)
            advance(1)

        await each(names, one, AT_ONCE)
    if fill:
        await each(names, lambda name: fill_missing(parts, name), FILLS_AT_ONCE)
    await parts.settler.rejudge(list(parts.watch.subjects), parts.now())
    await parts.deliverer.deliver()
    await parts.deliverer.idle()
    if fill:
        await parts.store.make_due(None, parts.now())


async def _judged(parts: "Parts", fail_on: Worst | None, output: Shape) -> int:
    """Print how things stand; the exit code that says so."""
    from alerter.cli.licenses import show
    from alerter.core.model import Severity, Status

    now = parts.now()
    reports = await parts.overview.licenses(parts.watch, list(parts.watch.book.licenses), now)
    polls = await parts.store.poll_states(list(parts.watch.book.accounts))
    alerts = [alert for alert in await parts.store.live_alerts() if alert.status is Status.OPEN]
    show(reports, polls, alerts, output, now)
    if fail_on and any(alert.severity.rank >= Severity(fail_on).rank for alert in alerts):
        return NOT_FINE
    return NO_ANSWER if any(poll.failing_since for poll in polls) else 0
