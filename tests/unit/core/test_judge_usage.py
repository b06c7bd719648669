"""`usage`: an absolute amount in a period, in a sliding window, on a license or on accounts."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from support.story import START, Story, amount, book, quota, rule

from alerter.core.book import Per, RuleBook
from alerter.core.kinds.usage import UsageRule

DAY = timedelta(days=1)
SIX_HOURS = UsageRule(window=timedelta(hours=6))


def labelled(book_: RuleBook, **envs: str) -> RuleBook:
    accounts = {n: replace(a, labels={"env": envs[n]}) for n, a in book_.accounts.items()}
    return replace(book_, accounts=accounts)


@pytest.mark.parametrize(("used", "told"), [(499, []), (500, [("crossed", "500")])])
def test_an_amount_in_the_period_is_reached_when_equal(used: int, told: list[tuple[str, str]]) -> None:
    assert Story(book(rule("500", options=UsageRule()))).read(num_operations=used).told == told


@pytest.mark.parametrize(
    ("per", "start"),
    [("day", "2026-04-15"), ("week", "2026-04-13"), ("quarter", "2026-04-01"), ("year", "2026-01-01")],
)
def test_the_rule_may_count_in_a_period_of_its_own(per: Per, start: str) -> None:
    story = Story(book(rule("5", options=UsageRule(per=per)))).read(num_operations=5)
    period = story.events[0].payload["period"]
    assert isinstance(period, dict)
    assert (period["per"], period["start"][:10]) == (per, start)


def test_without_its_own_it_counts_in_the_period_of_the_quota() -> None:
    story = Story(book(rule("5", options=UsageRule()), quotas=(quota("num_operations", 100, "year"),)))
    assert str(story.read(num_operations=5).events[0].payload["period"]).startswith("{'per': 'year'")


def test_a_new_period_fires_again() -> None:
    story = Story(book(rule("5", options=UsageRule(per="day")))).read(num_operations=6).read(DAY, num_operations=7)
    assert story.told == [("crossed", "5"), ("crossed", "5")]


def test_within_a_period_nothing_recovers() -> None:
    story = Story(book(rule("500", options=UsageRule()))).read(num_operations=500).read(num_operations=10)
    assert story.told == [("crossed", "500")]


def test_a_sliding_window_recovers_five_percent_under_and_fires_again() -> None:
    story = Story(book(rule("100", options=SIX_HOURS)))
    for used in (100, 96, 95, 94, 100):
        story.read(num_operations=used)
    assert story.told == [("crossed", "100"), ("recovered", "100"), ("crossed", "100")]


def test_clear_below_widens_the_hysteresis_of_a_window() -> None:
    story = Story(book(rule("100", options=SIX_HOURS, clear_below=amount("50"))))
    for used in (100, 51, 50, 49):
        story.read(num_operations=used)
    assert story.told == [("crossed", "100"), ("recovered", "100")]


def test_an_alert_on_a_window_has_no_period_and_says_how_long_it_is() -> None:
    facts = Story(book(rule("100", options=SIX_HOURS))).read(num_operations=100).events[0].payload
    assert facts["period"] is None
    assert facts["extra"] == {"window": 6 * 3600}


@pytest.mark.parametrize("chosen", [{"accounts": ("d*",)}, {"labels": {"env": "test"}}], ids=["accounts", "labels"])
def test_a_rule_that_names_accounts_is_judged_on_each(chosen: dict[str, Any]) -> None:
    picked = rule("50", options=UsageRule(), **chosen)
    story = Story(labelled(book(picked, accounts=("acme", "dr")), acme="prod", dr="test"))
    story.read(num_operations=60).read(account="dr", num_operations=50)
    assert [(e.payload["subject_kind"], e.payload["subject"], e.value) for e in story.events] == [("account", "dr", 50)]


def test_an_account_is_judged_without_any_license() -> None:
    bare = replace(book(rule("50", options=UsageRule())), licenses={})
    story = Story(bare).read(num_operations=50)
    assert story.told == [("crossed", "50")]
    assert story.events[0].payload["license"] is None


def test_a_number_at_a_moment_without_a_period_recovers_and_fires_again() -> None:
    gauge = book(rule("10", metrics=("plugin",), options=UsageRule()), quotas=(quota("plugin", 50, "none"),))
    story = Story(gauge)
    for used in (10, 5, 10):
        story.read(plugin=used)
    assert story.told == [("crossed", "10"), ("recovered", "10"), ("crossed", "10")]


def test_a_balance_tells_once_for_good() -> None:
    balance = book(rule("10", options=UsageRule(per="none")), starts=date(2026, 1, 1))
    story = Story(balance).read(num_operations=10).read(300 * DAY, num_operations=20)
    assert story.told == [("crossed", "10")]


@pytest.mark.parametrize(
    ("starts", "ends", "outcome"),
    [(date(2026, 5, 1), None, "not_started"), (date(2025, 1, 1), date(2026, 4, 15), "ended")],
)
def test_outside_its_license_usage_is_not_judged(starts: date, ends: date | None, outcome: str) -> None:
    story = Story(book(rule("1", options=UsageRule()), starts=starts, ends=ends)).read(num_operations=9)
    assert (story.told, story.outcomes) == ([], {"num_operations": outcome})


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (UsageRule(), None),
        (SIX_HOURS, None),
        (UsageRule(per="day", window=DAY), "give `per` or `window`, not both"),
        (UsageRule(window=timedelta(seconds=59)), "`window` must be at least 1m"),
    ],
)
def test_keys_that_do_not_go_together(options: UsageRule, problem: str | None) -> None:
    assert options.problem() == problem


def test_a_window_reads_its_own_slot_and_not_the_periods() -> None:
    story = Story(book(rule("100", options=SIX_HOURS))).read(num_operations=10)
    live = story.views["acme"].live
    period = live[START.replace(day=1)]
    live[period.window.start] = replace(period, values={"num_operations": 1000})
    assert story.judge().told == []
