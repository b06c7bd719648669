"""What every part of the store works with."""

from dataclasses import dataclass

from alerter.store.accounts import AccountNumbers
from alerter.store.connections import Connections, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The statements that run for many rows at every commit."""

    keep_closed: Statement
    replace_open: Statement
    polls: Statement
    fills: Statement


class Part:
    """One port's share of the store; all parts of a store share these."""

    def __init__(self, connections: Connections, numbers: AccountNumbers, prepared: Prepared) -> None:
        self.connections = connections
        self.numbers = numbers
        self.prepared = prepared
