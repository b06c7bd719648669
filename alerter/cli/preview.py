"""`alerter preview` and `alerter send-test`: a message before anybody needs it."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerter.cli.faults import NO_ANSWER, NOT_FINE, complain, note
from alerter.cli.options import Database, Rules, known, settings_of
from alerter.cli.status import say_rejected

if TYPE_CHECKING:
    from alerter.channels.preview import Preview
    from alerter.settings import Settings
    from alerter.store.queries import DeliveryLine

Rule = Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.", show_default=False)]
To = Annotated[str, typer.Option("--channel", metavar="CHANNEL", help="As this channel shows it.", show_default=False)]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the page of a mail there.", show_default=False)
]
Name = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's name.", show_default=False)]


def preview(rule: Rule, channel: To, html: Html = None, rules: Rules = None, database: Database = None) -> None:
    """A rule's message as a channel would be given it: Slack as JSON, mail as text and page, else as a card.

    From the readings stored now if the rule fires on them, else from made-up usage. Nothing is sent.
    """
    found = asyncio.run(_preview(settings_of(rules, database), rule, channel))
    if found.note:
        note(found.note)
    if html is None:
        typer.echo(found.text)
        return
    if found.html is None:
        raise typer.BadParameter(f"the channel {channel} sends no HTML; only e-mail does")
    html.write_text(found.html, encoding="utf-8")
    typer.echo(f"Written to {html}.")


async def _preview(settings: "Settings", name: str, channel: str) -> "Preview":
    from alerter.bootstrap import clock, wiring
    from alerter.bootstrap.reading import reading
    from alerter.bootstrap.specimen import specimen
    from alerter.channels.preview import preview as shown
    from alerter.settings import Secrets

    async with reading(settings) as reader:
        say_rejected(reader)
        book = reader.watch.book
        rule = book.rules[known(name, book.rules, "rule")]
        spec = book.channels[known(channel, book.channels, "channel")]
        message, real = await specimen(reader.overview, reader.watch, rule, clock.now())
    note("From the readings stored now." if real else "The rule does not fire now: this is from made-up usage.")
    return await shown(spec, wiring.edges(settings, Secrets(settings.secrets_dir), sys.stdout), message)


def send_test(channel: Name, rules: Rules = None, database: Database = None) -> None:
    """Send one message, marked as a test, the whole way: through the outbox, with its retries, to the channel.

    Prints what the channel calls the message. Exits with 1 when the channel refused it, with 3 when it waits for
    another try.
    """
    raise typer.Exit(asyncio.run(_send_test(settings_of(rules, database), channel)))


async def _send_test(settings: "Settings", name: str) -> int:
    from alerter.bootstrap.parts import wired
    from alerter.bootstrap.reading import is_served
    from alerter.bootstrap.trial import send_trial

    served = is_served(settings)
    async with wired(settings) as parts:
        known(name, parts.watch.book.channels, "channel")
        line = await send_trial(parts, name, served=served)
    return _said(line, name)


def _said(line: "DeliveryLine", name: str) -> int:
    if line.status == "sent":
        typer.echo(f"{name} took it: {line.receipt}" + (f" ({line.note})" if line.note else ""))
        return 0
    if line.status == "failed":
        complain(f"{name} did not take it: {line.error}")
        return NOT_FINE
    complain(f"{name} has not taken it yet" + (f": {line.error}" if line.error else "; it waits in the outbox"))
    return NO_ANSWER
