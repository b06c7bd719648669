"""How an account signs in: its key on each request, a session, or a client certificate.

Source: Fortanix DSM developer documentation, "Authentication". An API key already is base64 of `app_uuid:secret`.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerter.core.book import Account
from alerter.core.errors import ConfigurationError, Denied
from alerter.sources import answers

IDLE = timedelta(minutes=9)
"""DSM ends an app's session after 10 idle minutes."""

MARGIN = timedelta(seconds=30)
"""A session is renewed this long before it ends."""

Ask = Callable[[Account, str], Awaitable[bytes]]
"""Signs in with this Authorization header and gives the body of the answer."""


@dataclass(slots=True)
class _Session:
    header: str = field(repr=False)
    ends_at: datetime
    used_at: datetime


class SignIn:
    """Authorization headers of accounts. Secrets are looked up each time, so that a replaced one is taken at once."""

    def __init__(self, secrets: Callable[[str], str], now: Callable[[], datetime], ask: Ask) -> None:
        self._secrets = secrets
        self._now = now
        self._ask = ask
        self._sessions: dict[tuple[str, str], _Session] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def header(self, account: Account) -> str | None:
        """The Authorization header to send, None where the client certificate says it all; raises `SourceError`."""
        if account.auth == "key":
            return f"Basic {self.secret(account)}"
        if account.auth == "session":
            return await self._session(account)
        if account.credential is None:
            return None
        return "Basic " + base64.b64encode(f"{self.secret(account)}:".encode()).decode()

    def secret(self, account: Account) -> str:
        """The account's secret; raises `Denied`, naming it, when there is none or it cannot be one."""
        if account.credential is None:
            raise Denied("not asked: the account names no credential")
        try:
            secret = self._secrets(account.credential).strip()
        except ConfigurationError as error:
            raise Denied(f"not asked: {error}") from None
        if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
            raise Denied(f"not asked: secret {account.credential} holds what no API key can hold")
        return secret

    def secrets(self, account: Account, header: str | None) -> list[str]:
        """Everything that must not be shown of how this account signs in."""
        shown = [header.partition(" ")[2]] if header else []
        return shown if account.credential is None else [*shown, self.secret(account)]

    def drop(self, account: Account, header: str | None) -> None:
        """This session is over; one that replaced it meanwhile stays."""
        session = self._sessions.get(_key(account))
        if session and session.header == header:
            del self._sessions[_key(account)]

    async def _session(self, account: Account) -> str:
        key = _key(account)
        async with self._locks.setdefault(key, asyncio.Lock()):
            session = self._sessions.get(key)
            if session is None or not self._lives(session):
                session = self._sessions[key] = await self._begin(account)
            session.used_at = self._now()
            return session.header

    def _lives(self, session: _Session) -> bool:
        now = self._now()
        return now < session.ends_at - MARGIN and timedelta(0) <= now - session.used_at < IDLE

    async def _begin(self, account: Account) -> _Session:
        body = await self._ask(account, f"Basic {self.secret(account)}")
        token, seconds = answers.session(body)
        now = self._now()
        # A server that does not say how long is taken to mean the idle time; a short session gets no negative life.
        lasts = max(min(timedelta(seconds=seconds or 600, microseconds=0), timedelta(days=1)), 2 * MARGIN)
        return _Session(f"Bearer {token}", now + lasts, now)


def _key(account: Account) -> tuple[str, str]:
    return account.url, account.credential or ""
