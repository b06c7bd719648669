"""The quick reader and ruamel.yaml agree on every tree, place for place."""

from hypothesis import given, settings
from hypothesis import strategies as st
from support.rule_texts import BASE, found_in

from alerter.rulebook.compose import compose
from alerter.rulebook.quick import Unfit, quick
from alerter.rulebook.read import read

WORDS = ["prod", "50M", "+30%", "true", "null", "~", "on", "https://a.example.com", '"#x"', "'it'", "two words", "1.5"]
WORDS += [
    "a:b",
    "x #y",
    "a#b",
    "-5",
    "2026-03-15",
    "acme-*",
    '"acme-*"',
    '""',
    "a, b",
    "@x",
    "|",
    ">",
    "&a x",
    "*a",
    "!!str x",
]
LINES = ["  ", "    ", "      ", "- ", "  - ", "    - ", "      - ", "", "# note", "  # note", "\t"]
KEYS = ["url:", "a.b:", "labels:", "kind: ", "x : ", '"k": ', "? k", "url: ", "rules:", "accounts:"]
FLOWS = [
    "[a, b]",
    "{a: b}",
    "{a: [b, {c: d}], e: 'f'}",
    "[]",
    "{}",
    "{ a: b }",
    "[a, ]",
    "{a}",
    "[a: b]",
    "{a: b",
    "{a:b}",
]

line = st.builds(
    lambda indent, key, value: indent + key + value,
    st.sampled_from(LINES),
    st.sampled_from(["", *KEYS]),
    st.sampled_from(["", *WORDS, *FLOWS, "x # note", "[a] # note"]),
)
documents = st.lists(line, max_size=7).map(lambda lines: "rules:\n  first:\n" + "\n".join(lines) + "\n")


@settings(max_examples=400, deadline=None)
@given(documents)
def test_what_the_quick_reader_takes_it_reads_as_ruamel_does(text: str) -> None:
    ours, theirs = read("a.yaml", text), compose("a.yaml", text)
    assert ours == theirs


@settings(max_examples=400, deadline=None)
@given(st.lists(line, min_size=1, max_size=5))
def test_lines_by_themselves_are_read_alike(lines: list[str]) -> None:
    try:
        node = quick(lines, 0)
    except Unfit:
        return
    assert node == compose("a.yaml", "\n".join(lines)).root


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_loading_mutated_text_raises_nothing_but_a_rule_book_error(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(BASE)))
    gone = data.draw(st.integers(0, 12))
    put = data.draw(
        st.text(max_size=6) | st.sampled_from(["{", "[", "'", '"', ": ", "\n", "- ", "\t", "&a", "*a", "~"])
    )
    assert all(m.text and m.line > 0 and m.column > 0 for m in found_in(BASE[:at] + put + BASE[at + gone :]))


def test_one_odd_entry_does_not_send_the_others_to_ruamel() -> None:
    text = "accounts:\n  a: {url: x}\n  b:\n    url: >\n      folded\n  c: {url: y}\n"
    ours = read("a.yaml", text)
    assert ours == compose("a.yaml", text)
    assert ours.root is not None
    assert list(ours.root.entries["accounts"].node.entries) == ["a", "b", "c"]


def test_a_mapping_in_braces_is_no_entry_of_the_section() -> None:
    text = "rules:\n  first:\n  { a: b }\n"
    assert read("a.yaml", text) == compose("a.yaml", text)


def test_anchors_reach_over_entries() -> None:
    text = "rules:\n  a: {t: &t [x, y]}\n  b: {t: *t}\n"
    root = read("a.yaml", text).root
    assert root is not None
    rules = root.entries["rules"].node.entries
    assert rules["a"].node.entries["t"].node is rules["b"].node.entries["t"].node


def test_a_bomb_of_aliases_is_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    [mistake] = compose("a.yaml", "\n".join(rows)).mistakes
    assert "more than 2,000,000 values" in mistake.text
