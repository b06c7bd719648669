"""Which windows an account is asked for: what rules and quotas need, less what is stored."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.story import START, book, quota, rule

from alerter.core.book import License, RuleBook
from alerter.core.calendar import day_windows_before
from alerter.core.checks import watched
from alerter.core.kinds.growth import GrowthRule
from alerter.core.kinds.stale import StaleRule
from alerter.core.kinds.usage import UsageRule
from alerter.core.model import AskKind, Window
from alerter.core.plan import (
    Needs,
    closed_windows,
    depth,
    final_windows,
    live_asks,
    live_slots,
    needs,
    next_closing,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NOON = START + 12 * HOUR
OPS = "num_operations"


def need(book_: RuleBook, account: str = "acme") -> Needs:
    return needs(book_, watched(book_))[account]


def starts(book_: RuleBook, now: datetime = NOON, account: str = "acme") -> list[str]:
    """`period 2026-04-01` or `sliding 6:00:00` of every live window; all end now."""
    asks = live_asks(need(book_, account), now)
    assert all(ask.window.end == now for ask in asks)
    return [
        f"period {a.window.start:%Y-%m-%d}" if a.kind is AskKind.PERIOD else f"sliding {a.window.length}" for a in asks
    ]


def quotas(*pers: str, **lic: Any) -> RuleBook:
    metrics = ("num_operations", "sign_operations", "verify_operations", "apps.tep")
    return book(quotas=tuple(quota(m, 9, per) for m, per in zip(metrics, pers, strict=False)), **lic)


@pytest.mark.parametrize(
    ("book_", "found"),
    [
        pytest.param(quotas("month"), ["period 2026-04-01"], id="a month"),
        pytest.param(quotas("month", "month"), ["period 2026-04-01"], id="two quotas of one period are one request"),
        pytest.param(quotas("month", "quarter"), ["period 2026-04-01"], id="periods that begin together are one"),
        pytest.param(quotas("month", "year"), ["period 2026-04-01", "period 2026-01-01"], id="a month and a year"),
        pytest.param(quotas("month", starts=date(2026, 1, 10)), ["period 2026-04-10"], id="anchored"),
        pytest.param(quotas("none", starts=date(2026, 1, 10)), ["period 2026-01-10"], id="a balance"),
        pytest.param(
            quotas("term", starts=date(2025, 6, 1), ends=date(2026, 6, 1)), ["period 2025-06-01"], id="a term"
        ),
        pytest.param(quotas("term", starts=date(2026, 6, 1)), ["period 2026-04-01"], id="not started: the month"),
        pytest.param(quotas("year", ends=date(2026, 2, 1)), ["period 2026-04-01"], id="ended: the month"),
        pytest.param(
            book(quotas=(quota("plugin", 9, "none"),)), ["period 2026-04-01"], id="a number at a moment: any window"
        ),
        pytest.param(book(quotas=(quota("plugin", 9, "year"),)), ["period 2026-01-01"], id="a gauge with a period"),
        pytest.param(
            book(rule("9", options=UsageRule(window=6 * HOUR)), quotas=(quota("plugin", 9, "none"),)),
            ["sliding 6:00:00"],
            id="a window alone",
        ),
        pytest.param(
            book(rule("9", options=UsageRule(window=6 * HOUR)), rule("9", name="b", options=UsageRule(per="day"))),
            ["period 2026-04-01", "period 2026-04-15", "sliding 6:00:00"],
            id="the union over quotas and rules",
        ),
        pytest.param(
            book(*(rule("9", name=n, options=UsageRule(window=6 * HOUR)) for n in "ab")),
            ["period 2026-04-01", "sliding 6:00:00"],
            id="two rules of one window",
        ),
        pytest.param(book(rule("2h", options=StaleRule())), ["period 2026-04-01"], id="stale needs nothing more"),
    ],
)
def test_one_poll_asks_for_every_current_window(book_: RuleBook, found: list[str]) -> None:
    assert starts(book_) == found


def test_the_quotas_of_every_license_that_pools_an_account_count() -> None:
    first = quotas("month")
    other = License(
        name="other", accounts=("acme",), timezone="Asia/Tokyo", quotas=quotas("year").licenses["lic"].quotas
    )
    both = replace(first, licenses={**first.licenses, "other": other})
    assert starts(both) == ["period 2026-04-01", "period 2025-12-31"]
    assert set(need(both).zones) == {"UTC", "Asia/Tokyo"}


def test_an_account_of_no_license_is_asked_for_its_month() -> None:
    lonely = replace(quotas("year"), licenses={})
    assert starts(lonely) == ["period 2026-04-01"]
    assert set(need(lonely).zones) == {"UTC"}


def test_windows_have_whole_seconds_and_an_empty_one_is_not_asked_for() -> None:
    month = need(quotas("month"))
    assert live_asks(month, NOON.replace(microsecond=7))[0].window.end == NOON
    first = START.replace(day=1)
    assert live_asks(month, first + timedelta(microseconds=5)) == []
    assert live_asks(month, first + timedelta(seconds=1))[0].window == Window(first, first + timedelta(seconds=1))


def test_slots_are_where_the_windows_go() -> None:
    both = need(book(rule("9", options=UsageRule(window=6 * HOUR))))
    assert live_slots(both, NOON) == [(AskKind.PERIOD, START.replace(day=1)), (AskKind.SLIDING, 6 * HOUR)]


def test_what_rules_look_back_on_is_kept_at_hand_with_the_parts_of_derived_metrics() -> None:
    growing = rule("+9%", options=GrowthRule(), metrics=("active_apps", "other_operations", OPS))
    found = set(need(book(growing)).looked_back)
    assert {"apps.generic", "apps.gcp_cloud_accounts", "sign_operations", OPS} <= found
    assert not {"active_apps", "other_operations"} & found


def days(count: int, now: datetime = NOON, tz: str = "UTC") -> list[Window]:
    return day_windows_before(now, count, tz)


def test_completed_days_are_asked_for_newest_first() -> None:
    found = closed_windows(need(quotas("none")), NOON, 400 * DAY, set())
    assert found == days(400)
    assert found == sorted(found, key=lambda w: w.end, reverse=True)


def test_what_is_stored_is_not_asked_for_again() -> None:
    have = {*days(3), *days(400)[50:]}
    assert closed_windows(need(quotas("none")), NOON, 400 * DAY, have) == days(400)[3:50]
    assert closed_windows(need(quotas("none")), NOON, 400 * DAY, set(days(400))) == []


def test_days_are_those_of_the_licenses_zone() -> None:
    tokyo = need(quotas("none", timezone="Asia/Tokyo"))
    assert closed_windows(tokyo, NOON, 2 * DAY, set()) == days(2, tz="Asia/Tokyo")


@pytest.mark.parametrize(("minutes", "newest"), [(9, START - DAY), (10, START)])
def test_a_day_is_closed_once_it_had_time_to_settle(minutes: int, newest: datetime) -> None:
    now = START + timedelta(minutes=minutes)
    assert closed_windows(need(quotas("none")), now, DAY, set())[0].end == newest


def test_without_history_only_what_rules_look_back_on_is_asked_for() -> None:
    apps = need(book(rule("+9%", options=GrowthRule(), metrics=("apps.tep",))))
    week = 7 * DAY
    assert closed_windows(apps, NOON, timedelta(0), set()) == [
        Window(START - week, START),
        Window(START - 2 * week, START - week),
    ]


def test_stretches_below_a_day_are_windows_of_full_hours() -> None:
    hours = need(
        book(rule("+9%", options=GrowthRule(window=6 * HOUR), metrics=(OPS,)), quotas=(quota("plugin", 1, "none"),))
    )
    now = NOON + timedelta(minutes=9)
    eleven = NOON - HOUR
    wanted = closed_windows(hours, now, timedelta(0), set())
    assert wanted == [Window(eleven - 6 * HOUR, eleven), Window(eleven - 12 * HOUR, eleven - 6 * HOUR)]


MAY = datetime(2026, 5, 1, tzinfo=UTC)
APRIL = Window(datetime(2026, 4, 1, tzinfo=UTC), MAY)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (timedelta(minutes=9), []),
        (timedelta(minutes=10), [APRIL]),
        (3 * DAY - timedelta(seconds=1), [APRIL]),
        (3 * DAY, []),
        (-DAY, []),
    ],
    ids=["not settled", "settled", "the last moment", "too late", "still running"],
)
def test_a_month_that_ended_is_asked_for_once_more(after: timedelta, found: list[Window]) -> None:
    assert final_windows(need(quotas("month")), MAY + after) == found


def test_of_days_the_last_one_that_ended_is_asked_for() -> None:
    assert final_windows(need(quotas("day")), NOON) == [Window(START - DAY, START)]


def test_periods_that_end_together_are_each_asked_for() -> None:
    found = final_windows(need(quotas("day", "month")), MAY + HOUR)
    assert found == [Window(MAY - DAY, MAY), APRIL]


def test_the_last_period_ends_with_the_license() -> None:
    ended = quotas("month", "term", starts=date(2025, 4, 20), ends=date(2026, 4, 14))
    march = datetime(2026, 3, 20, tzinfo=UTC)
    end = datetime(2026, 4, 14, tzinfo=UTC)
    assert final_windows(need(ended), NOON) == [Window(march, end), Window(datetime(2025, 4, 20, tzinfo=UTC), end)]


def test_the_first_day_of_a_license_has_its_final_count_too() -> None:
    young = quotas("day", starts=date(2026, 4, 14))
    assert final_windows(need(young), NOON) == [Window(START - DAY, START)]
    assert final_windows(need(quotas("day", starts=date(2026, 4, 15))), NOON) == []
    assert final_windows(need(quotas("day", starts=date(2026, 5, 15))), NOON) == []


def test_a_balance_never_ends() -> None:
    assert final_windows(need(quotas("none", starts=date(2026, 4, 14))), NOON) == []


def test_final_windows_are_among_the_closed_ones() -> None:
    month = need(quotas("month"))
    assert APRIL in closed_windows(month, MAY + HOUR, timedelta(0), set())
    assert APRIL not in closed_windows(month, MAY + HOUR, timedelta(0), {APRIL})


@pytest.mark.parametrize(
    ("now", "tz", "closing"),
    [
        ("2026-04-15T12:00", "UTC", "2026-04-16T00:10"),
        ("2026-04-15T00:05", "UTC", "2026-04-15T00:10"),
        ("2026-04-15T00:10", "UTC", "2026-04-16T00:10"),
        ("2026-04-15T12:00", "Asia/Tokyo", "2026-04-15T15:10"),
        ("2026-04-15T12:00", "Asia/Kathmandu", "2026-04-15T18:25"),
        ("2026-03-08T04:45", "America/New_York", "2026-03-08T05:10"),
        ("2026-03-08T05:10", "America/New_York", "2026-03-09T04:10"),
        ("2026-11-01T04:15", "America/New_York", "2026-11-02T05:10"),
    ],
)
def test_the_next_day_closes_when_it_has_settled(now: str, tz: str, closing: str) -> None:
    at, then = (datetime.fromisoformat(t).replace(tzinfo=UTC) for t in (now, closing))
    assert next_closing(need(quotas("month", timezone=tz)), at) == then


@pytest.mark.parametrize(("minutes", "until"), [(0, 10), (9, 10), (10, 70), (59, 70)])
def test_where_hours_are_compared_every_hour_closes(minutes: int, until: int) -> None:
    hours = need(book(rule("+9%", options=GrowthRule(window=6 * HOUR), metrics=(OPS,))))
    assert next_closing(hours, NOON + timedelta(minutes=minutes)) == NOON + timedelta(minutes=until)


def test_depth_holds_one_stretch_more_than_is_compared() -> None:
    assert depth(need(quotas("month"))) == timedelta(0)
    assert depth(need(book(rule("+9%", options=GrowthRule(), metrics=(OPS,))))) == 23 * DAY
