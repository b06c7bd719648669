"""The commands that look, at a database that a check has filled; and how commands end when something is wrong."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import Commands, Site, commands, sited
from support.slack import Fault, slack

BROKEN = "rules: {used: {kind: quotaa}}\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with commands(tmp_path_factory.mktemp("printed")) as found:
        yield found


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory, run: Commands) -> Iterator[Site]:
    """At 92 % of its quota; `hook` took nothing for good, dr stopped answering afterwards. Only to be looked at."""
    with slack() as refusing, sited(tmp_path_factory.mktemp("site"), run, refusing.hook) as found:
        refusing.fail("hook", Fault(status=404, body="no_service"))
        found.use(920)("check")
        found.fail("dr", 403)("check")
        yield found


@pytest.fixture
def site(tmp_path: Path, run: Commands) -> Iterator[Site]:
    with sited(tmp_path, run) as found:
        yield found


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_help_lists_the_commands(site: Site) -> None:
    ended = site("--help")
    assert ended.code == 0
    for name in ("run", "demo", "check", "validate", "status", "history", "explain", "usage", "backfill", "schema"):
        assert f" {name} " in ended.out


@pytest.mark.parametrize(
    "command",
    ["run", "demo", "check", "validate", "status", "history", "explain", "usage", "backfill", "schema", "outbox list"],
)
def test_every_command_has_an_example(site: Site, command: str) -> None:
    assert f"Example: alerter {command}" in site(*command.split(), "--help").out


def test_a_misspelt_command_gets_the_nearest_one(site: Site) -> None:
    ended = site("chekc")
    assert ended.code == 2
    assert "Did you mean 'check'?" in ended.err


def test_a_misspelt_setting_gets_the_nearest_one(site: Site) -> None:
    ended = site("status", ALERTER_RULE="rules")
    assert (ended.code, ended.err) == (2, "error: ALERTER_RULE: no such setting; did you mean ALERTER_RULES?\n")


def test_the_version(site: Site) -> None:
    assert site("--version").out.startswith("alerter 0.")


def test_python_m_alerter_is_the_same() -> None:
    ended = subprocess.run([sys.executable, "-m", "alerter", "--version"], capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("alerter ")


def test_a_reader_that_leaves_early_is_not_told_off(site: Site) -> None:
    receiving, sending = os.pipe()
    os.close(receiving)
    order = [sys.executable, "-m", "alerter", "schema"]
    ended = subprocess.run(order, stdout=sending, stderr=subprocess.PIPE, text=True, env=site.env, check=False)
    os.close(sending)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_validate_says_that_rules_are_good(site: Site) -> None:
    ended = site("validate")
    assert ended.code == 0
    assert "rules: no mistake" in ended.out
    assert "(2 accounts, 1 license, 2 channels, 2 rules)" in ended.out


def test_validate_shows_a_mistake_with_its_line(site: Site) -> None:
    ended = site.write(BROKEN)("validate", "rules/rules.yaml")
    assert ended.code == 2
    assert "rules.yaml:1:22: error:" in ended.out
    assert "    1 | rules: {used: {kind: quotaa}}" in ended.out
    assert "quota" in ended.out


def test_validate_for_programs_and_pull_requests(site: Site) -> None:
    site.write(BROKEN)
    as_json = site("validate", "--format", "json")
    assert (as_json.code, json.loads(as_json.out)[0]["line"]) == (2, 1)
    assert site("validate", "--format", "github").out.startswith("::error file=rules.yaml,line=1,col=22")


def test_strict_makes_a_warning_a_failure(site: Site) -> None:
    text = (site.folder / "rules" / "rules.yaml").read_text()
    site.write(text.replace("channels:", "channels:\n  unused: {kind: console}"))
    assert site("validate").code == 0
    ended = site("validate", "--strict")
    assert ended.code == 1
    assert "unused" in ended.out


def test_no_rules_at_all(site: Site) -> None:
    ended = site("validate", "nowhere")
    assert ended.code == 2
    assert ended.err.startswith("error: there are no rules at nowhere")


def test_schema_is_what_the_repository_holds(site: Site) -> None:
    repository = Path(__file__).parents[2]
    assert site("schema").out == (repository / "rules" / "schema.json").read_text("utf-8")
    assert site("schema", "--markdown").out == (repository / "docs" / "rules.md").read_text("utf-8")


def test_status_before_anything_was_read(site: Site) -> None:
    ended = site("status")
    assert ended.code == 2
    assert "alerter run or alerter check makes it" in ended.err
    assert not (site.folder / "alerter.db").exists()


def test_status_as_a_table(checked: Site) -> None:
    ended = checked("status")
    assert ended.code == 0
    assert "enterprise  num_operations  at least 920  1,000 a year    92%" in ended.out
    assert "1 alert is open: 1 warning." in ended.out
    assert "dr does not answer since" in ended.out


def test_status_for_programs_and_spreadsheets(checked: Site) -> None:
    quota = json.loads(checked("status", "--output", "json").out)[0]["quotas"][0]
    (row,) = _rows(checked("status", "--output", "csv").out)
    assert (quota["used"], quota["limit"], quota["share"], quota["state"]) == (920, 1000, 0.92, "breach")
    assert (row["license"], row["used"], row["limit"], row["severity"]) == ("enterprise", "920", "1000", "warning")


def test_looking_needs_no_secret(checked: Site) -> None:
    assert checked("status", ACME_KEY="", DR_KEY="", HOOK_URL="").code == 0


def test_history_says_what_was_sent_and_what_was_not(checked: Site) -> None:
    out = checked("history").out
    assert "Reached 90%, passing 75%: 920 of 1,000 (92%)" in out
    assert "sent to screen; hook FAILED" in out


def test_history_with_every_decision(checked: Site) -> None:
    found = json.loads(checked("history", "--all", "--output", "json").out)
    assert {line["type"] for line in found} == {"event", "decision"}
    assert all("reason" in line and "deliveries" in line for line in found)


def test_history_of_a_time_without_any(checked: Site) -> None:
    assert checked("history", "--since", "2099-01-01").out == "Nothing happened in this time.\n"


def test_a_date_that_is_none(checked: Site) -> None:
    ended = checked("history", "--since", "yesterday")
    assert ended.code == 2
    assert "is not a date" in ended.err


def test_explain_says_why_it_fired(checked: Site) -> None:
    out = checked("explain", "used").out
    assert "enterprise, operations: Warning" in out
    assert "reading          at least 920 (as of " in out
    assert "thresholds       75% info (reached), 90% warning (reached)" in out
    assert "told of 75%, 90%" in out


def test_explain_of_a_time_before_anything_was_known(checked: Site) -> None:
    ended = checked("explain", "used", "--at", "2026-01-02", "--output", "json")
    (found,) = json.loads(ended.out)
    assert (found["value"], found["outcome"]) == (None, "stale")


def test_an_unknown_rule_gets_the_nearest_name(checked: Site) -> None:
    ended = checked("explain", "usde")
    assert (ended.code, ended.err) == (2, "error: the rule book has no rule usde; did you mean used?\n")


def test_usage_is_a_line_a_day_for_a_spreadsheet(checked: Site) -> None:
    rows = _rows(checked("usage", "--license", "enterprise", "--since", "5d", "--output", "csv").out)
    assert {row["account"] for row in rows} == {"acme", "dr"}
    assert {row["num_operations"] for row in rows} == {"0"}
    assert all(row["from"].endswith("T00:00:00Z") for row in rows)


def test_an_unknown_license_gets_the_nearest_name(checked: Site) -> None:
    ended = checked("usage", "--license", "enterprize")
    assert ended.code == 2
    assert "did you mean enterprise?" in ended.err


def test_the_outbox_lists_what_failed(checked: Site) -> None:
    (row,) = json.loads(checked("outbox", "list", "--output", "json").out)
    assert (row["channel"], row["status"]) == ("hook", "failed")
    assert "hook" in checked("outbox", "list").out


def test_a_failed_message_is_sent_again_or_given_up(tmp_path: Path, run: Commands) -> None:
    with slack() as hook, sited(tmp_path, run, hook.hook) as site:
        hook.fail("hook", Fault(status=404))
        site.use(920)("check")
        assert site("outbox", "retry").out == "1 message to be sent again.\n"
        assert "sent to hook" in site("check").out
        assert site("outbox", "list").out == "Nothing waits, nothing failed.\n"
        assert site("outbox", "drop", "77").code == 2


def test_the_database_is_made_and_pruned(site: Site) -> None:
    assert site("db", "upgrade", "--database", "other.db").out == "sqlite:///other.db is up to date.\n"
    assert site("db", "prune", "--database", "other.db").out == "Nothing is old enough to be dropped.\n"


def test_a_file_that_is_no_database_is_exit_3(site: Site) -> None:
    (site.folder / "alerter.db").write_text("no database " * 100)
    ended = site("status")
    assert (ended.code, ended.err) == (3, "error: the file is not a database\n")
