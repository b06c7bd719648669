"""No answer and no mistake makes the source give a secret away."""

import asyncio
import base64
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from support.dsm import NOON, TODAY, Dsm, fortanix, keys, served
from support.serve import converse

from alerter.core.book import Account, SecretName
from alerter.core.errors import ConfigurationError, Denied, SourceError
from alerter.sources.fortanix import Fortanix
from alerter.sources.simulator import SimAccount, World, status

SECRET = "9f7a4c1e-secret-part"
KEY = base64.b64encode(f"2f0f1c8e-77aa-4d1e-b3a5-1f7d5c1f0a11:{SECRET}".encode()).decode()


@pytest.fixture
def dsm() -> Iterator[Dsm]:
    made = World().add("acme")
    with served(World([SimAccount(id=made.id, name="acme", key=KEY, usage=made.usage)])) as dsm:
        yield dsm


@pytest.fixture
def acme(dsm: Dsm) -> Account:
    return dsm.account(next(iter(dsm.world.accounts.values())))


@pytest.fixture
async def source(dsm: Dsm) -> AsyncIterator[Fortanix]:
    source = fortanix(keys(dsm.world))
    yield source
    await source.close()


async def refusal(source: Fortanix, account: Account) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await source.read(account, TODAY)
    return caught.value


@pytest.mark.parametrize("secret", ["", "schlüssel-ohne-ascii", "two words", "line\nbreak"])
async def test_a_secret_that_cannot_be_a_key_is_named_and_not_shown(acme: Account, secret: str) -> None:
    error = await refusal(fortanix({"ACME_KEY": secret}), acme)
    assert type(error) is Denied
    assert "ACME_KEY" in str(error)
    assert not secret or secret not in _everything(error)


async def test_a_missing_secret_is_denied_and_named(acme: Account) -> None:
    def secrets(name: str) -> str:
        raise ConfigurationError(f"secret {name} is missing")

    error = await refusal(Fortanix(secrets, now=lambda: NOON), acme)
    assert (type(error), str(error)) == (Denied, "not asked: secret ACME_KEY is missing")


async def test_an_account_without_a_credential_is_denied(acme: Account) -> None:
    assert type(await refusal(fortanix({}), replace(acme, credential=None))) is Denied


ECHO = f"no good: Basic {KEY}, that is {base64.b64decode(KEY).decode()}, and {SECRET}\x00\x1b[31m\u202e"


@pytest.mark.parametrize("code", [200, 401, 404, 409, 429, 500])
async def test_an_answer_that_repeats_the_secret_is_shown_without_it(
    dsm: Dsm, acme: Account, source: Fortanix, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    dsm.world.fault(None, status(code, ECHO))
    error = await refusal(source, acme)
    shown = f"{_everything(error)}{error.excerpt}{caplog.text}{source!r}"
    for part in (KEY, KEY.rstrip("="), SECRET, "2f0f1c8e", "range_from", "\x1b", "\x00", "\u202e"):
        assert part not in shown
    assert "no good" not in _everything(error)
    assert len(error.excerpt) <= 200


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"message": "App has no permission"}', "App has no permission"),
        ('{"errors": ["a", "b"]}', '["a", "b"]'),
        ("plain\r\n  text", "plain   text"),
        ("x" * 500, "x" * 200),
    ],
)
async def test_a_few_words_of_the_answer_are_kept_apart_from_the_text(
    dsm: Dsm, acme: Account, source: Fortanix, body: str, shown: str
) -> None:
    dsm.world.fault(None, status(403, body))
    error = await refusal(source, acme)
    assert error.excerpt == shown
    assert error.status == 403
    assert shown not in str(error)


async def test_no_cookie_of_one_account_reaches_another(acme: Account) -> None:
    seen: list[bytes] = []

    async def cookie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                seen.append(await reader.readuntil(b"\r\n\r\n"))
                head = b"HTTP/1.1 200 OK\r\nset-cookie: session=theirs\r\ncontent-length: 21\r\n\r\n"
                writer.write(head + b'{"num_operations": 5}')

    async with converse(cookie) as url:
        source = fortanix({"ACME_KEY": KEY, "B_KEY": "b"})
        account = replace(acme, url=url)
        await source.read(account, TODAY)
        await source.read(replace(account, credential=SecretName("B_KEY")), TODAY)
        await source.close()
    assert len(seen) == 2
    assert b"theirs" not in seen[1]


def _everything(error: SourceError) -> str:
    """All that a log with a traceback would show."""
    return f"{error!r}{error}{''.join(traceback.format_exception(error))}"
