"""Names that others chose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerter.channels.addresses import is_mail, url_problem
from alerter.channels.plain import clean, cut, slack_plain, slack_text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("acme\r\nBcc: x", "acme Bcc: x"),
        ("a\x1b[2Jb", "a [2Jb"),
        ("a\u202eb\u2066c", "abc"),
        ("ze\u200bro\ufeff", "zero"),
        ("a\u2028b", "a b"),
        ("שלום", "\u2068שלום\u2069"),
        ("Zürich 東京", "Zürich 東京"),
        ("x" * 10_000, "x" * 199 + "…"),
    ],
)
def test_a_name_becomes_one_harmless_line(name: str, shown: str) -> None:
    assert clean(name) == shown


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<!channel> & co", "&lt;!channel&gt; &amp; co"),
        ("acme_prod", "acme_prod"),
        ("_a_", "\u200b_\u200ba\u200b_\u200b"),
        ("*a*", "\u200b*\u200ba\u200b*\u200b"),
        (":fire:", ":\u200bfire:"),
        ("at 10:02:33", "at 10:02:33"),
        ("> quoted", "\u200b&gt; quoted"),
    ],
)
def test_slack_shows_it_letter_for_letter(text: str, escaped: str) -> None:
    assert slack_text(text) == escaped


@given(st.text(max_size=300))
def test_nothing_gets_through_to_slack_as_a_mention(text: str) -> None:
    assert not set(slack_text(clean(text))) & {"<", ">"}
    assert "<!" not in slack_plain(slack_text(clean(text)))


@given(st.text())
def test_a_clean_name_is_one_short_line_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert len(once) <= 202
    assert len(once.splitlines()) <= 1
    assert clean(once.strip("\u2068\u2069")) == once


def test_a_cut_leaves_no_half_entity() -> None:
    assert cut("abc&amp;def", 7) == "abc…"


@pytest.mark.parametrize("address", ["finance@example.com", "a.b+c@mail.example.co.uk", "ops@localhost"])
def test_these_are_mail_addresses(address: str) -> None:
    assert is_mail(address)


@pytest.mark.parametrize(
    "address",
    ["finance", "a@b@c", "F <f@example.com>", "f@example.com\r\nBcc: x", "f@example.com\n", "f@-x.com", "é@x.com"],
)
def test_these_are_not(address: str) -> None:
    assert not is_mail(address)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://hooks.slack.com/services/T/B/x", True),
        ("http://127.0.0.1:8080/x", True),
        ("http://[::1]/x", True),
        ("http://localhost/x", True),
        ("http://hooks.slack.com/services/x", False),
        ("http://127.0.0.1.example.com/x", False),
        ("ftp://x/y", False),
        ("https:///x", False),
        ("https://[x", False),
    ],
)
def test_plain_http_is_for_this_machine_only(url: str, good: bool) -> None:
    assert (url_problem(url) is None) is good
