"""Mistakes as people and programs see them."""

import json

from alerter.core.errors import Mistake
from alerter.rulebook import render

FILES = {"a.yaml": "rules:\n  x: {kind: quotas}\n  credential: hunter two\n"}
MISTAKE = Mistake(file="a.yaml", line=2, column=13, path="rules.x.kind", text="100% wrong", hint="did you mean quota?")
WARNING = Mistake(file="a.yaml", line=3, column=3, path="", text="odd", check="no-channel", severity="warning")


def test_text_shows_the_line_with_a_caret_and_no_secret() -> None:
    assert render([MISTAKE, WARNING], "text", FILES, False).split("\n") == [
        "a.yaml:2:13: error: rules.x.kind: 100% wrong",
        "  hint: did you mean quota?",
        "    2 |   x: {kind: quotas}",
        "      |             ^",
        "a.yaml:3:3: warning: odd [no-channel]",
        "    3 |   credential: **********",
        "      |   ^",
    ]


def test_colour_changes_nothing_but_colour() -> None:
    colored = render([MISTAKE], "text", FILES, True)
    assert "\x1b[1;31m^" in colored


def test_a_long_line_is_cut_around_the_place() -> None:
    files = {"a.yaml": "x" * 5000 + " HERE " + "y" * 5000}
    lines = render([Mistake(file="a.yaml", line=1, column=5002, path="", text="t")], "text", files, False).split("\n")
    assert len(lines[1]) < 200
    assert lines[1][lines[2].index("^") :].startswith("HERE")


def test_json_has_every_field() -> None:
    [first, second] = json.loads(render([MISTAKE, WARNING], "json", FILES, False))
    assert (first["line"], first["column"], first["hint"]) == (2, 13, "did you mean quota?")
    assert (second["check"], second["severity"]) == ("no-channel", "warning")


def test_github_annotations_escape_what_would_end_them() -> None:
    found = render([MISTAKE, WARNING], "github", FILES, False).split("\n")
    assert found[0] == "::error file=a.yaml,line=2,col=13,title=rules.x.kind::100%25 wrong (did you mean quota?)"
    assert found[1].startswith("::warning file=a.yaml,line=3,col=3,title=no-channel::")


def test_a_mistake_without_a_source_line_is_told_all_the_same() -> None:
    assert render([MISTAKE], "text", {}, False).startswith("a.yaml:2:13: error:")
