"""One page of each list, filtered. Names may be globs, as in rule files: `license=acme-*`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from alerter.core.book import Account, Rule, RuleBook
from alerter.core.checks import matches
from alerter.core.model import Alert, AskKind, Outcome, PollState, Reading, Severity, Status
from alerter.core.report import LicenseReport
from alerter.store.queries import DeliveryLine, Page
from alerter.web.api.parameters import BadParameter, Parameters
from alerter.web.desk import Desk

T = TypeVar("T")
Fetch = Callable[[int, str | None], Awaitable[Page[T]]]

ROUNDS = 50
"""Pages looked through for one answer. A filter that finds little gives a short page, with a cursor to go on from."""

CHUNK = 200


def _named(glob: str | None, name: str) -> bool:
    return glob is None or matches([glob], name)


def _after(names: Sequence[str], cursor: str | None) -> list[str]:
    """The names behind the cursor, which is the last name shown, in order."""
    return [name for name in sorted(names) if cursor is None or name > cursor]


async def _sifted(fetch: Fetch[T], keep: Callable[[T], bool], given: Parameters) -> Page[T]:
    """Up to `limit` items that `keep` wants; never more pages than `ROUNDS`."""
    found: list[T] = []
    after, limit = given.cursor, given.limit
    for _ in range(ROUNDS):
        try:
            page = await fetch(limit - len(found), after)
        except ValueError as error:
            raise BadParameter(f"cursor: {error}") from None
        found += [item for item in page.items if keep(item)]
        after = page.next
        if after is None or len(found) >= limit:
            break
    return Page(items=tuple(found), next=after)


async def licenses(desk: Desk, given: Parameters) -> Page[LicenseReport]:
    watch, limit = desk.watch(), given.limit
    state, account = given.choice("state", Outcome, but=[Outcome.NO_QUOTA]), given.text("account")
    wanted = [
        name
        for name, lic in watch.book.licenses.items()
        if _named(given.text("license"), name) and (account is None or any(_named(account, a) for a in lic.accounts))
    ]
    names, now = _after(wanted, given.cursor), desk.clock()
    found: list[LicenseReport] = []
    while names and len(found) <= limit:
        some, names = names[:CHUNK], names[CHUNK:]
        reports = await desk.overview.licenses(watch, some, now, ahead=True)
        found += [r for r in reports if state is None or any(q.state is state for q in r.quotas)]
    more = len(found) > limit
    return Page(items=tuple(found[:limit]), next=found[limit - 1].name if more else None)


async def accounts(desk: Desk, given: Parameters) -> Page[tuple[Account, PollState | None]]:
    book, limit = desk.watch().book, given.limit
    glob, pooled = given.text("license"), set[str]()
    for lic in book.licenses.values():
        if _named(glob, lic.name):
            pooled.update(lic.accounts)
    wanted = [n for n in book.accounts if _named(given.text("account"), n) and (glob is None or n in pooled)]
    names = _after(wanted, given.cursor)
    states = {state.account: state for state in await desk.store.poll_states(names[:limit])}
    items = tuple((book.accounts[name], states.get(name)) for name in names[:limit])
    return Page(items=items, next=names[limit - 1] if len(names) > limit else None)


async def alerts(desk: Desk, given: Parameters) -> Page[Alert]:
    status = given.choice("status", Status, but=[Status.PENDING])
    severity = given.choice("severity", Severity)
    since, until = given.moment("since"), given.moment("until")
    lic, account = given.text("license"), given.text("account")

    def keep(alert: Alert) -> bool:
        check = alert.key.check
        return (
            (lic is None or (check.subject_kind == "license" and _named(lic, check.subject)))
            and (account is None or any(_named(account, name) for name in _accounts_of(alert)))
            and _named(given.text("rule"), check.rule)
            and (severity is None or alert.severity is severity)
            and (since is None or alert.opened_at >= since)
            and (until is None or alert.opened_at < until)
        )

    return await _sifted(lambda limit, after: desk.store.queries.alerts(status, limit=limit, after=after), keep, given)


def _accounts_of(alert: Alert) -> Sequence[str]:
    check = alert.key.check
    return (check.subject,) if check.subject_kind == "account" else alert.accounts


async def readings(desk: Desk, given: Parameters) -> Page[Reading]:
    kind = given.choice("kind", AskKind)
    since, until, account = given.moment("since"), given.moment("until"), given.text("account")
    return await _sifted(
        lambda limit, after: desk.store.queries.readings(
            account=account, since=since, until=until, kind=kind, limit=limit, after=after
        ),
        lambda _: True,
        given,
    )


async def outbox(desk: Desk, given: Parameters) -> Page[DeliveryLine]:
    status, channel = given.text("status"), given.text("channel")
    if status not in {None, "pending", "failed"}:
        raise BadParameter("status: expected one of pending, failed")
    return await _sifted(
        lambda limit, after: desk.store.queries.undelivered(limit=limit, after=after),
        lambda line: status in {None, line.status} and _named(channel, line.channel),
        given,
    )


def rules(book: RuleBook, given: Parameters) -> Page[Rule]:
    names, limit = _after(list(book.rules), given.cursor), given.limit
    items = tuple(book.rules[name] for name in names[:limit])
    return Page(items=items, next=names[limit - 1] if len(names) > limit else None)
