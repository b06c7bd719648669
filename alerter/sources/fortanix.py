"""The Fortanix DSM client: one window of one account in, a reading or one of the error tree's classes out."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx
import stamina

from alerter.core.book import Account
from alerter.core.errors import Unreachable
from alerter.core.model import Ask, Reading
from alerter.sources import answers
from alerter.sources.faults import CONNECTION, Answer, passing, refused, unanswered
from alerter.sources.signin import SignIn
from alerter.sources.wire import Lines, exchange

_FLAGS = "detailed_usage=true&saas_full_usage=true"
_HEADERS = [("accept", "application/json"), ("accept-encoding", "gzip"), ("user-agent", "alerter")]


class Fortanix:
    """Reads usage of many accounts on any number of hosts; implements `alerter.core.ports.Source`.

    A host is asked at most `requests_per_second` times a second, all hosts together at most `at_once` requests at a
    time. `timeout` is for all of one try, however slowly it drips; waiting for a turn does not count. A connection
    that breaks is tried again twice, after about `retry_wait` and twice that; nothing else is. `transport` stands in
    for the network.
    """

    def __init__(
        self,
        secrets: Callable[[str], str],
        *,
        requests_per_second: float = 5,
        timeout: timedelta = timedelta(seconds=30),
        at_once: int = 20,
        now: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
        retry_wait: timedelta = timedelta(milliseconds=200),
    ) -> None:
        self._timeout = timeout
        self._seconds = timeout.total_seconds()
        self._now = now
        self._retry_wait = retry_wait
        self._lines = Lines(requests_per_second, at_once, transport)
        self._slots = asyncio.Semaphore(at_once)
        self._signin = SignIn(secrets, now, self._begin_session)
        self._extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)}

    async def read(self, account: Account, ask: Ask, *, urgent: bool = True) -> Reading:
        """Ask for one window; raises `SourceError`. Not urgent ones (history) wait behind all urgent ones."""
        window = ask.window
        ends = f"range_from={int(window.start.timestamp())}&range_to={int(window.end.timestamp())}"
        path = f"{_account_path(account)}/usage?{ends}&{_FLAGS}"
        body = await self._get(account, path, urgent=urgent)
        return answers.reading(account.name, ask, self._now(), body)

    async def account_record(self, account: Account) -> Mapping[str, object]:
        """The account's own record, with its subscription and limits; raises `SourceError`."""
        return answers.mapping(await self._get(account, _account_path(account)))

    async def version(self, account: Account) -> Mapping[str, object]:
        """`version`, `api_version` and `server_mode` of the host; needs no sign-in; raises `SourceError`."""
        return answers.mapping(self._good(account, await self._exchange(account, "/sys/v1/version", None), None))

    async def server_time(self, account: Account) -> datetime | None:
        """What the host says the time is, to the second; None if it does not say; raises `SourceError`."""
        answer = await self._exchange(account, "/sys/v1/health", None)
        try:
            return parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            return None

    async def close(self) -> None:
        """Close every connection."""
        await self._lines.close()

    async def _get(self, account: Account, path: str, *, urgent: bool = True) -> bytes:
        header = await self._signin.header(account)
        answer = await self._exchange(account, path, header, urgent=urgent)
        if answer.status in (401, 403) and account.auth == "session":
            self._signin.drop(account, header)
            header = await self._signin.header(account)
            answer = await self._exchange(account, path, header, urgent=urgent)
        return self._good(account, answer, header)

    async def _begin_session(self, account: Account, header: str) -> bytes:
        answer = await self._exchange(account, "/sys/v1/session/auth", header, method="POST")
        return self._good(account, answer, header)

    def _good(self, account: Account, answer: Answer, header: str | None) -> bytes:
        if 200 <= answer.status < 300 and answer.body and answer.whole:
            return answer.body
        raise refused(answer, self._signin.secrets(account, header), self._now())

    async def _exchange(
        self, account: Account, path: str, header: str | None, *, method: str = "GET", urgent: bool = True
    ) -> Answer:
        headers = _HEADERS if header is None else [*_HEADERS, ("authorization", header)]
        try:
            request = httpx.Request(method, account.url + path, headers=headers, extensions=self._extensions)
            # The plain try first: the retrying one costs more than the rest of the client together.
            try:
                return await self._once(account, request, urgent)
            except CONNECTION as error:
                return await self._again(error, account, request, urgent)
        except CONNECTION as error:
            lost = unanswered(error, self._timeout)
        except (httpx.InvalidURL, ValueError):
            lost = Unreachable("not asked: the address cannot be used")
        # Outside the handler: the cause may quote the URL or a header.
        raise lost

    async def _again(self, first: Exception, account: Account, request: httpx.Request, urgent: bool) -> Answer:
        wait = self._retry_wait
        async for attempt in stamina.retry_context(
            on=passing, attempts=3, timeout=None, wait_initial=wait, wait_max=4 * wait, wait_jitter=wait / 2
        ):
            with attempt:
                if attempt.num == 1:
                    raise first
                return await self._once(account, request, urgent)
        raise first

    async def _once(self, account: Account, request: httpx.Request, urgent: bool) -> Answer:
        line = self._lines.line(account)
        if not line.pace.take():
            await line.pace.wait(urgent=urgent)
        async with self._slots, asyncio.timeout(self._seconds):
            return await exchange(line, request)


def _account_path(account: Account) -> str:
    return f"/sys/v1/accounts/{quote(account.account_id, safe='')}"
