"""The simulated DSM as an ASGI app: the part of the REST API that alerter uses.

Source: Fortanix DSM REST API (AccountUsage, ListAccounts, GetAccount, Authenticate, Terminate, GetHealth, Version).
"""

import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from alerter.sources.simulator.control import control_routes
from alerter.sources.simulator.world import SimAccount, World, accuracy, answer

SESSION_SECONDS = 600


def create_app(world: World, now: Callable[[], datetime]) -> Starlette:
    """An app that answers for this world; nothing is counted after `now()`. Add no public address to it: no TLS."""
    api = Api(world, now)
    app = Starlette(
        routes=[
            Route("/sys/v1/accounts", api.accounts),
            Route("/sys/v1/accounts/{id}", api.account),
            Route("/sys/v1/accounts/{id}/usage", api.usage),
            Route("/sys/v1/session/auth", api.authenticate, methods=["POST"]),
            Route("/sys/v1/session/terminate", api.terminate, methods=["POST"]),
            Route("/sys/v1/health", api.health),
            Route("/sys/v1/version", api.version),
            *control_routes(world),
        ],
        exception_handlers={HTTPException: _refusal},
    )
    app.add_middleware(Faulty, world=world)
    return app


class Faulty:
    """Counts each API request and lets the faults in force answer first."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith("/sys/"):
            await self._app(scope, receive, send)
            return
        account = _account_in(path)
        self._world.requests[account or path] += 1
        fault = self._world.faults.next(account, path)
        await (fault or self._app)(scope, receive, send)


class Api:
    """The handlers. A key that is nobody's is 401, somebody else's 403, an account that is none 404."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self._world = world
        self._now = now

    async def usage(self, request: Request) -> Response:
        account = self._allowed(request)
        query = request.query_params
        now = int(self._now().timestamp())
        month = self._now().astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        start = _integer(query.get("range_from"), int(month.timestamp()))
        end = min(_integer(query.get("range_to"), now), now)
        detailed, full = (_flag(query.get(name)) for name in ("detailed_usage", "saas_full_usage"))
        return JSONResponse(answer(account, start, max(start, end), detailed=detailed, full=full))

    async def accounts(self, request: Request) -> Response:
        """The one account of the key's app, or, for the world's provider key, all of them, page by page by id."""
        caller = self._caller(request)
        found = sorted((a for a in self._world.accounts.values() if self._sees(caller, a)), key=lambda a: a.id)
        previous = request.query_params.get("previous_id", "")
        limit = _integer(request.query_params.get("limit"), 1000)
        page = [account for account in found if account.id > previous][:limit]
        return JSONResponse([self._record(account, request) for account in page])

    async def account(self, request: Request) -> Response:
        return JSONResponse(self._record(self._allowed(request), request))

    async def authenticate(self, request: Request) -> Response:
        caller = self._caller(request)
        token = base64.urlsafe_b64encode(uuid.uuid4().bytes + uuid.uuid4().bytes).decode().rstrip("=")
        self._world.sessions[token] = caller.key
        return JSONResponse(
            {
                "token_type": "Bearer",
                "expires_in": SESSION_SECONDS,
                "access_token": token,
                "entity_id": caller.app_id,
                "allowed_mfa_methods": [],
            }
        )

    async def terminate(self, request: Request) -> Response:
        self._caller(request)
        self._world.sessions.pop(request.headers["authorization"].partition(" ")[2], None)
        return Response(status_code=204)

    async def health(self, _: Request) -> Response:
        return Response(status_code=204)

    async def version(self, _: Request) -> Response:
        return JSONResponse({"version": "4.34.2350", "api_version": "v1-20170718", "server_mode": "Software"})

    def _caller(self, request: Request) -> SimAccount:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        key = self._world.sessions.get(given, "") if scheme.lower() == "bearer" else given
        caller = self._world.holder(key)
        if caller is None:
            raise HTTPException(401, "Invalid credentials")
        return caller

    def _sees(self, caller: SimAccount, account: SimAccount) -> bool:
        return caller.id in (account.id, self._world.provider)

    def _allowed(self, request: Request) -> SimAccount:
        caller = self._caller(request)
        account = self._world.accounts.get(request.path_params["id"])
        if account is None:
            raise HTTPException(404, "Account does not exist")
        if not self._sees(caller, account):
            raise HTTPException(403, "Operation not allowed for this app")
        return account

    def _record(self, account: SimAccount, request: Request) -> dict[str, Any]:
        record: dict[str, Any] = {
            "acct_id": account.id,
            "name": account.name,
            "created_at": "20240101T000000Z",
            "enabled": True,
            "logging_configs": {},
            "mark_key_disable_when_deactivated": False,
            "original_purpose": {"$type": "Standard"},
            "purpose": {"$type": "Standard"},
            "subscription": account.subscription,
        }
        if request.query_params.get("with_totals") == "true":
            record["totals"] = self._totals(account)
        return record

    def _totals(self, account: SimAccount) -> dict[str, Any]:
        now = int(self._now().timestamp())
        counts = account.usage.counts(0, now)
        return {
            "groups": 1,
            "apps": counts["apps.generic"],
            "users": 1,
            "plugins": counts["plugin"],
            "sobjects": counts["sobjects"],
            "sobjects_accuracy": accuracy(counts["sobjects"]),
            "child_accounts": 0,
        }


def _account_in(path: str) -> str | None:
    parts = path.split("/")
    return parts[4] if path.startswith("/sys/v1/accounts/") else None


def _integer(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        raise HTTPException(400, "Invalid query")
    return int(text)


def _flag(text: str | None) -> bool:
    if text not in (None, "true", "false"):
        raise HTTPException(400, "Invalid query")
    return text == "true"


async def _refusal(_: Request, error: Exception) -> Response:
    """DSM gives plain text for what it denies and JSON for the rest."""
    refusal = error if isinstance(error, HTTPException) else HTTPException(500)
    if refusal.status_code in (401, 403):
        return PlainTextResponse(refusal.detail, refusal.status_code)
    return Response(json.dumps({"message": refusal.detail}), refusal.status_code, media_type="application/json")
