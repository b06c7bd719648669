"""What went wrong on the wire, as delivery errors.

No text here repeats a URL, a header or a body: they hold secrets.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

import aiohttp

from alerter.core.book import SecretName
from alerter.core.errors import ConfigurationError, RetryLater, Undeliverable

LONGEST_WAIT = timedelta(days=1)


# What cannot have left this machine, and what to call it; the first that fits.
_NOT_SENT: Mapping[type[Exception], str] = {
    aiohttp.ConnectionTimeoutError: "{peer} did not take the connection in time",
    aiohttp.ClientSSLError: "no TLS connection to {peer}: its certificate or protocol was not accepted",
    aiohttp.ClientConnectorDNSError: "the host of {peer} is not known",
    aiohttp.ClientConnectorError: "no connection to {peer}",
    aiohttp.ClientHttpProxyError: "no connection to {peer}: the proxy refused",
}


def network_fault(problem: Exception, peer: str, timeout: timedelta) -> RetryLater:
    """An exception of aiohttp as RetryLater; in doubt unless the request cannot have left this machine."""
    for kind, words in _NOT_SENT.items():
        if isinstance(problem, kind):
            return RetryLater(words.format(peer=peer))
    if isinstance(problem, TimeoutError):
        return RetryLater(f"{peer} did not answer within {timeout.total_seconds():g} s", doubt=True)
    if isinstance(problem, aiohttp.ClientError | OSError):
        return RetryLater(f"the connection to {peer} broke before its answer was complete", doubt=True)
    return RetryLater(f"the answer of {peer} could not be read", doubt=True)


def retry_after(text: str | None) -> timedelta | None:
    """The seconds of a Retry-After header; None where it is missing or no number (HTTP dates are not obeyed)."""
    if text is None or not re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()):
        return None
    return min(timedelta(seconds=float(text)), LONGEST_WAIT)


def secret(secrets: Callable[[str], str], name: SecretName) -> str:
    """A secret fit for a header or URL; read anew each time, so that a replaced one works without a restart."""
    try:
        found = secrets(name).strip()
    except ConfigurationError as problem:
        raise Undeliverable(str(problem)) from None
    if not re.fullmatch(r"[!-~]+", found):
        raise Undeliverable(f"the secret {name} is empty or holds spaces or other characters that do not belong there")
    return found
