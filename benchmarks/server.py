"""A DSM and a Slack that cost next to nothing: HTTP/1.1 by hand, in a process of its own.

`/sys/v1/accounts/{id}/usage` answers for any account id ending in its number; `/hook/...` takes Slack webhook posts.
The benchmark steers it: `POST /bench/cross` with a JSON list of account numbers makes their use of this month's
operations cross; `GET /bench/times` tells when an answer first showed a crossing and when a post named its license.
"""

import asyncio
import json
import re
import time
from urllib.parse import parse_qs

from benchmarks.shape import LICENSE

DAY = 86_400
MONTH = 45 * DAY
"""Windows shorter than this, but for single days, are a month's."""

CROSSED = 46_000_000
"""Operations this month of an account that was made to cross: 92 % of the quota."""

USAGE = (
    '{"num_operations":%d,"encryption_operations":%d,"decryption_operations":%d,"sign_operations":%d,'
    '"verify_operations":%d,"tokenization_operations":%d,"detokenization_operations":%d,"secrets_operations":%d,'
    '"plugin_invoke_operations":%d,"apps":{"generic":31,"tokenization":4,"tep":2,"accelerator":1,'
    '"secrets_management":6,"aws_cloud_accounts":5,"azure_cloud_accounts":2,"gcp_cloud_accounts":1,'
    '"google_ekm_projects":0,"aws_xks_instances":3},"plugin":7,"hsm_gateway":1,"sobjects":4821,'
    '"sobjects_accuracy":{"$type":"Exact"},"operation_top_app":{%s},"operation_top_sobject":{%s}}'
)
PER_HOUR = (20_000, 7_000, 5_000, 1_500, 900, 4_000, 1_200, 300, 100)
"""Operations an hour, in the order of the answer's counts."""

TOP = ",".join(f'"{n:08x}-0000-4000-8000-{n:012x}":{90_000 // n}' for n in range(1, 11))


class Desk:
    """What the benchmark set, and what was seen. Times are seconds of the monotonic clock."""

    def __init__(self) -> None:
        self.crossed: set[int] = set()
        self.shown: dict[int, float] = {}
        self.heard: dict[int, float] = {}
        self.posts = 0
        self.requests = 0

    def usage(self, account: int, query: str) -> bytes:
        self.requests += 1
        given = parse_qs(query)
        seconds = int(given["range_to"][0]) - int(given["range_from"][0])
        counts = [each * seconds // 3600 for each in PER_HOUR]
        if account in self.crossed and seconds != DAY and seconds < MONTH:
            counts[0] = CROSSED + counts[0] // 1000
            self.shown.setdefault(account, time.monotonic())
        return (USAGE % (*counts, TOP, TOP)).encode()

    def post(self, body: bytes) -> bytes:
        now = time.monotonic()
        self.posts += 1
        for number in re.findall(LICENSE.format(r"(\d{5})"), body.decode(errors="replace")):
            self.heard.setdefault(int(number), now)
        return b"ok"

    def answer(self, method: str, target: str, body: bytes) -> bytes:
        path, _, query = target.partition("?")
        if path.endswith("/usage"):
            return self.usage(int(path[:-6][-12:]), query)
        if path.startswith("/hook/"):
            return self.post(body)
        if path == "/bench/cross" and method == "POST":
            self.crossed.update(json.loads(body))
            return b"{}"
        return json.dumps(
            {"shown": self.shown, "heard": self.heard, "posts": self.posts, "requests": self.requests}
        ).encode()


class Talk(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1")
            length = re.search(r"(?i)\r\ncontent-length: *(\d+)", head)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < stop:
                return
            body, self._buffer = self._buffer[end + 4 : stop], self._buffer[stop:]
            method, target, _ = head.split(" ", 2)
            self._reply(self._desk.answer(method, target, body))

    def _reply(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        if self._transport is not None:
            self._transport.write(head.encode() + body)


async def main() -> None:
    desk = Desk()
    server = await asyncio.get_running_loop().create_server(lambda: Talk(desk), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
