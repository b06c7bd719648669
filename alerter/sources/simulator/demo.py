"""The world that `alerter demo` shows: the accounts of rules/example.yaml, used as far as makes a good first minute.

What each account used so far in its license's current period is calibrated against that license's quota: a steady
rate as far as one is plausible, and a migration just before now for what is still missing, so that the shares below
come out on any day, the first minute of a period included.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from dateutil.relativedelta import relativedelta

from alerter.sources.simulator.rhythm import DAY, WEEK, Apps, Incident, Rhythm, Steps
from alerter.sources.simulator.usage import OTHER, Rhythmic
from alerter.sources.simulator.world import Mode, SimAccount, World, api_key

HISTORY = timedelta(days=430)
"""How far back the demo's accounts were used."""

MIGRATION = timedelta(days=3)
"""How long before now what is missing to an intended share was used at most."""

Per = Literal["month", "year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """By now, `amount` of `metric` was used in the current period; it is (part of) what rules/example.yaml licenses."""

    metric: str
    per: Per
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """One account of rules/example.yaml. `starts` anchors its license's periods (UTC)."""

    name: str
    id: str
    credential: str
    starts: date
    targets: tuple[Target, ...]
    mode: Mode = "full"
    apps: Mapping[str, int]
    steps: Mapping[str, int]
    growth: float = 0.01


DEMO = (
    Demo(
        name="payments-prod",
        id="1b6f0c52-52a4-4a0e-9a43-6d1f5a3f8c01",
        credential="PAYMENTS_PROD_KEY",
        starts=date(2024, 2, 1),
        targets=(Target(metric="tokenization_operations", per="year", amount=368_000_000),),
        apps={"apps.tokenization": 9, "apps.generic": 6},
        steps={"plugin": 3, "sobjects": 2_140, "hsm_gateway": 1},
    ),
    Demo(
        name="platform-eu",
        id="3c1d9a7e-0b1f-4f4e-8f57-22b4f0f6ab02",
        credential="PLATFORM_EU_KEY",
        starts=date(2024, 4, 1),
        targets=(
            Target(metric="sign_operations", per="year", amount=6_000_000),
            Target(metric="num_operations", per="month", amount=13_500_000),
        ),
        apps={"apps.generic": 31, "apps.secrets_management": 5},
        steps={"apps.aws_cloud_accounts": 6, "apps.azure_cloud_accounts": 2, "plugin": 7, "sobjects": 18_400},
    ),
    Demo(
        name="platform-us",
        id="8e2f7b14-6a5d-4c11-9d0c-5b7de2a0cd03",
        credential="PLATFORM_US_KEY",
        starts=date(2024, 4, 1),
        targets=(
            Target(metric="sign_operations", per="year", amount=3_000_000),
            Target(metric="num_operations", per="month", amount=7_000_000),
        ),
        apps={"apps.generic": 22},
        steps={"apps.aws_cloud_accounts": 4, "apps.gcp_cloud_accounts": 1, "plugin": 2, "sobjects": 4_120},
    ),
    Demo(
        name="factory-onprem",
        id="d40a5f6b-93c8-4e7a-b8c6-7f1e0c9d4e04",
        credential="FACTORY_ONPREM_KEY",
        starts=date(2024, 7, 1),
        targets=(
            Target(metric="encryption_operations", per="year", amount=4_680_000),
            Target(metric="num_operations", per="month", amount=5_000_000),
        ),
        mode="seven_categories",
        apps={"apps.generic": 14},
        steps={"hsm_gateway": 2, "plugin": 1, "sobjects": 870},
    ),
)

SURGE_AFTER = timedelta(seconds=20)
SURGE_LASTS = timedelta(seconds=40)
SURGE = ("payments-prod", "tokenization_operations", 36_000_000)
"""Further operations that begin a little after the start and carry payments over its whole quota."""

DEMO_KEYS: Mapping[str, str] = MappingProxyType({demo.credential: api_key(demo.name) for demo in DEMO})
"""The API key behind each `credential` of rules/example.yaml; good only for the simulator."""


def demo_world(now: datetime) -> World:
    """The accounts of rules/example.yaml, calibrated for a demo that starts at `now`."""
    accounts = [
        SimAccount(id=d.id, name=d.name, key=DEMO_KEYS[d.credential], usage=_usage(d, now), mode=d.mode) for d in DEMO
    ]
    world = World(accounts)
    name, metric, amount = SURGE
    start = int((now + SURGE_AFTER).timestamp())
    surge = Incident(start=start, end=start + int(SURGE_LASTS.total_seconds()), amount=amount)
    next(usage for a in accounts if a.name == name and isinstance(usage := a.usage, Rhythmic)).happen(metric, surge)
    return world


def period_start(starts: date, per: Per, now: datetime) -> datetime:
    """The start of the month or year, anchored at `starts` (a first of a month, UTC), that `now` is in."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if per == "month":
        return month
    return month - relativedelta(months=(month.month - starts.month) % 12)


def _usage(demo: Demo, now: datetime) -> Rhythmic:
    """Kinds first: the total's own target is met with operations of no kind."""
    origin = int((now - HISTORY).timestamp())
    rhythms = {kind: Rhythm(f"{demo.name} {kind}", rate, origin=origin) for kind, rate in _BACKGROUND.items()}
    usage = Rhythmic(
        demo.name,
        rhythms,
        apps={name: Apps(f"{demo.name} {name}", count, origin=origin) for name, count in demo.apps.items()},
        steps={name: _grown(number, origin) for name, number in demo.steps.items()},
    )
    for target in demo.targets:
        metric = OTHER if target.metric == "num_operations" else target.metric
        start = period_start(demo.starts, target.per, now)
        rhythms[metric] = _steady(f"{demo.name} {metric}", usage, target, start, now, demo.growth)
        _migrate(usage, metric, target, start, now)
    return usage


def _grown(number: int, origin: int) -> Steps:
    return Steps([(origin, number * 3 // 4), (origin + 40 * WEEK, number)])


_BACKGROUND = {
    "encryption_operations": 40,
    "decryption_operations": 90,
    "verify_operations": 25,
    "secrets_operations": 4,
    "plugin_invoke_operations": 2,
    OTHER: 6,
}
"""Operations an hour that every account does besides."""


def _steady(seed: str, usage: Rhythmic, target: Target, start: datetime, now: datetime, growth: float) -> Rhythm:
    """The rate that meets the target, but none faster than meets it in half a period."""
    origin = int((now - HISTORY).timestamp())
    begin, end = int(start.timestamp()), int(now.timestamp())
    half = (183 if target.per == "year" else 15) * DAY
    missing = max(0, target.amount - _used(usage, target.metric, begin, end))
    trial = Rhythm(seed, 1_000_000, origin=origin, growth=growth)
    pace = trial.total(end) - trial.total(min(begin, end - half))
    # A little less than needed: whole numbers must not carry it over the target.
    return Rhythm(seed, 0.9995 * 1_000_000 * missing / max(1, pace), origin=origin, growth=growth)


def _migrate(usage: Rhythmic, metric: str, target: Target, start: datetime, now: datetime) -> None:
    begin, end = int(start.timestamp()), int(now.timestamp())
    missing = target.amount - _used(usage, target.metric, begin, end)
    since = max(begin, end - int(MIGRATION.total_seconds()))
    if missing > 0 and since < end:
        usage.happen(metric, Incident(start=since, end=end, amount=missing))


def _used(usage: Rhythmic, metric: str, begin: int, end: int) -> int:
    return usage.counts(begin, end)[metric]
