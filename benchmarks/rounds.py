"""CPU of a collection round against the bare requests: `python -m benchmarks.rounds FOLDER REPEATS`.

Bare are the same requests with the same headers, 20 at once, body read and dropped: once through httpx's client over
the aiohttp transport, once through that transport alone (which is what alerter uses).
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from alerter.core.model import Ask
from alerter.core.plan import live_asks
from alerter.pipeline.collect import AT_ONCE
from benchmarks.inside import Inside, inside, say

HEADERS = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "alerter"}
Get = Callable[[str, dict[str, str]], Awaitable[None]]


class Bare:
    """The requests of a round and nothing else. `work` are (address, Authorization) pairs."""

    def __init__(self, inside: Inside) -> None:
        watch = inside.parts.watch
        secrets = inside.parts.secrets
        self.work = [
            (_address(account.url, account.account_id, ask), f"Basic {secrets(account.credential or '')}")
            for name, account in watch.book.accounts.items()
            for ask in live_asks(watch.needs[name], inside.now)
        ]
        self._transport = AiohttpTransport(client=_session)
        self._client = httpx.AsyncClient(transport=self._transport, headers=HEADERS)

    async def through_client(self, url: str, headers: dict[str, str]) -> None:
        (await self._client.get(url, headers=headers)).raise_for_status()

    async def through_transport(self, url: str, headers: dict[str, str]) -> None:
        request = httpx.Request("GET", url, headers={**HEADERS, **headers})
        response = await self._transport.handle_async_request(request)
        await response.aread()
        await response.aclose()

    async def run(self, get: Get) -> float:
        """Seconds of CPU."""
        work = iter(self.work)
        began = time.process_time()
        await asyncio.gather(*(_worker(work, get) for _ in range(AT_ONCE)))
        return time.process_time() - began

    async def close(self) -> None:
        await self._client.aclose()


async def _worker(work: Iterator[tuple[str, str]], get: Get) -> None:
    for url, authorization in work:
        await get(url, {"authorization": authorization})


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=AT_ONCE, keepalive_timeout=60)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def _address(url: str, account_id: str, ask: Ask) -> str:
    ends = f"range_from={int(ask.window.start.timestamp())}&range_to={int(ask.window.end.timestamp())}"
    return f"{url}/sys/v1/accounts/{account_id}/usage?{ends}&detailed_usage=true&saas_full_usage=true"


async def main(folder: Path, repeats: int) -> None:
    client, transport, rounds = [], [], []
    async with inside(folder, began=timedelta(minutes=10)) as found:
        first = await found.round()
        bare = Bare(found)
        for _ in range(repeats):
            client.append(await bare.run(bare.through_client))
            rounds.append(await found.round())
            transport.append(await bare.run(bare.through_transport))
        await bare.close()
        accounts = len(found.parts.watch.book.accounts)
        checks = sum(len(item.checks) for item in found.parts.watch.subjects.values())
        assert found.parts.collector.polls == (repeats + 1) * accounts
        assert not found.parts.collector.failures
    medians = [statistics.median(times) for times in (client, transport, rounds)]
    say(
        accounts=accounts,
        checks=checks,
        requests=len(bare.work),
        first=first,
        client=medians[0],
        transport=medians[1],
        round=medians[2],
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
