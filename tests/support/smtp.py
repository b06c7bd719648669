"""A mail server on loopback: keeps what it took, and refuses or breaks off on demand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "alerter", "smtp-secret-0123"


@dataclass(slots=True)
class MailServer:
    """`refuse` gives the answer to a recipient (`550 no`), `data` the answer to the mail.

    `drop`: break off in DATA (`before`), or after the mail was kept (`after`). `hang`: never answer to the mail.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    data: str = "250 taken"
    sender: str = "250 fine"
    drop: str = ""
    signed_in: bool = False

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender.startswith("250"):
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drop != "before" and self.data.startswith("250"):
            mail = message_from_bytes(envelope.original_content or b"", policy=default)
            self.mails.append(mail)
            self.recipients.append(list(envelope.rcpt_tos))
        if self.drop:
            connection: Any = server.transport
            connection.abort()
        return self.data

    def check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        """Whether this user and password may sign in."""
        self.signed_in = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=self.signed_in, handled=False)


class _Anywhere(Controller):
    """On a free port: the one it asked for is 0."""

    def _trigger_server(self) -> None:
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd annotates some of its methods only


@contextmanager
def mail_server(*, tls: SSLContext | None = None, implicit: bool = False, auth: bool = False) -> Iterator[MailServer]:
    """A mail server while the block runs; with `tls` it insists on STARTTLS, or is `implicit` TLS from the start."""
    fake = MailServer()
    options: dict[str, Any] = {}
    if auth:
        options |= {"authenticator": fake.check, "auth_require_tls": False}
    if tls and not implicit:
        options |= {"tls_context": tls, "require_starttls": True}
    controller = _Anywhere(fake, hostname="127.0.0.1", port=0, ssl_context=tls if implicit else None, **options)
    controller.start()
    try:
        fake.port = controller.port
        yield fake
    finally:
        controller.stop()
