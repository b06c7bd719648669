"""`pace`: the share used against the share of the period gone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.story import START, Story, book, quota, rule

from alerter.core.book import Share
from alerter.core.kinds.pace import PaceRule

DAY = timedelta(days=1)


def story(*at: str, limit: int | None = 3000, per: Any = "month", **options: Any) -> Story:
    """A quota of 3,000 from 15 April to 15 May: 100 a day is an even pace."""
    paced = rule(*at, options=PaceRule(**options))
    return Story(book(paced, quotas=(quota("num_operations", limit, per),), starts=START.date()))


def result(found: Story) -> tuple[str, str]:
    judged = found.last["license", "lic"].judged[0]
    return judged.outcome.value, judged.finding.why


@pytest.mark.parametrize(
    ("day", "used", "found"),
    [
        pytest.param(2, 3000, ("too_early", "before 10% of the period"), id="all used on the second day"),
        pytest.param(3, 375, ("breach", ""), id="exactly 1.25 times, from a tenth of the period on"),
        pytest.param(3, 374, ("ok", ""), id="just less"),
        pytest.param(15, 1874, ("ok", ""), id="half way, just less"),
        pytest.param(15, 1875, ("breach", ""), id="half way, as much"),
        pytest.param(15, 0, ("ok", ""), id="nothing used"),
    ],
)
def test_ratios(day: int, used: int, found: tuple[str, str]) -> None:
    assert result(story("1.25x").read(day * DAY, num_operations=used)) == found


@pytest.mark.parametrize(
    ("limit", "per", "found"),
    [
        pytest.param(0, "month", ("ok", "a quota of 0 has no course"), id="a quota of 0"),
        pytest.param(None, "month", ("unlimited", "unlimited"), id="unlimited"),
        pytest.param(3000, "none", ("ok", "a balance has no end to look ahead to"), id="a balance"),
    ],
)
def test_what_has_no_pace_is_silent(limit: int | None, per: str, found: tuple[str, str]) -> None:
    seen = story("1.25x", limit=limit, per=per).read(15 * DAY, num_operations=5000)
    assert (result(seen), seen.told) == (found, [])


def test_less_than_ignore_below_is_below_the_floor() -> None:
    found = story("1.25x", ignore_below=2000).read(15 * DAY, num_operations=1999)
    assert result(found) == ("below_floor", "below ignore_below")


def test_not_before_is_a_share_of_the_period() -> None:
    late = story("1.25x", not_before=Share(Decimal("0.5")))
    assert result(late.read(14 * DAY, num_operations=2500))[0] == "too_early"
    assert result(late.read(DAY, num_operations=2500))[0] == "breach"


def test_days_in_and_days_told_out() -> None:
    found = story("1.25x", "2x")
    for used in (10, 1000, 1000, 1000, 1000, 1000, 1000, 1800, 2400):
        found.read(2 * DAY, num_operations=used)
    assert found.told == [("crossed", "2"), ("recovered", "2")]
    extra = found.events[0].payload["extra"]
    assert extra == {"ratio": "2.50", "gone": 0.1333}


def test_apps_and_numbers_at_a_moment_have_no_pace() -> None:
    quotas = (quota("num_operations", 100), quota("apps.generic", 10), quota("plugin", 10, "none"))
    found = Story(book(rule("1.25x", options=PaceRule()), quotas=quotas)).read(DAY, num_operations=1)
    assert list(found.outcomes) == ["num_operations"]


def test_a_lower_bound_can_fire() -> None:
    paced = rule("1.25x", options=PaceRule())
    found = Story(book(paced, quotas=(quota("num_operations", 3000),), accounts=("acme", "dr"), starts=START.date()))
    found.read(15 * DAY, num_operations=2000)
    assert found.told == [("crossed", "1.25")]


def test_a_new_period_is_judged_anew() -> None:
    found = story("1.25x").read(15 * DAY, num_operations=2000)
    found.read(30 * DAY, num_operations=2000)
    assert found.reasons == ["crossed", "period_closed", "crossed"]
