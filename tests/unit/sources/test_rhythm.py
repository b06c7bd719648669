"""Simulated usage: windows that touch add up, distinct counts do not, and all is the same every time."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerter.sources.simulator import Apps, Incident, Rhythm, Rhythmic, Scripted, Steps

DAY = 86_400
ORIGIN = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
seconds = st.integers(min_value=ORIGIN - DAY, max_value=ORIGIN + 100 * DAY)


def steady(seed: str = "a", per_hour: float = 1000, growth: float = 0.0) -> Rhythm:
    return Rhythm(seed, per_hour, origin=ORIGIN, growth=growth)


@given(st.lists(seconds, min_size=3, max_size=6))
def test_windows_that_touch_add_up_exactly(bounds: list[int]) -> None:
    usage = Rhythmic("a", {"sign_operations": steady(), "other_operations": steady("b")})
    usage.happen("sign_operations", Incident(start=ORIGIN + 7, end=ORIGIN + 4000, amount=999))
    bounds.sort()
    whole = usage.counts(bounds[0], bounds[-1])
    parts = [usage.counts(a, b) for a, b in pairwise(bounds)]
    for name in ("num_operations", "sign_operations"):
        assert sum(part[name] for part in parts) == whole[name] >= 0


def test_a_rate_comes_out_as_it_was_set() -> None:
    rhythm = steady(per_hour=10_000)
    mean = (rhythm.total(ORIGIN + 70 * DAY) - rhythm.total(ORIGIN)) / (70 * 24)
    assert 9_700 < mean < 10_300


def test_a_working_day_is_busier_than_a_sunday_and_noon_than_midnight() -> None:
    rhythm = steady()
    monday, sunday = ORIGIN + 4 * DAY, ORIGIN + 3 * DAY  # 2026-01-05 is a Monday

    def used(start: int, length: int) -> int:
        return rhythm.total(start + length) - rhythm.total(start)

    assert used(monday, DAY) > 1.7 * used(sunday, DAY)
    assert used(monday + 13 * 3600, 3600) > 2 * used(monday, 3600)


def test_growth_is_by_the_week() -> None:
    rhythm = steady(growth=0.5)
    first, second = (rhythm.total(ORIGIN + end * DAY) - rhythm.total(ORIGIN + (end - 7) * DAY) for end in (7, 14))
    assert 1.45 < second / first < 1.55


def test_nothing_happens_before_the_origin() -> None:
    assert steady().total(ORIGIN - 1) == steady().total(ORIGIN) == 0


def test_an_incident_adds_its_amount_and_no_more() -> None:
    incident = Incident(start=100, end=200, amount=7)
    assert [incident.total(second) for second in (0, 100, 150, 199, 200, 900)] == [0, 0, 3, 6, 7, 7]


def test_apps_are_distinct_counts_so_windows_add_up_to_more_than_the_whole() -> None:
    apps = Apps("a", 12, origin=ORIGIN)
    days = [apps.distinct(ORIGIN + d * DAY, ORIGIN + (d + 1) * DAY) for d in range(120)]
    assert apps.distinct(ORIGIN, ORIGIN + 120 * DAY) == 12
    assert max(days) < 12 < sum(days)


@given(seconds, seconds, seconds)
def test_a_larger_window_never_saw_fewer_apps(a: int, b: int, c: int) -> None:
    apps = Apps("a", 5, origin=ORIGIN)
    start, middle, end = sorted((a, b, c))
    parts = [apps.distinct(start, middle), apps.distinct(middle, end)]
    assert max(parts) <= apps.distinct(start, end) <= sum(parts)


def test_a_configured_number_holds_from_its_step_on() -> None:
    steps = Steps([(10, 4), (20, 10)])
    assert [steps.at(second) for second in (9, 10, 19, 20)] == [0, 4, 4, 10]


def test_scripted_counts_are_those_inside_the_window() -> None:
    usage = Scripted()
    usage.add("num_operations", 200, 7)
    usage.add("num_operations", 100, 5)
    found = [usage.counts(*w)["num_operations"] for w in ((100, 200), (101, 201), (0, 1000), (201, 300))]
    assert found == [5, 7, 12, 0]


def test_a_correction_replaces_a_total_until_it_is_taken_back() -> None:
    usage = Scripted()
    usage.add("num_operations", 100, 82)
    usage.report_total("num_operations", 78)
    assert usage.counts(0, 200)["num_operations"] == 78
    usage.report_total("num_operations", None)
    assert usage.counts(0, 200)["num_operations"] == 82
