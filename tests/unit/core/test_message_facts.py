"""The snapshot that messages are made from."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.story import START, Story, book, quota, rule

from alerter.core.book import Overage
from alerter.core.facts import notice, period_facts, share_of
from alerter.core.model import Period

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("used", "limit", "share"),
    [
        pytest.param(999_999_999, 1_000_000_000, 0.999999, id="one short in a billion"),
        pytest.param(799_999_999, 1_000_000_000, 0.799999, id="one short of 80 %"),
        pytest.param(1_000_000_000, 1_000_000_000, 1.0, id="all"),
        pytest.param(2, 3, 0.666666, id="two thirds"),
        pytest.param(107, 100, 1.07, id="the whole, not the excess"),
        pytest.param(0, 5, 0.0, id="none"),
        pytest.param(2**63 - 2, 2**63 - 1, 0.999999, id="as large as it gets"),
        pytest.param(2**63 - 1, 1, float(2**63 - 1), id="as far beyond as it gets"),
        pytest.param(5, 0, None, id="a quota of none"),
        pytest.param(5, None, None, id="unlimited"),
        pytest.param(None, 5, None, id="not reported"),
    ],
)
def test_a_share_is_cut_and_never_rounded_up(used: int | None, limit: int | None, share: float | None) -> None:
    assert share_of(used, limit) == share


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.integers(1, 200))
def test_a_share_never_shows_a_threshold_that_is_not_reached(used: int, limit: int, percent: int) -> None:
    share = share_of(used, limit)
    assert share is not None
    assert (share >= percent / 100) == (used * 100 >= limit * percent)


def test_facts_of_a_period() -> None:
    april = Period(start=datetime(2026, 4, 1, tzinfo=UTC), end=datetime(2026, 5, 1, tzinfo=UTC), per="month")
    found = period_facts(april, "UTC", datetime(2026, 4, 16, tzinfo=UTC))
    assert (found["days_left"], found["period_gone"]) == (15, 0.5)


def test_facts_of_a_balance_and_of_no_period() -> None:
    balance = period_facts(Period(start=START, end=None, per="none"), "UTC", START + DAY)
    assert (balance["days_left"], balance["period_gone"]) == (None, None)
    assert balance["period"] == {"per": "none", "start": START.isoformat(), "end": None, "timezone": "UTC"}
    assert period_facts(None, "UTC", START) == {"period": None, "days_left": None, "period_gone": None}


def test_who_and_what_it_is_about() -> None:
    story = Story(book(rule("80%", owner="finance", runbook="https://wiki.example.com"), accounts=("acme", "dr")))
    facts = story.read(num_operations=81).events[0].payload
    assert (facts["rule"], facts["kind"], facts["owner"]) == ("used", "quota", "finance")
    assert (facts["license"], facts["accounts"]) == ("lic", ["acme", "dr"])
    assert (facts["metric"], facts["metric_words"], facts["unit"]) == ("num_operations", "operations", "operations")


@pytest.mark.parametrize(("used", "following"), [(55, "80%"), (85, "100%"), (100, None)])
def test_the_next_threshold_is_the_first_not_reached(used: int, following: str | None) -> None:
    story = Story(book(rule("50%", "80%", "100%"))).read(num_operations=used)
    assert story.events[0].payload["next_threshold"] == following


def test_an_account_that_fails_and_does_not_report_is_named_once() -> None:
    story = Story(book(rule("80%"), accounts=("acme", "dr"))).read(account="dr", plugin=1).fail(account="dr")
    story.read(num_operations=90)
    crossed = next(e for e in story.events if e.reason.value == "crossed")
    assert crossed.payload["missing"] == ["dr"]


def test_a_changed_quota_is_told_with_the_one_before() -> None:
    raised = quota("num_operations", 100, "month", (date(2026, 4, 20), 200))
    story = Story(book(rule("80%"), quotas=(raised,))).read(num_operations=82).read(5 * DAY, num_operations=82)
    facts = story.events[1].payload
    assert (facts["reason"], facts["limit_before"], facts["limit"], facts["share"]) == ("quota_changed", 100, 200, 0.41)


def test_each_operation_above_a_priced_quota_costs_its_part() -> None:
    priced = replace(quota("num_operations", 100), overage=Overage(price=Decimal("12.50"), unit=100, currency="USD"))
    story = Story(book(rule("80%", "120%"), quotas=(priced,))).read(num_operations=100).read(num_operations=150)
    within, above = (event.payload["overage_so_far"] for event in story.events)
    assert within is None
    assert above == {"cost": "6.25", "price": "12.50", "unit": 100, "currency": "USD"}


def test_every_snapshot_is_plain_json() -> None:
    story = Story(book(rule("80%"), quotas=(quota("num_operations", 100), quota("apps.tep", 1))))
    story.unknown = {"apps.quantum": 1}
    story.read(num_operations=82).edit(book())
    assert {e.reason.value for e in story.events} == {"crossed", "not_reported", "uncovered", "rule_removed"}
    for event in story.events:
        assert json.loads(json.dumps(event.payload)) == event.payload


def test_links_lead_to_the_alert() -> None:
    event = Story(book(rule("80%"))).read(num_operations=82).events[0]
    assert event.payload["link_path"] == f"/alerts/{event.alert}"
    assert event.payload["alert"] == event.alert


def test_a_notice_of_the_service_carries_the_message_that_was_lost() -> None:
    found = notice(title="t", text="x", now=START, details={"status": 404}, lost={"type": "event"})
    assert (found["type"], found["severity"], found["details"]) == ("notice", "warning", [["status", "404"]])
    assert found["lost"] == {"type": "event"}
    assert notice(title="t", text="x", now=START)["lost"] is None
