"""`stale`: an account that gives no fresh reading."""

from datetime import timedelta

import pytest
from support.story import START, Story, book, rule

from alerter.core.kinds.stale import StaleRule
from alerter.core.model import PollState
from alerter.core.series import AccountView

HOUR = timedelta(hours=1)


def silent(*at: str) -> Story:
    return Story(book(rule(*at, name="silent", options=StaleRule())))


def test_six_hours_of_failures_are_one_message_then_normal() -> None:
    both = book(rule("80%"), rule("2h", name="silent", options=StaleRule()))
    story = Story(both).read(num_operations=82)
    for _ in range(24):
        story.fail()
    assert story.told == [("crossed", "80%"), ("crossed", "2h")]
    story.read(num_operations=83).read(num_operations=84)
    assert story.told == [("crossed", "80%"), ("crossed", "2h"), ("recovered", "2h")]


def test_a_second_outage_is_told_again() -> None:
    story = silent("2h").read(num_operations=1).fail(2 * HOUR).read(num_operations=1).fail(2 * HOUR)
    assert [reason for reason, _ in story.told] == ["crossed", "recovered", "crossed"]


@pytest.mark.parametrize(("after", "told"), [(HOUR, []), (2 * HOUR, [("crossed", "2h")])])
def test_an_account_that_never_answered_counts_from_when_it_was_first_watched(
    after: timedelta, told: list[tuple[str, str]]
) -> None:
    assert silent("2h").fail(after).told == told


def test_an_account_not_asked_yet_is_too_early() -> None:
    story = silent("2h").judge(9 * HOUR)
    judged = story.last["account", "acme"].judged[0]
    assert (judged.outcome.value, judged.why, story.told) == ("too_early", "not asked yet", [])


def test_graver_thresholds_follow_as_it_lasts() -> None:
    story = silent("2h", "6h").read(num_operations=1).fail(2 * HOUR).fail(2 * HOUR).fail(2 * HOUR)
    assert story.told == [("crossed", "2h"), ("escalated", "6h")]


def test_the_message_says_for_how_long_and_why() -> None:
    story = silent("2h").read(num_operations=1)
    story.views["acme"].poll = PollState(
        account="acme", next_poll_at=START, watched_since=START, last_ok_at=START, error_text="403: no permission"
    )
    facts = story.judge(3 * HOUR).events[0].payload
    assert facts["value"] == 3 * 3600 + 900
    assert facts["extra"] == {"account": "acme", "error": "403: no permission"}


def test_each_account_is_judged_by_itself() -> None:
    story = Story(book(rule("2h", options=StaleRule()), accounts=("acme", "dr")))
    story.read(num_operations=1).read(account="dr", num_operations=1).fail(HOUR).fail(HOUR).fail(HOUR, account="dr")
    story.read(account="dr", num_operations=1)
    assert {e.payload["subject"] for e in story.events if e.reason.value == "crossed"} == {"acme", "dr"}
    assert [e.payload["subject"] for e in story.events if e.reason.value == "recovered"] == ["dr"]


def test_a_clock_set_back_makes_no_negative_age() -> None:
    story = silent("2h")
    story.views["acme"] = AccountView(
        poll=PollState(account="acme", next_poll_at=START, watched_since=START, last_ok_at=START + HOUR)
    )
    assert story.judge().last["account", "acme"].judged[0].finding.level == 0
