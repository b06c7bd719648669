"""The past, day by day through the judge: what would have been told, when, and what it was worth."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from support.story import book, days, quota, rule

from alerter.core.book import RuleBook
from alerter.core.kinds.growth import GrowthRule
from alerter.core.kinds.stale import StaleRule
from alerter.core.kinds.usage import UsageRule
from alerter.core.model import AskKind, Reading, Window
from alerter.pipeline.hindsight import Judgement, by_channel, by_rule, in_sight, warned, weigh
from alerter.pipeline.replay import Reel, replay, why_not
from alerter.pipeline.tape import Tape
from alerter.pipeline.watch import Watch

MAY = datetime(2026, 5, 1, tzinfo=UTC)
FRESH = timedelta(minutes=45)
USED = rule("50%", "80%", "100%")


def tape(*counts: int | None, until: datetime = MAY, **more: Any) -> Tape:
    return Tape(closed=sorted(days(*counts, until=until).items()), **more)


def played(found: RuleBook, tapes: Mapping[str, Tape], **more: Any) -> Reel:
    watch = Watch.over(found)
    since = more.pop("since", datetime(2026, 1, 1, tzinfo=UTC))
    item = watch.subjects["license", "lic"]
    return replay(item, watch.needs, tapes, fresh_for=FRESH, since=since, **more)


def told(reel: Reel) -> list[tuple[str, str, str | None]]:
    return [(f"{t.at:%m-%d}", t.reason, t.threshold) for t in reel.told]


def test_each_day_is_judged_by_its_own_end_and_each_threshold_told_once() -> None:
    reel = played(book(USED), {"acme": tape(*[4] * 30)})
    assert told(reel) == [("04-13", "crossed", "50%"), ("04-20", "escalated", "80%"), ("04-25", "escalated", "100%")]
    assert [(f"{c.at:%m-%d}", c.value, c.limit) for c in reel.crossings] == [("04-25", 100, 100)]
    assert (reel.days, reel.gaps) == (30, 0)


def test_a_new_period_begins_at_zero() -> None:
    reel = played(book(USED), {"acme": tape(*[4] * 40, until=MAY + timedelta(days=10))})
    assert "05-01" not in [day for day, _, _ in told(reel)]


def test_a_periods_last_day_counts_for_that_period() -> None:
    reel = played(book(USED), {"acme": tape(*[0] * 29, 100)})
    assert told(reel) == [("04-30", "crossed", "100%")]


def test_a_day_that_is_not_stored_is_a_gap_and_fires_nothing() -> None:
    reel = played(book(USED), {"acme": tape(30, None, 30)})
    assert (told(reel), reel.gaps) == ([("04-30", "crossed", "50%")], 0)
    both = {"acme": tape(30, None, 30), "dr": tape(1, 1, 1)}
    assert played(book(USED, accounts=("acme", "dr")), both).gaps == 1


def test_a_stored_reading_of_the_period_lifts_the_sum_of_its_days() -> None:
    april = Window(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 29, 18, tzinfo=UTC))
    reading = Reading(
        account="acme", window=april, kind=AskKind.PERIOD, read_at=april.end, values={"num_operations": 85}
    )
    reel = played(book(USED), {"acme": tape(1, 1, periods=[reading])})
    assert told(reel) == [("04-29", "crossed", "80%")]


def test_apps_are_never_added_up_over_days() -> None:
    counts = sorted(days(40, 60, 50, metric="apps.generic", until=MAY).items())
    found = book(USED, quotas=(quota("apps.generic", 100),))
    assert [t.value for t in played(found, {"acme": Tape(closed=counts)}).told] == [60]


def test_growth_is_told_once_the_day_has_settled() -> None:
    growth = rule("50%", options=GrowthRule(window=timedelta(days=2)))
    reel = played(book(growth), {"acme": tape(10, 10, 20, 20)})
    assert [(t.at.isoformat(), t.threshold) for t in reel.told] == [("2026-05-01T00:10:00+00:00", "50%")]


def test_what_came_before_since_is_judged_but_not_listed() -> None:
    reel = played(book(USED), {"acme": tape(*[4] * 30)}, since=datetime(2026, 4, 15, tzinfo=UTC))
    assert [threshold for _, _, threshold in told(reel)] == ["80%", "100%"]


def test_a_window_of_whole_days_slides_over_the_stored_days() -> None:
    sliding = rule("25", options=UsageRule(window=timedelta(days=2)))
    assert told(played(book(sliding), {"acme": tape(5, 10, 15, 20)})) == [("04-29", "crossed", "25")]


def test_what_days_cannot_tell_is_named() -> None:
    rules = (rule("2h", options=StaleRule()), rule("9", name="burst", options=UsageRule(window=timedelta(hours=6))))
    watch = Watch.over(book(*rules))
    whys = {c.key.rule: why_not(c) for item in watch.subjects.values() for c in item.checks}
    assert set(whys) == {"used", "burst"}
    assert all(whys.values())


def weighed(found: RuleBook, tapes: Mapping[str, Tape], until: datetime = MAY) -> tuple[Reel, list[Judgement]]:
    reel = played(found, tapes)
    return reel, weigh(reel.told, reel.crossings, found, until)


def test_each_crossing_says_how_many_days_before_it_each_rule_warned() -> None:
    found = book(USED, rule("30%", name="early"))
    reel, judgements = weighed(found, {"acme": tape(*[4] * 30)})
    assert [dict(w.rules) for w in warned(reel.crossings, judgements)] == [{"used": 12, "early": 17}]
    assert {j.worth for j in judgements} == {"before"}


def test_a_warning_in_a_period_that_ended_within_its_quota_was_in_vain() -> None:
    _, judgements = weighed(book(USED), {"acme": tape(*[2] * 30)})
    assert [j.worth for j in judgements] == ["in_vain"]
    _, running = weighed(book(USED), {"acme": tape(*[2] * 30)}, until=MAY - timedelta(days=1))
    assert [j.worth for j in running] == ["open"]


def test_rules_and_channels_are_summed_up() -> None:
    found = book(USED)
    reel, judgements = weighed(found, {"acme": tape(*[4] * 30)})
    row = by_rule(in_sight(Watch.over(found)), judgements, warned(reel.crossings, judgements))[0]
    assert (row.messages, row.crossings, row.warned, row.median_days, row.in_vain) == (3, 1, 1, 12.0, 0)
    assert by_channel(reel.told) == {"slack": 3}
