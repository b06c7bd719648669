"""Account names and the small numbers that stand for them in `readings`."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerter.store.chunks import chunks
from alerter.store.connections import Connections
from alerter.store.tables import accounts

UNWATCHED = {
    "active": False,
    "next_poll_at": 0,
    "poll_claimed": False,
    "next_fill_at": 0,
    "fill_claimed": False,
    "failures": 0,
}


class AccountNumbers:
    """Remembers which account has which number: rows of `accounts` are never deleted, nor renamed."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._known: dict[str, int] = {}

    async def of(self, conn: AsyncConnection, names: Iterable[str]) -> Mapping[str, int]:
        """The numbers of these accounts; who was never stored is left out."""
        wanted = set(names)
        if missing := wanted - self._known.keys():
            self._known |= await _find(conn, missing)
        return {name: self._known[name] for name in wanted if name in self._known}

    async def of_all(self, conn: AsyncConnection, names: Iterable[str]) -> Mapping[str, int]:
        """The numbers of all these accounts, in a writing transaction: who was never stored is, but not polled."""
        wanted = set(names)
        found = dict(await self.of(conn, wanted))
        if missing := wanted - found.keys():
            insert = self._connections.insert(accounts).on_conflict_do_nothing()
            await conn.execute(insert, [{"name": name, **UNWATCHED} for name in sorted(missing)])
            found |= await _find(conn, missing)  # not remembered: this transaction may yet be undone
        return found


async def _find(conn: AsyncConnection, names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(sorted(names)):
        rows = await conn.execute(select(accounts.c.name, accounts.c.id).where(accounts.c.name.in_(some)))
        found.update((name, number) for name, number in rows)
    return found
