"""`alerter backtest` and `alerter simulate`: what rules would have told, or would tell."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.faults import note, say_mistakes
from alerter.cli.options import Database, Output, Rules, known, moment, settings_of
from alerter.cli.pool import progress

if TYPE_CHECKING:
    from alerter.bootstrap.replays import Played, Script
    from alerter.core.book import RuleBook
    from alerter.pipeline.tapes import Growth
    from alerter.settings import Settings

UNITS = {"d": 1.0, "day": 1.0, "w": 7.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}

Rule = Annotated[str | None, typer.Option("--rule", help="Only this rule.", show_default=False)]
License = Annotated[str | None, typer.Option("--license", help="Only this license.", show_default=False)]


def backtest(
    since: Annotated[str, typer.Option(metavar="DATE|7d", help="Messages from then on.")] = "400d",
    rule: Rule = None,
    rules_from: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Replay these rule files instead.", show_default=False)
    ] = None,
    license: License = None,
    output: Output = "table",
    rules: Rules = None,
    database: Database = None,
) -> None:
    """What each rule would have sent: the stored days, one by one, through the same judge as the service's.

    For every quota that was reached it says how many days before each rule warned; a warning in a period that ended
    within its quota was in vain. Nothing is sent and nothing is stored.
    """
    settings = settings_of(rules, database)
    from alerter.bootstrap import clock
    from alerter.bootstrap.replays import script
    from alerter.cli.replays import show

    now = clock.now()
    book = book_of(settings, rules_from)
    what = script(settings, book, moment(since, now), now, **_only(book, rule, license))
    show(_played(settings, what, "Licenses"), output)


def simulate(
    grow: Annotated[
        list[str] | None,
        typer.Option("--grow", metavar="METRIC=+5%/w", help="Repeatable; METRIC may have a *.", show_default=False),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=1830, help="How far ahead.")] = 120,
    rule: Rule = None,
    rules_from: Annotated[
        Path | None, typer.Option(metavar="PATH", help="By these rule files instead.", show_default=False)
    ] = None,
    license: License = None,
    output: Output = "table",
    rules: Rules = None,
    database: Database = None,
) -> None:
    """What each rule would send if usage went on as in the last four weeks, or grew (--grow).

    It begins with how things stand now: what was announced in this period is not told again. Growth compounds, and is
    per d, w, month, quarter or year. Nothing is sent and nothing is stored.
    """
    settings = settings_of(rules, database)
    from alerter.bootstrap import clock
    from alerter.bootstrap.replays import script
    from alerter.cli.replays import show

    growths = tuple(growth(text) for text in grow or ())
    now = clock.now()
    book = book_of(settings, rules_from)
    since = now - timedelta(days=60)
    what = script(settings, book, since, now, days=days, growths=growths, **_only(book, rule, license))
    show(_played(settings, what, "Licenses"), output)


def growth(text: str) -> "Growth":
    """`num_operations=+5%/w`, read."""
    from alerter.core.metrics import REPORTED
    from alerter.pipeline.tapes import Growth, matching

    found = re.fullmatch(r"([\w.*?]+)=([+-]?\d+(?:\.\d+)?)%/([a-z]+)", text.strip())
    if found is None or found[3] not in UNITS:
        raise typer.BadParameter(f"{text!r} is not a growth such as num_operations=+5%/w (d, w, month, quarter, year)")
    if not matching(found[1], REPORTED):
        near = known_metric(found[1])
        raise typer.BadParameter(f"DSM reports no metric {found[1]}{near}")
    share = float(found[2]) / 100
    if not -1 < share <= 10:
        raise typer.BadParameter(f"{text!r}: expected more than -100% and at most +1000%")
    return Growth(metrics=found[1], share=share, every=timedelta(days=UNITS[found[3]]))


def known_metric(name: str) -> str:
    """A hint at the nearest metric that DSM reports, or nothing."""
    import difflib

    from alerter.core.metrics import REPORTED

    near = difflib.get_close_matches(name, REPORTED, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def book_of(settings: "Settings", rules_from: Path | None) -> "RuleBook":
    """The rule files that were asked for; of the service's own, the last good ones if those on disk are broken."""
    import asyncio

    from alerter.bootstrap.books import book_to_read, read_book
    from alerter.bootstrap.reading import stored

    if rules_from is not None:
        from alerter.cli.faults import RULES

        RULES.set(rules_from)
        return read_book(settings.model_copy(update={"rules": rules_from})).book

    async def opened() -> "RuleBook":
        async with stored(settings) as store:
            found = await book_to_read(settings, store)
        if found.rejected:
            say_mistakes(found.rejected)
            note("The rule book on disk cannot be obeyed; this is by the last good one.\n")
        return found.book

    return asyncio.run(opened())


def _only(book: "RuleBook", rule: str | None, license: str | None) -> dict[str, object]:
    return {
        "rule": None if rule is None else known(rule, book.rules, "rule"),
        "license": None if license is None else known(license, book.licenses, "license"),
    }


def _played(settings: "Settings", what: "Script", title: str) -> "Played":
    import asyncio

    from alerter.bootstrap.reading import stored
    from alerter.bootstrap.replays import play

    async def there() -> None:
        async with stored(settings):
            pass

    asyncio.run(there())
    with ExitStack() as stack:

        def began(total: int) -> Callable[[int], None]:
            return stack.enter_context(progress(title, total))

        return play(what, began)
