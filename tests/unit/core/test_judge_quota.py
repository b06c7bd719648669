"""The life of a quota alert, as stories: readings in, messages out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from support.story import START, Story, book, quota, rule

from alerter.core.kinds.quota import QuotaRule
from alerter.core.model import Outcome

DAY = timedelta(days=1)


def test_a_jump_over_several_thresholds_is_one_message_naming_the_highest() -> None:
    story = Story(book(rule("50%", "80%", "95%"))).read(num_operations=0).read(num_operations=96)
    assert story.told == [("crossed", "95%")]
    assert story.events[0].payload["passed"] == ["50%", "80%"]


def test_a_first_reading_far_beyond_is_one_message() -> None:
    story = Story(book(rule("50%", "75%", "90%", "100%", "120%"))).read(num_operations=130)
    assert story.told == [("crossed", "120%")]
    assert story.events[0].payload["share"] == 1.3


@pytest.mark.parametrize(("used", "exceeded"), [(100, False), (101, True)], ids=["equal is reached", "above exceeds"])
def test_usage_equal_to_the_quota_reaches_it(used: int, exceeded: bool) -> None:
    story = Story(book(rule("100%"))).read(num_operations=used)
    assert story.told == [("crossed", "100%")]
    assert story.events[0].payload["exceeded"] is exceeded


def test_remaining_of_zero_fires() -> None:
    left = rule("10%", options=QuotaRule(measure="remaining"))
    assert Story(book(left)).read(num_operations=100).told == [("crossed", "10%")]
    assert Story(book(left)).read(num_operations=89).told == []


def test_a_value_that_flaps_around_a_threshold_tells_once_a_period() -> None:
    story = Story(book(rule("80%"), quotas=(quota("num_operations", 1000),)))
    for used in (799, 801, 799, 801, 700, 801):
        story.read(num_operations=used)
    assert story.told == [("crossed", "80%")]


def test_a_correction_by_the_vendor_neither_resolves_nor_re_arms() -> None:
    story = Story(book(rule("80%")))
    for used in (82, 78, 83):
        story.read(num_operations=used)
    assert story.told == [("crossed", "80%")]


def test_each_threshold_tells_once_as_usage_climbs() -> None:
    story = Story(book(rule("50%", "80%", "100%")))
    for used in (10, 55, 60, 85, 90, 100, 110):
        story.read(DAY, num_operations=used)
    assert story.told == [("crossed", "50%"), ("escalated", "80%"), ("escalated", "100%")]


def test_a_new_period_closes_the_old_alert_silently_and_fires_for_itself() -> None:
    story = Story(book(rule("50%", "80%")), now=datetime(2026, 4, 30, 23, tzinfo=UTC))
    story.read(num_operations=90).read(timedelta(hours=2), num_operations=85)
    assert story.told == [("crossed", "80%"), ("crossed", "80%")]
    assert [e.reason.value for e in story.events] == ["crossed", "period_closed", "crossed"]


def test_the_first_reading_of_a_new_period_below_the_old_total_still_fires() -> None:
    story = Story(book(rule("50%")), now=datetime(2026, 4, 30, 23, tzinfo=UTC))
    story.read(num_operations=90).read(timedelta(hours=2), num_operations=60)
    assert story.told == [("crossed", "50%"), ("crossed", "50%")]


def test_a_quota_raised_mid_period_re_arms_what_it_un_crosses() -> None:
    raised = quota("num_operations", 100, "month", (date(2026, 4, 20), 137))
    story = Story(book(rule("80%"), quotas=(raised,))).read(num_operations=82)
    story.read(5 * DAY, num_operations=83).read(DAY, num_operations=111)
    assert story.told == [("crossed", "80%"), ("quota_changed", None), ("crossed", "80%")]
    assert story.events[1].payload["limit_before"] == 100
    assert story.events[2].payload["limit"] == 137


def test_a_raised_quota_that_un_crosses_only_the_upper_threshold_keeps_the_lower_one() -> None:
    raised = quota("num_operations", 100, "month", (date(2026, 4, 20), 120))
    story = Story(book(rule("80%", "100%"), quotas=(raised,))).read(num_operations=101)
    story.read(5 * DAY, num_operations=102).read(DAY, num_operations=120)
    assert story.told == [("crossed", "100%"), ("quota_changed", None), ("escalated", "100%")]


def test_a_lowered_quota_fires_at_once() -> None:
    lowered = quota("num_operations", 200, "month", (date(2026, 4, 20), 100))
    story = Story(book(rule("80%"), quotas=(lowered,))).read(num_operations=90)
    assert story.told == []
    assert story.judge(5 * DAY).read(num_operations=90).told == [("crossed", "80%")]


def test_a_threshold_edited_below_the_value_fires_once() -> None:
    story = Story(book(rule("80%"))).read(num_operations=78)
    story.edit(book(rule("75%"))).read(num_operations=78).read(num_operations=79)
    assert story.told == [("crossed", "75%")]


@pytest.mark.parametrize("edited", ["75%", "81%"])
def test_a_threshold_edited_within_what_was_told_stays_silent(edited: str) -> None:
    story = Story(book(rule("80%"))).read(num_operations=82)
    story.edit(book(rule(edited))).read(num_operations=82)
    assert story.told == [("crossed", "80%")]


def test_a_threshold_raised_beyond_the_value_is_re_armed_without_a_message() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82)
    story.edit(book(rule("85%"))).read(num_operations=82).read(num_operations=86)
    assert story.told == [("crossed", "80%"), ("crossed", "85%")]
    assert [e.reason.value for e in story.events] == ["crossed", "quota_changed", "crossed"]


def test_a_threshold_added_below_the_value_fires() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82).read(num_operations=93)
    story.edit(book(rule("80%", "90%"))).read(num_operations=93)
    assert story.told == [("crossed", "80%"), ("escalated", "90%")]


def test_editing_anything_else_keeps_the_alert() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82)
    story.edit(book(rule("80%", owner="finance", runbook="https://wiki.example.com"))).read(num_operations=83)
    assert story.told == [("crossed", "80%")]


def test_a_deleted_rule_says_so_where_it_had_spoken() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82).edit(book())
    assert story.told == [("crossed", "80%"), ("rule_removed", "80%")]


def test_a_quota_of_zero_divides_nothing_and_breaches_every_threshold_once() -> None:
    story = Story(book(rule("75%", "90%", "100%"), quotas=(quota("num_operations", 0),)))
    story.read(num_operations=0)
    assert story.told == []
    story.read(num_operations=1).read(num_operations=2)
    assert story.told == [("crossed", "100%")]
    assert story.events[0].payload["share"] is None


def test_unlimited_is_skipped() -> None:
    story = Story(book(rule("75%"), quotas=(quota("num_operations", None),))).read(num_operations=10**9)
    assert story.told == []
    assert story.outcomes == {"num_operations": "unlimited"}


def test_a_rule_on_a_metric_without_a_quota_says_so_once() -> None:
    story = Story(book(rule("75%", metrics=("tokenization_operations",)))).read(num_operations=1).read(num_operations=2)
    assert story.told == [("no_quota", None)]


def test_a_metric_that_is_not_reported_is_never_zero_and_said_once() -> None:
    three = tuple(quota(m, 5) for m in ("num_operations", "apps.tep", "apps.aws_xks_instances"))
    story = Story(book(rule("75%"), quotas=three)).read(num_operations=1).read(num_operations=2)
    assert story.told == [("not_reported", None)]
    assert story.events[0].payload["metrics"] == ["apps.tep", "apps.aws_xks_instances"]
    assert story.outcomes["apps.tep"] == "not_reported"


def test_a_pool_adds_up_its_accounts() -> None:
    story = Story(book(rule("80%"), accounts=("acme", "dr"))).read(num_operations=41)
    story.read(account="dr", num_operations=41)
    assert story.told == [("crossed", "80%")]


def test_an_incomplete_pool_can_fire_and_says_at_least() -> None:
    story = Story(book(rule("80%"), accounts=("acme", "dr"))).read(num_operations=10)
    story.fail(account="dr").read(num_operations=81)
    assert story.told == [("crossed", "80%")]
    assert story.events[0].payload["complete"] is False
    assert story.events[0].payload["missing"] == ["dr"]


def test_an_incomplete_pool_cannot_clear() -> None:
    gauges = (quota("plugin", 10, "none"),)
    story = Story(book(rule("80%"), quotas=gauges, accounts=("acme", "dr")))
    story.read(plugin=5).read(account="dr", plugin=4).fail(account="dr").read(plugin=1)
    assert story.told == [("crossed", "80%")]
    story.read(account="dr", plugin=1).read(plugin=1)
    assert story.told == [("crossed", "80%"), ("recovered", "80%")]


def test_a_number_at_a_moment_recovers_and_may_fire_again() -> None:
    story = Story(book(rule("80%"), quotas=(quota("plugin", 100, "none"),)))
    for n in (81, 79, 76, 74, 81):
        story.read(plugin=n)
    assert story.told == [("crossed", "80%"), ("recovered", "80%"), ("crossed", "80%")]


def test_clear_below_widens_the_hysteresis() -> None:
    from support.story import amount

    story = Story(book(rule("80%", clear_below=amount("50%")), quotas=(quota("plugin", 100, "none"),)))
    for n in (81, 60, 50, 49):
        story.read(plugin=n)
    assert story.told == [("crossed", "80%"), ("recovered", "80%")]


def test_a_balance_without_a_period_counts_what_remains() -> None:
    left = rule("5", options=QuotaRule(measure="remaining"))
    story = Story(book(left, quotas=(quota("num_operations", 100, "none"),), starts=date(2026, 1, 1)))
    story.read(num_operations=94).read(40 * DAY, num_operations=95)
    assert story.told == [("crossed", "5")]
    assert story.events[0].payload["days_left"] is None


@pytest.mark.parametrize(
    ("starts", "ends", "outcome"),
    [(date(2026, 5, 1), None, "not_started"), (date(2025, 1, 1), date(2026, 4, 1), "ended")],
)
def test_a_license_outside_its_term_is_not_judged(starts: date, ends: date | None, outcome: str) -> None:
    story = Story(book(rule("1%"), starts=starts, ends=ends)).read(num_operations=99)
    assert story.told == []
    assert story.outcomes == {"num_operations": outcome}


def test_failing_polls_change_nothing_and_re_arm_nothing() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82)
    for _ in range(24):
        story.fail()
    assert story.outcomes == {"num_operations": "error"}
    assert story.read(num_operations=83).told == [("crossed", "80%")]


def test_a_rule_that_must_hold_first_waits_and_forgets_a_spike() -> None:
    held = rule("80%", hold=timedelta(hours=1))
    story = Story(book(held, quotas=(quota("plugin", 100, "none"),)))
    story.read(plugin=90).read(plugin=10).read(plugin=90).read(plugin=90)
    assert story.told == []
    for _ in range(3):
        story.read(plugin=90)
    assert story.told == [("crossed", "80%")]


def test_a_reminder_repeats_what_still_stands() -> None:
    story = Story(book(rule("80%", remind_every=DAY))).read(num_operations=82)
    story.read(num_operations=82).read(DAY, num_operations=83).read(num_operations=83)
    assert story.told == [("crossed", "80%"), ("reminder", "80%")]


@pytest.mark.parametrize(
    ("on_no_data", "told"),
    [
        ("keep", [("crossed", "80%")]),
        ("alert", [("crossed", "80%"), ("escalated", "no data")]),
        ("ok", [("crossed", "80%"), ("recovered", "80%")]),
    ],
)
def test_on_no_data(on_no_data: str, told: list[tuple[str, str]]) -> None:
    gauge = (quota("plugin", 100, "none"),)
    story = Story(book(rule("80%", on_no_data=on_no_data), quotas=gauge)).read(plugin=82).fail().fail()
    assert story.told == told


def test_a_threshold_may_notify_its_own_channels() -> None:
    loud = rule("50%", "90%")
    first, second = loud.thresholds
    loud = replace(loud, thresholds=(first, replace(second, notify=("pager",))))
    story = Story(book(loud)).read(num_operations=95)
    assert story.events[0].channels == ("slack", "pager")


def test_judging_again_changes_nothing() -> None:
    story = Story(book(rule("50%", "80%"))).read(num_operations=82)
    again = story.judge().last["license", "lic"]
    assert (again.alerts, again.events, again.standings) == ([], [], [])
    assert again.judged[0].outcome is Outcome.BREACH


def test_every_fact_a_message_needs_is_in_its_snapshot() -> None:
    story = Story(book(rule("75%", "90%"), timezone="America/New_York", starts=date(2026, 4, 1)))
    story.read(num_operations=80)
    facts = story.events[0].payload
    assert (facts["share"], facts["remaining"], facts["limit"], facts["next_threshold"]) == (0.8, 20, 100, "90%")
    assert facts["as_of"] == (START + timedelta(minutes=15)).isoformat()
    assert facts["days_left"] == 17
