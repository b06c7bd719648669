"""A Slack on loopback: takes messages as Slack does, holds its limits, and has faults on demand."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from support.serve import serve

TOKEN = "xoxb-test-0123456789-secret"
HOOK = "T0SECRET/B0SECRET/hooksecret"
CHANNEL_ID = "C0123456789"


@dataclass(frozen=True, slots=True)
class Fault:
    """What one call does instead of its work; `after` it, where `taken`."""

    status: int = 200
    error: str = ""
    body: str = ""
    content_type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    cut: bool = False
    taken: bool = False


@dataclass(slots=True)
class Slack:
    """`messages` are those it took, oldest first; `faults` by method (`hook` for webhooks), used up one a call."""

    url: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    page: int = 100
    other_channels: int = 0

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    @property
    def hook(self) -> str:
        return f"{self.url}/hooks/{HOOK}"

    def fail(self, method: str, *faults: Fault) -> None:
        self.faults.setdefault(method, []).extend(faults)

    def take(self, body: dict[str, Any]) -> str:
        """Keep a message; gives its timestamp."""
        ts = f"{time.time():.6f}"
        self.messages.append({**body, "ts": ts})
        return ts


@contextmanager
def slack() -> Iterator[Slack]:
    """A Slack with the public channel #license-usage, while the block runs."""
    fake = Slack()

    async def api(request: Request) -> Response:
        return await _answer(fake, request.path_params["method"], request)

    async def hook(request: Request) -> Response:
        return await _answer(fake, "hook", request)

    app = Starlette(
        routes=[
            Route("/api/{method}", api, methods=["GET", "POST"]),
            Route("/hooks/{rest:path}", hook, methods=["POST"]),
        ]
    )
    with serve(app) as url:
        fake.url = url
        yield fake


async def _answer(fake: Slack, method: str, request: Request) -> Response:
    fake.calls.append(method)
    faults = fake.faults.get(method)
    fault = faults.pop(0) if faults else None
    if fault is None or fault.taken:
        answer = await _work(fake, method, request)
        if fault is None:
            return answer
    return await _fail(fault, request)


async def _fail(fault: Fault, request: Request) -> Response:
    if fault.hang:
        while (await request.receive())["type"] != "http.disconnect":
            pass
    if fault.cut:
        return StreamingResponse(iter([b'{"ok": tr']), headers={"Content-Length": "500"})
    if fault.error:
        return JSONResponse({"ok": False, "error": fault.error}, fault.status, dict(fault.headers))
    return Response(fault.body, fault.status, dict(fault.headers), media_type=fault.content_type)


async def _work(fake: Slack, method: str, request: Request) -> Response:
    if method == "hook":
        return _hook(fake, await request.json())
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return JSONResponse({"ok": False, "error": "invalid_auth"})
    if method == "chat.postMessage":
        return _post(fake, await request.json())
    if method == "conversations.list":
        return _channels(fake, request)
    if method == "conversations.history":
        return _history(fake, request)
    return JSONResponse({"ok": method == "auth.test"})


def _hook(fake: Slack, body: dict[str, Any]) -> Response:
    if problem := unfit(body):
        return PlainTextResponse(problem, 400)
    fake.take(body)
    return PlainTextResponse("ok")


def _post(fake: Slack, body: dict[str, Any]) -> Response:
    if body["channel"].removeprefix("#") not in {"license-usage", CHANNEL_ID}:
        return JSONResponse({"ok": False, "error": "channel_not_found"})
    if problem := unfit(body):
        return JSONResponse({"ok": False, "error": problem})
    return JSONResponse({"ok": True, "channel": CHANNEL_ID, "ts": fake.take(body)})


def _channels(fake: Slack, request: Request) -> Response:
    others = [{"id": f"C9{number:08}", "name": f"other-{number}"} for number in range(fake.other_channels)]
    return _page(fake, request, "channels", [*others, {"id": CHANNEL_ID, "name": "license-usage"}])


def _history(fake: Slack, request: Request) -> Response:
    oldest = float(request.query_params.get("oldest", "0"))
    found = [m for m in reversed(fake.messages) if float(m["ts"]) > oldest]
    if request.query_params.get("include_all_metadata") not in {"1", "true"}:
        found = [{name: value for name, value in m.items() if name != "metadata"} for m in found]
    return _page(fake, request, "messages", found)


def _page(fake: Slack, request: Request, name: str, entries: list[dict[str, Any]]) -> Response:
    start = int(request.query_params.get("cursor") or 0)
    following = str(start + fake.page) if start + fake.page < len(entries) else ""
    return JSONResponse(
        {"ok": True, name: entries[start : start + fake.page], "response_metadata": {"next_cursor": following}}
    )


def unfit(body: Mapping[str, Any]) -> str:
    """Slack's word for a message beyond its limits; empty for one that fits."""
    if len(body.get("text", "")) > 40_000:
        return "msg_too_long"
    attachments = body.get("attachments", [])
    stacks = [body.get("blocks", []), *(a.get("blocks", []) for a in attachments)]
    if any(len(stack) > 50 for stack in stacks) or len(json.dumps(body)) > 100_000:
        return "msg_blocks_too_long"
    return "" if all(_fits(block) for stack in stacks for block in stack) else "invalid_blocks"


def _fits(block: Mapping[str, Any]) -> bool:
    if block["type"] == "header":
        return block["text"]["type"] == "plain_text" and 0 < len(block["text"]["text"]) <= 150
    if block["type"] == "section":
        fields = block.get("fields", [])
        text = block.get("text", {}).get("text", "")
        good_fields = len(fields) <= 10 and all(0 < len(f["text"]) <= 2000 for f in fields)
        return bool(text or fields) and len(text) <= 3000 and good_fields
    return block["type"] == "context" and 0 < len(block["elements"]) <= 10


def shown(message: Mapping[str, Any]) -> str:
    """All the text of a message, as it went over the wire."""
    return json.dumps({name: message.get(name) for name in ("text", "blocks", "attachments")}, ensure_ascii=False)


def interpreted(message: Mapping[str, Any]) -> str:
    """The text of a message in which Slack looks for formatting: all but its plain_text objects."""
    found = [str(message.get("text", ""))]

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if value.get("type") == "mrkdwn":
                found.append(value["text"])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk([message.get("blocks"), message.get("attachments")])
    return "\n".join(found)
