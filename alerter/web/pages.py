"""The pages: plain HTML made here, readable without JavaScript."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from alerter.core.checks import matches
from alerter.core.model import Event, Status
from alerter.store.queries import ChannelState
from alerter.web import stories, words
from alerter.web.desk import Desk
from alerter.web.rows import ATTENTION, LicenseRow, license_row

FOLDER = Path(__file__).parent
PAGE = 200
ALERTS = 100
NOTICES = 8
LATELY = timedelta(days=7)
SORTS = ("attention", "name", "used")


def templates() -> Environment:
    """Jinja2 that escapes everything and knows the words of the pages."""
    found = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(words.FILTERS)
    return found


class Pages:
    """Every page, read from the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._templates = templates()

    def routes(self) -> list[Route]:
        return [
            Route("/", self.first),
            Route("/alerts", self.alerts),
            Route("/alerts/{id}", self.alert),
            Route("/rules", self.rules),
            Route("/health", self.health),
        ]

    def render(self, template: str, status: int = 200, **facts: object) -> HTMLResponse:
        text = self._templates.get_template(template).render(now=self._desk.clock(), **facts)
        return HTMLResponse(text, status_code=status)

    async def first(self, request: Request) -> Response:
        """Licenses by name, `PAGE` at a time; those of a page in the order that was asked for."""
        watch, now = self._desk.watch(), self._desk.clock()
        query, sort = request.query_params.get("q", "").strip(), request.query_params.get("sort", SORTS[0])
        names = sorted(name for name in watch.book.licenses if _found(query, name, watch.book.licenses[name].accounts))
        number = _number(request.query_params.get("page"), max(1, -(-len(names) // PAGE)))
        some = names[(number - 1) * PAGE : number * PAGE]
        reports = await self._desk.overview.licenses(watch, some, now, ahead=True)
        rows = [license_row(report, now) for report in reports]
        return self.render(
            "first.html",
            rows=_sorted(rows, sort),
            total=len(names),
            every=len(watch.book.licenses),
            number=number,
            pages=max(1, -(-len(names) // PAGE)),
            query=query,
            sort=sort if sort in SORTS else SORTS[0],
            sorts=SORTS,
            standing=[a for a in await self._desk.store.live_alerts() if a.status is Status.OPEN],
            state=self._desk.state,
            failing=_failing(await self._desk.store.queries.channel_states()),
            notices=await self._notices(),
        )

    async def _notices(self) -> Sequence[Event]:
        """What the service said about itself lately, the last first."""
        lately = await self._desk.store.queries.events(since=self._desk.clock() - LATELY, limit=500)
        found = [event for event in lately.items if event.payload.get("type") == "notice"]
        return found[:NOTICES]

    async def alerts(self, request: Request) -> Response:
        chosen = request.query_params.get("status", "open")
        status = None if chosen == "all" else Status(chosen) if chosen in {"open", "recovered", "closed"} else None
        try:
            page = await self._desk.store.queries.alerts(
                status, limit=ALERTS, after=request.query_params.get("cursor") or None
            )
        except ValueError:
            raise HTTPException(404, "There is no such part of the list.") from None
        return self.render(
            "alerts.html",
            alerts=page.items,
            next=page.next,
            chosen=chosen if status else "all",
            known=self._desk.watch().known,
            about=stories.about,
            standing=stories.standing,
        )

    async def alert(self, request: Request) -> Response:
        story = await self._desk.store.queries.alert(request.path_params["id"])
        if story is None:
            raise HTTPException(404, "There is no such alert. Alerts are dropped when they are older than the history.")
        watch, check = self._desk.watch(), story.alert.key.check
        lic = watch.book.licenses.get(check.subject) if check.subject_kind == "license" else None
        return self.render(
            "alert.html",
            story=story,
            alert=story.alert,
            zone=lic.timezone if lic else "UTC",
            rule=watch.book.rules.get(check.rule),
            words=stories.about(story.alert, watch.known),
            standing=stories.standing(story.alert),
            sentence=stories.sentence,
        )

    async def rules(self, _request: Request) -> Response:
        return self.render("rules.html", book=self._desk.watch().book, state=self._desk.state)

    async def health(self, _request: Request) -> Response:
        watch, state, store = self._desk.watch(), self._desk.state, self._desk.store
        polls = await store.poll_states()
        monotonic = state.monotonic()
        return self.render(
            "health.html",
            polls=sorted(polls, key=lambda p: (p.failing_since is None, p.account))[:PAGE],
            accounts=len(watch.book.accounts),
            failing=sum(p.failing_since is not None for p in polls),
            loops=[(name, loop, loop.age(monotonic), loop.is_late(monotonic)) for name, loop in state.loops.items()],
            backlog=await store.queries.backlog(),
            states={channel.name: channel for channel in await store.queries.channel_states()},
            channels=watch.book.channels,
            waiting=await store.queries.undelivered(limit=50),
            state=state,
        )


def _found(query: str, name: str, accounts: Sequence[str]) -> bool:
    """A part of the license's or an account's name, or a glob as in rule files."""
    wanted = query.casefold()
    texts = [text.casefold() for text in (name, *accounts)]
    return any(wanted in text or matches([wanted], text) for text in texts)


def _number(text: str | None, most: int) -> int:
    """A page's number; the nearest there is."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 1
    return min(max(number, 1), most)


def _sorted(rows: Sequence[LicenseRow], by: str) -> list[LicenseRow]:
    if by == "name":
        return sorted(rows, key=lambda row: row.name)
    if by == "used":
        return sorted(rows, key=lambda row: (-row.ratio, row.name))
    return sorted(rows, key=lambda row: (ATTENTION.index(row.tone), -row.ratio, row.name))


def _failing(channels: Sequence[ChannelState]) -> list[ChannelState]:
    return [channel for channel in channels if channel.failing_since is not None]
