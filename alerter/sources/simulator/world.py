"""The accounts of a simulated DSM: who may read them, what they used, what goes wrong, and who asked."""

import base64
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from alerter.core.metrics import APP_CATEGORIES, GAUGES, MAPS
from alerter.sources.simulator.faults import Fault, Faults
from alerter.sources.simulator.rhythm import chance
from alerter.sources.simulator.usage import COUNTERS, Scripted, Usage

Mode = Literal["full", "seven_categories", "only_num_operations"]
"""What an account's cluster reports: everything; no EKM, XKS and accelerator apps (2025); only the total (older)."""

NEWER_CATEGORIES = ("accelerator", "google_ekm_projects", "aws_xks_instances")
EXACT_BELOW = 5000
"""DSM counts security objects exactly below this."""


@dataclass(slots=True, kw_only=True)
class SimAccount:
    """One account; `key` is its API key, base64 of `app_uuid:secret`.

    `new_categories` are app categories that no documentation knows yet.
    """

    id: str
    name: str
    key: str = field(repr=False)
    usage: Usage
    mode: Mode = "full"
    new_categories: Mapping[str, int] = field(default_factory=dict)
    subscription: Mapping[str, object] = field(default_factory=lambda: {"standard": {}})

    @property
    def certificate_key(self) -> str:
        """How an app that shows a client certificate names itself: base64 of `app_uuid:`."""
        return base64.b64encode(f"{self.app_id}:".encode()).decode()

    @property
    def app_id(self) -> str:
        """The UUID of the app the key belongs to."""
        return base64.b64decode(self.key).decode().partition(":")[0]

    @property
    def scripted(self) -> Scripted:
        """The usage of an account that a test scripts."""
        if not isinstance(self.usage, Scripted):
            raise TypeError(f"account {self.name} is not scripted")
        return self.usage


class World:
    """Everything a simulated DSM knows. It may be changed while it is being asked.

    `provider` is the id of the account whose key sees every account: a service provider.
    """

    def __init__(self, accounts: Iterable[SimAccount] = (), *, provider: str | None = None) -> None:
        self.provider = provider
        self.accounts: dict[str, SimAccount] = {}
        self._holders: dict[str, SimAccount] = {}
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        self.sessions: dict[str, str] = {}
        for account in accounts:
            self._admit(account)

    def add(self, name: str, usage: Usage | None = None, *, mode: Mode = "full") -> SimAccount:
        """A further account with an id and a key made from its name; scripted unless `usage` is given."""
        account = SimAccount(id=account_id(name), name=name, key=api_key(name), usage=usage or Scripted(), mode=mode)
        self._admit(account)
        return account

    def holder(self, key: str) -> SimAccount | None:
        """The account whose app has this key, or shows a certificate and gives only its id."""
        return self._holders.get(key)

    def account(self, ident: str) -> SimAccount:
        return self.accounts[ident]

    def fault(self, account: str | None, fault: Fault, times: int | None = None) -> None:
        """From now on this account (None: every one) meets this fault, `times` times or until `clear`."""
        self.faults.add(account, fault, times)

    def clear(self, account: str | None = None) -> None:
        """End the faults of this account; None: every fault."""
        self.faults.clear(account)

    def _admit(self, account: SimAccount) -> None:
        self.accounts[account.id] = account
        self._holders |= {account.key: account, account.certificate_key: account}

    def end_sessions(self) -> None:
        """Every session is over, as after a restart of the server."""
        self.sessions.clear()


def account_id(name: str) -> str:
    """A version 4 UUID that is always the same for this name."""
    return str(uuid.UUID(int=_bits(name, "account"), version=4))


def api_key(name: str) -> str:
    """An API key that is always the same for this name."""
    app = uuid.UUID(int=_bits(name, "app"), version=4)
    return base64.b64encode(f"{app}:{_bits(name, 'secret'):032x}".encode()).decode()


def answer(account: SimAccount, start: int, end: int, *, detailed: bool, full: bool) -> dict[str, object]:
    """The body of a usage answer, as much of it as this cluster and these flags give."""
    counts = account.usage.counts(start, end)
    if account.mode == "only_num_operations":
        return {"num_operations": counts["num_operations"]}
    found: dict[str, object] = {name: counts[name] for name in (COUNTERS if detailed else COUNTERS[:1])}
    left_out = NEWER_CATEGORIES if account.mode == "seven_categories" else ()
    apps = {name: counts[f"apps.{name}"] for name in APP_CATEGORIES if name not in left_out}
    found["apps"] = {**apps, **account.new_categories}
    found |= {name: counts[name] for name in GAUGES if name != "sobjects"}
    if full:
        found |= {"sobjects": counts["sobjects"], "sobjects_accuracy": accuracy(counts["sobjects"])}
    if detailed:
        maps = account.usage.maps(start, end)
        found |= {name: dict(maps[name]) for name in MAPS}
    return found


def accuracy(sobjects: int) -> dict[str, str]:
    """How exact a number of security objects is, as DSM says it."""
    return {"$type": "Exact" if sobjects < EXACT_BELOW else "Approximate"}


def _bits(*parts: str) -> int:
    return sum(int(chance(*parts, i) * 2**32) << (32 * i) for i in range(4))
