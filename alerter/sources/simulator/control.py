"""Steering a simulator in another process, over HTTP. JSON in, 204 or JSON out; a mistake is 400 with a sentence.

`POST /_simulator/faults` with `{"account": id or null, "kind": "status", "times": 2, …}`: `kind` and the further keys
(`status`, `body`, `headers`, `location`, `interval`, `path`) are those of `Fault`; `{"clear": true, "account": id or
null}` ends faults.

`POST /_simulator/usage`, on an account that is scripted: `{"account": id, "add": [["num_operations", 1700000000, 500],
…], "gauges": {"plugin": 3}, "totals": {"num_operations": 90, "sign_operations": null}, "maps": {"operation_top_app":
{"a": 5}}}`; on any other: `{"account": id, "happen": [["sign_operations", start, end, amount], …]}`.

`GET /_simulator/requests` gives the number of API requests by account id, or by path where there is no account;
`POST /_simulator/sessions/end` ends every session.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from alerter.sources.simulator.faults import Fault, Kind
from alerter.sources.simulator.rhythm import Incident
from alerter.sources.simulator.usage import Rhythmic
from alerter.sources.simulator.world import World

_DONE = 204


def control_routes(world: World) -> list[Route]:
    """The routes below `/_simulator`, for this world."""
    control = Control(world)
    return [
        Route("/_simulator/faults", control.faults, methods=["POST"]),
        Route("/_simulator/usage", control.usage, methods=["POST"]),
        Route("/_simulator/requests", control.requests),
        Route("/_simulator/sessions/end", control.end_sessions, methods=["POST"]),
    ]


class Control:
    """The handlers; everything they do can be done to the `World` directly."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def faults(self, request: Request) -> Response:
        try:
            self._fault(await request.json())
        except (ValueError, TypeError, KeyError) as error:
            return PlainTextResponse(f"not a fault: {error}", 400)
        return Response(status_code=_DONE)

    async def usage(self, request: Request) -> Response:
        try:
            self._use(await request.json())
        except (ValueError, TypeError, KeyError) as error:
            return PlainTextResponse(f"not usage: {error}", 400)
        return Response(status_code=_DONE)

    async def requests(self, _: Request) -> Response:
        return JSONResponse(dict(self._world.requests))

    async def end_sessions(self, _: Request) -> Response:
        self._world.end_sessions()
        return Response(status_code=_DONE)

    def _fault(self, wanted: dict[str, Any]) -> None:
        account = wanted.pop("account", None)
        if wanted.pop("clear", False):
            self._world.clear(account)
            return
        times = wanted.pop("times", None)
        self._world.fault(account, Fault(kind=Kind(wanted.pop("kind")), **wanted), times)

    def _use(self, wanted: dict[str, Any]) -> None:
        account = self._world.account(wanted["account"])
        if isinstance(account.usage, Rhythmic):
            for metric, start, end, amount in wanted.get("happen", ()):
                account.usage.happen(metric, Incident(start=start, end=end, amount=amount))
            return
        usage = account.scripted
        for metric, at, amount in wanted.get("add", ()):
            usage.add(metric, at, amount)
        for metric, value in wanted.get("gauges", {}).items():
            usage.set_gauge(metric, value)
        for metric, total in wanted.get("totals", {}).items():
            usage.report_total(metric, total)
        for metric, counts in wanted.get("maps", {}).items():
            usage.set_map(metric, counts)
