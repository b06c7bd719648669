"""`alerter backfill`: missing history, now."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.faults import NO_ANSWER, complain, note
from alerter.cli.options import Database, Rules, settings_of

if TYPE_CHECKING:
    from alerter.bootstrap.parts import Parts
    from alerter.cli.pool import Advance
    from alerter.settings import Settings

AT_ONCE = 4

Days = Annotated[int, typer.Option(min=1, max=3660, help="How far back.")]


def backfill(days: Days = 400, rules: Rules = None, database: Database = None) -> None:
    """Ask for the history that is missing, now: a request a day and account, as fast as the rate limit allows.

    The service does the same by itself. Exits with 3 when an account did not answer.
    """
    settings = settings_of(rules, database).model_copy(update={"history": timedelta(days=days)})
    raise typer.Exit(asyncio.run(_backfill(settings)))


async def _backfill(settings: "Settings") -> int:
    from alerter.bootstrap.parts import wired
    from alerter.bootstrap.reading import is_served
    from alerter.cli.pool import each, progress

    served = is_served(settings)
    async with wired(settings) as parts:
        todo = {name: await missing(parts, name) for name in parts.watch.needs}
        total = sum(todo.values())
        typer.echo(f"{total:,} windows of {len(todo):,} accounts are missing.")
        failed: list[str] = []
        with progress("History", total) as advance:

            async def one(name: str) -> None:
                left = await fill(parts, name, todo[name], advance)
                failed.extend([name] if left else [])
                if todo[name]:
                    _say(name, todo[name], left)

            await each(list(todo), one, AT_ONCE)
        await parts.store.make_due(None, parts.now())
    if served and total:
        note("A service runs on this database: it uses this history once it is reloaded (SIGHUP) or restarted.")
    return NO_ANSWER if failed else 0


def _say(name: str, wanted: int, left: int) -> None:
    if left:
        complain(f"{name}: {left:,} of {wanted:,} windows could not be read")
    else:
        typer.echo(f"{name}: {wanted:,} windows read")


async def missing(parts: "Parts", name: str) -> int:
    """How many windows of completed time are not in the ledger."""
    from alerter.core.plan import closed_windows

    now, history = parts.now(), parts.settings.history
    have = await parts.store.closed_windows(name, _since(now, history))
    return len(closed_windows(parts.watch.needs[name], now, history, have))


def _since(now: datetime, history: timedelta) -> datetime:
    # a window of history may begin up to a year before it: a yearly period's final count
    return now - history - timedelta(days=400)


async def fill(parts: "Parts", name: str, wanted: int, advance: "Advance") -> int:
    """Ask until nothing is missing, or until the account answers no more; returns how many windows are left."""
    left = wanted
    while left:
        now_left = await parts.collector.fill_one(name)
        advance(max(0, left - now_left))
        if now_left >= left:
            return now_left
        left = now_left
    return 0


async def fill_missing(parts: "Parts", name: str) -> int:
    """Ask for all that is missing of one account; returns how many windows are left."""
    return await fill(parts, name, await missing(parts, name), lambda _: None)
