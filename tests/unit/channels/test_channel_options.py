"""Which keys of a channel are refused, and where messages lead."""

import io

import pytest
from support.channels import FIRST, edges, message

from alerter.channels import CHANNELS, OPTIONS, connect
from alerter.channels.console import ConsoleOptions
from alerter.channels.email import EmailOptions
from alerter.channels.samples import CROSSED, SAMPLES
from alerter.channels.slack import SlackOptions
from alerter.channels.slack_blocks import message_body
from alerter.channels.view import links
from alerter.core.book import Channel, SecretName
from alerter.core.errors import ConfigurationError, RetryLater

BOT, HOOK = SecretName("BOT"), SecretName("HOOK")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (SlackOptions(channel="#a", token=BOT), None),
        (SlackOptions(channel="C0123456789", token=BOT), None),
        (SlackOptions(webhook=HOOK), None),
        (SlackOptions(), "needs `channel` and `token`"),
        (SlackOptions(channel="#a"), "needs `channel` and `token`"),
        (SlackOptions(token=BOT), "needs `channel` and `token`"),
        (SlackOptions(channel="#a", token=BOT, webhook=HOOK), "not both"),
        (SlackOptions(channel="two words", token=BOT), "not the name or id"),
        (EmailOptions(to=("f@example.com",)), None),
        (EmailOptions(to=()), "at least one"),
        (EmailOptions(to=("f@example.com\r\nBcc: x@example.com",)), "`to`"),
        (EmailOptions(to=("f@example.com",), cc=("nobody",)), "`cc`"),
    ],
)
def test_keys_that_do_not_go_together_are_said(options: SlackOptions | EmailOptions, says: str | None) -> None:
    problem = options.problem()
    assert problem is None if says is None else says in (problem or "")


def test_every_kind_declares_its_keys() -> None:
    assert set(OPTIONS) == set(CHANNELS) == {"slack", "email", "console"}


def test_an_unknown_kind_is_said() -> None:
    with pytest.raises(ConfigurationError, match="no kind 'pigeon'"):
        connect(Channel(name="x", kind="pigeon", options=None), edges())


def test_a_message_leads_to_its_alert_and_runbook() -> None:
    assert links(CROSSED, "https://a.example.com/") == [
        ("Runbook", "https://wiki.example.com/dsm-quota"),
        ("Open alert", "https://a.example.com/alerts/0123456789abcdef"),
    ]


def test_a_list_leads_to_the_list() -> None:
    assert links(SAMPLES["bundle"], "https://a.example.com") == [("Open alerts", "https://a.example.com/alerts")]


@pytest.mark.parametrize("runbook", ["javascript:alert(1)", "https://x|evil", "https://x> <!channel>", "see the wiki"])
def test_a_runbook_that_is_no_plain_link_is_none(runbook: str) -> None:
    assert links({**CROSSED, "runbook": runbook}, None) == []


@pytest.mark.parametrize("listing", [True, False])
def test_blocks_stay_within_slacks_limits(listing: bool) -> None:
    from support.slack import unfit

    from alerter.channels.render import Rendered
    from alerter.core.model import Severity

    facts = tuple((f"name {n}" * 50, "x" * 5000) for n in range(200))
    words = Rendered(title="t" * 900, summary="s" * 9000, facts=facts, footer="f" * 9000, severity=Severity.INFO)
    assert unfit(message_body(words, [("Open", "https://x/" + "y" * 3000)], listing=listing)) == ""


async def test_a_card_has_no_colour_codes_off_a_terminal() -> None:
    out = io.StringIO()
    channel = connect(Channel(name="c", kind="console", options=ConsoleOptions()), edges(out=out))
    await channel.send(message(), FIRST)
    assert "\x1b" not in out.getvalue()
    assert "WARNING · acme-enterprise: 90% of tokenization operations used" in out.getvalue()


async def test_an_output_of_few_characters_gets_question_marks() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    await connect(Channel(name="c", kind="console", options=ConsoleOptions()), edges(out=out)).send(message(), FIRST)
    assert b"WARNING ? acme-enterprise" in raw.getvalue()


async def test_a_closed_output_is_tried_again_later() -> None:
    out = io.StringIO()
    out.close()
    channel = connect(Channel(name="c", kind="console", options=ConsoleOptions()), edges(out=out))
    with pytest.raises(RetryLater):
        await channel.send(message(), FIRST)
