"""The demo shows what it should on any day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from alerter.sources.simulator import World
from alerter.sources.simulator.demo import DEMO, DEMO_KEYS, SURGE_AFTER, SURGE_LASTS, demo_world, period_start
from alerter.sources.simulator.world import answer

EXAMPLE = Path(__file__).parents[3] / "rules" / "example.yaml"
MOMENTS = [
    datetime(2026, 11, 23, 13, 5, 30, tzinfo=UTC),
    datetime(2027, 2, 1, 0, 1, tzinfo=UTC),  # payments: a year and a month begin
    datetime(2027, 4, 1, 0, 1, tzinfo=UTC),  # platform: the same
    datetime(2027, 7, 1, 0, 0, 5, tzinfo=UTC),  # factory: the same
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC),  # the end of payments' year
    datetime(2026, 3, 1, 0, 1, tzinfo=UTC),
]
PER = {"num_operations": "month"}


@pytest.fixture(scope="module")
def example() -> Any:
    return YAML(typ="safe").load(EXAMPLE)


def count(text: object) -> int:
    number = str(text)
    return int(number[:-1]) * 1_000_000 if number.endswith("M") else int(number)


def used(world: World, accounts: list[str], metric: str, start: datetime, end: datetime) -> int | None:
    """What the API would answer, pooled; None if an account does not report it."""
    total = 0
    for account in world.accounts.values():
        if account.name in accounts:
            found: Any = answer(account, int(start.timestamp()), int(end.timestamp()), detailed=True, full=True)
            for part in metric.split("."):
                found = found.get(part)
            if found is None:
                return None
            total += found
    return total


def shares(example: Any, now: datetime, at: datetime) -> dict[str, float | None]:
    """License and metric → share of the quota used by `at`, in a world that began at `now`."""
    world, found = demo_world(now), {}
    for name, license_ in example["licenses"].items():
        for metric, quota in license_["quotas"].items():
            start = period_start(license_["starts"], quota.get("per", "month"), now)
            total = used(world, license_["accounts"], metric, start, at)
            found[f"{name} {metric}"] = None if total is None else total / count(quota["limit"])
    return found


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_first_minute_shows_a_breach_something_fine_a_pool_and_something_not_reported(
    example: Any, now: datetime
) -> None:
    found = shares(example, now, now)
    assert found.pop("payments tokenization_operations") == pytest.approx(0.92, abs=0.001)
    assert found.pop("platform num_operations") == pytest.approx(0.41, abs=0.005)
    assert found.pop("platform sign_operations") == pytest.approx(0.45, abs=0.005)
    assert found.pop("factory num_operations") == pytest.approx(0.25, abs=0.01)
    assert found.pop("factory encryption_operations") == pytest.approx(0.585, abs=0.01)
    assert found.pop("factory apps.google_ekm_projects") is None
    assert all(share is not None and share <= 0.75 for share in found.values()), found


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_within_a_minute_payments_passes_its_quota(example: Any, now: datetime) -> None:
    before, after = (shares(example, now, now + wait) for wait in (SURGE_AFTER, SURGE_AFTER + SURGE_LASTS))
    assert before["payments tokenization_operations"] < 0.93  # type: ignore[operator]
    assert 1.0 < after["payments tokenization_operations"] < 1.03  # type: ignore[operator]


def test_the_demo_is_about_the_accounts_of_the_example(example: Any) -> None:
    assert {d.name: (d.id, d.credential) for d in DEMO} == {
        name: (account["account_id"], account["credential"]) for name, account in example["accounts"].items()
    }
    starts = {name: lic["starts"] for lic in example["licenses"].values() for name in lic["accounts"]}
    assert {d.name: d.starts for d in DEMO} == starts
    assert set(DEMO_KEYS) == {d.credential for d in DEMO}


def test_every_period_of_the_example_is_a_month_or_a_year_from_a_first_so_two_requests_a_poll_are_enough(
    example: Any,
) -> None:
    licenses = example["licenses"].values()
    assert {quota.get("per", "month") for lic in licenses for quota in lic["quotas"].values()} == {"month", "year"}
    assert all(lic["starts"].day == 1 and "timezone" not in lic for lic in licenses)


def test_a_year_is_counted_from_its_anchor() -> None:
    starts = date(2024, 4, 1)
    assert period_start(starts, "year", datetime(2026, 3, 31, 23, tzinfo=UTC)) == datetime(2025, 4, 1, tzinfo=UTC)
    assert period_start(starts, "year", datetime(2026, 4, 1, tzinfo=UTC)) == datetime(2026, 4, 1, tzinfo=UTC)


def test_history_reaches_back_more_than_a_year() -> None:
    now = MOMENTS[0]
    world = demo_world(now)
    year_ago = now - timedelta(days=400)
    assert used(world, ["platform-eu"], "num_operations", year_ago, year_ago + timedelta(days=1))
