"""Readings in expanding notation."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerter.rulebook.notation import LONGEST, PATTERN, WORDS, Unreadable, Value, expand


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("5", [5]),
        ("0", [0]),
        ("1.2M x3", [1_200_000] * 3),
        ("1M,2M", [1_000_000, 2_000_000]),
        ("  50_000 x 2 ,  2G ", [50_000, 50_000, 2_000_000_000]),
        ("_ x2, error, not_reported", ["_", "_", "error", "not_reported"]),
        ("1M+50k x3", [1_000_000, 1_050_000, 1_100_000]),
        ("1k - 500 x3", [1000, 500, 0]),
        ("7×2", [7, 7]),
        ("1.5k", [1500]),
    ],
)
def test_what_is_written_is_a_value_a_day(text: str, days: list[Value]) -> None:
    assert expand(text) == days


@pytest.mark.parametrize(
    ("text", "offset", "words", "hint"),
    [
        ("", 0, "nothing", "comma"),
        ("1M,, 2M", 3, "nothing", "comma"),
        ("1M, 2M,", 7, "nothing", "comma"),
        ("1M, x3", 4, "x3", "value before"),
        ("1M x3 2M", 0, "1M x3 2M", "for example"),
        ("1M, -5", 4, "-5", "for example"),
        ("1M, eror x2", 4, "eror", "for example"),
        ("1M, 1.5", 4, "not a whole number", "1.5k"),
        ("1M x0", 0, "0 days", "x"),
        ("1M x9999", 0, "9,999 days", "x"),
        ("1 x3000, 2 x3000", 9, "3,000 days", "x"),
        ("1M+50k", 0, "how many days", "x10"),
        ("_+5 x3", 0, "cannot rise", "_ x3"),
        ("1M, 100-60 x3", 4, "below 0 on its day 3", ""),
        ("9G+9G x3000000", 0, "3,000,000 days", ""),
        ("10000000000G", 0, "not a whole number", ""),
        ("9000000000000000000+9000000000000000000 x2", 0, "too much", ""),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(text: str, offset: int, words: str, hint: str) -> None:
    with pytest.raises(Unreadable) as caught:
        expand(text)
    assert caught.value.offset == offset
    assert words in caught.value.text
    assert hint in caught.value.hint


RUNS = st.lists(
    st.tuples(st.one_of(st.integers(0, 10**12), st.sampled_from(WORDS)), st.integers(1, 60)), min_size=1, max_size=20
)


@given(RUNS)
def test_runs_expand_to_what_they_say(runs: list[tuple[Value, int]]) -> None:
    text = ", ".join(f"{value} x{days}" for value, days in runs)
    assert expand(text) == [value for value, days in runs for _ in range(days)]


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(1, 200))
def test_a_ramp_rises_by_its_step(first: int, step: int, days: int) -> None:
    assert expand(f"{first}+{step} x{days}") == [first + n * step for n in range(days)]


@given(st.text(st.sampled_from("0123456789.kMG_xX+-, eror_notpd"), max_size=40))
def test_any_text_is_days_or_a_mistake_in_it(text: str) -> None:
    days, offset = 1, 0
    try:
        days = len(expand(text))
    except Unreadable as error:
        offset = error.offset
    assert 1 <= days <= LONGEST
    assert 0 <= offset <= len(text)


@given(RUNS)
def test_the_schema_takes_what_the_loader_takes(runs: list[tuple[Value, int]]) -> None:
    assert re.search(PATTERN, ", ".join(f"{value} x{days}" for value, days in runs))
