"""What a simulated DSM does wrong when it is told to, as ASGI responses."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from starlette.types import Message, Receive, Scope, Send

BIG = 100 * 1024 * 1024
"""Bytes of the body that no client should read."""


class Kind(StrEnum):
    STATUS = "status"  # an error status with an optional body and headers
    HANG = "hang"  # takes the request, never answers
    RESET = "reset"  # closes in the middle of the answer
    EMPTY = "empty"  # 200 with no body
    TRUNCATED = "truncated"  # JSON cut in half, length to match
    OTHER_SHAPE = "other_shape"  # JSON, but a list
    WRONG_TYPES = "wrong_types"  # numbers as strings
    NEGATIVE = "negative"
    HUGE = "huge"  # more than 64 bits hold
    BIG_BODY = "big_body"  # 100 MB, in pieces, without a declared length
    SLOW_DRIP = "slow_drip"  # a byte every `interval` seconds
    REDIRECT = "redirect"  # 302 to `location`


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to do wrong. `status`, `body` and `headers` are for STATUS, `location` for REDIRECT.

    `path` limits it to requests whose path ends so (`/usage`, `/session/auth`); empty: any.
    """

    kind: Kind
    status: int = 500
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    location: str = "https://elsewhere.invalid/"
    interval: float = 0.5
    path: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.kind is Kind.HANG:
            await _gone(receive)
        elif self.kind is Kind.SLOW_DRIP:
            await _drip(receive, send, self.interval)
        elif self.kind is Kind.BIG_BODY:
            await _big(send)
        elif self.kind is Kind.RESET:
            await send(_start(200, {"content-length": "1000"}))
            await send({"type": "http.response.body", "body": b'{"num_operations"', "more_body": True})
        else:
            await self._plain(send)

    async def _plain(self, send: Send) -> None:
        body = BODIES.get(self.kind, self.body.encode())
        status, headers = 200, {"content-type": "application/json"}
        if self.kind is Kind.STATUS:
            status, headers = self.status, {"content-type": "text/plain", **self.headers}
        elif self.kind is Kind.REDIRECT:
            status, headers = 302, {"location": self.location}
        if status != 204:
            headers["content-length"] = str(len(body))
        await send(_start(status, headers))
        await send({"type": "http.response.body", "body": b"" if status == 204 else body})


def status(code: int, body: str = "", **headers: str) -> Fault:
    """An error status; header names are written with `_` for `-`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(kind=Kind.STATUS, status=code, body=body, headers=names)


@dataclass(slots=True)
class Standing:
    """A fault in force for an account (None: all of them), `left` more times (None: until cleared)."""

    account: str | None
    fault: Fault
    left: int | None


class Faults:
    """The faults in force. The first that matches is used, and used up."""

    def __init__(self) -> None:
        self._standing: list[Standing] = []

    def add(self, account: str | None, fault: Fault, times: int | None) -> None:
        self._standing.append(Standing(account, replace(fault), times))

    def clear(self, account: str | None) -> None:
        """Those of one account; None: all."""
        self._standing = [s for s in self._standing if account is not None and s.account != account]

    def next(self, account: str | None, path: str) -> Fault | None:
        for standing in self._standing:
            if standing.account in (None, account) and path.endswith(standing.fault.path):
                if standing.left is not None:
                    standing.left -= 1
                self._standing = [s for s in self._standing if s.left is None or s.left > 0]
                return standing.fault
        return None


def _start(code: int, headers: Mapping[str, str]) -> Message:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": code, "headers": pairs}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drip(receive: Receive, send: Send, interval: float) -> None:
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await send(_start(200, {"content-type": "application/json"}))
        while not gone.done():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait([gone], timeout=interval)
    finally:
        gone.cancel()


async def _big(send: Send) -> None:
    await send(_start(200, {"content-type": "application/json"}))
    piece = b" " * 65_536
    for _ in range(BIG // len(piece)):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


BODIES: Mapping[Kind, bytes] = {
    Kind.EMPTY: b"",
    Kind.REDIRECT: b"",
    Kind.TRUNCATED: b'{"num_operations": 12, "encryption_oper',
    Kind.OTHER_SHAPE: b'[{"num_operations": 12}]',
    Kind.WRONG_TYPES: b'{"num_operations": "12", "sobjects": true}',
    Kind.NEGATIVE: b'{"num_operations": -1}',
    Kind.HUGE: b'{"num_operations": 9223372036854775808}',
}
