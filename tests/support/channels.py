"""Messages and edges for the tests of channels."""

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from alerter.channels import Edges, SmtpServer, Words
from alerter.channels.samples import CROSSED
from alerter.core.errors import ConfigurationError
from alerter.core.model import Attempt, Message

AT = datetime(2026, 4, 30, 14, 2, tzinfo=UTC)
WORDS = Words()
FIRST = Attempt(number=1, doubt=False, first_tried_at=AT)


def message(payload: Mapping[str, object] = CROSSED, key: str = "0123-1-0") -> Message:
    return Message(key=key, alert="0123456789abcdef", created_at=AT, payload=payload)


def vault(**secrets: str) -> Callable[[str], str]:
    """The secrets of these names; any other is missing."""

    def find(name: str) -> str:
        if name not in secrets:
            raise ConfigurationError(f"the secret {name} is missing")
        return secrets[name]

    return find


def edges(
    *,
    secrets: Callable[[str], str] | None = None,
    out: io.TextIOBase | None = None,
    slack_api_url: str = "https://slack.com/api/",
    smtp: SmtpServer | None = None,
    timeout: timedelta = timedelta(seconds=5),
    words: Words | None = None,
) -> Edges:
    return Edges(
        secrets=secrets or vault(),
        words=words or WORDS,
        out=out or io.StringIO(),  # type: ignore[arg-type] # a text stream all the same
        public_url="https://alerter.example.com",
        slack_api_url=slack_api_url,
        smtp=smtp,
        mail_from="License alerts <alerts@alerter.example.com>",
        timeout=timeout,
    )
