"""What differs between two rule books, and what that would do to alerts."""

from datetime import timedelta

from support.story import START, Story, book, quota, rule

from alerter.core.book import RuleBook
from alerter.pipeline.differences import Change, differences, edits
from alerter.pipeline.watch import Watch

USED = rule("75%", "90%")


def changed(new: RuleBook, *counts: int) -> list[Change]:
    """From the rules of `USED`, after these readings were told about."""
    story = Story(book(USED))
    for count in counts:
        story.read(num_operations=count)
    return differences(
        Watch.over(story.book),
        Watch.over(new),
        (story.views, story.views),
        story.records,
        story.now,
        timedelta(hours=1),
    )


def words(found: list[Change]) -> list[tuple[str, str | None]]:
    return [(one.what, one.threshold) for one in found]


def test_the_same_rules_change_nothing() -> None:
    assert changed(book(USED), 80) == []


def test_a_lower_threshold_fires_where_it_is_reached() -> None:
    found = changed(book(rule("75%", "78%")), 76, 80)
    assert words(found) == [("fires", "78%")]
    assert found[0].channels == ("slack",)


def test_a_raised_quota_arms_again() -> None:
    assert [c.what for c in changed(book(USED, quotas=(quota("num_operations", 1000),)), 80)] == ["re-arms"]


def test_a_removed_rule_drops_its_alert() -> None:
    assert [c.what for c in changed(book(), 80)] == ["drops"]


def test_what_would_fire_anyway_is_no_change() -> None:
    assert changed(book(USED), 10, 80) == []


def test_nothing_that_is_remembered_is_touched() -> None:
    story = Story(book(USED)).read(num_operations=80)
    before = {key: alert for record in story.records.values() for key, alert in record.alerts.items()}
    differences(
        Watch.over(story.book), Watch.over(book()), (story.views, story.views), story.records, START, timedelta(hours=1)
    )
    assert {key: alert for record in story.records.values() for key, alert in record.alerts.items()} == before


def test_edits_name_what_was_added_removed_and_changed() -> None:
    old, new = book(USED, rule("5%", name="gone")), book(rule("75%"), rule("5%", name="new"))
    assert [str(edit) for edit in edits(old, new)] == ["rule gone removed", "rule new added", "rule used changed"]
