"""What is not known yet, and what was off for a while."""

from datetime import timedelta

from support.story import Story, book, quota, rule

from alerter.core.kinds.quota import QuotaRule
from alerter.core.series import AccountView


def test_a_pool_waits_for_accounts_that_were_not_asked_yet() -> None:
    story = Story(book(rule("80%"), accounts=("acme", "dr")))
    story.views["dr"] = AccountView(awaited=True)
    story.read(num_operations=95)
    assert story.told == []
    story.views["dr"].awaited = False
    story.read(account="dr", num_operations=1)
    assert story.told == [("crossed", "80%")]
    assert story.events[0].payload["complete"] is True


def test_a_reading_from_the_future_is_not_fresh() -> None:
    story = Story(book(rule("80%"))).read(num_operations=90)
    story.judge(-timedelta(hours=3))
    assert story.outcomes == {"num_operations": "stale"}


def test_a_rule_switched_off_and_on_within_a_period_stands_again_without_a_message() -> None:
    story = Story(book(rule("80%"))).read(num_operations=90)
    story.edit(book(rule("80%", enabled=False))).edit(book(rule("80%"))).read(num_operations=91)
    assert story.told == [("crossed", "80%"), ("rule_removed", "80%")]
    (alert,) = story.records["license", "lic"].alerts.values()
    assert alert.status == "open"


def test_a_gauge_with_a_quota_of_zero_recovers_at_zero() -> None:
    story = Story(book(rule("80%"), quotas=(quota("plugin", 0, "none"),)))
    story.read(plugin=0).read(plugin=1).read(plugin=0)
    assert story.told == [("crossed", "80%"), ("recovered", "80%")]


def test_nothing_used_of_a_quota_of_zero_is_no_breach_of_what_remains() -> None:
    left = rule("10%", options=QuotaRule(measure="remaining"))
    story = Story(book(left, quotas=(quota("num_operations", 0),))).read(num_operations=0)
    assert story.told == []
    assert story.read(num_operations=1).told == [("crossed", "10%")]


def test_a_reminder_that_is_due_does_not_keep_a_hold_running() -> None:
    held = rule("80%", "95%", hold=timedelta(hours=1), remind_every=timedelta(hours=2))
    story = Story(book(held, quotas=(quota("plugin", 100, "none"),)))
    for _ in range(5):
        story.read(plugin=85)
    story.read(plugin=96)
    story.read(timedelta(hours=5), plugin=78)
    story.read(plugin=96)
    assert ("escalated", "95%") not in story.told
