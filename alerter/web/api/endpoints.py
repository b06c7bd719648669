"""The API's addresses. All but `reload` only read; a bad parameter is answered with 400 and what is allowed."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alerter.web.api import lists, shapes
from alerter.web.api.openapi import DOCUMENT, FILTERS
from alerter.web.api.parameters import Parameters, parameters
from alerter.web.api.reload import Reload
from alerter.web.desk import Desk

Answer = Callable[[Parameters], Awaitable[shapes.Json]]


class Api:
    """Answers from the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        answers: dict[str, Answer] = {
            "licenses": self.licenses,
            "accounts": self.accounts,
            "alerts": self.alerts,
            "readings": self.readings,
            "outbox": self.outbox,
            "rules": self.rules,
        }
        found = [Route(f"/{name}", _endpoint(answer, tuple(FILTERS[name]))) for name, answer in answers.items()]
        return [*found, Route("/alerts/{id}", self.alert), Reload(self._desk).route(), Route("/openapi.json", _openapi)]

    async def licenses(self, given: Parameters) -> shapes.Json:
        page = await lists.licenses(self._desk, given)
        return shapes.listing([shapes.license_json(item) for item in page.items], page.next)

    async def accounts(self, given: Parameters) -> shapes.Json:
        page = await lists.accounts(self._desk, given)
        return shapes.listing([shapes.account_json(*item) for item in page.items], page.next)

    async def alerts(self, given: Parameters) -> shapes.Json:
        page = await lists.alerts(self._desk, given)
        return shapes.listing([shapes.alert_json(item) for item in page.items], page.next)

    async def alert(self, request: Request) -> JSONResponse:
        story = await self._desk.store.queries.alert(request.path_params["id"])
        if story is None:
            raise HTTPException(404, "no such alert")
        return JSONResponse(shapes.story_json(story))

    async def readings(self, given: Parameters) -> shapes.Json:
        page = await lists.readings(self._desk, given)
        return shapes.listing([shapes.reading_json(item) for item in page.items], page.next)

    async def outbox(self, given: Parameters) -> shapes.Json:
        page = await lists.outbox(self._desk, given)
        return shapes.listing([shapes.delivery_json(item) for item in page.items], page.next)

    async def rules(self, given: Parameters) -> shapes.Json:
        state, rules = self._desk.state, self._desk.watch().book.rules
        names = [name for name in sorted(rules) if given.cursor is None or name > given.cursor]
        shown = names[: given.limit]
        return {
            **shapes.listing(
                [shapes.rule_json(rules[n]) for n in shown], shown[-1] if len(names) > len(shown) else None
            ),
            "hash": self._desk.watch().book.hash,
            "loaded_at": shapes.utc(state.book_loaded_at),
            "reload_ok": state.reload_ok,
            "rejected": [shapes.mistake_json(mistake) for mistake in state.rejected],
        }


def _endpoint(answer: Answer, takes: tuple[str, ...]) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(request: Request) -> JSONResponse:
        return JSONResponse(await answer(parameters(request, *takes)))

    return endpoint


async def _openapi(_request: Request) -> JSONResponse:
    return JSONResponse(DOCUMENT)
