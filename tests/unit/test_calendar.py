"""Bounds of periods, days and stretches: tables for the cases that go wrong, properties for every zone there is."""

import zoneinfo
from bisect import bisect
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerter.core.book import Per
from alerter.core.calendar import (
    before,
    day_windows_before,
    days_between,
    days_left,
    last_full,
    local_day,
    midnight,
    period_at,
    previous_period,
    zone,
)
from alerter.core.model import Period, Window

ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})
SAO_PAULO = "America/Sao_Paulo"
NEW_YORK = "America/New_York"
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
REPEATING: tuple[Per, ...] = ("day", "week", "month", "quarter", "year")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(
    per: Per, now: str, starts: date | None = None, ends: date | None = None, tz: str = "UTC"
) -> tuple[str, str | None] | None:
    """The bounds of the period at `now`, as short text."""
    period = period_at(per, utc(now), starts=starts, ends=ends, tz=tz)
    if period is None:
        return None
    return f"{period.start:%Y-%m-%dT%H:%M}", f"{period.end:%Y-%m-%dT%H:%M}" if period.end else None


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America", "UTC\x00"])
def test_an_unknown_zone_is_a_value_error_that_names_it(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        zone(name)


@pytest.mark.parametrize(
    ("day", "tz", "instant"),
    [
        pytest.param("2026-04-15", "UTC", "2026-04-15T00:00", id="utc"),
        pytest.param("2026-04-15", "Asia/Tokyo", "2026-04-14T15:00", id="nine hours ahead"),
        pytest.param("2026-04-15", "Asia/Kathmandu", "2026-04-14T18:15", id="a quarter of an hour"),
        pytest.param("2018-11-04", SAO_PAULO, "2018-11-04T03:00", id="no midnight: the day begins at 01:00"),
        pytest.param("2018-11-03", SAO_PAULO, "2018-11-03T03:00", id="the day before it"),
        pytest.param("2018-02-18", SAO_PAULO, "2018-02-18T03:00", id="23:00 happens twice, midnight once"),
        pytest.param("2018-11-04", "America/Havana", "2018-11-04T04:00", id="midnight happens twice: the first"),
        pytest.param("2006-10-29", "America/St_Johns", "2006-10-29T02:30", id="one minute of the day, then back"),
        pytest.param("1919-03-31", "America/Toronto", "1919-03-31T04:30", id="clocks skip from 23:30 to 00:30"),
        pytest.param("2011-12-29", "Pacific/Apia", "2011-12-29T10:00", id="the day before the missing one"),
        pytest.param("2011-12-30", "Pacific/Apia", "2011-12-30T10:00", id="the missing day"),
        pytest.param("2011-12-31", "Pacific/Apia", "2011-12-30T10:00", id="the day after the missing one"),
    ],
)
def test_midnight(day: str, tz: str, instant: str) -> None:
    assert midnight(date.fromisoformat(day), tz) == utc(instant)


@pytest.mark.parametrize(
    ("now", "tz", "day"),
    [
        ("2026-04-14T14:59:59", "Asia/Tokyo", "2026-04-14"),
        ("2026-04-14T15:00:00", "Asia/Tokyo", "2026-04-15"),
        ("2011-12-30T09:59:59", "Pacific/Apia", "2011-12-29"),
        ("2011-12-30T10:00:00", "Pacific/Apia", "2011-12-31"),
        ("2006-10-29T02:32:00", "America/St_Johns", "2006-10-29"),  # shows 23:02 of the 28th once more
    ],
)
def test_the_local_day_is_the_last_that_has_begun(now: str, tz: str, day: str) -> None:
    assert local_day(utc(now), tz) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("per", "now", "bounds"),
    [
        ("day", "2026-05-06T13:00", ("2026-05-06T00:00", "2026-05-07T00:00")),
        ("week", "2026-05-06T13:00", ("2026-05-04T00:00", "2026-05-11T00:00")),
        ("month", "2026-05-06T13:00", ("2026-05-01T00:00", "2026-06-01T00:00")),
        ("quarter", "2026-05-06T13:00", ("2026-04-01T00:00", "2026-07-01T00:00")),
        ("year", "2026-05-06T13:00", ("2026-01-01T00:00", "2027-01-01T00:00")),
        ("month", "1969-12-31T23:59", ("1969-12-01T00:00", "1970-01-01T00:00")),
        ("term", "2026-05-06T13:00", ("1970-01-01T00:00", None)),
        ("none", "2026-05-06T13:00", ("1970-01-01T00:00", None)),
    ],
)
def test_without_a_start_periods_are_the_calendars(per: Per, now: str, bounds: tuple[str, str | None]) -> None:
    assert at(per, now) == bounds


@pytest.mark.parametrize(
    ("per", "now", "bounds"),
    [
        ("day", "2026-05-06T13:00", ("2026-05-06T04:00", "2026-05-07T04:00")),
        ("week", "2026-05-06T13:00", ("2026-05-03T04:00", "2026-05-10T04:00")),  # 15 March 2026 is a Sunday
        ("month", "2026-05-06T13:00", ("2026-04-15T04:00", "2026-05-15T04:00")),
        ("quarter", "2026-05-06T13:00", ("2026-03-15T04:00", "2026-06-15T04:00")),
        ("year", "2026-05-06T13:00", ("2026-03-15T04:00", "2027-03-15T04:00")),
        ("term", "2026-05-06T13:00", ("2026-03-15T04:00", "2027-06-01T04:00")),
        ("none", "2026-05-06T13:00", ("2026-03-15T04:00", None)),
        ("month", "2027-05-20T13:00", ("2027-05-15T04:00", "2027-06-01T04:00")),  # cut at the end
        ("year", "2027-05-20T13:00", ("2027-03-15T04:00", "2027-06-01T04:00")),
        ("month", "2026-11-16T12:00", ("2026-11-15T05:00", "2026-12-15T05:00")),  # winter time
    ],
)
def test_a_start_anchors_the_periods(per: Per, now: str, bounds: tuple[str, str | None]) -> None:
    assert at(per, now, date(2026, 3, 15), date(2027, 6, 1), NEW_YORK) == bounds


@pytest.mark.parametrize("per", [*REPEATING, "term", "none"])
def test_a_license_is_not_in_force_before_its_start_or_after_its_end(per: Per) -> None:
    starts, ends = date(2026, 3, 15), date(2027, 6, 1)
    assert at(per, "2026-03-15T03:59:59", starts, ends, NEW_YORK) is None
    assert at(per, "2026-03-15T04:00:00", starts, ends, NEW_YORK)
    assert at(per, "2027-06-01T03:59:59", starts, ends, NEW_YORK)
    assert at(per, "2027-06-01T04:00:00", starts, ends, NEW_YORK) is None
    assert at(per, "2021-01-01T00:00:00", starts, ends, NEW_YORK) is None
    assert at(per, "2031-01-01T00:00:00", starts, ends, NEW_YORK) is None


def test_an_end_without_a_start_cuts_the_calendars_period() -> None:
    assert at("month", "2026-05-06T13:00", None, date(2026, 5, 20)) == ("2026-05-01T00:00", "2026-05-20T00:00")
    assert at("month", "2026-05-20T00:00", None, date(2026, 5, 20)) is None


@pytest.mark.parametrize("per", ["day", "week", "month"])
def test_in_tokyo_a_period_ends_at_15_00_utc(per: Per) -> None:
    last, first = at(per, "2026-05-31T14:59:59", tz="Asia/Tokyo"), at(per, "2026-05-31T15:00:00", tz="Asia/Tokyo")
    assert first
    assert first[0] == "2026-05-31T15:00"
    assert per == "week" or (last and last[1] == first[0])


def test_in_tokyo_a_week_begins_on_monday_at_15_00_utc_on_sunday() -> None:
    assert at("week", "2026-05-31T15:00", tz="Asia/Tokyo") == ("2026-05-31T15:00", "2026-06-07T15:00")


@pytest.mark.parametrize(
    ("starts", "days"),
    [
        ("2027-01-31", "31 28 31 30 31 30 31 31 30 31 30 31"),
        ("2028-01-31", "31 29 31 30 31 30 31 31 30 31 30 31"),
        ("2027-01-30", "30 28 30 30 30 30 30 30 30 30 30 30"),
        ("2027-01-29", "29 28 29 29 29 29 29 29 29 29 29 29"),
    ],
)
def test_the_31st_clamps_to_the_months_end_without_drifting(starts: str, days: str) -> None:
    assert [f"{start.day}" for start in _month_starts(date.fromisoformat(starts))] == days.split()


def _month_starts(anchor: date) -> list[datetime]:
    """The starts of the first twelve monthly periods, walking from end to start."""
    period = period_at("month", midnight(anchor, "UTC"), starts=anchor, ends=None, tz="UTC")
    starts: list[datetime] = []
    while period and period.end and len(starts) < 12:
        starts.append(period.start)
        period = period_at("month", period.end, starts=anchor, ends=None, tz="UTC")
    return starts


def test_a_year_from_29_february_begins_on_the_28th_but_in_leap_years() -> None:
    leap = date(2028, 2, 29)
    years = [at("year", f"{year}-06-01T00:00", leap) for year in range(2028, 2033)]
    assert [y and y[0][:10] for y in years] == ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2026-03-08T12:00", 23), ("2026-03-09T12:00", 24), ("2026-11-01T12:00", 25)],
)
def test_a_day_on_which_clocks_change_has_23_or_25_hours(now: str, hours: int) -> None:
    period = period_at("day", utc(now), starts=None, ends=None, tz=NEW_YORK)
    assert period
    assert period.end
    assert period.end - period.start == timedelta(hours=hours)


def test_a_day_that_a_zone_skipped_is_no_period() -> None:
    day = period_at("day", utc("2011-12-30T10:00"), starts=None, ends=None, tz="Pacific/Apia")
    assert day == Period(start=utc("2011-12-30T10:00"), end=utc("2011-12-31T10:00"), per="day")
    earlier = previous_period(day, starts=None, ends=None, tz="Pacific/Apia")
    assert earlier == Period(start=utc("2011-12-29T10:00"), end=utc("2011-12-30T10:00"), per="day")


def test_the_previous_period_stops_at_the_start() -> None:
    terms = {"starts": date(2026, 1, 31), "ends": date(2027, 1, 31)}
    march = period_at("month", utc("2026-03-05T00:00"), **terms, tz="UTC")
    assert march
    january = previous_period(march, **terms, tz="UTC")
    assert january == Period(start=utc("2026-01-31"), end=utc("2026-02-28"), per="month")
    assert previous_period(january, **terms, tz="UTC") is None


@pytest.mark.parametrize("per", ["term", "none"])
@pytest.mark.parametrize("starts", [None, date(2026, 1, 1)])
def test_a_term_and_a_balance_have_no_previous_period(per: Per, starts: date | None) -> None:
    period = period_at(per, utc("2026-03-05T00:00"), starts=starts, ends=None, tz="UTC")
    assert period
    assert previous_period(period, starts=starts, ends=None, tz="UTC") is None


def test_only_whole_local_days_inside_a_stretch_count() -> None:
    days = days_between(utc("2026-03-07T05:00:01"), utc("2026-03-10T03:59:59"), NEW_YORK)
    assert days == [Window(utc("2026-03-08T05:00"), utc("2026-03-09T04:00"))]
    assert days_between(utc("2026-03-08T05:00"), utc("2026-03-09T04:00"), NEW_YORK) == days
    assert days_between(utc("2026-03-08T05:00"), utc("2026-03-08T05:00"), NEW_YORK) == []


def test_the_last_days_come_newest_first_and_leave_today_out() -> None:
    days = day_windows_before(utc("2011-12-31T12:00"), 3, "Pacific/Apia")
    assert [d.start for d in days] == [utc("2011-12-30T10:00"), utc("2011-12-29T10:00"), utc("2011-12-28T10:00")]
    assert [d.end for d in days] == [utc("2011-12-31T10:00"), utc("2011-12-30T10:00"), utc("2011-12-29T10:00")]
    assert day_windows_before(utc("2011-12-31T12:00"), 0, "Pacific/Apia") == []


@pytest.mark.parametrize(
    ("length", "now", "start", "end"),
    [
        pytest.param(DAY, "2026-03-09T15:30", "2026-03-08T05:00", "2026-03-09T04:00", id="yesterday, 23 hours"),
        pytest.param(7 * DAY, "2026-03-09T15:30", "2026-03-02T05:00", "2026-03-09T04:00", id="a week over the change"),
        pytest.param(7 * DAY, "2026-03-09T04:00", "2026-03-02T05:00", "2026-03-09T04:00", id="at midnight sharp"),
        pytest.param(7 * DAY, "2026-03-09T03:59:59", "2026-03-01T05:00", "2026-03-08T05:00", id="just before it"),
        pytest.param(timedelta(hours=6), "2026-03-09T15:30", "2026-03-09T09:00", "2026-03-09T15:00", id="six hours"),
        pytest.param(timedelta(hours=1), "2026-03-09T15:00", "2026-03-09T14:00", "2026-03-09T15:00", id="a full hour"),
        pytest.param(timedelta(hours=36), "2026-03-09T15:30", "2026-03-08T03:00", "2026-03-09T15:00", id="36 hours"),
    ],
)
def test_the_last_full_stretch(length: timedelta, now: str, start: str, end: str) -> None:
    assert last_full(length, utc(now), NEW_YORK) == Window(utc(start), utc(end))


@pytest.mark.parametrize(
    ("start", "end", "earlier"),
    [
        pytest.param("2026-03-09T04:00", "2026-03-10T04:00", "2026-03-08T05:00", id="a day, before it one of 23 hours"),
        pytest.param("2026-03-02T05:00", "2026-03-09T04:00", "2026-02-23T05:00", id="a week of 167 hours"),
        pytest.param("2026-03-09T09:00", "2026-03-09T15:00", "2026-03-09T03:00", id="six hours"),
        pytest.param("2026-03-09T04:00", "2026-03-09T10:00", "2026-03-08T22:00", id="six hours from midnight"),
        pytest.param("2026-03-09T05:00", "2026-03-10T05:00", "2026-03-08T05:00", id="24 hours that are no day"),
    ],
)
def test_the_stretch_before(start: str, end: str, earlier: str) -> None:
    assert before(Window(utc(start), utc(end)), NEW_YORK) == Window(utc(earlier), utc(start))


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-11-15T05:00", 30),
        ("2026-11-15T04:59:59", 31),
        ("2026-12-14T04:59:59", 2),
        ("2026-12-14T05:00", 1),
        ("2026-12-15T04:59:59", 1),
        ("2026-12-15T05:00", 0),
        ("2027-01-01T00:00", 0),
        ("2026-11-01T03:59:59", 45),
        ("2026-11-01T04:00", 44),  # a day of 25 hours is one day
    ],
)
def test_days_left_count_today_whole(now: str, days: int) -> None:
    assert days_left(utc("2026-12-15T05:00"), utc(now), NEW_YORK) == days


def _walk(per: Per, since: datetime, until: datetime, tz: str, starts: date | None) -> list[Period]:
    """The periods from `since` to `until`, each asked for at the very end of the one before."""
    now, found = since, []
    while now < until:
        period = period_at(per, now, starts=starts, ends=None, tz=tz)
        assert period
        assert period.end
        found.append(period)
        now = period.end
    return found


def _assert_tiled(periods: list[Period], tz: str) -> None:
    """Neighbours share their bound, and the bound is where a local date begins (00:00, or later if skipped)."""
    local = zone(tz)
    for one, other in pairwise(periods):
        assert one.end == other.start > one.start, (tz, one, other)
        first, last = other.start.astimezone(local), (other.start - SECOND).astimezone(local)
        assert first.date() > last.date(), (tz, other)
        assert (first.hour, first.minute, first.second) == (0, 0, 0) or last.utcoffset() != first.utcoffset(), (
            tz,
            other,
        )


@pytest.mark.parametrize("part", range(8))
def test_in_every_zone_periods_tile_seventy_years(part: int) -> None:
    since, until = utc("1990-01-01"), utc("2061-01-01")
    anchors: dict[Per, date | None] = {"month": date(1989, 10, 31), "quarter": None, "year": date(1988, 2, 29)}
    for tz in ZONES[part::8]:
        for per, starts in anchors.items():
            _assert_tiled(_walk(per, since, until, tz, starts), tz)


def _changes(tz: str) -> list[datetime]:
    """When the zone's offset changed, 1990 to 2060, to the hour; found where two Mondays differ."""
    local = zone(tz)
    mondays = [utc("1990-01-01") + n * 7 * DAY for n in range(71 * 52)]
    found = []
    for one, other in pairwise(mondays):
        was = one.astimezone(local).utcoffset()
        if other.astimezone(local).utcoffset() != was:
            hours = [one + timedelta(hours=h) for h in range(1, 169)]
            found.append(hours[bisect(hours, False, key=lambda hour: hour.astimezone(local).utcoffset() != was)])
    return found


@pytest.mark.parametrize("part", range(8))
def test_in_every_zone_days_tile_around_every_change_of_the_clock(part: int) -> None:
    for tz in ZONES[part::8]:
        for change in _changes(tz):
            days = days_between(midnight(local_day(change - 2 * DAY, tz), tz), change + 3 * DAY, tz)
            assert days[0].end < change < days[-1].end
            _assert_tiled([Period(start=d.start, end=d.end, per="day") for d in days], tz)


INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2060, 12, 31)).map(  # noqa: DTZ001 (hypothesis wants naive bounds)
    lambda d: d.replace(microsecond=0, tzinfo=UTC)
)
DATES = st.dates(date(1989, 1, 1), date(2055, 12, 31))


@given(st.sampled_from(REPEATING), INSTANTS, st.none() | DATES, st.none() | DATES, st.sampled_from(ZONES))
def test_a_period_holds_its_instant_and_follows_on_the_previous_one(
    per: Per, now: datetime, starts: date | None, ends: date | None, tz: str
) -> None:
    period = period_at(per, now, starts=starts, ends=ends, tz=tz)
    in_force = (not starts or now >= midnight(starts, tz)) and (not ends or now < midnight(ends, tz))
    assert (period is not None) == in_force
    if period:
        assert period.end
        assert period.start <= now < period.end
        earlier = previous_period(period, starts=starts, ends=ends, tz=tz)
        assert earlier.end == period.start if earlier else starts and period.start == midnight(starts, tz)


@given(st.integers(1, 60), INSTANTS, st.sampled_from(ZONES))
def test_a_stretch_of_days_is_made_of_that_many_whole_days_and_follows_on_the_one_before(
    days: int, now: datetime, tz: str
) -> None:
    window = last_full(days * DAY, now, tz)
    assert window.end <= now < midnight(local_day(now, tz) + 2 * DAY, tz)
    inside = days_between(window.start, window.end, tz)
    assert len(inside) == days
    assert inside == day_windows_before(now, days, tz)[::-1]
    earlier = before(window, tz)
    assert earlier.end == window.start
    assert len(days_between(earlier.start, earlier.end, tz)) == days
