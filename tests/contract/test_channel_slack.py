"""Slack: which answer is which error, what a doubtful try does, and what the message looks like on the wire."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.channels import AT, FIRST, edges, message, vault
from support.slack import CHANNEL_ID, TOKEN, Fault, Slack, interpreted, shown, slack

from alerter.channels import CHANNELS, OpenChannel
from alerter.channels.samples import CROSSED
from alerter.channels.slack import SlackOptions
from alerter.core.book import SecretName
from alerter.core.errors import ConfigurationError, RetryLater, Undeliverable
from alerter.core.model import Attempt

AGAIN = Attempt(number=2, doubt=True, first_tried_at=AT)


@pytest.fixture
def fake() -> Iterator[Slack]:
    with slack() as found:
        yield found


@asynccontextmanager
async def bot(
    fake: Slack, channel: str = "#license-usage", token: str = TOKEN, **more: Any
) -> AsyncIterator[OpenChannel]:
    options = SlackOptions(channel=channel, token=SecretName("BOT"))
    opened = CHANNELS["slack"].make("finance", options, edges(secrets=vault(BOT=token), slack_api_url=fake.api, **more))
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def hook(fake: Slack, url: str = "") -> AsyncIterator[OpenChannel]:
    options = SlackOptions(webhook=SecretName("HOOK"))
    yield CHANNELS["slack"].make("finance", options, edges(secrets=vault(HOOK=url or fake.hook)))


PASSING = {
    "429 with Retry-After": (Fault(status=429, error="ratelimited", headers={"Retry-After": "7"}), False, 7),
    "429 without": (Fault(status=429, error="ratelimited"), False, None),
    "429 that is no JSON": (Fault(status=429, body="slow down", headers={"Retry-After": "3"}), False, 3),
    "429 with a date": (Fault(status=429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), False, None),
    "ratelimited": (Fault(error="ratelimited"), False, None),
    "500": (Fault(status=500, body="oops"), True, None),
    "502 HTML": (Fault(status=502, body="<html>bad gateway</html>"), True, None),
    "503 text": (Fault(status=503, body="no", content_type="text/plain"), True, None),
    "internal_error": (Fault(error="internal_error"), True, None),
    "fatal_error": (Fault(error="fatal_error"), True, None),
    "service_unavailable": (Fault(error="service_unavailable"), True, None),
    "request_timeout": (Fault(error="request_timeout"), True, None),
    "cut off": (Fault(cut=True), True, None),
    "truncated JSON": (Fault(body='{"ok": tr', content_type="application/json"), True, None),
    "JSON of another shape": (Fault(body="[1]", content_type="application/json"), True, None),
    "empty": (Fault(), True, None),
    "HTML with 200": (Fault(body="<html>sign in</html>"), True, None),
}


@pytest.mark.parametrize("name", PASSING)
async def test_a_passing_fault_of_the_bot_is_tried_again(fake: Slack, name: str) -> None:
    fault, doubt, after = PASSING[name]
    fake.fail("chat.postMessage", fault)
    async with bot(fake) as channel:
        with pytest.raises(RetryLater) as raised:
            await channel.send(message(), FIRST)
    assert (raised.value.doubt, raised.value.after) == (doubt, timedelta(seconds=after) if after else None)


@pytest.mark.parametrize("name", [n for n in PASSING if "_" not in n and n != "ratelimited"])
async def test_a_passing_fault_of_a_webhook_is_tried_again(fake: Slack, name: str) -> None:
    fault, doubt, _ = PASSING[name]
    fake.fail("hook", fault)
    async with hook(fake) as channel:
        with pytest.raises(RetryLater) as raised:
            await channel.send(message(), FIRST)
    assert raised.value.doubt is doubt


FOR_GOOD = {
    "channel_not_found": "check the name",
    "not_in_channel": "invite the bot to #license-usage",
    "is_archived": "archive",
    "invalid_auth": "token",
    "token_revoked": "token",
    "account_inactive": "token",
    "missing_scope": "chat:write",
    "no_permission": "#license-usage",
    "msg_too_long": "templates",
    "invalid_blocks": "templates",
    "something_new": "someone must look",
}


@pytest.mark.parametrize("code", FOR_GOOD)
async def test_what_slack_will_never_take_says_what_to_do(fake: Slack, code: str) -> None:
    fake.fail("chat.postMessage", Fault(error=code))
    async with bot(fake) as channel:
        with pytest.raises(Undeliverable, match=FOR_GOOD[code]):
            await channel.send(message(), FIRST)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, "no_service"),
        (410, "channel_is_archived"),
        (403, "action_prohibited"),
        (400, "invalid_payload"),
        (302, ""),
    ],
)
async def test_a_webhook_that_is_gone_is_undeliverable(fake: Slack, status: int, body: str) -> None:
    fake.fail("hook", Fault(status=status, body=body, headers={"Location": "https://elsewhere.example.com/"}))
    async with hook(fake) as channel:
        with pytest.raises(Undeliverable):
            await channel.send(message(), FIRST)


async def test_a_webhook_must_be_https_but_on_this_machine(fake: Slack) -> None:
    async with hook(fake, "http://hooks.example.com/secret") as channel:
        with pytest.raises(Undeliverable, match="https") as raised:
            await channel.send(message(), FIRST)
    assert "example.com/secret" not in str(raised.value)


def test_a_slack_api_over_plain_http_is_a_mistake() -> None:
    options = SlackOptions(channel="#license-usage", token=SecretName("BOT"))
    with pytest.raises(ConfigurationError, match="ALERTER_SLACK_API_URL"):
        CHANNELS["slack"].make("finance", options, edges(slack_api_url="http://slack.example.com/api/"))


async def test_nothing_listens(fake: Slack) -> None:
    async with bot(replace(fake, url="http://127.0.0.1:1")) as channel:
        with pytest.raises(RetryLater, match="no connection") as raised:
            await channel.send(message(), FIRST)
    assert not raised.value.doubt


async def test_a_host_that_is_not_known_is_no_doubt(fake: Slack) -> None:
    async with bot(replace(fake, url="https://slack.invalid")) as channel:
        with pytest.raises(RetryLater) as raised:
            await channel.send(message(), FIRST)
    assert not raised.value.doubt


@pytest.mark.parametrize("channel", ["#license-usage", "license-usage", CHANNEL_ID])
async def test_a_message_that_got_through_unseen_is_found_and_not_posted_again(fake: Slack, channel: str) -> None:
    fake.fail("chat.postMessage", Fault(cut=True, taken=True))
    async with bot(fake, channel) as opened:
        with pytest.raises(RetryLater) as raised:
            await opened.send(message(), FIRST)
        receipt = await opened.send(message(), AGAIN)
    assert raised.value.doubt
    assert [receipt.id] == [m["ts"] for m in fake.messages]
    assert receipt.note == "found after a doubtful try"


async def test_a_message_that_did_not_get_through_is_posted(fake: Slack) -> None:
    async with bot(fake) as channel:
        await channel.send(message(key="another"), FIRST)
        receipt = await channel.send(message(), AGAIN)
    assert [m["metadata"]["event_payload"]["key"] for m in fake.messages] == ["another", "0123-1-0"]
    assert receipt.note == ""


async def test_the_search_goes_through_all_pages_and_resolves_the_channel_once(fake: Slack) -> None:
    fake.page, fake.other_channels = 2, 5
    async with bot(fake) as channel:
        await channel.send(message(), FIRST)
    for number in range(6):
        fake.take({"text": f"chatter {number}"})
    async with bot(fake) as channel:
        for _ in range(2):
            assert (await channel.send(message(), AGAIN)).note == "found after a doubtful try"
    assert fake.calls.count("conversations.list") == 3
    assert len([m for m in fake.messages if "metadata" in m]) == 1


@pytest.mark.parametrize("method", ["conversations.list", "conversations.history"])
async def test_without_the_scope_to_look_the_repeat_is_marked(fake: Slack, method: str) -> None:
    fake.fail(method, Fault(error="missing_scope"), Fault(error="missing_scope"))
    async with bot(fake) as channel:
        receipt = await channel.send(message(), AGAIN)
    assert "Possibly sent before" in shown(fake.messages[0])
    assert "missing_scope" in receipt.note


async def test_a_channel_the_bot_does_not_see_is_posted_to_marked(fake: Slack) -> None:
    fake.fail("conversations.list", Fault(body='{"ok": true, "channels": []}', content_type="application/json"))
    async with bot(fake) as channel:
        assert "does not see" in (await channel.send(message(), AGAIN)).note


async def test_a_search_without_end_is_given_up(fake: Slack) -> None:
    fake.page = 1
    for number in range(25):
        fake.take({"text": f"chatter {number}"})
    async with bot(fake, CHANNEL_ID) as channel:
        assert "too much" in (await channel.send(message(), AGAIN)).note


@pytest.mark.parametrize("fault", [Fault(status=429, headers={"Retry-After": "9"}), Fault(status=500)])
async def test_a_search_that_fails_leaves_the_doubt(fake: Slack, fault: Fault) -> None:
    fake.fail("conversations.list", fault)
    async with bot(fake) as channel:
        with pytest.raises(RetryLater, match="looking for an earlier try") as raised:
            await channel.send(message(), AGAIN)
    assert raised.value.doubt
    assert fake.messages == []


async def test_a_new_token_works_without_a_restart(fake: Slack) -> None:
    secrets = {"BOT": "xoxb-old"}
    options = SlackOptions(channel=CHANNEL_ID, token=SecretName("BOT"))
    channel = CHANNELS["slack"].make("f", options, edges(secrets=secrets.__getitem__, slack_api_url=fake.api))
    with pytest.raises(Undeliverable, match="invalid_auth"):
        await channel.send(message(), FIRST)
    secrets["BOT"] = TOKEN
    assert (await channel.send(message(), FIRST)).id
    await channel.close()


async def test_a_token_with_a_line_break_goes_nowhere(fake: Slack) -> None:
    async with bot(fake, token="xoxb-1\r\nX-Evil: 1") as channel:
        with pytest.raises(Undeliverable, match="the secret BOT") as raised:
            await channel.send(message(), FIRST)
    assert "X-Evil" not in str(raised.value)


async def test_the_wire(fake: Slack) -> None:
    async with bot(fake) as channel:
        await channel.send(message(), FIRST)
    sent = fake.messages[0]
    assert sent["text"] == "WARNING · acme-enterprise: 90% of tokenization operations used"
    assert sent["blocks"][0]["text"]["text"] == sent["text"]
    assert sent["attachments"][0]["color"] == "#e8a317"
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)
    assert sent["metadata"] == {
        "event_type": "alerter_message",
        "event_payload": {"key": "0123-1-0", "items": ["0123456789abcdef"]},
    }
    assert "<https://alerter.example.com/alerts/0123456789abcdef|Open alert>" in shown(sent)


async def test_formatting_characters_of_a_name_do_not_format(fake: Slack) -> None:
    async with bot(fake) as channel:
        await channel.send(message({**CROSSED, "subject": "*bold* _slanted_ ~struck~ `code` acme_prod :fire:"}), FIRST)
    text = interpreted(fake.messages[0])
    assert not [live for live in ("*bold*", "_slanted_", "~struck~", "`code`", ":fire:") if live in text]
    assert "acme_prod" in text
