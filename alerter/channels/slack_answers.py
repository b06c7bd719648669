"""What Slack answers, as delivery errors that say what to do.

Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors
"""

import re
from collections.abc import Mapping

from alerter.channels.faults import retry_after
from alerter.core.errors import DeliveryError, RetryLater, Undeliverable

_PASSING = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org", "accesslimited"})
_IN_DOUBT = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})

_NEW_TOKEN = "put a working bot token into its secret"  # noqa: S105 - words, not a token
_TOO_MUCH = "a message did not fit what Slack takes; look at your templates"
_ADVICE: Mapping[str, str] = {
    "channel_not_found": "check the name, and invite the bot to {channel} if it is private",
    "not_in_channel": "invite the bot to {channel}",
    "is_archived": "bring {channel} back from the archive, or choose another channel",
    "channel_is_archived": "bring {channel} back from the archive, or choose another channel",
    "invalid_auth": _NEW_TOKEN,
    "not_authed": _NEW_TOKEN,
    "token_revoked": _NEW_TOKEN,
    "token_expired": _NEW_TOKEN,
    "account_inactive": _NEW_TOKEN,
    "missing_scope": "give the bot the scope chat:write and install it again",
    "no_permission": "let the bot post to {channel}",
    "restricted_action": "let the bot post to {channel}",
    "access_denied": "let the bot post to {channel}",
    "msg_too_long": _TOO_MUCH,
    "msg_blocks_too_long": _TOO_MUCH,
    "invalid_blocks": _TOO_MUCH,
    "invalid_blocks_format": _TOO_MUCH,
    "invalid_attachments": _TOO_MUCH,
    "no_service": "make a new incoming webhook and put its URL into its secret",
    "no_active_hooks": "make a new incoming webhook and put its URL into its secret",
    "invalid_token": "make a new incoming webhook and put its URL into its secret",
    "action_prohibited": "an admin of the workspace must allow the webhook to post",
}


class Refused(Undeliverable):
    """Slack said no, and will say it again; `code` is its word for why."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


def code_of(text: object) -> str:
    """Slack's word for an error, if `text` is one: a body that is not could be anything, and is never repeated."""
    return text if isinstance(text, str) and re.fullmatch(r"[a-z][a-z_]{0,60}", text) else ""


def refusal(code: str, status: int, wait: str | None, channel: str) -> DeliveryError:
    """The error for an answer that is not a success: its error code (if any), HTTP status and Retry-After header."""
    if status == 429 or code in _PASSING:
        return RetryLater("Slack asks to send less often", after=retry_after(wait))
    if status >= 500 or code in _IN_DOUBT:
        return RetryLater(f"Slack has a fault ({code or f'status {status}'})", after=retry_after(wait), doubt=True)
    if not code and status < 300:
        return RetryLater("Slack's answer is not what it documents", doubt=True)
    advice = _ADVICE.get(code, "someone must look at it").format(channel=channel)
    return Refused(f"Slack refused the message ({code or f'status {status}'}): {advice}", code)
