"""The channel kinds. One file a kind, one line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alerter.channels.console import ConsoleOptions, console
from alerter.channels.edges import Edges, SmtpServer
from alerter.channels.email import EmailOptions, email
from alerter.channels.render import Rendered, Words
from alerter.channels.slack import SlackOptions, slack
from alerter.core.book import Channel
from alerter.core.errors import ConfigurationError
from alerter.core.model import Attempt, Message, Receipt

__all__ = ["CHANNELS", "OPTIONS", "ChannelKind", "Edges", "OpenChannel", "Rendered", "SmtpServer", "Words", "connect"]


class OpenChannel(Protocol):
    """A channel that messages can be sent to."""

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        """Deliver, and say under which id; raise `RetryLater` or `Undeliverable`."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """`options` declares the keys of a kind, `make` makes a channel from (name, options, edges)."""

    options: type[Any]
    make: Callable[[str, Any, Edges], OpenChannel]


CHANNELS: Mapping[str, ChannelKind] = {
    "slack": ChannelKind(SlackOptions, slack),
    "email": ChannelKind(EmailOptions, email),
    "console": ChannelKind(ConsoleOptions, console),
}

OPTIONS: Mapping[str, type[Any]] = {kind: found.options for kind, found in CHANNELS.items()}
"""What the rule book's loader takes: the keys of each kind."""


def connect(channel: Channel, edges: Edges) -> OpenChannel:
    """The channel that the rule book describes; raises `ConfigurationError` if it cannot work here."""
    kind = CHANNELS.get(channel.kind)
    if kind is None:
        raise ConfigurationError(f"channel {channel.name}: there is no kind {channel.kind!r} ({', '.join(CHANNELS)})")
    return kind.make(channel.name, channel.options, edges)
