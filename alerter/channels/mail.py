"""A message as MIME: text and HTML, with headers by which mail programs thread, file and recognise repeats."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from alerter.channels.plain import clean
from alerter.channels.render import Rendered, Words
from alerter.channels.view import links
from alerter.core.model import Message, Severity

COLOURS = {Severity.INFO: "#3b82c4", Severity.WARNING: "#e8a317", Severity.CRITICAL: "#d02f2f"}
MOST_ITEMS = 50
"""Entries of a list that one mail shows."""

_SUBJECT = 180
# 7bit: not every server takes 8BITMIME, and one that does not would bounce the mail.
_POLICY = SMTP.clone(cte_type="7bit")


def sender(mail_from: str) -> Address:
    """`Alerter <alerter@example.com>`, parsed; raises ValueError for what is no address."""
    name, address = parseaddr(mail_from)
    return Address(display_name=clean(name), addr_spec=address)


def compose(
    message: Message,
    *,
    channel: str,
    words: Words,
    mail_from: str,
    to: Sequence[str],
    cc: Sequence[str],
    public_url: str | None,
) -> tuple[EmailMessage, str]:
    """The mail, and what was unusual about its words. Tries of one message differ in nothing but their time of send."""
    text = words.render("email.txt", message.payload, most=MOST_ITEMS, public_url=public_url)
    page = words.render("email.html", message.payload, most=MOST_ITEMS, public_url=public_url)
    note = text.note or page.note
    to_pages = links(message.payload, public_url)
    author = sender(mail_from)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = author
    mail["To"] = ", ".join(to)
    if cc:
        mail["Cc"] = ", ".join(cc)
    mail["Subject"] = clean(text.title, _SUBJECT) or "alerter"
    for name, value in _headers(message, channel, author.domain, text.severity).items():
        mail[name] = value
    mail.set_content(_text(text, to_pages, note))
    mail.add_alternative(_html(page, to_pages, note), subtype="html")
    return mail, note


def message_id(message: Message, channel: str, domain: str) -> str:
    """The Message-ID: the same on every try of this message to this channel."""
    return f"<{_token(message.key)}.{_token(channel)}@{domain}>"


def _headers(message: Message, channel: str, domain: str, severity: Severity) -> Mapping[str, str]:
    headers = {
        "Date": format_datetime(message.created_at),
        "Message-ID": message_id(message, channel, domain),
        "List-Id": f"License alerts <alerter.{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Alerter-Severity": severity.value,
    }
    if message.alert:
        # All messages of one alert answer to one that never was: mail programs show them as a thread.
        thread = f"<alert.{_token(message.alert)}@{domain}>"
        headers |= {"In-Reply-To": thread, "References": thread}
    return headers


def _token(text: str) -> str:
    """`text` as a part of a Message-ID; what had to be changed or cut gets a digest, so that two stay two."""
    kept = re.sub(r"[^A-Za-z0-9_-]", "-", text)[:80]
    return kept if kept == text else f"{kept}-{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}"


def _text(words: Rendered, to_pages: Sequence[tuple[str, str]], note: str) -> str:
    width = max((len(name) for name, _ in words.facts if name), default=0)
    facts = [f"{name + ':':<{width + 2}}{text}" if name else text for name, text in words.facts]
    pages = [f"{name}: {url}" for name, url in to_pages]
    parts = [words.summary, "\n".join(facts), "\n".join(pages), "\n".join(x for x in (words.footer, note) if x)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(words: Rendered, to_pages: Sequence[tuple[str, str]], note: str) -> str:
    # The words were escaped when their template was rendered; the note and the links were not.
    return _frame().render(
        title=Markup(words.title),  # noqa: S704
        colour=COLOURS[words.severity],
        summary=[Markup(line) for line in words.summary.splitlines()],  # noqa: S704
        facts=[(Markup(name), Markup(text)) for name, text in words.facts],  # noqa: S704
        links=to_pages,
        small=[line for line in (Markup(words.footer), note) if line],  # noqa: S704
    )


@lru_cache(maxsize=1)
def _frame() -> Template:
    frames = FileSystemLoader(Path(__file__).parent / "frames")
    environment = Environment(
        loader=frames, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("mail.html")
