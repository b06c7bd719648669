"""Edges of `quota`: what remains, limits that change, quotas that come and go, licenses that end or are renewed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from support.story import START, Story, amount, book, quota, rule

from alerter.core.kinds.quota import QuotaRule, limit_at
from alerter.core.model import Outcome

DAY = timedelta(days=1)
LEFT = QuotaRule(measure="remaining")


@pytest.mark.parametrize(
    ("at", "used", "fires"),
    [
        pytest.param("10", 89, False, id="eleven left of ten"),
        pytest.param("10", 90, True, id="ten left of ten"),
        pytest.param("10%", 90, True, id="a tenth left of a tenth"),
        pytest.param("10", 100, True, id="nothing left"),
        pytest.param("10", 250, True, id="far beyond"),
    ],
)
def test_what_remains_as_a_count_and_as_a_share(at: str, used: int, fires: bool) -> None:
    story = Story(book(rule(at, options=LEFT))).read(num_operations=used)
    assert bool(story.told) is fires


def test_what_remains_is_never_below_nothing() -> None:
    facts = Story(book(rule("10", options=LEFT))).read(num_operations=250).events[0].payload
    assert (facts["remaining"], facts["exceeded"], facts["share"]) == (0, True, 2.5)


def test_less_and_less_remaining_tells_each_threshold_once() -> None:
    story = Story(book(rule("50%", "20%", "5%", options=LEFT)))
    for used in (49, 50, 85, 84, 96, 99):
        story.read(num_operations=used)
    assert story.told == [("crossed", "50%"), ("escalated", "20%"), ("escalated", "5%")]


@pytest.mark.parametrize(("at", "back"), [("20%", 74), ("20", 78)], ids=["5 points more", "a twentieth more"])
def test_what_remains_recovers_beyond_its_line(at: str, back: int) -> None:
    story = Story(book(rule(at, options=LEFT), quotas=(quota("plugin", 100, "none"),)))
    story.read(plugin=80).read(plugin=back + 1)
    assert story.told == [("crossed", at)]
    assert story.read(plugin=back).told == [("crossed", at), ("recovered", at)]


def test_counts_and_shares_in_one_rule_are_ordered_by_what_they_come_to() -> None:
    story = Story(book(rule("95", "80%")))
    for used in (80, 95):
        story.read(num_operations=used)
    assert story.told == [("crossed", "80%"), ("escalated", "95")]


@pytest.mark.parametrize(
    ("now", "limit"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), 4),
        (datetime(2026, 8, 31, 14, 59, 59, tzinfo=UTC), 4),
        (datetime(2026, 8, 31, 15, tzinfo=UTC), 10),
        (datetime(2026, 9, 30, 15, tzinfo=UTC), None),
        (datetime(2026, 12, 31, 15, tzinfo=UTC), 2),
    ],
)
def test_a_dated_limit_holds_from_midnight_in_the_licenses_zone(now: datetime, limit: int | None) -> None:
    steps = quota("plugin", 4, "none", (date(2026, 9, 1), 10), (date(2026, 10, 1), None), (date(2027, 1, 1), 2))
    assert limit_at(steps, now, "Asia/Tokyo") == limit


def test_a_number_at_a_moment_with_a_period_fires_once_a_period_and_never_recovers() -> None:
    story = Story(book(rule("80%"), quotas=(quota("plugin", 10, "month"),)))
    story.read(plugin=9).read(plugin=1).read(plugin=9).read(20 * DAY, plugin=9)
    assert story.told == [("crossed", "80%"), ("crossed", "80%")]


def test_a_quota_that_becomes_unlimited_mid_period_ends_its_alert_and_says_so() -> None:
    freed = quota("plugin", 10, "none", (date(2026, 4, 20), None), (date(2026, 4, 25), 10))
    story = Story(book(rule("80%"), quotas=(freed,))).read(plugin=9).read(5 * DAY, plugin=9).read(plugin=9)
    assert story.told == [("crossed", "80%"), ("quota_changed", None)]
    assert story.alerts == [("recovered", "info")]
    assert story.read(5 * DAY, plugin=9).told[2:] == [("crossed", "80%")]


def test_quota_and_thresholds_edited_together_leave_nothing_standing_in_silence() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82)
    story.edit(book(rule("75%"), quotas=(quota("num_operations", 150),))).read(num_operations=82)
    assert story.told == [("crossed", "80%"), ("quota_changed", None)]
    assert story.alerts == [("recovered", "info")]


def test_quota_and_thresholds_edited_together_count_what_is_below_a_told_one_as_told() -> None:
    def of(limit: int, *at: str) -> Story:
        return Story(book(rule(*at), quotas=(quota("plugin", limit, "none"),)))

    story = of(0, "100%").read(plugin=1).edit(of(50, "10%", "100%").book)
    story.read(plugin=50).read(plugin=5)
    assert story.told == [("crossed", "100%")]
    assert story.read(plugin=2).told == [("crossed", "100%"), ("recovered", "100%")]


def test_a_clear_below_above_a_threshold_makes_nothing_flap() -> None:
    wide = rule("50%", "90%", clear_below=amount("60%"))
    story = Story(book(wide, quotas=(quota("plugin", 100, "none"),)))
    for used in (55, 55, 95, 55, 55):
        story.read(plugin=used)
    assert story.told == [("crossed", "50%"), ("escalated", "90%")]
    assert story.read(plugin=49).told[2:] == [("recovered", "90%")]


def test_a_threshold_taken_out_does_not_put_off_a_recovery_that_is_due() -> None:
    gauge = (quota("plugin", 100, "none"),)
    story = Story(book(rule("10%", "50%"), quotas=gauge)).read(plugin=50).read(plugin=9)
    story.edit(book(rule("50%"), quotas=gauge)).read(plugin=9)
    assert story.told == [("crossed", "50%"), ("recovered", "50%")]
    assert story.judge().reasons == ["crossed", "quota_changed", "recovered"]


def test_a_license_that_ends_ends_the_alerts_that_have_no_period() -> None:
    story = Story(book(rule("80%"), quotas=(quota("plugin", 10, "none"),), ends=date(2026, 4, 20)))
    story.read(plugin=9).read(5 * DAY, plugin=9)
    assert story.outcomes == {"plugin": "ended"}
    assert story.alerts == [("closed", "info")]
    renewed = book(rule("80%"), quotas=(quota("plugin", 10, "none"),), ends=date(2027, 4, 20))
    assert story.edit(renewed).read(plugin=9).told == [("crossed", "80%"), ("crossed", "80%")]


@pytest.mark.parametrize("used", [83, 96], ids=["unchanged", "escalating at that moment"])
def test_a_license_renewed_in_time_keeps_the_alert_of_a_term_that_runs_on(used: int) -> None:
    def until(ends: date) -> Story:
        term = quota("num_operations", 100, "term")
        return Story(book(rule("80%", "95%"), quotas=(term,), starts=date(2026, 1, 1), ends=ends))

    story = until(date(2026, 4, 20)).read(num_operations=82)
    story.edit(until(date(2027, 1, 1)).book).read(6 * DAY, num_operations=used)
    assert story.told == [("crossed", "80%"), ("escalated", "95%")][: 1 + (used > 95)]
    assert "period_closed" not in story.reasons
    assert len({e.id for e in story.events}) == len(story.events)


def test_a_rule_taken_out_and_put_back_speaks_again_where_there_is_no_period() -> None:
    watched = book(rule("80%"), quotas=(quota("plugin", 10, "none"),))
    story = Story(watched).read(plugin=9).edit(replace(watched, rules={})).edit(watched).read(plugin=9).read(plugin=9)
    assert story.told == [("crossed", "80%"), ("rule_removed", "80%"), ("crossed", "80%")]


def test_a_rule_taken_out_and_put_back_stays_silent_within_its_period() -> None:
    watched = book(rule("80%"))
    story = Story(watched).read(num_operations=82).edit(replace(watched, rules={})).edit(watched)
    assert story.read(num_operations=83).told == [("crossed", "80%"), ("rule_removed", "80%")]


def test_a_removed_alert_that_did_not_stand_is_closed_without_a_word() -> None:
    watched = book(rule("80%"), quotas=(quota("plugin", 10, "none"),))
    story = Story(watched).read(plugin=9).read(plugin=1).edit(replace(watched, rules={}))
    assert [r for r, _ in story.told] == ["crossed", "recovered"]
    assert story.alerts == [("closed", "info")]


def test_no_data_then_data_that_must_hold_first_does_not_stand_forever() -> None:
    held = rule("80%", on_no_data="alert", hold=timedelta(hours=1))
    story = Story(book(held, quotas=(quota("plugin", 10, "none"),))).read(plugin=1).fail()
    story.read(plugin=9).read(plugin=1)
    assert story.told == [("crossed", "no data"), ("recovered", "no data")]
    assert story.alerts == [("recovered", "info")]


def test_what_must_hold_first_begins_anew_after_a_dip() -> None:
    held = rule("80%", hold=timedelta(hours=1))
    story = Story(book(held, quotas=(quota("plugin", 100, "none"),))).read(plugin=90).read(plugin=10)
    for _ in range(4):
        story.read(plugin=90)
    assert story.told == []
    assert story.read(plugin=90).told == [("crossed", "80%")]


def test_reminders_come_when_they_are_due_and_not_before() -> None:
    story = Story(book(rule("80%", remind_every=DAY)))
    for _ in range(8):
        story.read(DAY / 3, num_operations=82)
    assert [(e.reason.value, (e.at - START) / DAY * 3) for e in story.events] == [
        ("crossed", 1),
        ("reminder", 4),
        ("reminder", 7),
    ]


def test_a_lower_bound_that_reaches_a_threshold_is_a_breach_and_below_it_incomplete() -> None:
    story = Story(book(rule("80%"), accounts=("acme", "dr"))).read(num_operations=79)
    assert story.outcomes == {"num_operations": "incomplete"}
    assert story.read(num_operations=80).outcomes == {"num_operations": "breach"}


def test_an_unlimited_pool_that_is_incomplete_says_who_is_missing() -> None:
    story = Story(book(rule("80%"), quotas=(quota("num_operations", None),), accounts=("acme", "dr")))
    story.read(num_operations=5)
    finding = story.last["license", "lic"].judged[0].finding
    assert (finding.outcome, finding.value, finding.missing) == (Outcome.UNLIMITED, 5, ("dr",))


def test_a_period_that_begins_now_waits_for_its_first_reading() -> None:
    story = Story(book(rule("80%")), now=datetime(2026, 4, 30, 23, tzinfo=UTC)).read(num_operations=90)
    story.judge(timedelta(minutes=45))
    assert story.outcomes == {"num_operations": "stale"}
    assert story.reasons == ["crossed", "period_closed"]


def test_an_alert_knows_its_period_and_where_it_was_told() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82)
    (alert,) = story.records["license", "lic"].alerts.values()
    assert (alert.key.period, alert.period_end) == (START.replace(day=1), datetime(2026, 5, 1, tzinfo=UTC))
    assert (alert.channels, alert.told, alert.version) == (("slack",), ("80%",), 1)
