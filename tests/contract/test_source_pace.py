"""How many requests run at once, and which go first."""

import asyncio
from datetime import timedelta

import httpx
from support.dsm import TODAY, JumpingLoop, fortanix

from alerter.core.book import Account, SecretName
from alerter.core.model import Ask, AskKind, Window

ACME = Account(name="acme", url="https://dsm.example.com", account_id="a", credential=SecretName("KEY"))
OK = b'{"num_operations": 1}'
YESTERDAY = Ask(Window(TODAY.window.start - timedelta(days=1), TODAY.window.start), AskKind.CLOSED)


async def test_no_more_than_so_many_requests_run_at_once() -> None:
    running, most = 0, 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(5):
            await asyncio.sleep(0)
        running -= 1
        return httpx.Response(200, content=OK)

    source = fortanix({"KEY": "a"}, at_once=3, transport=httpx.MockTransport(answer))
    await asyncio.gather(*(source.read(ACME, TODAY) for _ in range(20)))
    assert most == 3


def test_live_polls_overtake_history() -> None:
    asked: list[bool] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["range_to"] == str(int(TODAY.window.end.timestamp())))
        return httpx.Response(200, content=OK)

    async def story() -> None:
        source = fortanix({"KEY": "a"}, requests_per_second=1, transport=httpx.MockTransport(answer))
        history = [source.read(ACME, YESTERDAY, urgent=False) for _ in range(5)]
        await asyncio.gather(*history, source.read(ACME, TODAY))

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(story())
    assert asked == [False, True, False, False, False, False]


async def test_hosts_do_not_wait_for_each_other() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=OK)

    source = fortanix({"KEY": "a"}, requests_per_second=0.001, transport=httpx.MockTransport(answer))
    for host in ("a", "b", "c"):
        account = Account(name=host, url=f"https://{host}.example.com", account_id="a", credential=SecretName("KEY"))
        assert (await source.read(account, TODAY)).values == {"num_operations": 1}
