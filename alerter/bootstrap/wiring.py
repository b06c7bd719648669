"""Adapters from settings: the mail server, channels, the DSM client."""

import sys
from collections.abc import Callable, Mapping
from typing import TextIO
from urllib.parse import unquote, urlsplit

from alerter.bootstrap.clock import now
from alerter.channels import Edges, OpenChannel, SmtpServer, Words, connect
from alerter.core.book import Channel as ChannelSpec
from alerter.core.errors import ConfigurationError
from alerter.settings import Settings, is_loopback
from alerter.sources.fortanix import Fortanix

PORTS = {"smtps": 465, "smtp": 587}


def smtp_server(url: str | None, secrets: Callable[[str], str]) -> SmtpServer | None:
    """ALERTER_SMTP_URL parsed: `smtps://user@host:465`, or `smtp://host:587` with STARTTLS.

    STARTTLS is required unless the host is this machine or the URL ends in `?tls=none`. The password of a user is the
    secret ALERTER_SMTP_PASSWORD.
    """
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ConfigurationError("ALERTER_SMTP_URL: expected smtps://user@host:465 or smtp://user@host:587")
    if parts.password:
        raise ConfigurationError("ALERTER_SMTP_URL: the password belongs into the secret ALERTER_SMTP_PASSWORD")
    if parts.query not in {"", "tls=none"}:
        raise ConfigurationError(f"ALERTER_SMTP_URL: ?{parts.query} is unknown; only ?tls=none is")
    plain = parts.query == "tls=none" or is_loopback(parts.hostname)
    user = unquote(parts.username) if parts.username else None
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        tls="implicit" if parts.scheme == "smtps" else "none" if plain else "starttls",
        user=user,
        password=(lambda: secrets("ALERTER_SMTP_PASSWORD")) if user else None,
    )


def edges(settings: Settings, secrets: Callable[[str], str], out: TextIO | None = None) -> Edges:
    """What channels need from the outside."""
    return Edges(
        secrets=secrets,
        words=Words(settings.templates),
        out=out or sys.stdout,
        public_url=settings.public_url.rstrip("/") if settings.public_url else None,
        slack_api_url=settings.slack_api_url,
        smtp=smtp_server(settings.smtp_url, secrets),
        mail_from=settings.mail_from,
    )


def channels(specs: Mapping[str, ChannelSpec], edges: Edges) -> dict[str, OpenChannel]:
    """Every channel of the rule book, ready to send."""
    return {name: connect(spec, edges) for name, spec in specs.items()}


def source(settings: Settings, secrets: Callable[[str], str]) -> Fortanix:
    """The DSM client."""
    return Fortanix(secrets, requests_per_second=settings.requests_per_second, now=now)
