"""What `alerter check` sends, noted; or, for a dry run, only printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from alerter.bootstrap.parts import MakeChannels
from alerter.channels import Edges, OpenChannel, Words
from alerter.channels.console import ConsoleOptions, console
from alerter.channels.plain import clean
from alerter.core.book import Channel
from alerter.core.errors import DeliveryError
from alerter.core.model import Attempt, Message, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One try: what a channel was given, and why it did not take it (None: it did)."""

    channel: str
    payload: Mapping[str, object]
    error: str | None


class Noted:
    """A channel, and a list of all it was given."""

    def __init__(self, name: str, channel: OpenChannel, sent: list[Sent]) -> None:
        self._name = name
        self._channel = channel
        self._sent = sent

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        """As the channel does; raises what it raises."""
        try:
            receipt = await self._channel.send(message, attempt)
        except DeliveryError as error:
            self._sent.append(Sent(channel=self._name, payload=message.payload, error=str(error)))
            raise
        self._sent.append(Sent(channel=self._name, payload=message.payload, error=None))
        return receipt

    async def close(self) -> None:
        await self._channel.close()


class OnPaper:
    """Prints what a channel would have been given."""

    def __init__(self, spec: Channel, edges: Edges) -> None:
        self._heading = f"Would go to {spec.name} ({spec.kind}):\n"
        self._out = edges.out
        self._screen = console(spec.name, ConsoleOptions(), edges)

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        """Print it."""
        self._out.write(self._heading)
        return await self._screen.send(message, attempt)

    async def close(self) -> None:
        await self._screen.close()


def on_paper(specs: Mapping[str, Channel], edges: Edges) -> dict[str, OpenChannel]:
    """Every channel of the rule book, printing."""
    return {name: OnPaper(spec, edges) for name, spec in specs.items()}


def noting(make: MakeChannels, sent: list[Sent]) -> MakeChannels:
    """The same channels; what they are given is appended to `sent`."""

    def made(specs: Mapping[str, Channel], edges: Edges) -> dict[str, OpenChannel]:
        return {name: Noted(name, channel, sent) for name, channel in make(specs, edges).items()}

    return made


def say(sent: list[Sent], words: Words, out: TextIO, *, dry_run: bool) -> None:
    """One line a message; of a dry run, which has shown them, only that it was one."""
    if dry_run:
        number = f"{len(sent)} message{'' if len(sent) == 1 else 's'}" if sent else "No message"
        out.write(f"{number} would be sent. This was a dry run: nothing was sent, nothing stored.\n")
        return
    for one in sent:
        title = clean(words.render("console", one.payload, most=1).title, 200)
        out.write(f"sent to {one.channel}: {title}\n" if one.error is None else _not_sent(one, title))
    if not sent:
        out.write("Nothing new to send.\n")


def _not_sent(one: Sent, title: str) -> str:
    return f"NOT sent to {one.channel} ({clean(one.error or '', 200)}): {title}\n"
