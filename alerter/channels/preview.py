"""A message as a channel would send it, without sending it."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from alerter.channels.console import MOST_ITEMS as MOST_LINES
from alerter.channels.console import ConsoleOptions, console
from alerter.channels.edges import Edges
from alerter.channels.mail import compose
from alerter.channels.slack_blocks import MOST_ITEMS, message_body
from alerter.channels.view import links
from alerter.core.book import Channel
from alerter.core.model import Attempt, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`text` is what a terminal shows; `html` there is for mail only. `note` says what was unusual about the words."""

    text: str
    html: str | None = None
    note: str = ""


async def preview(channel: Channel, edges: Edges, message: Message) -> Preview:
    """What this channel would be given; for kinds that have no form of their own, the card of the console."""
    make = _FORMS.get(channel.kind)
    return make(channel, edges, message) if make else await _card(edges, message)


def _slack(_channel: Channel, edges: Edges, message: Message) -> Preview:
    """The JSON body: `text` is the notification, `blocks` and `attachments` the message."""
    words = edges.words.render("slack", message.payload, most=MOST_ITEMS, public_url=edges.public_url)
    listing = message.payload.get("type") == "bundle"
    body = message_body(words, links(message.payload, edges.public_url), listing=listing)
    return Preview(text=json.dumps(body, indent=2, ensure_ascii=False), note=words.note)


def _email(channel: Channel, edges: Edges, message: Message) -> Preview:
    mail, note = compose(
        message,
        channel=channel.name,
        words=edges.words,
        mail_from=edges.mail_from or "alerter@example.com",
        to=channel.options.to,
        cc=channel.options.cc,
        public_url=edges.public_url,
    )
    shown = [f"{name}: {mail[name]}" for name in ("From", "To", "Cc", "Subject") if mail[name]]
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    text = plain.get_content() if plain else ""
    return Preview(text="\n".join([*shown, "", text]), html=page.get_content() if page else None, note=note)


async def _card(edges: Edges, message: Message) -> Preview:
    out = io.StringIO()
    words = edges.words.render("console", message.payload, most=MOST_LINES, public_url=edges.public_url)
    screen = console("", ConsoleOptions(), replace(edges, out=out))
    await screen.send(message, Attempt(number=1, doubt=False, first_tried_at=message.created_at))
    return Preview(text=out.getvalue(), note=words.note)


_FORMS: Mapping[str, Callable[[Channel, Edges, Message], Preview]] = {"slack": _slack, "email": _email}
