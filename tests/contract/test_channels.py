"""What every channel does alike: each test runs over all of them."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from support.channels import AT, FIRST, edges, message, vault
from support.slack import HOOK, TOKEN, Fault, shown, slack
from support.smtp import PASSWORD, USER, mail_server

from alerter.channels import CHANNELS, Edges, OpenChannel, SmtpServer
from alerter.channels.console import ConsoleOptions
from alerter.channels.email import EmailOptions
from alerter.channels.samples import CROSSED, SAMPLES
from alerter.channels.slack import SlackOptions
from alerter.core.book import SecretName
from alerter.core.errors import DeliveryError, RetryLater, Undeliverable
from alerter.core.model import Attempt

SECRETS = (TOKEN, HOOK, PASSWORD)


@dataclass(frozen=True)
class Rig:
    """A channel with its far end. `texts` are what arrived; `hang` and `refuse` set what the far end does next."""

    kind: str
    options: object
    edges: Edges
    texts: Callable[[], list[str]]
    hang: Callable[[], None] | None = None
    refuse: Callable[[], None] | None = None

    def channel(self, **changes: object) -> OpenChannel:
        changed = replace(self.edges, **changes)  # type: ignore[arg-type]
        return CHANNELS[self.kind].make("finance", self.options, changed)

    async def send(self, payload: Mapping[str, object] = CROSSED, attempt: Attempt = FIRST, **changes: object) -> str:
        channel = self.channel(**changes)
        try:
            return (await channel.send(message(payload), attempt)).id
        finally:
            await channel.close()


def _slack(stack: ExitStack, *, hook: bool) -> Rig:
    fake = stack.enter_context(slack())
    method = "hook" if hook else "chat.postMessage"
    bot = SlackOptions(channel="#license-usage", token=SecretName("BOT"))
    return Rig(
        kind="slack",
        options=SlackOptions(webhook=SecretName("HOOK")) if hook else bot,
        edges=edges(secrets=vault(BOT=TOKEN, HOOK=fake.hook), slack_api_url=fake.api),
        texts=lambda: [shown(m) for m in fake.messages],
        hang=lambda: fake.fail(method, Fault(hang=True)),
        refuse=lambda: fake.fail(method, Fault(status=403, error="no_permission", body="action_prohibited")),
    )


def _email(stack: ExitStack) -> Rig:
    fake = stack.enter_context(mail_server(auth=True))

    def refuse() -> None:
        fake.data = f"550 {PASSWORD} is no good"

    def texts() -> list[str]:
        parts = [part for mail in fake.mails for part in mail.iter_parts()]
        return [str(part.get_content()) for part in parts]

    server = SmtpServer(host="127.0.0.1", port=fake.port, tls="none", user=USER, password=lambda: PASSWORD)
    return Rig(
        kind="email",
        options=EmailOptions(to=("finance@example.com",)),
        edges=edges(smtp=server),
        texts=texts,
        refuse=refuse,
    )


def _console(_: ExitStack) -> Rig:
    out = io.StringIO()
    return Rig(kind="console", options=ConsoleOptions(), edges=edges(out=out), texts=lambda: [out.getvalue()])


RIGS: Mapping[str, Callable[[ExitStack], Rig]] = {
    "slack bot": lambda stack: _slack(stack, hook=False),
    "slack webhook": lambda stack: _slack(stack, hook=True),
    "email": _email,
    "console": _console,
}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield RIGS[request.param](stack)


async def test_a_message_arrives_with_what_every_message_says(rig: Rig) -> None:
    assert await rig.send()
    for text in rig.texts():
        for words in (
            "90%",
            "45,210,000",
            "50,000,000",
            "4,790,000",
            "15 May 2026",
            "15 days left",
            "10:00 EDT",
            "100%",
        ):
            assert words in text


@pytest.mark.parametrize("name", SAMPLES)
async def test_every_reason_arrives(rig: Rig, name: str) -> None:
    await rig.send(SAMPLES[name])
    assert rig.texts()


HOSTILE = {
    "mention": "<!channel> <@U012345>",
    "formatting": "*bold* _slanted_ ~struck~ `code`",
    "HTML": "<script>alert(1)</script><img src=x onerror=y>",
    "line breaks": "first\r\nBcc: thief@example.com\r\n\r\nbody",
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "console markup": "[red]x[/red] \x1b[2J\x07",
    "unseen": "a\u202eb\u200bc\u2066d",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_arrives_as_text(rig: Rig, name: str) -> None:
    text = HOSTILE[name]
    await rig.send({**CROSSED, "subject": text, "metric_words": text, "rule": text, "owner": text, "runbook": text})
    assert rig.texts()
    for arrived in rig.texts():
        assert not [live for live in _live(rig.kind, arrived) if live in arrived]


def _live(kind: str, arrived: str) -> list[str]:
    """What would be interpreted where this text arrived."""
    everywhere = ["\nBcc:", "\\nBcc:", " 49 ", "\x1b[2J", "\x07", "\u202e", "\u2066"]
    if kind == "slack":
        return [*everywhere, "<!channel>", "<@U"]
    return [*everywhere, "<script>", "<img"] if arrived.startswith("<!DOCTYPE") else everywhere


async def test_a_name_of_10000_characters_is_cut_with_an_ellipsis(rig: Rig) -> None:
    await rig.send({**CROSSED, "subject": "x" * 10_000, "owner": "y" * 10_000})
    for arrived in rig.texts():
        assert "x" * 300 not in arrived
        assert "…" in arrived


async def test_a_bundle_of_500_is_one_message_that_says_how_many_more(rig: Rig) -> None:
    items = [{**CROSSED, "subject": f"license-{number} " + "w" * 150} for number in range(499)]
    last = {**CROSSED, "subject": "the-worst", "severity": "critical"}
    await rig.send({"type": "bundle", "severity": "critical", "items": [*items, last]})
    for arrived in rig.texts():
        assert "the-worst" in arrived
        assert "more" in arrived


async def test_a_far_end_that_never_answers_is_cut_off_in_doubt(rig: Rig) -> None:
    if rig.hang is None:
        return
    rig.hang()
    with pytest.raises(RetryLater, match="did not answer") as raised:
        await rig.send(timeout=timedelta(seconds=0.3))
    assert raised.value.doubt


async def test_a_refusal_is_undeliverable_and_shows_no_secret(rig: Rig) -> None:
    if rig.refuse is None:
        return
    rig.refuse()
    with pytest.raises(Undeliverable) as raised:
        await rig.send()
    _shows_no_secret(raised.value, rig)


async def test_no_secret_in_a_network_fault_or_a_repr(rig: Rig) -> None:
    closed = "http://127.0.0.1:1/"
    server = SmtpServer(host="127.0.0.1", port=1, tls="none", user=USER, password=lambda: PASSWORD)
    secrets = vault(BOT=TOKEN, HOOK=f"{closed}hooks/{HOOK}")
    if rig.kind == "console":
        return
    with pytest.raises(RetryLater) as raised:
        await rig.send(slack_api_url=closed, smtp=server, secrets=secrets)
    assert not raised.value.doubt
    _shows_no_secret(raised.value, rig)


async def test_a_missing_secret_is_undeliverable_and_named(rig: Rig) -> None:
    if rig.kind != "slack":
        return
    with pytest.raises(Undeliverable, match=r"the secret (BOT|HOOK) is missing"):
        await rig.send(secrets=vault())


def _shows_no_secret(error: DeliveryError, rig: Rig) -> None:
    channel = rig.channel()
    for text in (str(error), repr(error), repr(error.__cause__), repr(channel), repr(rig.edges), repr(rig.options)):
        assert not [secret for secret in SECRETS if secret in text]


async def test_a_doubtful_repeat_is_recognisable(rig: Rig) -> None:
    again = Attempt(number=2, doubt=True, first_tried_at=AT)
    first = await rig.send()
    second = await rig.send(attempt=again)
    arrived = rig.texts()
    assert first == second or "Possibly sent before" in arrived[-1]
