"""Keys, sessions and what a request looks like on the wire."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.dsm import NOON, TODAY, Dsm, fortanix, keys, served

from alerter.core.book import Account
from alerter.core.errors import BadAnswer, Denied
from alerter.core.model import AskKind
from alerter.sources.simulator import World, status

AUTH = "/sys/v1/session/auth"


@pytest.fixture
def dsm() -> Iterator[Dsm]:
    world = World()
    world.add("acme").scripted.add("num_operations", int(NOON.timestamp()) - 60, 42)
    with served(world) as dsm:
        yield dsm


@pytest.fixture
def acme(dsm: Dsm) -> Account:
    return dsm.account(next(iter(dsm.world.accounts.values())))


async def read(dsm: Dsm, account: Account, times: int = 1, **settings: Any) -> list[int]:
    source = fortanix(keys(dsm.world), **settings)
    try:
        return [(await source.read(account, TODAY)).values["num_operations"] for _ in range(times)]
    finally:
        await source.close()


async def test_a_key_goes_on_each_request_as_it_is(dsm: Dsm, acme: Account) -> None:
    assert await read(dsm, acme, times=2) == [42, 42]
    assert dsm.world.requests == {acme.account_id: 2}


async def test_the_request_is_what_dsm_expects(acme: Account) -> None:
    seen: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b'{"num_operations": 1}')

    source = fortanix({"ACME_KEY": "a2V5\n"}, transport=httpx.MockTransport(answer))
    reading = await source.read(acme, TODAY)
    assert str(seen[0].url).partition("/sys")[2] == (
        f"/v1/accounts/{acme.account_id}/usage?range_from=1779235200&range_to=1779278400"
        "&detailed_usage=true&saas_full_usage=true"
    )
    assert seen[0].headers["authorization"] == "Basic a2V5"
    assert (reading.account, reading.window, reading.kind) == ("acme", TODAY.window, AskKind.PERIOD)
    assert reading.read_at == NOON


async def test_a_session_is_begun_once(dsm: Dsm, acme: Account) -> None:
    assert await read(dsm, replace(acme, auth="session"), times=3) == [42, 42, 42]
    assert dsm.world.requests == {AUTH: 1, acme.account_id: 3}


@pytest.mark.parametrize("code", [401, 403])
async def test_a_session_that_ends_early_is_renewed_once_and_the_request_repeated(
    dsm: Dsm, acme: Account, code: int
) -> None:
    dsm.world.fault(acme.account_id, status(code), times=1)
    assert await read(dsm, replace(acme, auth="session")) == [42]
    assert dsm.world.requests == {AUTH: 2, acme.account_id: 2}


async def test_a_session_that_is_refused_twice_is_denied(dsm: Dsm, acme: Account) -> None:
    dsm.world.fault(acme.account_id, status(403))
    with pytest.raises(Denied):
        await read(dsm, replace(acme, auth="session"))
    assert dsm.world.requests == {AUTH: 2, acme.account_id: 2}


async def test_a_refused_key_is_not_tried_twice(dsm: Dsm, acme: Account) -> None:
    dsm.world.fault(acme.account_id, status(401))
    with pytest.raises(Denied):
        await read(dsm, acme)
    assert dsm.world.requests == {acme.account_id: 1}


@pytest.mark.parametrize("wait", [timedelta(minutes=9, seconds=31), timedelta(minutes=12), timedelta(hours=-2)])
async def test_a_session_is_renewed_before_it_ends(dsm: Dsm, acme: Account, wait: timedelta) -> None:
    times = iter([NOON] * 5 + [NOON + wait] * 9)
    source = fortanix(keys(dsm.world), now=lambda: next(times))
    account = replace(acme, auth="session")
    await source.read(account, TODAY)
    list(zip(range(2), times, strict=False))
    await source.read(account, TODAY)
    await source.close()
    assert dsm.world.requests[AUTH] == 2
    assert dsm.world.requests[acme.account_id] == 2


async def test_a_session_answer_of_another_shape_is_a_bad_answer_without_the_token(dsm: Dsm, acme: Account) -> None:
    dsm.world.fault(None, status(200, '{"access_token": ["t0ps3cret"], "token_type": "Bearer"}'), times=1)
    with pytest.raises(BadAnswer) as caught:
        await read(dsm, replace(acme, auth="session"))
    assert "t0ps3cret" not in f"{caught.value!r}{caught.value.excerpt}"


async def test_the_account_record_the_version_and_the_time_can_be_asked(dsm: Dsm, acme: Account) -> None:
    source = fortanix(keys(dsm.world))
    assert (await source.account_record(acme))["name"] == "acme"
    assert set(await source.version(acme)) == {"version", "api_version", "server_mode"}
    assert await source.server_time(acme) is not None
    await source.close()


async def test_an_account_record_that_is_no_object_is_a_bad_answer(dsm: Dsm, acme: Account) -> None:
    dsm.world.fault(None, status(200, "[]"), times=1)
    dsm.world.fault(None, status(200, "[" * 100_000), times=1)
    source = fortanix(keys(dsm.world))
    for _ in range(2):
        with pytest.raises(BadAnswer):
            await source.account_record(acme)
    await source.close()
