"""`alerter test` as a person or a CI job meets it."""

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.trials import BOOK, USED
from typer.testing import CliRunner, Result

from alerter.cli.main import app

GOOD = """\
name: three days
license: base
start: 2026-05-01
readings: {prod: {num_operations: 30 x3}}
expect: [{at: 2026-05-03, rule: used, severity: warning, channel: team, says: "90%"}]
expect_nothing_else: true
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "book.yaml").write_text(BOOK + USED)
    (folder / "book.test.yaml").write_text(GOOD)
    return folder


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["test", *map(str, args)])


def break_it(rules: Path, *changes: tuple[str, str]) -> None:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (rules / "book.test.yaml").write_text(text)


@pytest.mark.parametrize("args", [["{rules}"], ["{rules}/book.test.yaml"], ["--rules", "{rules}"]], ids=str)
def test_a_good_test_passes_wherever_the_path_leads(rules: Path, args: Sequence[str]) -> None:
    result = run(*(arg.format(rules=rules) for arg in args))
    assert result.exit_code == 0, result.output
    assert result.stdout == "ok    book.test.yaml:1  three days\n1 test: all passed\n"


def test_tests_elsewhere_run_against_the_rules_named(rules: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (rules / "book.test.yaml").rename(other / "other.test.yaml")
    assert run(other, "--rules", rules).exit_code == 0


def test_rule_tests_are_never_read_as_rules(rules: Path) -> None:
    assert CliRunner().invoke(app, ["validate", str(rules), "--strict"]).exit_code in {0, 1}


def test_what_was_expected_and_not_told_is_shown_with_the_nearest_message(rules: Path) -> None:
    break_it(rules, ("severity: warning", "severity: critical"))
    result = run(rules)
    assert result.exit_code == 1
    assert "FAIL  book.test.yaml:1  three days" in result.stdout
    assert "- 2026-05-03  used  critical  to team" in result.stdout
    assert "(book.test.yaml:5)" in result.stdout
    assert "differs in severity" in result.stdout
    assert "+ 2026-05-03 23:59  used  crossed  warning  80%  num_operations  to team" in result.stdout
    assert result.stdout.endswith("1 test: 1 failed\n")


def test_words_that_were_not_said_show_the_whole_message(rules: Path) -> None:
    break_it(rules, ("90%", "91%"))
    result = run(rules)
    assert "differs in says" in result.stdout
    assert "| base has used 90% of its operations." in result.stdout


def test_what_else_is_told_is_a_failure_only_if_the_test_says_so(rules: Path) -> None:
    more = ("30 x3", "30 x4")
    break_it(rules, more)
    assert run(rules).exit_code == 1
    break_it(rules, more, ("expect_nothing_else: true", ""))
    assert run(rules).exit_code == 0


def test_nothing_told_is_said(rules: Path) -> None:
    break_it(rules, ("30 x3", "1 x3"))
    assert "nothing was told" in run(rules).stdout


def test_a_mistake_in_a_test_is_told_with_its_line(rules: Path) -> None:
    break_it(rules, ("rule: used", "rule: usedd"))
    result = run(rules)
    assert result.exit_code == 2
    assert "book.test.yaml:5:33: error: expect[0].rule: unknown rule usedd" in result.stderr
    assert "^" in result.stderr


def test_a_mistake_in_the_rules_is_told_with_its_line(rules: Path) -> None:
    (rules / "book.yaml").write_text((BOOK + USED).replace("kind: quota", "kind: quotas"))
    result = run(rules)
    assert result.exit_code == 2
    assert "book.yaml" in result.stderr


def test_a_folder_without_tests_is_said(rules: Path) -> None:
    (rules / "book.test.yaml").unlink()
    result = run(rules)
    assert result.exit_code == 2
    assert "*.test.yaml" in result.stderr


def test_junit_is_what_ci_systems_read(rules: Path, tmp_path: Path) -> None:
    (rules / "two.test.yaml").write_text(GOOD.replace("three days", "<&> \\x01").replace("05-03", "05-02"))
    file = tmp_path / "results.xml"
    assert run(rules, "--junit", file).exit_code == 1
    suites = ElementTree.parse(file).getroot()  # noqa: S314 - we wrote it
    assert suites.attrib["tests"] == "2"
    assert [(s.attrib["name"], s.attrib["failures"]) for s in suites] == [
        ("book.test.yaml", "0"),
        ("two.test.yaml", "1"),
    ]
    failure = suites[1][0][0]
    assert failure.attrib["message"] == "1 expected and not told, 1 told and not expected"
    assert "+ 2026-05-03 23:59" in (failure.text or "")


def test_junit_that_cannot_be_written_is_a_usage_error(rules: Path) -> None:
    assert run(rules, "--junit", rules / "none" / "x.xml").exit_code == 2


def test_json_has_the_timeline(rules: Path) -> None:
    [found] = json.loads(run(rules, "--output", "json").stdout)
    assert (found["ok"], found["missing"], found["extra"]) == (True, [], [])
    assert [(t["rule"], t["threshold"], t["channels"]) for t in found["told"]] == [("used", "80%", ["team"])]


def test_csv_is_a_row_a_test(rules: Path) -> None:
    assert run(rules, "--output", "csv").stdout.splitlines() == [
        "file,line,name,ok,told,missing,extra",
        "book.test.yaml,1,three days,True,1,0,0",
    ]


def test_the_schema_of_tests_is_printed() -> None:
    result = CliRunner().invoke(app, ["schema", "--tests"])
    assert json.loads(result.stdout)["title"] == "alerter rule test"
