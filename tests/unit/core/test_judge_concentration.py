"""`concentration`: one app or key among all operations."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from support.story import Story, book, quota, rule

from alerter.core.kinds.concentration import ConcentrationRule
from alerter.core.model import AskKind, Reading
from alerter.core.series import AccountView

SOON = timedelta(minutes=15)
APPS = "operation_top_app"


def story(*at: str, accounts: tuple[str, ...] = ("acme",), **options: Any) -> Story:
    found = Story(book(rule(*at, options=ConcentrationRule(**options)), accounts=accounts))
    found.now += SOON
    return found


def read(found: Story, total: int, apps: Mapping[str, int] | None, account: str = "acme") -> Story:
    """The account reports this many operations of its current month, and who made most of them."""
    view = found.views.setdefault(account, AccountView())
    for slot, window in found._windows(account):
        view.live[slot] = Reading(
            account=account,
            window=window,
            kind=AskKind.PERIOD,
            read_at=found.now,
            values={"num_operations": total},
            maps={} if apps is None else {APPS: apps},
        )
    view.poll = found._poll(account, failing=False)
    return found.judge()


@pytest.mark.parametrize(
    ("total", "apps", "outcome"),
    [
        pytest.param(100, {"a": 60, "b": 10}, "breach", id="exactly as much"),
        pytest.param(100, {"a": 59, "b": 41}, "ok", id="just less"),
        pytest.param(0, {}, "below_floor", id="nothing happened"),
        pytest.param(50, {"a": 60, "b": 60}, "ok", id="a total that lags behind its parts"),
        pytest.param(100, None, "not_reported", id="no top list reported"),
    ],
)
def test_one_app_among_all_operations(total: int, apps: Mapping[str, int] | None, outcome: str) -> None:
    assert read(story("60%"), total, apps).outcomes == {APPS: outcome}


def test_an_app_of_two_accounts_is_added_up() -> None:
    found = story("60%", accounts=("acme", "dr"))
    read(found, 100, {"a": 50, "b": 50})
    read(found, 100, {"a": 70, "c": 30}, "dr")
    assert found.told == [("crossed", "60%")]
    assert found.events[0].value == 120
    assert found.events[0].payload["top"] == [["a", 120], ["b", 50], ["c", 30]]


def test_while_an_account_of_the_pool_is_silent_nothing_is_judged() -> None:
    found = read(story("60%", accounts=("acme", "dr")), 100, {"a": 90})
    assert (found.outcomes, found.told) == ({APPS: "incomplete"}, [])


def test_few_operations_are_below_the_floor() -> None:
    assert read(story("60%", ignore_below=1000), 999, {"a": 999}).outcomes == {APPS: "below_floor"}


def test_days_in_and_days_told_out() -> None:
    found = story("60%", "90%")
    for part in (30, 70, 95, 70, 40, 95):
        found.now += timedelta(days=1)
        read(found, 100, {"a": part, "b": 100 - part} if part > 50 else {"a": part, "b": 20, "c": 20})
    assert found.told == [("crossed", "60%"), ("escalated", "90%"), ("recovered", "90%")]


def test_it_reads_the_period_of_the_quota_on_all_operations() -> None:
    concentrated = rule("60%", options=ConcentrationRule())
    yearly = Story(book(concentrated, quotas=(quota("num_operations", 100, "year"),)))
    assert [spec.per for spec in yearly.needs["acme"].periods] == ["year"]
    assert list(yearly.needs["acme"].maps) == [APPS]
