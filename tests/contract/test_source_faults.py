"""Whatever goes wrong at DSM, the source says it as one class of the error tree, and gives nothing away."""

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from support.dsm import TODAY, Dsm, fortanix, keys, served
from support.serve import converse

from alerter.core.book import Account
from alerter.core.errors import (
    BadAnswer,
    Denied,
    ServerFault,
    SourceError,
    Throttled,
    UnknownAccount,
    Unreachable,
)
from alerter.sources.fortanix import Fortanix
from alerter.sources.simulator import Fault, Kind, World, status

SHORT = timedelta(milliseconds=300)
KEY = "YXBwOnNlY3JldA=="


@pytest.fixture(scope="module")
def running() -> Iterator[Dsm]:
    world = World()
    world.add("acme")
    with served(world) as dsm:
        yield dsm


@pytest.fixture
def dsm(running: Dsm) -> Iterator[Dsm]:
    yield running
    running.world.clear()
    running.world.requests.clear()


@pytest.fixture
def acme(dsm: Dsm) -> Account:
    return dsm.account(next(iter(dsm.world.accounts.values())))


@pytest.fixture
async def source(dsm: Dsm) -> AsyncIterator[Fortanix]:
    source = fortanix(keys(dsm.world), timeout=SHORT)
    yield source
    await source.close()


async def refusal(source: Fortanix, account: Account) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await source.read(account, TODAY)
    return caught.value


FAULTS = [
    (status(401, "Invalid credentials"), Denied),
    (status(403), Denied),
    (status(404), UnknownAccount),
    (status(409), ServerFault),
    (status(400), ServerFault),
    (status(429), Throttled),
    (status(429, retry_after="120"), Throttled),
    (status(500, '{"message": "boom"}'), ServerFault),
    (status(502, "<html><h1>Bad Gateway</h1></html>", content_type="text/html"), ServerFault),
    (status(503, retry_after="5"), ServerFault),
    (status(204), BadAnswer),
    (status(200, "<html>Please sign in</html>", content_type="text/html"), BadAnswer),
    (Fault(kind=Kind.EMPTY), BadAnswer),
    (Fault(kind=Kind.TRUNCATED), BadAnswer),
    (Fault(kind=Kind.OTHER_SHAPE), BadAnswer),
    (Fault(kind=Kind.WRONG_TYPES), BadAnswer),
    (Fault(kind=Kind.NEGATIVE), BadAnswer),
    (Fault(kind=Kind.HUGE), BadAnswer),
    (Fault(kind=Kind.BIG_BODY), BadAnswer),
    (Fault(kind=Kind.REDIRECT), ServerFault),
    (Fault(kind=Kind.HANG), Unreachable),
    (Fault(kind=Kind.SLOW_DRIP, interval=0.02), Unreachable),
    (Fault(kind=Kind.RESET), Unreachable),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=lambda v: getattr(v, "kind", None) or v.__name__)
async def test_each_fault_is_one_class(
    dsm: Dsm, acme: Account, source: Fortanix, fault: Fault, expected: type[SourceError]
) -> None:
    dsm.world.fault(None, fault)
    error = await refusal(source, acme)
    assert type(error) is expected
    dsm.world.clear()
    assert (await source.read(acme, TODAY)).values["num_operations"] == 0


async def test_retry_after_comes_through_as_seconds_or_as_a_date(dsm: Dsm, acme: Account, source: Fortanix) -> None:
    dsm.world.fault(None, status(429, retry_after="120"), times=1)
    dsm.world.fault(None, status(429, retry_after="Wed, 20 May 2026 12:01:30 GMT"), times=1)
    dsm.world.fault(None, status(429, retry_after="soon"), times=1)
    dsm.world.fault(None, status(429, retry_after="9" * 400), times=1)
    found = [await refusal(source, acme) for _ in range(4)]
    waits = [error.after for error in found if isinstance(error, Throttled)]
    assert waits == [timedelta(seconds=120), timedelta(seconds=90), None, timedelta(days=1)]


async def test_an_error_status_is_not_asked_again(dsm: Dsm, acme: Account, source: Fortanix) -> None:
    dsm.world.fault(None, status(503))
    await refusal(source, acme)
    assert dsm.world.requests[acme.account_id] == 1


async def test_a_hundred_megabytes_are_not_read(dsm: Dsm, acme: Account, source: Fortanix) -> None:
    dsm.world.fault(None, Fault(kind=Kind.BIG_BODY))
    assert str(await refusal(source, acme)) == "the answer is over the size limit"


async def test_a_small_body_that_unpacks_without_end_is_not_unpacked(acme: Account) -> None:
    bomb = gzip.compress(b" " * 100_000_000, compresslevel=9)

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(bomb))

    source = fortanix({"ACME_KEY": KEY}, transport=httpx.MockTransport(answer))
    assert str(await refusal(source, acme)) == "the answer is over the size limit"


async def test_a_packed_answer_is_unpacked(acme: Account) -> None:
    body = gzip.compress(b'{"num_operations": 7}')

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(body))

    source = fortanix({"ACME_KEY": KEY}, transport=httpx.MockTransport(answer))
    assert (await source.read(acme, TODAY)).values == {"num_operations": 7}


async def test_a_redirect_takes_no_credential_anywhere(dsm: Dsm, acme: Account, source: Fortanix) -> None:
    async with converse(_never) as elsewhere:
        dsm.world.fault(None, Fault(kind=Kind.REDIRECT, location=f"{elsewhere}/sys/v1/accounts"))
        assert "not followed" in str(await refusal(source, acme))


async def test_a_connection_that_breaks_is_tried_twice_more(acme: Account) -> None:
    tries: list[int] = []

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tries.append(1)
        await reader.readuntil(b"\r\n\r\n")
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async with converse(reset) as url:
        source = fortanix({"ACME_KEY": KEY})
        assert str(await refusal(source, replace(acme, url=url))) == "the connection broke"
        assert len(tries) == 3
        await source.close()


async def test_a_connection_that_breaks_once_is_no_error(acme: Account) -> None:
    tries: list[int] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        tries.append(1)
        if len(tries) > 1:
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 21\r\nconnection: close\r\n\r\n{"num_operations": 5}')
            await writer.drain()

    async with converse(once) as url:
        source = fortanix({"ACME_KEY": KEY})
        assert (await source.read(replace(acme, url=url), TODAY)).values == {"num_operations": 5}
        await source.close()


async def test_what_is_no_http_at_all_is_unreachable(acme: Account) -> None:
    async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 smtp.example.com ESMTP\r\n")
        await writer.drain()

    async with converse(noise) as url:
        source = fortanix({"ACME_KEY": KEY})
        assert type(await refusal(source, replace(acme, url=url))) is Unreachable
        await source.close()


async def test_a_closed_port_is_refused(acme: Account) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    source = fortanix({"ACME_KEY": KEY})
    assert str(await refusal(source, replace(acme, url=url))) == "connection refused"
    await source.close()


async def test_a_time_out_is_not_tried_again(dsm: Dsm, acme: Account, source: Fortanix) -> None:
    dsm.world.fault(None, Fault(kind=Kind.HANG))
    assert str(await refusal(source, acme)) == "no whole answer within 0.3 s"
    assert dsm.world.requests[acme.account_id] == 1


@pytest.mark.parametrize("url", ["http://dsm.example.com", "http://10.0.0.1", "ftp://127.0.0.1", "dsm.example.com"])
async def test_only_https_or_loopback_is_asked(acme: Account, url: str) -> None:
    source = fortanix({"ACME_KEY": KEY}, transport=httpx.MockTransport(_refuse))
    assert type(await refusal(source, replace(acme, url=url))) is Unreachable


@pytest.mark.parametrize("url", ["http://127.0.0.9:1", "http://[::1]:1", "http://localhost:1"])
async def test_loopback_may_be_plain(acme: Account, url: str) -> None:
    source = fortanix({"ACME_KEY": KEY}, transport=httpx.MockTransport(_refuse))
    assert type(await refusal(source, replace(acme, url=url))) is ServerFault


async def _never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raise AssertionError("this host must not be asked")


async def _refuse(_: httpx.Request) -> httpx.Response:
    return httpx.Response(500)
