"""What pages and commands read. Nothing here writes; every list has a limit."""

from alerter.store.queries.days import DayQueries
from alerter.store.queries.deliveries import DeliveryQueries
from alerter.store.queries.readings import ReadingQueries
from alerter.store.queries.timelines import TimelineQueries
from alerter.store.queries.values import (
    AlertStory,
    AttemptLine,
    Backlog,
    ChannelState,
    Decision,
    DeliveryLine,
    Page,
)


class Queries(TimelineQueries, DeliveryQueries, ReadingQueries, DayQueries):
    """All of them, on one database. Each may raise StoreError, and ValueError for a cursor that is not its own."""


__all__ = ["AlertStory", "AttemptLine", "Backlog", "ChannelState", "Decision", "DeliveryLine", "Page", "Queries"]
