"""`alerter status`: what is used now."""

import asyncio
from typing import TYPE_CHECKING

from alerter.cli.faults import note, say_mistakes
from alerter.cli.options import Database, Output, Rules, Shape, settings_of

if TYPE_CHECKING:
    from alerter.bootstrap.reading import Reader
    from alerter.settings import Settings


def status(output: Output = "table", rules: Rules = None, database: Database = None) -> None:
    """How the licenses stand, as last read: used, quota, what is left, until when.

    Accounts that do not answer are listed below.
    """
    asyncio.run(_status(settings_of(rules, database), output))


async def _status(settings: "Settings", output: Shape) -> None:
    from alerter.bootstrap import clock
    from alerter.bootstrap.reading import reading
    from alerter.cli.licenses import show
    from alerter.core.model import Status
    from alerter.pipeline.overview import CHUNK

    async with reading(settings) as reader:
        say_rejected(reader)
        book, now = reader.watch.book, clock.now()
        reports = await reader.overview.licenses(
            reader.watch, list(book.licenses), now, ahead=len(book.licenses) <= CHUNK
        )
        polls = await reader.store.poll_states(list(book.accounts))
        alerts = [alert for alert in await reader.store.live_alerts() if alert.status is Status.OPEN]
        show(reports, polls, alerts, output, now)


def say_rejected(reader: "Reader") -> None:
    """On standard error: the rule files are not what this is judged by."""
    if reader.opened.rejected:
        say_mistakes(reader.opened.rejected)
        note("The rule book on disk cannot be obeyed; this is by the last good one.\n")
