"""Commands that show what rules do before they do it: backtest, simulate, diff, preview, send-test, doctor."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.commands import Commands, Site, commands, sited
from support.slack import Fault, Slack, shown, slack


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


def used_for(site: Site, days: int, amount: int) -> Site:
    """So many operations on each of the last whole days, all of them read."""
    sim = next(a for a in site.world.accounts.values() if a.name == "acme")
    noon = datetime.now(UTC).replace(hour=12)  # noqa: TID251
    for day in range(1, days + 1):
        sim.scripted.add("num_operations", int((noon - timedelta(days=day)).timestamp()), amount)
    backfilled = site("backfill", "--days", str(days))
    assert backfilled.code == 0, backfilled.err
    return site


def term(site: Site, limit: int = 1000) -> None:
    """A quota that never begins anew: no test depends on the day it runs."""
    rules = site.folder / "rules" / "rules.yaml"
    text = rules.read_text().replace("limit: 1000, per: year", f"limit: {limit}, per: none")
    rules.write_text(text.replace("accounts: [acme, dr]", "accounts: [acme, dr]\n    starts: 2020-01-01"))


def from_json(text: str) -> Any:
    return json.loads(text)


def test_backtest_says_what_would_have_been_told_and_how_long_before(site: Site) -> None:
    term(site)
    found = from_json(used_for(site, 15, 90)("backtest", "--output", "json").out)
    told = [(m["rule"], m["threshold"], m["worth"], m["days_before"]) for m in found["messages"]]
    assert told == [("used", "75%", "before", 3), ("used", "90%", "before", 2)]
    assert [c["warned"] for c in found["crossings"]] == [{"used": 3}]
    assert found["channels"] == {"hook": 2, "screen": 2}


def test_backtest_for_people_and_for_spreadsheets(site: Site) -> None:
    term(site)
    used_for(site, 15, 90)
    page = site("backtest").out
    assert "3 days before" in page
    assert "By channel: hook 2, screen 2." in page
    assert site("backtest", "--output", "csv").out.splitlines()[0].startswith("at,rule,license,")


def test_backtest_replays_other_rules(site: Site, tmp_path: Path) -> None:
    term(site)
    used_for(site, 15, 90)
    other = tmp_path / "other.yaml"
    other.write_text((site.folder / "rules" / "rules.yaml").read_text().replace("75%", "30%"))
    found = from_json(site("backtest", "--rules-from", str(other), "--rule", "used", "--output", "json").out)
    assert [m["threshold"] for m in found["messages"]] == ["30%", "90%"]


def test_backtest_with_nothing_stored_says_what_to_do(site: Site) -> None:
    site("db", "upgrade")
    assert "alerter backfill" in site("backtest").out


def test_simulate_goes_on_as_before_and_grows_when_asked(site: Site) -> None:
    term(site, limit=2000)
    used_for(site, 15, 90).use(0)("check")
    even = from_json(site("simulate", "--days", "30", "--output", "json").out)
    grown = from_json(site("simulate", "--grow", "num_operations=+50%/w", "--days", "30", "--output", "json").out)
    assert {m["threshold"] for m in even["messages"] if m["rule"] == "used"} == {"75%", "90%"}
    assert grown["crossings"][0]["at"] < even["crossings"][0]["at"]


def test_simulate_names_a_growth_that_cannot_be(site: Site) -> None:
    site("db", "upgrade")
    assert "did you mean" in site("simulate", "--grow", "num_operation=+5%/w").err
    assert "is not a growth" in site("simulate", "--grow", "num_operations=5").err


def test_diff_names_what_would_fire_and_what_would_be_dropped(site: Site, tmp_path: Path) -> None:
    site.use(760)("check")
    site.use(40)("check")
    old, new = site.folder / "rules" / "rules.yaml", tmp_path / "new.yaml"
    new.write_text(old.read_text().replace("at: 90%", "at: 78%"))
    fires = from_json(site("diff", str(old), str(new), "--output", "json").out)
    assert [(c["change"], c["threshold"], c["channels"]) for c in fires] == [("fires", "78%", ["screen", "hook"])]
    new.write_text(old.read_text().replace("used:", "used-otherwise:"))
    both = from_json(site("diff", str(old), str(new), "--output", "json").out)
    assert [(c["change"], c["rule"]) for c in both] == [("drops", "used"), ("fires", "used-otherwise")]
    new.write_text(old.read_text().replace("limit: 1000", "limit: 5000"))
    assert [c["change"] for c in from_json(site("diff", str(old), str(new), "--output", "json").out)] == ["re-arms"]


def test_diff_of_the_same_rules_is_nothing(site: Site) -> None:
    site.use(800)("check")
    ended = site("diff", "rules", "rules")
    assert ended.out.strip() == "No alert would change."


def test_preview_is_from_real_readings_when_the_rule_fires(site: Site) -> None:
    site.use(920)("check")
    ended = site("preview", "used", "--channel", "screen")
    assert "92%" in ended.out
    assert "From the readings stored now." in ended.err


def test_preview_of_slack_is_its_json(site: Site) -> None:
    site("db", "upgrade")
    body = from_json(site("preview", "used", "--channel", "hook").out)
    assert body["blocks"][0]["type"] == "header"
    assert "enterprise" in body["text"]


def test_preview_of_growth_is_made_up_by_the_judge(site: Site) -> None:
    site("db", "upgrade")
    ended = site("preview", "week", "--channel", "screen")
    assert "made-up" in ended.err
    assert "more than the" in ended.out


def test_preview_of_a_mail_is_text_and_a_page(site: Site) -> None:
    mail = "channels: {post: {kind: email, to: [finance@example.com]}}\n"
    rules = site.folder / "rules" / "mail.yaml"
    rules.write_text(mail)
    site("db", "upgrade")
    assert "Subject: " in site("preview", "used", "--channel", "post").out
    assert site("preview", "used", "--channel", "post", "--html", "mail.html").code == 0
    assert "<html" in (site.folder / "mail.html").read_text()
    assert site("preview", "used", "--channel", "screen", "--html", "x.html").code == 2


def test_send_test_goes_through_the_outbox_and_prints_the_receipt(site: Site, hook: Slack) -> None:
    ended = site("send-test", "hook")
    assert ended.code == 0, ended.err
    assert ended.out.startswith("hook took it: ")
    assert "Test message" in shown(hook.messages[0])


def test_send_test_says_what_the_channel_refused(site: Site, hook: Slack) -> None:
    hook.fail("hook", Fault(status=404, body="no_service"))
    ended = site("send-test", "hook")
    assert (ended.code, hook.messages) == (1, [])
    assert "did not take it" in ended.err
    assert "did you mean hook?" in site("send-test", "hok").err


def states(text: str) -> dict[tuple[str, str], str]:
    return {(one["about"], one["what"]): one["state"] for one in from_json(text)}


def test_doctor_finds_everything_in_order(site: Site) -> None:
    ended = used_for(site, 8, 10)("doctor", "--output", "json")
    found = states(ended.out)
    assert ended.code == 0, ended.out
    assert {found["account acme", what] for what in ("host", "clock", "permission", "lag", "subscription")} == {"ok"}
    assert found["database", "write"] == found["templates", "sample"] == "ok"
    assert "7 days ago still answers" in ended.out


def test_doctor_tells_what_is_denied_from_what_does_not_answer(site: Site) -> None:
    site.fail("acme", 403)
    denied = site("doctor", "--output", "json")
    assert denied.code == 1
    assert states(denied.out)["account acme", "usage"] == "bad"
    assert "nothing new can be said by: used, week" in denied.out


def test_doctor_exits_with_3_when_an_account_does_not_answer(site: Site) -> None:
    site.fail("acme", 503)
    ended = site("doctor")
    assert ended.code == 3
    assert "NO ANSWER" in ended.out


def test_doctor_says_which_rules_an_old_cluster_leaves_blind(site: Site) -> None:
    next(a for a in site.world.accounts.values() if a.name == "dr").mode = "only_num_operations"
    rules = site.folder / "rules" / "rules.yaml"
    rules.write_text(rules.read_text().replace("window: 7d", "window: 7d\n    metrics: [sign_operations]"))
    ended = site("doctor")
    assert ended.code == 1
    assert "the rule week says once that sign_operations is not reported" in ended.out


def test_doctor_misses_a_secret_by_name(site: Site) -> None:
    ended = site("doctor", ACME_KEY="")
    assert ended.code == 1
    assert "the secret ACME_KEY is missing" in ended.out
