"""Mail: which answer is which error, when there is doubt, TLS, and what the mail looks like."""

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from support.channels import FIRST, edges, message
from support.serve import converse
from support.smtp import PASSWORD, USER, MailServer, mail_server

from alerter.channels import CHANNELS, SmtpServer
from alerter.channels.email import EmailOptions
from alerter.channels.samples import CROSSED
from alerter.core.errors import ConfigurationError, RetryLater, Undeliverable
from alerter.core.model import Message, Receipt

TO = ("finance@example.com", "ops@example.com")


@pytest.fixture
def fake() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


async def send(
    server: SmtpServer | MailServer, what: Message | None = None, *, to: tuple[str, ...] = TO, seconds: float = 5
) -> Receipt:
    if isinstance(server, MailServer):
        server = SmtpServer(host="127.0.0.1", port=server.port, tls="none")
    at = edges(smtp=server, timeout=timedelta(seconds=seconds))
    channel = CHANNELS["email"].make("finance-mail", EmailOptions(to=to, cc=("boss@example.com",)), at)
    return await channel.send(what or message(), FIRST)


async def test_the_mail(fake: MailServer) -> None:
    receipt = await send(fake)
    mail = fake.mails[0]
    assert receipt.id == "<0123-1-0.finance-mail@alerter.example.com>"
    assert {name: str(mail[name]) for name in mail if name not in {"MIME-Version", "Content-Type"}} == {
        "From": "License alerts <alerts@alerter.example.com>",
        "To": "finance@example.com, ops@example.com",
        "Cc": "boss@example.com",
        "Subject": "WARNING · acme-enterprise: 90% of tokenization operations used",
        "Date": "Thu, 30 Apr 2026 14:02:00 +0000",
        "Message-ID": receipt.id,
        "In-Reply-To": "<alert.0123456789abcdef@alerter.example.com>",
        "References": "<alert.0123456789abcdef@alerter.example.com>",
        "List-Id": "License alerts <alerter.alerter.example.com>",
        "Auto-Submitted": "auto-generated",
        "X-Alerter-Severity": "warning",
    }
    assert fake.recipients == [[*TO, "boss@example.com"]]
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


async def test_every_try_has_the_same_message_id(fake: MailServer) -> None:
    assert (await send(fake)).id == (await send(fake)).id


async def test_two_odd_keys_do_not_share_a_message_id(fake: MailServer) -> None:
    ids = {(await send(fake, message(key=key))).id for key in ("a b", "a>b", "a\r\nb", "a.b")}
    assert len(ids) == 4


async def test_a_line_break_in_a_name_adds_no_header(fake: MailServer) -> None:
    await send(fake, message({**CROSSED, "subject": "x\r\nBcc: thief@example.com\r\n\r\nbody"}))
    assert fake.mails[0]["Bcc"] is None
    assert "Bcc: thief" in fake.mails[0]["Subject"]


async def test_one_refused_recipient_is_named_and_the_others_get_it(fake: MailServer) -> None:
    fake.refuse["ops@example.com"] = "550 no such user"
    receipt = await send(fake)
    assert receipt.note == "refused for ops@example.com"
    assert receipt.refused == ("ops@example.com",)
    assert fake.recipients == [["finance@example.com", "boss@example.com"]]


async def test_a_recipient_put_off_while_others_are_taken_is_named(fake: MailServer) -> None:
    fake.refuse["ops@example.com"] = "451 later"
    receipt = await send(fake)
    assert (receipt.refused, receipt.note) == (("ops@example.com",), "refused for ops@example.com")


async def test_all_refused_for_good_is_undeliverable(fake: MailServer) -> None:
    fake.refuse |= dict.fromkeys((*TO, "boss@example.com"), "550 no such user")
    with pytest.raises(Undeliverable, match=r"550 for finance@example\.com"):
        await send(fake)


async def test_greylisting_comes_back_later(fake: MailServer) -> None:
    fake.refuse |= dict.fromkeys(TO, "451 later") | {"boss@example.com": "550 no"}
    with pytest.raises(RetryLater, match="451") as raised:
        await send(fake)
    assert not raised.value.doubt


@pytest.mark.parametrize(("answer", "error"), [("452 full", RetryLater), ("554 spam", Undeliverable)])
@pytest.mark.parametrize("stage", ["sender", "data"])
async def test_a_refused_mail(fake: MailServer, stage: str, answer: str, error: type[Exception]) -> None:
    setattr(fake, stage, answer)
    with pytest.raises(error, match=answer[:3]) as raised:
        await send(fake)
    assert not getattr(raised.value, "doubt", False)


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_connection_that_breaks_in_data_is_a_doubt(fake: MailServer, drop: str) -> None:
    fake.drop = drop
    with pytest.raises(RetryLater, match="did not confirm") as raised:
        await send(fake)
    assert raised.value.doubt


async def test_nothing_listens_and_that_is_no_doubt() -> None:
    with pytest.raises(RetryLater, match="no connection") as raised:
        await send(SmtpServer(host="127.0.0.1", port=1, tls="none"))
    assert not raised.value.doubt


@pytest.mark.parametrize(
    ("greeting", "doubt"), [([], False), (["220 a", "250 b", "250 c", *["250 d"] * 3, "354 e"], True)]
)
async def test_a_server_that_falls_silent_is_cut_off(greeting: list[str], doubt: bool) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in greeting:
            writer.write(f"{line}\r\n".encode())
            await reader.readline()
        while await reader.read(1000):
            pass

    async with converse(talk) as url:
        with pytest.raises(RetryLater) as raised:
            await send(SmtpServer(host="127.0.0.1", port=int(url.rpartition(":")[2]), tls="none"), seconds=0.3)
    assert raised.value.doubt is doubt


async def test_a_server_without_starttls_gets_no_mail(fake: MailServer) -> None:
    with pytest.raises(Undeliverable, match="STARTTLS"):
        await send(SmtpServer(host="127.0.0.1", port=fake.port))
    assert fake.mails == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mail")
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 -subj /CN=mail"
    made += " -keyout key.pem -out ca.pem"
    subprocess.run(
        ["openssl", *made.split(), "-addext", "subjectAltName=IP:127.0.0.1"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "ca.pem", certificate / "key.pem")
    return context


Tls = Literal["starttls", "implicit"]


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
async def test_tls_and_sign_in(mode: Tls, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "ca.pem"))
    with mail_server(tls=_context(certificate), implicit=mode == "implicit", auth=True) as fake:
        await send(SmtpServer(host="127.0.0.1", port=fake.port, tls=mode, user=USER, password=lambda: PASSWORD))
    assert fake.signed_in
    assert len(fake.mails) == 1


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
async def test_a_certificate_nobody_vouches_for_is_not_accepted(mode: Tls, certificate: Path) -> None:
    with mail_server(tls=_context(certificate), implicit=mode == "implicit") as fake:
        server = SmtpServer(host="127.0.0.1", port=fake.port, tls=mode)
        with pytest.raises(RetryLater, match="certificate"):
            await send(server)
    assert fake.mails == []


async def test_a_wrong_password_is_undeliverable_and_not_told() -> None:
    with mail_server(auth=True) as fake:
        server = SmtpServer(host="127.0.0.1", port=fake.port, tls="none", user=USER, password=lambda: "wrong-secret")
        with pytest.raises(Undeliverable, match="user and password") as raised:
            await send(server)
    assert "wrong-secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"smtp": None}, "ALERTER_SMTP_URL"),
        ({"mail_from": None}, "ALERTER_MAIL_FROM"),
        ({"mail_from": "nobody"}, "ALERTER_MAIL_FROM"),
        ({"smtp": SmtpServer(host="mx.example.com", port=25, tls="none", user="me")}, "in the clear"),
    ],
)
def test_settings_that_cannot_work_are_said_at_once(changes: dict[str, object], says: str) -> None:
    at = edges(smtp=SmtpServer(host="mx.example.com", port=25))
    with pytest.raises(ConfigurationError, match=says):
        CHANNELS["email"].make("finance", EmailOptions(to=TO), replace(at, **changes))  # type: ignore[arg-type]
