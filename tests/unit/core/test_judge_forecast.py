"""Kinds that look ahead: `forecast`, `runway`, `unused`, `overage_cost`, and what messages say of the end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.story import START, Story, book, days, quota, rule

from alerter.core.book import Overage, Share
from alerter.core.forecast import Forecast, on_course
from alerter.core.forecast.margin import Sensitivity
from alerter.core.kinds.forecast import ForecastRule
from alerter.core.kinds.outlook import Outlook
from alerter.core.kinds.overage import OverageCostRule, cost_of
from alerter.core.kinds.runway import RunwayRule
from alerter.core.kinds.unused import UnusedRule

DAY = timedelta(days=1)
SOON = timedelta(minutes=15)
PRICED = Overage(price=Decimal("12.50"), unit=100, currency="USD")
STEADY = (100, 110, 105, 95, 100, 90, 100)


def story(options: Any, *at: str, limit: int | None = 3000, per: Any = "month", priced: bool = False) -> Story:
    """A month from 15 April, after 26 weeks of 100 a day."""
    priced_quota = replace(quota("num_operations", limit, per), overage=PRICED if priced else None)
    found = Story(book(rule(*at, options=options), quotas=(priced_quota,), starts=date(2025, 4, 15)))
    found.closed(days(*STEADY * 26))
    return found


def lived(found: Story, *counts: int) -> Story:
    """Each of these days passes, is read, and then judged a quarter of an hour later."""
    for count in counts:
        day = (found.now - START) // DAY + 1
        found.closed(days(count, until=START + day * DAY))
        used = sum(c["num_operations"] for w, c in found.views["acme"].closed.items() if w.start >= START)
        found.now = START + day * DAY
        found.read(SOON, num_operations=used)
    return found


def result(found: Story) -> tuple[str, str]:
    judged = found.last["license", "lic"].judged[0]
    return judged.outcome.value, judged.finding.why


@pytest.mark.parametrize(
    ("limit", "daily", "outcome"),
    [
        pytest.param(3000, 100, "ok", id="just about the quota"),
        pytest.param(2000, 100, "breach", id="half as much again"),
        pytest.param(3000, 200, "breach", id="twice as busy since the period began"),
        pytest.param(10_000, 100, "ok", id="plenty left"),
    ],
)
def test_half_way_through(limit: int, daily: int, outcome: str) -> None:
    assert result(lived(story(ForecastRule(), "100%", limit=limit), *[daily] * 15)) == (outcome, "")


@pytest.mark.parametrize(
    "options", [ForecastRule(), RunwayRule(), UnusedRule(), OverageCostRule()], ids=lambda o: type(o).__name__
)
def test_before_its_time_every_kind_is_silent(options: Any) -> None:
    at = {RunwayRule: "21d", OverageCostRule: "1 USD"}.get(type(options), "10%")
    found = lived(story(options, at, limit=1000, priced=True), 900)
    share = "50%" if isinstance(options, UnusedRule) else "10%"
    assert (result(found), found.told) == (("too_early", f"before {share} of the period"), [])


def test_without_a_completed_day_it_is_too_early() -> None:
    found = Story(book(rule("100%", options=ForecastRule()), quotas=(quota("num_operations", 1000),)))
    found.read(SOON, num_operations=900)
    assert result(found) == ("too_early", "no completed day has been read")


def test_a_first_period_with_no_history_is_foreseen_from_its_own_days() -> None:
    found = Story(
        book(rule("100%", options=ForecastRule()), quotas=(quota("num_operations", 1000),), starts=START.date())
    )
    assert lived(found, *[100] * 5).told == [("crossed", "100%")]


def test_days_in_and_days_told_out() -> None:
    found = story(ForecastRule(), "100%", limit=4000)
    told = []
    for day, count in enumerate([100] * 6 + [260] * 10, start=1):
        lived(found, count)
        told += [(day, e.reason.value) for e in found.events if e.channels]
        found.events.clear()
    assert [reason for _, reason in told] == ["crossed"]
    assert 7 < told[0][0] <= 12


def test_early_warns_before_balanced_before_sure() -> None:
    def first(sensitivity: Sensitivity) -> int:
        found = story(ForecastRule(sensitivity=sensitivity), "100%", limit=3600)
        return next(day for day in range(1, 30) if lived(found, 130).told)

    assert first("early") < first("balanced") < first("sure")


def test_a_message_says_how_the_period_is_expected_to_end() -> None:
    found = lived(story(ForecastRule(), "100%", limit=2000, priced=True), *[100] * 15)
    payload = found.events[0].payload
    assert 2900 < payload["expected"] < 3100  # type: ignore[operator]
    assert payload["expected_low"] <= payload["expected"] <= payload["expected_high"]  # type: ignore[operator]
    assert str(payload["runs_out"])[:7] == "2026-05"
    assert str(payload["overage"]).endswith(" USD")
    assert "weekday rhythm" in str(payload["expected_by"])


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [
        pytest.param(2000, "breach", id="five more days"),
        pytest.param(2500, "ok", id="ten more days"),
        pytest.param(9000, "ok", id="longer than the period"),
        pytest.param(1500, "breach", id="used up"),
    ],
)
def test_runway_of_a_week(limit: int, outcome: str) -> None:
    assert result(lived(story(RunwayRule(), "7d", limit=limit), *[100] * 15)) == (outcome, "")


def test_runway_of_a_balance_looks_a_year_ahead() -> None:
    found = Story(
        book(
            rule("90d", options=RunwayRule()),
            quotas=(quota("num_operations", 20_000, "none"),),
            starts=date(2025, 12, 1),
        )
    )
    found.closed(days(*STEADY * 19))
    found.read(SOON, num_operations=13_300)
    assert found.told == [("crossed", "90d")]
    assert str(found.events[0].payload["runs_out"])[:7] in {"2026-06", "2026-07"}


def test_runway_tells_each_threshold_once() -> None:
    found = lived(story(RunwayRule(), "14d", "7d", "2d", limit=2600), *[100] * 27)
    assert found.told == [("crossed", "14d"), ("escalated", "7d"), ("escalated", "2d")]


@pytest.mark.parametrize(("limit", "outcome"), [(6000, "breach"), (4500, "ok"), (1000, "ok")])
def test_forty_percent_left_unused(limit: int, outcome: str) -> None:
    assert result(lived(story(UnusedRule(), "40%", limit=limit), *[100] * 16)) == (outcome, "")


@pytest.mark.parametrize(
    ("limit", "at", "outcome"),
    [
        pytest.param(2000, "100 USD", "breach", id="ten hundreds above the quota"),
        pytest.param(2000, "150 USD", "ok", id="less than asked for"),
        pytest.param(5000, "1 USD", "ok", id="within the quota"),
    ],
)
def test_money(limit: int, at: str, outcome: str) -> None:
    found = lived(story(OverageCostRule(), at, limit=limit, priced=True), *[100] * 15)
    assert result(found)[0] == outcome


def test_money_needs_a_price_in_its_currency() -> None:
    assert result(lived(story(OverageCostRule(), "1 USD", limit=100), *[100] * 15)) == (
        "ok",
        "the quota has no price for overage",
    )


def test_each_operation_above_the_quota_costs_its_part() -> None:
    assert cost_of(150, PRICED) == Decimal("18.75")
    assert cost_of(-5, PRICED) == 0


@pytest.mark.parametrize("sensitivity", ["early", "balanced", "sure"])
@pytest.mark.parametrize("spread", [0.0, 0.3, 1.5])
@pytest.mark.parametrize("ahead", [1, 3, 20, 300])
def test_the_quota_up_to_which_it_warns_is_where_it_begins_to(
    sensitivity: Sensitivity, spread: float, ahead: int
) -> None:
    made = Forecast(expected=0, low=0, high=0, daily=(1e5,) * ahead, method="", error=None, spread=spread)
    found = Outlook(used=10**6, forecast=made, today=date(2026, 4, 14), gone=0.25, timezone="UTC")
    line = found.warned_up_to(sensitivity)
    assert on_course(10**6, line - 1, made, sensitivity, 0.25)
    assert not on_course(10**6, line + 1, made, sensitivity, 0.25)


def test_a_forecast_is_made_once_a_day_and_again_when_history_arrives() -> None:
    found = lived(story(ForecastRule(), "100%"), *[100] * 5)
    kept = found.records["license", "lic"].kept
    made = kept["num_operations"]
    for used in (500, 510, 520):
        found.read(SOON, num_operations=used)
    assert kept["num_operations"] is made
    found.closed(days(90, until=datetime(2025, 10, 1, tzinfo=UTC))).read(SOON, num_operations=530)
    assert kept["num_operations"] is not made


def test_not_before_is_the_rules_own() -> None:
    found = story(ForecastRule(not_before=Share(Decimal("0.5"))), "100%", limit=1000)
    assert lived(found, *[100] * 14).told == []
    assert lived(found, 100).told == [("crossed", "100%")]


def test_a_difference_of_counts_is_foreseen_too() -> None:
    quotas = (quota("other_operations", 1500),)
    found = Story(book(rule("100%", options=ForecastRule()), quotas=quotas, starts=date(2025, 4, 15)))
    for counts in (days(*STEADY * 26), days(*[100] * 15, until=START + 15 * DAY)):
        found.closed(
            {w: {"num_operations": c["num_operations"] + 50, "sign_operations": 50} for w, c in counts.items()}
        )
    found.now = START + 15 * DAY
    found.read(SOON, num_operations=2250, sign_operations=750)
    assert found.told == [("crossed", "100%")]
    assert found.events[0].payload["expected"] == pytest.approx(3000, rel=0.05)


def test_a_pool_is_foreseen_as_one_and_waits_for_all_its_accounts() -> None:
    pooled = rule("100%", options=ForecastRule())
    found = Story(book(pooled, quotas=(quota("num_operations", 3200),), accounts=("acme", "dr"), starts=START.date()))
    counts = days(*[100] * 15, until=START + 15 * DAY)
    found.now = START + 15 * DAY
    found.closed(counts).read(SOON, num_operations=1500)
    assert result(found)[0] == "too_early"
    found.closed(counts, "dr").read(SOON, "dr", num_operations=1500)
    assert found.told == [("crossed", "100%")]
