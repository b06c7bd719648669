"""What channels need from the outside, wired in alerter.bootstrap."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TextIO

from alerter.channels.render import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail is handed over: ALERTER_SMTP_URL, parsed. `password` is asked for at every sign-in.

    `starttls` insists on it: a server that does not offer it gets no mail.
    """

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    user: str | None = None
    password: Callable[[], str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """`secrets` gives the secret of a name, or raises `ConfigurationError`. `public_url` starts every link.

    `timeout` limits each call to a channel; `out` is where the console channel prints.
    """

    secrets: Callable[[str], str] = field(repr=False)
    words: Words
    out: TextIO
    public_url: str | None = None
    slack_api_url: str = "https://slack.com/api/"
    smtp: SmtpServer | None = None
    mail_from: str | None = None
    timeout: timedelta = timedelta(seconds=20)
