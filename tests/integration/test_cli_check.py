"""`check` and `backfill`: one cycle, against a DSM, a channel and a database that are there."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest
from support.commands import Commands, Site, commands, sited
from support.process import wait_for
from support.slack import Slack, slack

from alerter.cli.pool import each
from alerter.core.errors import StoreError
from alerter.sources.simulator import Fault, Kind
from alerter.store import lock_for_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with commands(tmp_path_factory.mktemp("printed")) as found:
        yield found


@pytest.fixture
def hook() -> Iterator[Slack]:
    with slack() as found:
        yield found


@pytest.fixture
def site(tmp_path: Path, run: Commands, hook: Slack) -> Iterator[Site]:
    with sited(tmp_path, run, hook.hook) as found:
        yield found


def test_check_asks_judges_sends_and_prints(site: Site, hook: Slack) -> None:
    ended = site.use(920)("check")
    assert ended.code == 0, ended.err
    assert "sent to hook: " in ended.out
    assert "92%" in ended.out
    assert "1 alert is open: 1 warning." in ended.out
    assert len(hook.messages) == 1


def test_a_second_check_has_nothing_new_to_send(site: Site, hook: Slack) -> None:
    site.use(920)("check")
    assert "Nothing new to send." in site("check").out
    assert len(hook.messages) == 1


def test_a_dry_run_sends_and_stores_nothing(site: Site, hook: Slack) -> None:
    site("check")
    before = (site.folder / "alerter.db").read_bytes()
    ended = site.use(920)("check", "--dry-run")
    assert "Would go to hook (slack):" in ended.out
    assert "nothing was sent, nothing stored" in ended.out
    assert hook.messages == []
    assert (site.folder / "alerter.db").read_bytes() == before
    assert "92%" not in site("status").out


def test_a_dry_run_knows_what_was_told_already(site: Site) -> None:
    site.use(920)("check")
    ended = site("check", "--dry-run")
    assert "No message would be sent" in ended.out


def test_a_first_dry_run_leaves_no_database(site: Site) -> None:
    site.use(920)("check", "--dry-run")
    assert [file.name for file in site.folder.iterdir()] == ["rules"]


def test_a_dry_run_is_about_the_rules_on_disk(site: Site) -> None:
    site("check")
    ended = site.write("rules: {used: {kind: quotaa}}")("check", "--dry-run")
    assert ended.code == 2
    assert "rules.yaml:1:22: error:" in ended.err


def test_check_goes_on_with_the_last_good_rules(site: Site) -> None:
    site("check")
    ended = site.write("rules: {used: {kind: quotaa}}")("check")
    assert ended.code == 0
    assert "this is by the last good one" in ended.err
    assert "enterprise" in ended.out


def test_fail_on_is_about_open_alerts_of_at_least_this_severity(site: Site) -> None:
    site.use(920)
    codes = {severity: site("check", "--fail-on", severity).code for severity in ("info", "warning", "critical")}
    assert codes == {"info": 1, "warning": 1, "critical": 0}


def test_an_account_that_does_not_answer_is_exit_3_and_named(site: Site) -> None:
    ended = site.fail("dr", 403).use(100)("check")
    assert ended.code == 3
    assert "dr does not answer since" in ended.out
    assert "at least 100" in ended.out


def test_an_open_alert_goes_before_an_account_that_does_not_answer(site: Site) -> None:
    assert site.fail("dr", 403).use(920)("check", "--fail-on", "warning").code == 1


def test_programs_read_only_licenses_on_standard_output(site: Site) -> None:
    ended = site.use(920)("check", "--output", "json")
    (license_,) = json.loads(ended.out)
    assert license_["name"] == "enterprise"
    assert license_["quotas"][0]["share"] == 0.92
    assert "sent to hook" in ended.err


def test_a_missing_secret_is_an_error_that_names_it(site: Site) -> None:
    ended = site("check", ACME_KEY="")
    assert ended.code == 2
    assert "the secret ACME_KEY is missing" in ended.err


def test_backfill_asks_for_what_is_missing_once(site: Site) -> None:
    ended = site("backfill", "--days", "30")
    assert ended.code == 0, ended.err
    assert "60 windows of 2 accounts are missing" in ended.out
    assert "acme: 30 windows read" in ended.out
    assert "0 windows of 2 accounts are missing" in site("backfill", "--days", "30").out


def test_backfill_says_who_did_not_answer(site: Site) -> None:
    ended = site.fail("dr", 403)("backfill", "--days", "10")
    assert ended.code == 3
    assert "acme: 10 windows read" in ended.out
    assert "dr: 10 of 10 windows could not be read" in ended.err


def test_check_asks_for_the_history_that_rules_read(site: Site) -> None:
    site.use(920)("check")
    (week,) = json.loads(site("explain", "week", "--output", "json").out)
    assert week["outcome"] == "ok"


def test_beside_a_running_service_history_is_left_to_it(site: Site) -> None:
    with lock_for_run(f"sqlite:///{site.folder / 'alerter.db'}"):
        assert "92%" in site.use(920)("check").out
        assert "uses this history once it is reloaded" in site("backfill", "--days", "3").err
    (week,) = json.loads(site("explain", "week", "--output", "json").out)
    assert week["outcome"] == "too_early"


def test_ctrl_c_ends_a_check_without_a_word(site: Site) -> None:
    site.world.fault(None, Fault(kind=Kind.HANG))
    order = [sys.executable, "-m", "alerter", "check"]
    with subprocess.Popen(order, cwd=site.folder, env=site.env, stdout=PIPE, stderr=PIPE, text=True) as process:
        wait_for(lambda: site.world.requests, "a request", lambda: process.poll() is None)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "", "")


async def test_what_goes_wrong_with_one_account_arrives_as_it_is() -> None:
    async def work(name: str) -> None:
        raise StoreError(f"{name} cannot be stored")

    with pytest.raises(StoreError, match="acme cannot be stored"):
        await each(["acme", "dr"], work, 2)
