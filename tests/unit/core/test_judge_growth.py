"""`growth`: completed days against the ones before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.story import START, Story, book, days, quota, rule

from alerter.core.calendar import before, last_full
from alerter.core.kinds.growth import GrowthRule
from alerter.core.model import Window

DAY = timedelta(days=1)
SOON = timedelta(minutes=15)
NEW_YORK = "America/New_York"


def day_by_day(*at: str, metric: str = "num_operations", **options: Any) -> Story:
    """A story of one rule that compares days, or `window`."""
    options = {"window": DAY, **options}
    return Story(book(rule(*at, metrics=(metric,), options=GrowthRule(**options))))


def result(story: Story) -> tuple[str, str]:
    judged = story.last["license", "lic"].judged[0]
    return judged.outcome.value, judged.finding.why


@pytest.mark.parametrize(
    ("at", "first", "second", "outcome"),
    [
        pytest.param("+30%", 100, 130, "breach", id="a rise of exactly as much"),
        pytest.param("+30%", 100, 129, "ok", id="a rise of less"),
        pytest.param("+30%", 1_000_000_000, 1_299_999_999, "ok", id="one short in a billion"),
        pytest.param("-50%", 100, 50, "breach", id="a fall of exactly as much"),
        pytest.param("-50%", 100, 51, "ok", id="a fall of less"),
        pytest.param("-50%", 100, 0, "breach", id="a fall to nothing"),
        pytest.param("+30%", 0, 1, "breach", id="up from none"),
        pytest.param("+30%", 0, 0, "ok", id="none and none"),
        pytest.param("-50%", 0, 0, "ok", id="none and none is no fall"),
        pytest.param("-50%", 0, 9, "ok", id="up from none is no fall"),
    ],
)
def test_one_day_against_the_day_before(at: str, first: int, second: int, outcome: str) -> None:
    assert result(day_by_day(at).closed(days(first, second)).judge(SOON)) == (outcome, "")


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        pytest.param(10, 99, ("below_floor", "below ignore_below"), id="both below the floor"),
        pytest.param(10, 100, ("breach", ""), id="the newer one at the floor"),
        pytest.param(100, 10, ("breach", ""), id="the older one at the floor"),
    ],
)
def test_ignore_below_is_about_both_stretches(first: int, second: int, found: tuple[str, str]) -> None:
    story = day_by_day("+30%", "-50%", ignore_below=100).closed(days(first, second)).judge(SOON)
    assert result(story) == found


def test_a_week_is_added_up_from_its_days() -> None:
    story = day_by_day("+30%", window=7 * DAY).closed(days(*[10] * 7, *[13] * 7)).judge(SOON)
    assert story.told == [("crossed", "+30%")]
    extra = story.events[0].payload["extra"]
    assert isinstance(extra, dict)
    assert (extra["current"], extra["baseline"], extra["change"], extra["window"]) == (91, 70, 0.3, 604_800)


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param((), id="nothing read"),
        pytest.param((13,) * 7, id="one week of two"),
        pytest.param((10,) * 6 + (None,) + (13,) * 7, id="a gap in the baseline"),
        pytest.param((10,) * 8 + (None,) + (13,) * 5, id="a gap in the newer week"),
    ],
)
def test_too_few_days_are_too_early(counts: tuple[int | None, ...]) -> None:
    story = day_by_day("+30%", window=7 * DAY).closed(days(*counts)).judge(SOON)
    assert result(story) == ("too_early", "not enough completed days have been read")
    assert story.told == []


def test_todays_part_of_a_day_is_left_out() -> None:
    noon = START + timedelta(hours=12)
    today = {Window(START, noon): {"num_operations": 10**9}}
    story = day_by_day("+30%").closed(days(100, 100)).closed(today).read(timedelta(hours=12), num_operations=10**9)
    assert result(story) == ("ok", "")
    assert story.last["license", "lic"].judged[0].finding.as_of == START


def test_while_the_last_day_is_not_read_the_one_before_tells() -> None:
    story = day_by_day("+30%").closed(days(100, 130, None)).judge(SOON)
    assert result(story) == ("breach", "")
    assert story.last["license", "lic"].judged[0].finding.as_of == START - DAY


def test_a_second_day_not_read_is_too_early() -> None:
    assert result(day_by_day("+30%").closed(days(100, 130, None, None)).judge(SOON))[0] == "too_early"


def test_a_day_counts_once_it_had_time_to_settle() -> None:
    story = day_by_day("+30%").closed(days(100, 100, 130))
    assert result(story.judge(timedelta(minutes=9)))[0] == "ok"
    assert result(story.judge(timedelta(minutes=1)))[0] == "breach"


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2026, 11, 2)], ids=["a day of 23 hours", "a day of 25 hours"])
@pytest.mark.parametrize("unread", [False, True], ids=["read", "not yet read"])
def test_the_day_the_clocks_change_is_a_day(day: date, unread: bool) -> None:
    now = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)  # one hour or two into the local day
    growing = rule("+30%", metrics=("num_operations",), options=GrowthRule(window=DAY))
    story = Story(book(growing, timezone=NEW_YORK), now=now)
    story.closed(days(100, 130, None if unread else 169, until=now, tz=NEW_YORK)).judge()
    assert story.told == [("crossed", "+30%")]


@pytest.mark.parametrize("minutes", [10, 40, 70, 600])
def test_after_a_day_of_23_hours_only_one_day_is_gone_back(minutes: int) -> None:
    midnight = datetime(2026, 3, 9, 4, tzinfo=UTC)
    growing = rule("+30%", metrics=("num_operations",), options=GrowthRule(window=DAY))
    story = Story(book(growing, timezone=NEW_YORK), now=midnight)
    story.closed(days(100, 100, 130, None, until=midnight, tz=NEW_YORK)).judge(timedelta(minutes=minutes))
    assert story.told == [("crossed", "+30%")]


def test_distinct_apps_are_never_added_up_from_days() -> None:
    story = day_by_day("+30%", metric="apps.generic", window=7 * DAY)
    story.closed(days(*[10] * 7, *[20] * 7, metric="apps.generic")).judge(SOON)
    assert result(story)[0] == "too_early"


def test_distinct_apps_are_compared_over_windows_asked_for_as_such() -> None:
    newest = last_full(7 * DAY, START, "UTC")
    counts = {newest: {"apps.generic": 13}, before(newest, "UTC"): {"apps.generic": 10}}
    story = day_by_day("+30%", metric="apps.generic", window=7 * DAY).closed(counts).judge(SOON)
    assert story.told == [("crossed", "+30%")]


def test_a_number_at_a_moment_compares_the_last_day_of_each_window() -> None:
    counts = days(*[99] * 6, 10, *[99] * 6, 13, metric="plugin")
    story = day_by_day("+30%", metric="plugin", window=7 * DAY).closed(counts).judge(SOON)
    assert story.told == [("crossed", "+30%")]
    assert story.events[0].value == 13


def test_growth_that_is_over_recovers_and_may_be_told_again() -> None:
    story = day_by_day("+30%").closed(days(100, 130)).judge(SOON)
    for at, count in enumerate((160, 210), start=1):
        story.closed(days(count, until=START + at * DAY)).judge(DAY)
    assert story.told == [("crossed", "+30%"), ("recovered", "+30%"), ("crossed", "+30%")]


def test_a_fall_recovers_five_points_above_its_line() -> None:
    story = day_by_day("-50%").closed(days(100, 50)).judge(SOON)
    story.closed(days(27, until=START + DAY)).judge(DAY)
    assert story.told == [("crossed", "-50%")]
    story.closed(days(15, until=START + 2 * DAY)).judge(DAY)
    assert story.told == [("crossed", "-50%"), ("recovered", "-50%")]


def test_a_rise_after_a_fall_is_told_although_the_fall_was_the_graver() -> None:
    story = day_by_day("+30%", "-50%").closed(days(100, 40)).judge(SOON)
    for at, count in enumerate((80, 8), start=1):
        story.closed(days(count, until=START + at * DAY)).judge(DAY)
    assert [text for _, text in story.told] == ["-50%", "+30%", "-50%"]


def test_a_pool_with_an_account_that_does_not_report_fires_nothing_and_says_so_once() -> None:
    growing = rule("+30%", metrics=("num_operations",), options=GrowthRule(window=DAY))
    story = Story(book(growing, accounts=("acme", "dr")))
    story.closed(days(100, 500)).closed(days(-1, -1), account="dr").judge(SOON).judge(SOON)
    assert result(story) == ("incomplete", "not every account reports it")
    assert story.told == [("not_reported", None)]
    assert story.events[0].payload["missing"] == ["dr"]


def test_a_metric_no_account_reports_is_not_reported() -> None:
    story = day_by_day("+30%").closed(days(-1, -1)).judge(SOON)
    assert result(story) == ("not_reported", "the account does not report it")


def test_a_pool_waits_until_every_account_was_read() -> None:
    growing = rule("+30%", metrics=("num_operations",), options=GrowthRule(window=DAY))
    story = Story(book(growing, accounts=("acme", "dr"))).closed(days(100, 130)).judge(SOON)
    assert result(story)[0] == "too_early"
    story.closed(days(100, 130), account="dr").judge(SOON)
    assert result(story)[0] == "breach"


def test_hours_are_compared_as_windows_of_their_own() -> None:
    newest = last_full(timedelta(hours=6), START, "UTC")
    counts = {newest: {"num_operations": 13}, before(newest, "UTC"): {"num_operations": 10}}
    story = day_by_day("+30%", window=timedelta(hours=6)).closed(counts).judge(SOON)
    assert story.told == [("crossed", "+30%")]


@pytest.mark.parametrize(
    ("window", "fine"), [("1h", True), ("6h", True), ("168h", True), ("36h", False), ("0h", False)]
)
def test_windows_are_whole_days_or_hours(window: str, fine: bool) -> None:
    rule_ = GrowthRule(window=timedelta(hours=int(window[:-1])))
    assert (rule_.problem() is None) is fine


def test_a_rule_on_accounts_is_judged_in_utc_on_each() -> None:
    growing = rule("+30%", metrics=("num_operations",), options=GrowthRule(window=DAY), accounts=("d*",))
    story = Story(book(growing, accounts=("acme", "dr"), quotas=(quota("plugin", 1),)))
    story.closed(days(1, 9)).closed(days(10, 13), account="dr").judge(SOON)
    assert [e.payload["subject"] for e in story.events] == ["dr"]
