"""Every way an exchange with DSM can fail, as one class of the error tree.

| what happened | class |
|---|---|
| refused, reset, timed out, dripping, no such host, TLS | Unreachable |
| 401, 403 | Denied |
| 404 | UnknownAccount |
| 429 | Throttled, with `after` from Retry-After |
| 3xx (no redirect is followed, so no credential ever travels), other 4xx, 5xx | ServerFault |
| 2xx with no body, over the size limit, or of another shape | BadAnswer |

Texts say what happened and the status; they hold nothing that the server sent.
"""

import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import httpx

from alerter.core.errors import BadAnswer, Denied, ServerFault, SourceError, Throttled, UnknownAccount, Unreachable
from alerter.sources.redaction import excerpt

CONNECTION = (httpx.TransportError, aiohttp.ClientError, OSError)
"""What transports raise when there was no answer. TimeoutError is an OSError."""

_LASTING = (ssl.SSLError, ssl.CertificateError, socket.gaierror)
_KNOWN: dict[type[BaseException], str] = {
    socket.gaierror: "no such host",
    ConnectionRefusedError: "connection refused",
    httpx.ProxyError: "the proxy refused the connection",
}

LONGEST_WAIT = timedelta(days=1)
"""A server that asks for more than this in Retry-After is taken to mean a day."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status line, headers and a body of at most the size limit; `whole` is False when it was cut there."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)
    whole: bool = True


def refused(answer: Answer, secrets: Iterable[str], now: datetime) -> SourceError:
    """The error this answer stands for, when it is not a good one."""
    status, shown = answer.status, excerpt(answer.body, secrets)
    if status in (401, 403):
        text = f"denied ({status}): the credential, its permission GET_ACCOUNT_USAGE, or the app's address list"
        return Denied(text, status=status, excerpt=shown)
    if status == 404:
        return UnknownAccount("not found (404): the account id, or the host", status=status, excerpt=shown)
    if status == 429:
        after = retry_after(answer.headers.get("retry-after"), now)
        return Throttled("asked too often (429)", after=after, excerpt=shown)
    if status < 300:
        return BadAnswer(_unusable(answer), status=status, excerpt=shown)
    if status < 400:
        return ServerFault(f"redirected elsewhere ({status}); redirects are not followed", status=status)
    return ServerFault(f"the server answered with an error ({status})", status=status, excerpt=shown)


def _unusable(answer: Answer) -> str:
    return f"the answer is empty ({answer.status})" if answer.whole else "the answer is over the size limit"


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110, 10.2.3) as a wait from `now`: seconds or a date; None if absent or unreadable."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), LONGEST_WAIT)


def unanswered(error: BaseException, timeout: timedelta) -> Unreachable:
    """The error for an exchange that ended without an answer."""
    return Unreachable(_words(error, timeout))


def passing(error: Exception) -> bool:
    """Whether the connection broke in a way that another try right away may mend: refused, reset, closed."""
    if not isinstance(error, CONNECTION) or _timed_out(error):
        return False
    return not any(isinstance(link, _LASTING) for link in _chain(error))


def _words(error: BaseException, timeout: timedelta) -> str:
    links = list(_chain(error))
    if any(isinstance(link, ssl.SSLError) for link in links):
        return f"TLS: {_tls_words(links)}"
    for kind, words in _KNOWN.items():
        if any(isinstance(link, kind) for link in links):
            return words
    if _timed_out(error):
        return f"no whole answer within {timeout.total_seconds():g} s"
    return "the connection broke"


def _tls_words(links: Iterable[BaseException]) -> str:
    """OpenSSL's own words: `certificate has expired`. aiohttp's error is an SSLError too, but one without any."""
    for link in links:
        words = getattr(link, "verify_message", None) or getattr(link, "reason", None)
        if isinstance(link, ssl.SSLError) and isinstance(words, str):
            return words.replace("_", " ").lower()
    return "the handshake failed"


def _timed_out(error: BaseException) -> bool:
    """True timeouts only: httpx-aiohttp calls a peer that closed the connection a ConnectTimeout as well."""
    links = list(_chain(error))
    if any(isinstance(link, aiohttp.ClientConnectionError) for link in links):
        return any(isinstance(link, TimeoutError) for link in links)
    return any(isinstance(link, TimeoutError | httpx.TimeoutException) for link in links)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
