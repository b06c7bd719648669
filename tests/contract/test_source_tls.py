"""Certificates and proxies: whom the source trusts, and how it shows who it is. Certificates are made for the run."""

import asyncio
import base64
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.dsm import NOON, TODAY, fortanix, secret_name
from support.serve import converse, serve

from alerter.core.book import Account, SecretName
from alerter.core.errors import SourceError, Unreachable
from alerter.sources.simulator import SimAccount, World, create_app

NAMES = "subjectAltName=DNS:dsm.example.com,IP:127.0.0.1"


@dataclass(frozen=True)
class Pki:
    """A CA, and certificates it signed: good, expired, and a client's."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def sign(folder: Path, name: str, *validity: str) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key")
    openssl(folder, "req", *key, "-out", f"{name}.csr", "-subj", f"/CN={name}", "-addext", NAMES)
    ca = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *ca, *validity)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    folder = tmp_path_factory.mktemp("pki")
    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(folder, "req", "-x509", *ec, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test", "-days", "9")
    sign(folder, "good", "-days", "9")
    sign(folder, "client", "-days", "9")
    sign(folder, "expired", "-days", "-1")
    return Pki(folder)


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    world.add("acme").scripted.add("num_operations", int(NOON.timestamp()) - 60, 42)
    return world


@contextlib.contextmanager
def over_tls(world: World, pki: Pki, certificate: str = "good", *, clients: bool = False) -> Iterator[str]:
    app = create_app(world, lambda: NOON)
    cert, key = pki.path(f"{certificate}.pem"), pki.path(f"{certificate}.key")
    with serve(app, certfile=cert, keyfile=key, ca=pki.path("ca.pem") if clients else None) as url:
        yield url


def account(world: World, url: str, **changes: object) -> Account:
    sim = sim_of(world)
    name = SecretName(secret_name(sim.name))
    return replace(Account(name=sim.name, url=url, account_id=sim.id, credential=name), **changes)  # type: ignore[arg-type]


def sim_of(world: World) -> SimAccount:
    return next(iter(world.accounts.values()))


async def read(account: Account, secret: str) -> int:
    source = fortanix({"ACME_KEY": secret})
    try:
        return (await source.read(account, TODAY)).values["num_operations"]
    finally:
        await source.close()


async def failure(account: Account, secret: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(account, secret)
    return caught.value


async def test_a_private_ca_is_trusted_when_the_account_names_it(world: World, pki: Pki) -> None:
    with over_tls(world, pki) as url:
        assert await read(account(world, url, ca_file=str(pki.path("ca.pem"))), sim_of(world).key) == 42


async def test_a_private_ca_is_not_trusted_otherwise_nor_tried_again(world: World, pki: Pki) -> None:
    world.requests.clear()
    with over_tls(world, pki) as url:
        error = await failure(account(world, url), sim_of(world).key)
    assert type(error) is Unreachable
    assert str(error).startswith("TLS: ")
    assert not world.requests


async def test_an_expired_certificate_is_refused_and_said(world: World, pki: Pki) -> None:
    with over_tls(world, pki, "expired") as url:
        error = await failure(account(world, url, ca_file=str(pki.path("ca.pem"))), sim_of(world).key)
    assert str(error) == "TLS: certificate has expired"


@pytest.mark.parametrize("auth", ["key", "certificate"])
async def test_a_client_certificate_is_shown_with_a_key_or_with_the_apps_id(world: World, pki: Pki, auth: str) -> None:
    sim = sim_of(world)
    files = {
        n: str(pki.path(f)) for n, f in (("ca_file", "ca.pem"), ("cert_file", "client.pem"), ("key_file", "client.key"))
    }
    with over_tls(world, pki, clients=True) as url:
        assert (
            await read(account(world, url, auth=auth, **files), sim.app_id if auth == "certificate" else sim.key) == 42
        )


async def test_without_its_client_certificate_an_account_is_not_let_in(world: World, pki: Pki) -> None:
    with over_tls(world, pki, clients=True) as url:
        error = await failure(account(world, url, ca_file=str(pki.path("ca.pem"))), sim_of(world).key)
    assert type(error) is Unreachable


@pytest.mark.parametrize("which", ["ca_file", "cert_file"])
async def test_a_certificate_file_that_is_none_is_said(world: World, tmp_path: Path, which: str) -> None:
    (tmp_path / "empty.pem").write_text("not a certificate")
    for path in (tmp_path / "empty.pem", tmp_path / "missing.pem"):
        error = await failure(account(world, "https://127.0.0.1:1", **{which: str(path)}), sim_of(world).key)
        assert "cannot be used" in str(error)


async def test_a_replaced_ca_file_is_taken_without_a_restart(world: World, pki: Pki, tmp_path: Path) -> None:
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(pki.path("expired.pem").read_bytes())
    source = fortanix({"ACME_KEY": sim_of(world).key})
    with over_tls(world, pki) as url:
        acme = account(world, url, ca_file=str(trusted))
        with pytest.raises(Unreachable):
            await source.read(acme, TODAY)
        trusted.write_bytes(pki.path("ca.pem").read_bytes())
        assert (await source.read(acme, TODAY)).values["num_operations"] == 42
        await source.close()


@contextlib.asynccontextmanager
async def tunnel(target: str, seen: list[bytes]) -> AsyncIterator[str]:
    """A proxy that connects everything to one place."""
    port = int(target.rpartition(":")[2])

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        there, back = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
        finally:
            back.close()

    async with converse(talk) as url:
        yield url


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_https_proxy_is_used_and_sees_neither_path_nor_key(
    world: World, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    with over_tls(world, pki) as url:
        async with tunnel(url, seen) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            acme = account(world, "https://dsm.example.com", ca_file=str(pki.path("ca.pem")))
            assert await read(acme, sim_of(world).key) == 42
    assert seen[0].startswith(b"CONNECT dsm.example.com:443 ")
    assert sim_of(world).key.encode() not in seen[0]


async def test_loopback_is_never_asked_through_a_proxy(world: World, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with over_tls(world, pki) as url:
        assert await read(account(world, url, ca_file=str(pki.path("ca.pem"))), sim_of(world).key) == 42


async def test_an_apps_id_is_sent_as_dsm_wants_it(world: World) -> None:
    sim = sim_of(world)
    assert base64.b64decode(sim.certificate_key).decode() == f"{sim.app_id}:"
