"""`email`: mail over SMTP."""

import asyncio
import ssl
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from alerter.channels.addresses import is_mail
from alerter.channels.edges import Edges, SmtpServer
from alerter.channels.mail import compose, message_id, sender
from alerter.channels.plain import clean
from alerter.core.book import key
from alerter.core.errors import ConfigurationError, DeliveryError, RetryLater, Undeliverable
from alerter.core.model import Attempt, Message, Receipt
from alerter.settings import is_loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOptions:
    """Bare addresses, `finance@example.com`."""

    to: tuple[str, ...] = key("The addresses it goes to.", example=["finance@example.com"])
    cc: tuple[str, ...] = key("Addresses that get a copy.", example=["ops@example.com"], default=())

    def problem(self) -> str | None:
        """What is wrong with these keys, or None."""
        if not self.to:
            return "`to` needs at least one address"
        for name in ("to", "cc"):
            for address in getattr(self, name):
                if not is_mail(address):
                    return f"`{name}`: {clean(repr(address), 80)} is not a bare mail address like finance@example.com"
        return None


class EmailChannel:
    """Mail to fixed addresses, over one SMTP connection a message."""

    def __init__(self, name: str, options: EmailOptions, server: SmtpServer, mail_from: str, edges: Edges) -> None:
        self._name = name
        self._options = options
        self._server = server
        self._from = mail_from
        self._edges = edges

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        """Hand the mail over; the receipt is its Message-ID, by which a repeat is known as one."""
        mail, note = compose(
            message,
            channel=self._name,
            words=self._edges.words,
            mail_from=self._from,
            to=self._options.to,
            cc=self._options.cc,
            public_url=self._edges.public_url,
        )
        recipients = tuple(dict.fromkeys((*self._options.to, *self._options.cc)))
        refused = await _Handover(self._server, self._edges.timeout.total_seconds()).run(
            sender(self._from).addr_spec, recipients, mail.as_bytes()
        )
        told = f"refused for {', '.join(refused)}" if refused else ""
        identity = message_id(message, self._name, sender(self._from).domain)
        return Receipt(id=identity, note="; ".join(part for part in (note, told) if part), refused=tuple(refused))

    async def check(self) -> str:
        """Connect and sign in, and send nothing; says what works. Raises what `send` raises."""
        await _Handover(self._server, self._edges.timeout.total_seconds()).run("", (), b"")
        return f"{self._server.host} answers" + ("" if self._server.user is None else " and takes the sign-in")

    async def close(self) -> None:
        """Nothing is kept open between messages."""


class _Handover:
    """One mail to one server. `handing` says that the body may have gone out: from then on a silence is a doubt."""

    def __init__(self, server: SmtpServer, timeout: float) -> None:
        self._server = server
        self._timeout = timeout
        self._handing = False

    async def run(self, author: str, recipients: tuple[str, ...], body: bytes) -> list[str]:
        """The recipients that were refused while others were not; raises `RetryLater` or `Undeliverable`."""
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "implicit",
            start_tls=False,
            timeout=self._timeout,
            # The host name of a container is no name a mail server accepts.
            local_hostname=author.rpartition("@")[2],
        )
        try:
            async with asyncio.timeout(self._timeout):
                return await self._speak(client, author, recipients, body)
        except SMTPResponseException as problem:
            raise _answered(problem, server) from None
        except (SMTPException, OSError) as problem:
            raise self._silent(problem) from None
        finally:
            client.close()

    async def _speak(self, client: SMTP, author: str, recipients: tuple[str, ...], body: bytes) -> list[str]:
        await client.connect()
        if self._server.tls == "starttls":
            await client.ehlo()
            if not client.supports_extension("starttls"):
                raise Undeliverable(
                    f"{self._server.host} does not offer STARTTLS: use smtps://, or ?tls=none if that is meant"
                )
            await client.starttls()
        await self._sign_in(client)
        if not recipients:
            return []
        await client.mail(author)
        refusals = [problem for address in recipients if (problem := await _refusal(client, address))]
        if len(refusals) == len(recipients):
            raise _all_refused(refusals, self._server)
        self._handing = True
        await client.data(body)
        return [problem.recipient for problem in refusals]

    async def _sign_in(self, client: SMTP) -> None:
        user, password = self._server.user, self._server.password
        if user is None or password is None:
            return
        await client.ehlo()
        if not client.supports_extension("auth"):
            raise Undeliverable(f"{self._server.host} offers no sign-in, but ALERTER_SMTP_URL names a user")
        try:
            given = password()
        except ConfigurationError as problem:
            raise Undeliverable(str(problem)) from None
        await client.login(user, given)

    def _silent(self, problem: Exception) -> RetryLater:
        host = self._server.host
        if isinstance(problem, ssl.SSLError) or isinstance(problem.__cause__, ssl.SSLError):
            return RetryLater(f"no TLS connection to {host}: its certificate or protocol was not accepted")
        if self._handing:
            return RetryLater(f"{host} took the mail but did not confirm it", doubt=True)
        if isinstance(problem, TimeoutError):
            return RetryLater(f"{host} did not answer within {self._timeout:g} s")
        return RetryLater(f"no connection to {host}, or it broke")


async def _refusal(client: SMTP, address: str) -> SMTPRecipientRefused | None:
    try:
        await client.rcpt(address)
    except SMTPRecipientRefused as problem:
        return problem
    return None


def _all_refused(refusals: list[SMTPRecipientRefused], server: SmtpServer) -> DeliveryError:
    """Worth another try if any of them may be taken later."""
    return _answered(next((r for r in refusals if r.code < 500), refusals[0]), server)


def _answered(problem: SMTPResponseException, server: SmtpServer) -> DeliveryError:
    # Of what the server said, only its status: the rest may repeat what we sent.
    whom = f" for {problem.recipient}" if isinstance(problem, SMTPRecipientRefused) else ""
    text = f"{server.host} answered {problem.code}{whom}"
    if isinstance(problem, aiosmtplib.SMTPAuthenticationError) and problem.code >= 500:
        return Undeliverable(f"{text}: it does not accept the user and password of ALERTER_SMTP_URL")
    if 500 <= problem.code < 600:
        return Undeliverable(f"{text}: it refuses this mail")
    return RetryLater(f"{text}: it asks to come back later")


def email(name: str, options: EmailOptions, edges: Edges) -> EmailChannel:
    """The channel of these options; raises `ConfigurationError` for what cannot work."""
    problem = options.problem()
    if problem:
        raise ConfigurationError(f"channel {name}: {problem}")
    server = edges.smtp
    if server is None or not edges.mail_from:
        missing = "ALERTER_SMTP_URL" if server is None else "ALERTER_MAIL_FROM"
        raise ConfigurationError(f"channel {name}: e-mail needs {missing}")
    try:
        address = sender(edges.mail_from).addr_spec
    except (ValueError, IndexError):
        address = ""
    if not is_mail(address):
        raise ConfigurationError("ALERTER_MAIL_FROM is not a mail address")
    if server.tls == "none" and server.user and not is_loopback(server.host):
        raise ConfigurationError("ALERTER_SMTP_URL: with tls=none a password would travel in the clear")
    return EmailChannel(name, options, server, edges.mail_from, edges)
