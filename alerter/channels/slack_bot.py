"""Slack as a bot: before a doubtful message is posted again, the channel is searched for it."""

import asyncio
import math
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from alerter.channels.edges import Edges
from alerter.channels.faults import network_fault, secret
from alerter.channels.slack_answers import Refused, code_of, refusal
from alerter.channels.slack_blocks import MOST_ITEMS, message_body
from alerter.channels.slack_hook import REPEATED
from alerter.channels.view import alerts, links
from alerter.core.book import SecretName
from alerter.core.errors import DeliveryError, RetryLater
from alerter.core.model import Attempt, Message, Receipt

EVENT_TYPE = "alerter_message"
"""The type of the metadata by which a message is found again."""

MARGIN = timedelta(seconds=60)
"""How much before the first try the search begins: the clocks of the two sides may differ."""

_PAGES = 20
_MOST_ALERTS = 50


class CannotLook(Exception):
    """The channel cannot be searched: a scope is missing, or there is too much in it."""


class SlackBot:
    """One Slack channel, by name or id. `token` names the secret that holds the bot token."""

    def __init__(self, name: str, channel: str, token: SecretName, edges: Edges) -> None:
        self._name = name
        self._channel = channel
        self._token = token
        self._edges = edges
        self._id = channel if re.fullmatch(r"[CGD][A-Z0-9]{7,}", channel) else None
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message, attempt: Attempt) -> Receipt:
        """Post, or find what an earlier try posted; the receipt is Slack's timestamp."""
        remark = ""
        if attempt.doubt:
            try:
                earlier = await self._find(message, attempt)
            except CannotLook as problem:
                remark = f"{REPEATED} ({problem})"
            else:
                if earlier:
                    return Receipt(id=earlier, note="found after a doubtful try")
        words = self._edges.words.render("slack", message.payload, most=MOST_ITEMS, public_url=self._edges.public_url)
        listing = message.payload.get("type") == "bundle"
        answer = await self._call(
            "chat.postMessage",
            {
                "channel": self._id or self._channel,
                "unfurl_links": False,
                "unfurl_media": False,
                "metadata": _metadata(message),
                **message_body(words, links(message.payload, self._edges.public_url), listing=listing, remark=remark),
            },
        )
        self._id = str(answer.get("channel") or "") or self._id
        return Receipt(
            id=str(answer.get("ts") or message.key), note="; ".join(note for note in (words.note, remark) if note)
        )

    async def check(self) -> str:
        """Sign in and look the channel up, and post nothing; says what works. Raises what `send` raises."""
        await self._call("auth.test", {}, read=True)
        try:
            self._id = self._id or await self._resolve()
        except (CannotLook, Refused) as problem:
            return f"the token works, but {self._channel} could not be looked up ({problem})"
        return f"the token works, and {self._channel} is there"

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    async def _find(self, message: Message, attempt: Attempt) -> str | None:
        """The timestamp of this very message in the channel, or None; raises `CannotLook` or `RetryLater` in doubt."""
        try:
            if self._id is None:
                self._id = await self._resolve()
            return await self._search(self._id, message.key, (attempt.first_tried_at - MARGIN).timestamp())
        except Refused as problem:
            raise CannotLook(f"Slack does not let the bot look: {problem.code or 'refused'}") from None
        except RetryLater as problem:
            raise RetryLater(f"looking for an earlier try: {problem}", after=problem.after, doubt=True) from None

    async def _search(self, channel: str, key: str, oldest: float) -> str | None:
        asked: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{oldest:.6f}",
            "limit": 200,
            "include_all_metadata": True,
        }
        async for found in self._pages("conversations.history", asked, "messages"):
            metadata = found.get("metadata") or {}
            if metadata.get("event_type") == EVENT_TYPE and (metadata.get("event_payload") or {}).get("key") == key:
                return str(found.get("ts"))
        return None

    async def _resolve(self) -> str:
        """The id of the channel by its name, among those the bot may list."""
        try:
            return await self._named("public_channel,private_channel")
        except Refused:
            return await self._named("public_channel")

    async def _named(self, types: str) -> str:
        name = self._channel.removeprefix("#")
        asked = {"types": types, "exclude_archived": True, "limit": 1000}
        async for found in self._pages("conversations.list", asked, "channels"):
            if found.get("name") == name:
                return str(found["id"])
        raise CannotLook(f"the bot does not see a channel {name}")

    async def _pages(self, method: str, asked: Mapping[str, Any], field: str) -> Any:
        """Every entry of a paged answer; raises `CannotLook` after 20 pages."""
        cursor = ""
        for _ in range(_PAGES):
            answer = await self._call(method, {**asked, **({"cursor": cursor} if cursor else {})}, read=True)
            for entry in answer.get(field) or []:
                yield entry
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
        raise CannotLook("there is too much to look through")

    async def _call(self, method: str, body: Mapping[str, Any], *, read: bool = False) -> Mapping[str, Any]:
        """One call to Slack; raises `RetryLater` or `Refused`."""
        limit = self._edges.timeout
        client = self._client()
        try:
            async with asyncio.timeout(limit.total_seconds()):
                if read:
                    answer = await client.api_call(method, http_verb="GET", params=dict(body))
                else:
                    answer = await client.api_call(method, json=dict(body))
        except SlackApiError as problem:
            raise self._refusal(problem) from None
        except (aiohttp.ClientError, OSError, ValueError, AttributeError, SlackClientError) as problem:
            # ValueError and AttributeError: the SDK on a body that is not JSON, or not an object.
            raise network_fault(problem, "Slack", limit) from None
        return answer.data if isinstance(answer.data, Mapping) else {}

    def _refusal(self, problem: SlackApiError) -> DeliveryError:
        # For a body that is not JSON the SDK hands over aiohttp's answer instead of its own.
        answer: Any = problem.response
        data = getattr(answer, "data", None)
        status = getattr(answer, "status_code", None) or int(getattr(answer, "status", 0))
        code = code_of(data.get("error")) if isinstance(data, Mapping) else ""
        return refusal(code, status, answer.headers.get("Retry-After"), self._channel)

    def _client(self) -> AsyncWebClient:
        """A client with the token as it is now. Connections are not reused: a stale one would look like a doubt."""
        token = secret(self._edges.secrets, self._token)
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True), trust_env=True)
        client = AsyncWebClient(
            token=token,
            base_url=self._edges.slack_api_url,
            timeout=math.ceil(self._edges.timeout.total_seconds()),
            session=self._session,
            retry_handlers=[],
        )
        # The SDK would send even loopback through HTTPS_PROXY; the session heeds NO_PROXY.
        client.proxy = None
        return client


def _metadata(message: Message) -> dict[str, object]:
    return {
        "event_type": EVENT_TYPE,
        "event_payload": {"key": message.key, "items": alerts(message.payload)[:_MOST_ALERTS]},
    }
