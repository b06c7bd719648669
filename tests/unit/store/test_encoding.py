"""Values in columns: exact, bounded, and nothing a database refuses."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerter.store.chunks import chunks
from alerter.store.encoding import clean, micros, moment, pack, seconds, unpack, when

TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(TIMES)
def test_a_time_comes_back_to_the_microsecond(time: datetime) -> None:
    assert when(micros(time)) == time
    assert moment(seconds(time)) == time.replace(microsecond=0)


def test_another_zone_is_the_same_moment() -> None:
    kathmandu = datetime.fromisoformat("2026-04-15T05:45:00+05:45")
    assert when(micros(kathmandu)) == kathmandu
    assert when(micros(kathmandu)).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("plain", "plain"), ("a\0b", "ab"), ("x\ud800y", "x?y"), ("e" * 501, "e" * 499 + "…"), ("é" * 500, "é" * 500)],
    ids=["as it is", "NUL", "lone surrogate", "cut", "just fits"],
)
def test_texts_are_bounded_and_storable(text: str, kept: str) -> None:
    assert clean(text) == kept


def test_json_survives_a_lone_surrogate() -> None:
    assert unpack(pack({"app": "x\ud800"})) == {"app": "x\ud800"}
    assert pack({"app": "x\ud800"}).isascii()


def test_chunks_keep_order_and_lose_nothing() -> None:
    assert [list(some) for some in chunks(list(range(5)), 2)] == [[0, 1], [2, 3], [4]]
    assert list(chunks([])) == []
