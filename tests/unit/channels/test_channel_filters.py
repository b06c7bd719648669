"""Numbers for people."""

import pytest

from alerter.channels import filters


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (0.9, "90%"),
        (0.9012, "90%"),
        (0.9049, "90%"),
        (0.906, "90.6%"),
        (0.996, "99.6%"),
        (0.9999, "99.9%"),
        (1.0, "100%"),
        (1.07, "107%"),
        (0.29, "29%"),
        (0.7499999, "74.9%"),
        (0.034, "3.4%"),
        (0.0004, "less than 0.1%"),
        (0, "0%"),
        (12.5, "1250%"),
    ],
)
def test_a_share_is_never_rounded_up(fraction: float, words: str) -> None:
    assert filters.share(fraction) == words


def test_a_count_is_shown_in_full() -> None:
    assert filters.count(45_210_000) == "45,210,000"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "15 Apr 2026, 14:02 UTC"),
        ("America/New_York", "15 Apr 2026, 10:02 EDT"),
        ("Europe/Berlin", "15 Apr 2026, 16:02 CEST"),
        ("Asia/Kathmandu", "15 Apr 2026, 19:47 UTC+05:45"),
        ("Asia/Tokyo", "15 Apr 2026, 23:02 JST"),
        ("no/such zone", "15 Apr 2026, 14:02 UTC"),
        ("../../etc/passwd", "15 Apr 2026, 14:02 UTC"),
    ],
)
def test_a_time_says_its_zone(zone: str, words: str) -> None:
    assert filters.moment("2026-04-15T14:02:33+00:00", zone) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (604_800, "7 days"),
        (7500, "2 hours 5 minutes"),
        (86_400, "1 day"),
        (59, "59 seconds"),
        (0, "0 seconds"),
        (86_460, "1 day"),
    ],
)
def test_a_duration_is_said_in_its_largest_units(seconds: int, words: str) -> None:
    assert filters.duration(seconds) == words


def test_one_day_is_not_one_days() -> None:
    assert (filters.days(1), filters.days(6)) == ("1 day", "6 days")
