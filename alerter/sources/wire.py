"""The connections to DSM hosts: which transport an account needs, and how much of an answer is read.

The httpx-aiohttp transport costs a quarter of the CPU of httpx's own; accounts that need a client certificate or a
proxy use httpx's own. Transports are used without `httpx.AsyncClient`: no cookie of one account reaches another, no
redirect is followed, and a request costs half.
"""

import os
import ssl
import urllib.request
import zlib
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from alerter.core.book import Account
from alerter.core.errors import Unreachable
from alerter.settings import is_loopback
from alerter.sources.faults import Answer
from alerter.sources.limiter import Pace

LIMIT = 1_000_000
"""Bytes of an answer that are read, before and after unpacking."""

_IDLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """How one kind of account is reached: `authority` is the URL up to the path."""

    transport: httpx.AsyncBaseTransport = field(repr=False)
    pace: Pace = field(repr=False)


class Lines:
    """The lines in use: one per address and certificates. A replaced certificate file is a new line."""

    def __init__(
        self, requests_per_second: float, at_once: int, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._rate = requests_per_second
        self._limits = httpx.Limits(max_connections=at_once, keepalive_expiry=_IDLE_SECONDS)
        self._given = transport
        self._lines: dict[tuple[object, ...], Line] = {}
        self._paces: dict[str, Pace] = {}

    def line(self, account: Account) -> Line:
        """The line to this account; raises `Unreachable` for an address or a certificate that cannot be used."""
        key: tuple[object, ...] = (account.url, account.ca_file, account.cert_file, account.key_file)
        if account.ca_file or account.cert_file:
            key += (_stamp(account.ca_file), _stamp(account.cert_file), _stamp(account.key_file))
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = self._open(account)
        return found

    async def close(self) -> None:
        lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            await line.transport.aclose()

    def _open(self, account: Account) -> Line:
        parts = urlsplit(account.url)
        host = parts.hostname or ""
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            raise Unreachable("not asked: the address must begin with https:// (http:// is for loopback only)")
        pace = self._paces.setdefault(host, Pace(self._rate))
        return Line(self._given or self._transport(account, host), pace)

    def _transport(self, account: Account, host: str) -> httpx.AsyncBaseTransport:
        proxy = _proxy(host)
        tls = _tls(account)
        if proxy or account.cert_file:
            return httpx.AsyncHTTPTransport(verify=tls, proxy=proxy, limits=self._limits, trust_env=False)
        return AiohttpTransport(verify=tls, client=lambda: _session(tls, self._limits.max_connections or 0))


def _session(tls: ssl.SSLContext, connections: int) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(ssl=tls, limit=connections, keepalive_timeout=_IDLE_SECONDS)
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    # It would repeat each request once by itself, past the pace and on top of the retries here.
    session._retry_connection = False  # noqa: SLF001
    return session


async def exchange(line: Line, request: httpx.Request) -> Answer:
    """Send, and read at most `LIMIT` bytes of what comes back."""
    response = await line.transport.handle_async_request(request)
    try:
        body, whole = await _read(response)
    finally:
        await response.aclose()
    if encoding := response.headers.get("content-encoding"):
        body, whole = _unpacked(body, whole, encoding)
    return Answer(response.status_code, response.headers, body, whole)


async def _read(response: httpx.Response) -> tuple[bytes, bool]:
    declared = response.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and len(declared) > 6 and int(declared[:20]) > LIMIT:
        return b"", False
    chunks: list[bytes] = []
    size = 0
    # The stream as it came over the wire: unpacking a chunk before counting it would let a small one grow without end.
    async for chunk in response.stream:  # type: ignore[union-attr]
        chunks.append(chunk)
        size += len(chunk)
        if size > LIMIT:
            return b"".join(chunks)[:LIMIT], False
    return (chunks[0] if len(chunks) == 1 else b"".join(chunks)), True


def _unpacked(body: bytes, whole: bool, encoding: str) -> tuple[bytes, bool]:
    """gzip is what we ask for; anything else stays as it is, and is then no JSON."""
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        return body, whole
    try:
        plain = zlib.decompressobj(wbits=31).decompress(body, LIMIT + 1)
    except zlib.error:
        return b"(not gzip)", whole
    return plain[:LIMIT], whole and len(plain) <= LIMIT


def _proxy(host: str) -> httpx.Proxy | None:
    """HTTPS_PROXY, unless NO_PROXY names this host or it is this machine."""
    url = urllib.request.getproxies_environment().get("https")
    if not url or is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    return httpx.Proxy(url)


def _tls(account: Account) -> ssl.SSLContext:
    if not account.ca_file and not account.cert_file:
        return _public_tls()
    try:
        tls = ssl.create_default_context(cafile=account.ca_file) if account.ca_file else httpx.create_ssl_context()
        if account.cert_file:
            tls.load_cert_chain(account.cert_file, account.key_file, password=lambda: b"")
    except OSError as error:
        raise Unreachable(f"TLS: ca_file, cert_file or key_file cannot be used ({type(error).__name__})") from None
    return tls


@cache
def _public_tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _stamp(path: str | None) -> int:
    try:
        return os.stat(path).st_mtime_ns if path else 0
    except OSError:
        return 0
