"""What an answer becomes: reported or not, known or new, and what is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerter.core.errors import BadAnswer
from alerter.core.metrics import REPORTED
from alerter.core.model import Ask, AskKind, Reading, Window
from alerter.sources.answers import LARGEST, reading
from alerter.sources.redaction import excerpt

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
ASK = Ask(Window(NOW - timedelta(hours=1), NOW), AskKind.SLIDING)
APPS = [name.partition(".")[2] for name in REPORTED if name.startswith("apps.")]


def read(answer: Any) -> Reading:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return reading("acme", ASK, NOW, body)


def test_everything_documented_is_taken() -> None:
    flat = {name: i for i, name in enumerate(REPORTED) if "." not in name}
    answer = {**flat, "apps": dict.fromkeys(APPS, 7), "operation_top_app": {"a": 1}, "operation_top_sobject": {}}
    found = read(answer)
    assert set(found.values) == set(REPORTED)
    assert found.maps == {"operation_top_app": {"a": 1}, "operation_top_sobject": {}}
    assert found.unknown == {}


@pytest.mark.parametrize("name", [*(n for n in REPORTED if n != "num_operations"), "operation_top_app", "apps"])
def test_null_and_absent_both_mean_not_reported(name: str) -> None:
    group, _, part = name.partition(".")
    found = read({"num_operations": 5, group: {part: None} if part else None})
    assert found == read({"num_operations": 5, **({"apps": {}} if part else {})})
    assert name not in found.values
    assert name not in found.maps


def test_zero_is_reported() -> None:
    assert read({"num_operations": 0}).values == {"num_operations": 0}


def test_new_fields_and_categories_are_kept() -> None:
    found = read({"num_operations": 5, "quantum_operations": 3, "region": "eu", "apps": {"hsm": 2, "generic": 1}})
    assert found.unknown == {"quantum_operations": 3, "region": "eu", "apps.hsm": 2}
    assert found.values == {"num_operations": 5, "apps.generic": 1}


@pytest.mark.parametrize(
    ("accuracy", "approximate"),
    [({"$type": "Exact"}, False), (None, False), ({"$type": "Approximate"}, True), ("Guess", True), ({}, True)],
)
def test_sobjects_say_how_accurate_they_are(accuracy: object, approximate: bool) -> None:
    assert read({"num_operations": 5, "sobjects": 9, "sobjects_accuracy": accuracy}).approximate is approximate


WRONG: list[Any] = [
    b"",
    b"\xff\xfe",
    b"[" * 5000,
    [],
    "text",
    5,
    None,
    {},
    {"num_operations": None},
    {"num_operations": "5"},
    {"num_operations": True},
    {"num_operations": 5.0},
    {"num_operations": -1},
    {"num_operations": LARGEST + 1},
    {"num_operations": 10**400},
    {"num_operations": 1, "apps": []},
    {"num_operations": 1, "apps": {"generic": "1"}},
    {"num_operations": 1, "operation_top_app": {"a": -5}},
    {"num_operations": 1, "operation_top_app": {"a\x00b": 5}},
    {"num_operations": 1, "sobjects": [1]},
    b'{"num_operations": 1, "new": NaN}',
    b'{"num_operations": 1, "new": Infinity}',
    b'{"num_operations": 1, "new": 1' + b"0" * 5000 + b"}",
]


@pytest.mark.parametrize("answer", WRONG, ids=lambda a: repr(a)[:40])
def test_what_is_not_as_documented_is_a_bad_answer(answer: Any) -> None:
    with pytest.raises(BadAnswer):
        read(answer)


def test_a_bad_answer_names_the_field_and_quotes_nothing() -> None:
    with pytest.raises(BadAnswer) as caught:
        read({"num_operations": 1, "apps": {"generic": "hunter2"}, "operation_top_app": {"hunter3": "x"}})
    assert "apps.generic" in str(caught.value)
    assert "hunter" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_any_json_is_a_reading_or_a_bad_answer(answer: Any) -> None:
    try:
        found = read({"num_operations": 1, "apps": answer, "plugin": answer, "new": answer})
    except BadAnswer:
        return
    json.dumps(dict(found.unknown), allow_nan=False)


@given(st.binary(max_size=500))
def test_any_bytes_can_be_excerpted(body: bytes) -> None:
    shown = excerpt(body, ["c2VjcmV0OnNlY3JldA=="])
    assert len(shown) <= 200
    assert "\n" not in shown


def test_a_secret_is_removed_before_the_text_is_cut() -> None:
    assert "tail" not in excerpt(b"x" * 190 + b"secret-with-a-long-tail", ["secret-with-a-long-tail"])
