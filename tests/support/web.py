"""A desk with a real store behind it, filled by the real judge: what pages, API and metrics are looked at with."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
from support.story import quota, rule

from alerter.core.book import Account, Channel, License, Quota, Rule, RuleBook, SecretName
from alerter.core.errors import BadAnswer, SourceError, Unreachable
from alerter.core.model import Reading, Receipt
from alerter.core.plan import live_asks
from alerter.pipeline.overview import Overview
from alerter.pipeline.settle import Answer, Settler
from alerter.pipeline.watch import Watch
from alerter.store import Database, open_store
from alerter.web.app import create_app
from alerter.web.desk import Desk
from alerter.web.state import ServiceState

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
EVIL = '<script>alert("x")</script>&"\'\u202e{{ 7*7 }}'


def account(name: str) -> Account:
    return Account(
        name=name,
        url="https://dsm.example.com",
        account_id="7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11",
        credential=SecretName("ACME_SECRET_NAME"),
        labels={"env": "prod"},
    )


def lic(name: str, *accounts: str, quotas: tuple[Quota, ...], starts: date | None = None, **more: object) -> License:
    start = starts or date(2026, 4, 15)
    return License(name=name, accounts=accounts, starts=start, quotas={q.metric: q for q in quotas}, **more)  # type: ignore[arg-type]


def book_of(*licenses: License, rules: tuple[Rule, ...] = ()) -> RuleBook:
    names = dict.fromkeys(name for one in licenses for name in one.accounts)
    return RuleBook(
        hash="ab" * 32,
        accounts={name: account(name) for name in names},
        licenses={one.name: one for one in licenses},
        channels={name: Channel(name=name, kind="console", options=None) for name in ("slack", "mail")},
        rules={one.name: one for one in rules or (rule("75%", "90%", "100%", name="quota-used", notify=("slack",)),)},
    )


OPERATIONS = quota("num_operations", 50_000_000)


def every_state() -> RuleBook:
    """One license for each thing that a quota's line can say."""
    monthly, yearly = OPERATIONS, quota("tokenization_operations", 400_000_000, "year")
    told = rule(
        "75%",
        "90%",
        "100%",
        name="quota-used",
        notify=("slack", "mail"),
        owner="finance",
        runbook="https://wiki.example.com/dsm-quota",
    )
    return book_of(
        lic(
            "acme-enterprise",
            "acme-prod",
            "acme-dr",
            quotas=(monthly, yearly, quota("apps.generic", 120), quota("apps.tep", None), quota("plugin", 10, "none")),
            ends=date(2027, 4, 15),
            timezone="America/New_York",
        ),
        lic("over-the-top", "busy", quotas=(monthly,)),
        lic("factory", "silent-cluster", quotas=(monthly, quota("apps.google_ekm_projects", 4))),
        lic("half-there", "first-half", "second-half", quotas=(monthly,)),
        lic("not-answering", "broken", quotas=(monthly,)),
        lic("never-read", "fresh", quotas=(monthly,)),
        lic("next-year", "acme-prod", quotas=(monthly,), starts=date(2027, 1, 1)),
        lic("last-year", "acme-prod", quotas=(monthly,), starts=date(2025, 1, 1), ends=date(2026, 1, 1)),
        lic("nothing-allowed", "busy", quotas=(quota("sign_operations", 0),)),
        rules=(told,),
    )


@dataclass
class Scene:
    """A desk whose clock stands at `now` until `after` moves it."""

    store: Database
    book: RuleBook
    now: datetime = NOW
    ticks: float = 0
    state: ServiceState = field(init=False)
    settler: Settler = field(init=False)

    def __post_init__(self) -> None:
        hour = timedelta(hours=1)
        self.settler = Settler(
            self.store, Watch.over(self.book), poll_every=timedelta(minutes=15), fresh_for=hour, ops="slack"
        )
        self.state = ServiceState(
            monotonic=lambda: self.ticks, book_hash=self.book.hash, book_loaded_at=NOW - timedelta(days=2)
        )

    @property
    def desk(self) -> Desk:
        return Desk(
            watch=lambda: self.settler.watch,
            overview=Overview(store=self.store, fresh_for=timedelta(hours=1)),
            store=self.store,
            clock=lambda: self.now,
            token=lambda: None,
            state=self.state,
        )

    def browser(self, *, desk: Desk | None = None) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(create_app(desk or self.desk), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://alerter.example.com")

    async def read(self, name: str, counts: Mapping[str, int], *, at: datetime | None = None) -> None:
        """This account answers these counts in every current window, and is judged."""
        at = at or self.now
        asks = live_asks(self.settler.watch.needs[name], at)
        readings = [Reading(account=name, window=ask.window, kind=ask.kind, read_at=at, values=counts) for ask in asks]
        await self.settler.settle([Answer(account=name, asked_at=at, readings=readings)], at)

    async def fail(self, name: str, error: SourceError) -> None:
        await self.settler.settle([Answer(account=name, asked_at=self.now, error=error)], self.now)

    async def deliver(self, channel: str, error: str | None = None) -> None:
        """The channel takes everything that waits, or refuses it for good."""
        for row in await self.store.waiting(channel, self.now, 100):
            delivery = await self.store.claim(row.id, self.now, timedelta(minutes=1))
            if delivery is None:
                continue
            if error is None:
                await self.store.sent(delivery, Receipt(id=f"receipt-{row.id}"), self.now)
            else:
                await self.store.park(delivery, error, self.now, None)


@asynccontextmanager
async def scene(book: RuleBook, folder: Path) -> AsyncIterator[Scene]:
    store = await open_store(f"sqlite:///{folder}/alerter.db")
    try:
        await store.watch(list(book.accounts), NOW - timedelta(days=2))
        yield Scene(store=store, book=book)
    finally:
        await store.close()


async def fill(place: Scene) -> None:
    """The story behind `every_state`: over a day, thresholds are passed, an account fails, a channel refuses."""
    place.now = NOW - timedelta(days=1)
    apps = {"apps.generic": 31, "apps.tep": 900, "plugin": 9, "tokenization_operations": 60_000_000}
    await place.read("acme-dr", {"num_operations": 4_000_000, **apps})
    await place.read("acme-prod", {"num_operations": 35_210_000, **apps, "apps.generic": 40, "plugin": 0})
    await place.read("broken", {"num_operations": 11_000_000})
    await place.deliver("slack")
    place.now = NOW
    await place.read("acme-dr", {"num_operations": 4_500_000, **apps})
    await place.read("acme-prod", {"num_operations": 40_710_000, **apps, "apps.generic": 42, "plugin": 0})
    await place.read("busy", {"num_operations": 53_500_001, "sign_operations": 3})
    await place.read("silent-cluster", {"num_operations": 22_000_000})
    await place.read("first-half", {"num_operations": 12_000_000})
    await place.read("acme-dr", {"num_operations": 4_400_000, **apps})
    await place.fail("broken", Unreachable("connection refused"))
    await place.fail("second-half", BadAnswer("the answer is not JSON"))
    await place.deliver("mail", error="550 mailbox unavailable")
    await place.deliver("slack")
    for loop in ("collect", "deliver"):
        place.state.expect(loop, timedelta(seconds=1))
        place.state.beat(loop)


def renamed(book: RuleBook, name: str) -> RuleBook:
    """A rule book with one license, account and rule, all of this name."""
    one = next(iter(book.rules.values()))
    only = lic(name, name, quotas=(OPERATIONS,))
    return book_of(only, rules=(replace(one, name=name, owner=name, runbook=f"javascript:{name}"),))
