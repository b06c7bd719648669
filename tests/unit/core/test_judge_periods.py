"""The end of a period, and what is said once: notices, new categories, restarts, clocks that jump."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.story import Story, book, quota, rule

from alerter.core.kinds.growth import GrowthRule
from alerter.core.kinds.usage import UsageRule
from alerter.core.model import Window

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
EVE = datetime(2026, 4, 30, 23, tzinfo=UTC)
APRIL = Window(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))


def at_eve(*at: str, used: int = 70, accounts: tuple[str, ...] = ("acme",), **more: Any) -> Story:
    """A story that has passed from April into May; April's last poll saw `used`."""
    story = Story(book(rule(*at, **more), accounts=accounts), now=EVE)
    return story.read(num_operations=used).read(2 * HOUR, num_operations=1)


def ended(used: int) -> dict[str, dict[str, int]]:
    return {"acme": {"num_operations": used}}


def test_what_the_last_poll_missed_is_told_once_for_the_old_period() -> None:
    story = at_eve("80%").final(APRIL, ended(85)).final(APRIL, ended(86)).judge()
    assert story.told == [("crossed", "80%")]
    facts = story.events[0].payload
    assert facts["value"] == 85
    assert str(facts["period"]).startswith("{'per': 'month', 'start': '2026-04-01")
    assert story.alerts == [("closed", "info")]


def test_a_final_count_leaves_its_alert_closed_by_itself() -> None:
    story = at_eve("80%").final(APRIL, ended(85))
    assert (story.alerts, story.reasons) == ([("closed", "info")], ["crossed"])


def test_a_final_count_tells_only_what_is_new() -> None:
    story = at_eve("60%", "80%", "90%").final(APRIL, ended(85))
    assert story.told == [("crossed", "60%"), ("crossed", "80%")]
    assert story.reasons == ["crossed", "period_closed", "crossed"]
    assert story.events[-1].payload["passed"] == []


def test_a_final_count_below_every_threshold_tells_nothing() -> None:
    story = at_eve("80%").final(APRIL, ended(79))
    assert (story.events, story.alerts) == ([], [])


def test_a_final_count_that_fell_recovers_nothing() -> None:
    assert at_eve("60%").final(APRIL, ended(5)).told == [("crossed", "60%")]


def test_the_new_period_is_left_alone_by_the_final_count_of_the_old() -> None:
    story = at_eve("80%").final(APRIL, ended(85)).read(num_operations=81)
    assert story.told == [("crossed", "80%"), ("crossed", "80%")]
    assert sorted(story.alerts) == [("closed", "info"), ("open", "info")]


def test_a_rule_that_must_hold_first_is_not_judged_on_final_counts() -> None:
    story = Story(book(rule("80%", hold=HOUR)), now=EVE).read(num_operations=85)
    story.now += 2 * HOUR
    assert story.final(APRIL, ended(85)).told == []


@pytest.mark.parametrize(
    "window",
    [
        pytest.param(Window(APRIL.start, APRIL.end - DAY), id="another end"),
        pytest.param(Window(APRIL.start + DAY, APRIL.end), id="another start"),
    ],
)
def test_counts_of_another_window_than_the_period_are_not_judged(window: Window) -> None:
    assert at_eve("80%").final(window, ended(99)).told == []


@pytest.mark.parametrize("options", [GrowthRule(), UsageRule(window=HOUR)], ids=["growth", "usage of a window"])
def test_rules_without_a_period_have_no_final_count(options: object) -> None:
    story = Story(book(rule("10", options=options, metrics=("num_operations",))), now=EVE).judge(2 * HOUR)
    assert story.final(APRIL, ended(99)).events == []


def test_a_final_count_of_a_part_of_the_pool_is_a_lower_bound() -> None:
    story = at_eve("80%", accounts=("acme", "dr")).final(APRIL, ended(85))
    assert story.told == [("crossed", "80%")]
    assert (story.events[0].payload["complete"], story.events[0].payload["missing"]) == (False, ["dr"])


def test_a_pool_is_added_up_in_its_final_count() -> None:
    both = {"acme": {"num_operations": 40}, "dr": {"num_operations": 40}}
    assert at_eve("80%", accounts=("acme", "dr")).final(APRIL, both).told == [("crossed", "80%")]


def test_a_clock_that_jumps_ahead_and_back_fires_nothing_twice() -> None:
    story = Story(book(rule("80%")), now=EVE).read(num_operations=90).read(2 * HOUR, num_operations=85)
    story.judge(-2 * HOUR).read(num_operations=91).judge(2 * HOUR).read(num_operations=86)
    assert story.told == [("crossed", "80%"), ("crossed", "80%")]


def test_a_new_app_category_is_said_once_to_every_channel_of_the_license() -> None:
    story = Story(book(rule("80%"), rule("9", name="b", options=UsageRule(), notify=("pager",))))
    story.unknown = {"apps.quantum": 3, "apps.tep": 1, "region": "eu"}
    story.read(num_operations=1).read(num_operations=2)
    assert story.told == [("uncovered", None)]
    assert story.events[0].payload["metrics"] == ["apps.quantum"]
    assert story.events[0].channels == ("slack", "pager")


def test_a_further_new_category_is_said_by_itself() -> None:
    story = Story(book(rule("80%")))
    story.unknown = {"apps.quantum": 3}
    story.read(num_operations=1)
    story.unknown = {"apps.quantum": 3, "apps.fog": 1}
    story.read(num_operations=1)
    assert [e.payload["metrics"] for e in story.events] == [["apps.quantum"], ["apps.fog"]]
    assert len({e.id for e in story.events}) == 2


def test_what_was_said_once_is_not_said_again_after_a_restart() -> None:
    story = Story(book(rule("80%"), quotas=(quota("apps.tep", 5), quota("num_operations", 100))))
    story.unknown = {"apps.quantum": 3}
    story.read(num_operations=1)
    again = Story(story.book, now=story.now, records=story.records)
    again.unknown = story.unknown
    assert sorted(r for r, _ in story.told) == ["not_reported", "uncovered"]
    assert again.read(num_operations=2).events == []


def test_what_was_not_stored_is_said_again_under_the_same_id() -> None:
    lost, again = (Story(book(rule("80%"), quotas=(quota("apps.tep", 5),))).read(num_operations=1) for _ in range(2))
    assert [e.id for e in lost.events] == [e.id for e in again.events]


def test_each_rule_says_for_itself_that_a_metric_is_not_reported() -> None:
    tep = (quota("apps.tep", 5),)
    story = Story(book(rule("80%"), rule("90%", name="other"), quotas=tep)).read(num_operations=1)
    assert [e.payload["rule"] for e in story.events] == ["used", "other"]


def test_a_metric_not_reported_any_more_leaves_its_alert_standing() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82).read(plugin=1)
    assert story.outcomes == {"num_operations": "not_reported"}
    assert story.told == [("crossed", "80%"), ("not_reported", None)]
    assert story.alerts == [("open", "info")]


def test_only_a_changed_outcome_is_recorded() -> None:
    story = Story(book(rule("50%", "80%")))
    recorded = [len(story.read(num_operations=n).last["license", "lic"].standings) for n in (1, 2, 50, 60, 80, 85)]
    assert recorded == [1, 0, 1, 0, 1, 0]


def test_an_alert_of_a_disabled_rule_is_told_where_it_was_announced() -> None:
    story = Story(book(rule("80%"))).read(num_operations=82)
    story.edit(book(replace(rule("80%"), enabled=False, notify=("elsewhere",))))
    assert story.told == [("crossed", "80%"), ("rule_removed", "80%")]
    assert story.events[-1].channels == ("slack",)
