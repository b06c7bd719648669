"""`slack`: Slack messages, as a bot (with a token) or through an incoming webhook."""

import re
from dataclasses import dataclass

from alerter.channels.addresses import url_problem
from alerter.channels.edges import Edges
from alerter.channels.slack_bot import SlackBot
from alerter.channels.slack_hook import SlackHook
from alerter.core.book import SecretName, key
from alerter.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackOptions:
    """Either `channel` and `token` (a bot that is in the channel), or `webhook`."""

    channel: str = key("The channel's name or id; the bot must be in it.", example="#license-usage", default="")
    token: SecretName | None = key(
        "The name of the secret that holds the bot token (`xoxb-…`, scope `chat:write`).",
        example="SLACK_BOT_TOKEN",
        default=None,
    )
    webhook: SecretName | None = key(
        "The name of the secret that holds the URL of an incoming webhook.", example="SLACK_WEBHOOK_URL", default=None
    )

    def problem(self) -> str | None:
        """What is wrong with these keys together, or None."""
        if self.webhook:
            return "give `webhook`, or `channel` and `token`, not both" if self.token or self.channel else None
        if not self.token or not self.channel:
            return "a slack channel needs `channel` and `token`, or `webhook`"
        if not re.fullmatch(r"#?[^\s#@<>&,]{1,80}", self.channel):
            return f"`channel` is not the name or id of a Slack channel: {self.channel[:80]!r}"
        return None


def slack(name: str, options: SlackOptions, edges: Edges) -> SlackBot | SlackHook:
    """The channel of these options; raises `ConfigurationError` for options that cannot work."""
    problem = options.problem()
    if problem:
        raise ConfigurationError(f"channel {name}: {problem}")
    if options.webhook:
        return SlackHook(name, options.webhook, edges)
    if options.token is None:
        raise ConfigurationError(f"channel {name}: `token` is missing")
    unfit = url_problem(edges.slack_api_url)
    if unfit:
        raise ConfigurationError(f"ALERTER_SLACK_API_URL {unfit}")
    return SlackBot(name, options.channel, options.token, edges)
