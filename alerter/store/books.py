"""Rule books that were in force."""

from sqlalchemy import delete, select

from alerter.core.ports import StoredBook
from alerter.store.connections import upsert
from alerter.store.encoding import micros, pack, unpack, when
from alerter.store.parts import Part
from alerter.store.tables import plain_books, rule_books


class BookShelf(Part):
    """The port `Books`, and the parsed book of the last start."""

    async def save_book(self, book: StoredBook) -> None:
        row = {"hash": book.hash, "files": pack(dict(book.files)), "loaded_at": micros(book.loaded_at)}
        async with self.connections.writing() as conn:
            await conn.execute(delete(rule_books).where(rule_books.c.hash == book.hash))
            await conn.execute(self.connections.insert(rule_books).values(row))

    async def last_book(self) -> StoredBook | None:
        """The one saved last."""
        async with self.connections.reading() as conn:
            row = (await conn.execute(select(rule_books).order_by(rule_books.c.id.desc()).limit(1))).first()
        if row is None:
            return None
        files = {name: str(text) for name, text in unpack(row.files).items()}
        return StoredBook(hash=row.hash, files=files, loaded_at=when(row.loaded_at))

    async def save_plain(self, hash: str, plain_json: str) -> None:  # noqa: A002 - the field's name
        """Keep the parsed form of this book, in place of any other's, so that a restart need not parse."""
        async with self.connections.writing() as conn:
            await conn.execute(delete(plain_books).where(plain_books.c.hash != hash))
            new = self.connections.insert(plain_books).values(hash=hash, plain=plain_json)
            await conn.execute(upsert(new, plain_books))

    async def plain(self, hash: str) -> str | None:  # noqa: A002 - the field's name
        """What `save_plain` kept for this hash."""
        async with self.connections.reading() as conn:
            found: str | None = (
                await conn.execute(select(plain_books.c.plain).where(plain_books.c.hash == hash))
            ).scalar()
        return found
