"""Slack through an incoming webhook: it says nothing but "ok", so a repeat can only be marked as one."""

import asyncio
from datetime import timedelta

import aiohttp

from alerter.channels.addresses import url_problem
from alerter.channels.edges import Edges
from alerter.channels.faults import network_fault, secret
from alerter.channels.slack_answers import code_of, refusal
from alerter.channels.slack_blocks import MOST_ITEMS, message_body
from alerter.channels.view import links
from alerter.core.book import SecretName
from alerter.core.errors import Undeliverable
from alerter.core.model import Attempt, Message, Receipt

REPEATED = "Possibly sent before: whether an earlier try got through is not known."


class SlackHook:
    """One incoming webhook. `webhook` names the secret that holds its URL."""

    def __init__(self, name: str, webhook: SecretName, edges: Edges) -> None:
        self._name = name
        self._webhook = webhook
        self._edges = edges

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        """Post; raise `RetryLater` or `Undeliverable`. The receipt is the message's key: Slack gives none."""
        url = secret(self._edges.secrets, self._webhook)
        problem = url_problem(url)
        if problem:
            raise Undeliverable(f"the URL in the secret {self._webhook} {problem}")
        words = self._edges.words.render("slack", message.payload, most=MOST_ITEMS, public_url=self._edges.public_url)
        remark = REPEATED if attempt.doubt else ""
        listing = message.payload.get("type") == "bundle"
        body = message_body(words, links(message.payload, self._edges.public_url), listing=listing, remark=remark)
        status, text, wait = await self._post(url, {**body, "unfurl_links": False, "unfurl_media": False})
        if status != 200 or text.strip() != "ok":
            raise refusal(code_of(text.strip()), status, wait, "the webhook's channel")
        return Receipt(id=message.key, note="; ".join(note for note in (words.note, remark) if note))

    async def close(self) -> None:
        """Nothing is kept open between messages."""

    async def _post(self, url: str, body: dict[str, object]) -> tuple[int, str, str | None]:
        """Status, the start of the body, and Retry-After."""
        limit: timedelta = self._edges.timeout
        try:
            async with (
                asyncio.timeout(limit.total_seconds()),
                aiohttp.ClientSession(trust_env=True) as session,
                session.post(url, json=body, allow_redirects=False) as answer,
            ):
                text = (await answer.content.read(200)).decode(errors="replace")
                return answer.status, text, answer.headers.get("Retry-After")
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise network_fault(problem, "Slack", limit) from None
