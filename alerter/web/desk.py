"""Everything that the pages, the API and the metrics read from."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from alerter.pipeline.overview import Overview
from alerter.pipeline.watch import Watch
from alerter.store import Database
from alerter.web.state import ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`watch` gives the rule book in force now; `token` the secret ALERTER_WEB_TOKEN, which reading does not need.

    `reload` reads the rule files again and says whether they are in force now; None where the rules are fixed.
    """

    watch: Callable[[], Watch]
    overview: Overview
    store: Database
    clock: Callable[[], datetime]
    token: Callable[[], str | None]
    state: ServiceState
    reload: Callable[[], Awaitable[bool]] | None = None
