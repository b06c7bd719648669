"""The real process on loopback: a DSM, a Slack, a mail server, and rule files in a folder."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from support.dsm import Dsm, keys, served
from support.process import Alerter, installed, wait_for
from support.slack import TOKEN, Fault, Slack, shown, slack
from support.smtp import MailServer, mail_server

from alerter.sources.simulator import World

RULES = """
accounts:
  acme: {{url: {url}, account_id: {id}, credential: ACME_KEY}}
licenses:
  acme-enterprise:
    accounts: [acme]
    quotas: {{num_operations: {{limit: 1000, per: year}}}}
channels:
  finance-slack: {{kind: slack, channel: "#license-usage", token: SLACK_BOT_TOKEN}}
  finance-mail: {{kind: email, to: [finance@example.com]}}
  ops: {{kind: slack, webhook: OPS_HOOK}}
rules:
  quota-used:
    kind: quota
    thresholds: [{{at: 75%, severity: info}}, {{at: 90%, severity: warning}}, {{at: 100%, severity: critical}}]
    notify: [finance-slack, finance-mail]
    owner: finance
    runbook: https://wiki.example.com/dsm-quota
"""


@dataclass
class Site:
    """Everything around one process."""

    dsm: Dsm
    slack: Slack
    mail: MailServer
    alerter: Alerter

    def use(self, amount: int) -> None:
        second = int(datetime.now(UTC).timestamp()) - 1  # noqa: TID251
        self.account.scripted.add("num_operations", second, amount)

    @property
    def account(self):  # type: ignore[no-untyped-def]
        return next(iter(self.dsm.world.accounts.values()))

    def crossings(self, threshold: str) -> int:
        """Slack messages of the bot that name this threshold as reached."""
        return sum(threshold in shown(m) for m in self.slack.messages if m.get("metadata"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        world = World()
        sim = world.add("acme")
        dsm = stack.enter_context(served(world, lambda: datetime.now(UTC)))  # noqa: TID251
        fake = stack.enter_context(slack())
        mail = stack.enter_context(mail_server())
        alerter = stack.enter_context(
            installed(
                tmp_path,
                RULES.format(url=dsm.url, id=sim.id),
                secrets={**keys(world), "SLACK_BOT_TOKEN": TOKEN, "OPS_HOOK": fake.hook},
                slack_api_url=fake.api,
                smtp_url=f"smtp://127.0.0.1:{mail.port}",
                mail_from="alerter@example.com",
                ops_channel="ops",
                public_url="https://alerter.example.com",
            )
        )
        yield Site(dsm, fake, mail, alerter)


FACTS = ("acme-enterprise", "91", "1,000", "90 ", "left", "100", "finance", "https://wiki.example.com/dsm-quota")


def test_a_crossing_arrives_once_in_slack_and_once_by_mail_with_every_fact(site: Site) -> None:
    site.use(910)
    site.alerter.start().ready()
    wait_for(lambda: site.slack.messages and site.mail.mails, "both messages", site.alerter.alive)
    polls = site.dsm.world.requests.total()
    wait_for(lambda: site.dsm.world.requests.total() > polls + 3, "more polls", site.alerter.alive)
    assert (len(site.slack.messages), len(site.mail.mails)) == (1, 1)
    mail = site.mail.mails[0]
    body = mail.get_body(("plain",))
    assert body is not None
    for text in (shown(site.slack.messages[0]), body.get_content()):
        for fact in FACTS:
            assert fact in text, (fact, text)
    assert site.alerter.stop() == 0


def test_02_a_restart_while_over_a_threshold_says_nothing_new(site: Site) -> None:
    site.use(910)
    site.alerter.start().ready()
    wait_for(lambda: site.slack.messages, "the message", site.alerter.alive)
    site.alerter.kill()
    site.alerter.start().ready()
    polls = site.dsm.world.requests.total()
    wait_for(lambda: site.dsm.world.requests.total() > polls + 3, "more polls", site.alerter.alive)
    assert site.crossings("90%") == 1


def test_16_a_throttled_slack_gets_the_message_once_after_the_wait(site: Site) -> None:
    site.slack.fail("chat.postMessage", Fault(status=429, error="ratelimited", headers={"Retry-After": "2"}))
    site.use(910)
    site.alerter.start().ready()
    wait_for(lambda: site.mail.mails, "the mail, which does not wait", site.alerter.alive)
    wait_for(lambda: site.slack.messages, "the message", site.alerter.alive)
    assert site.slack.calls.count("chat.postMessage") == 2
    alert = site.alerter.get("/api/v1/alerts").json()["items"][0]
    deliveries = site.alerter.get(f"/api/v1/alerts/{alert['id']}").json()["deliveries"]
    assert {d["channel"]: d["attempts"] for d in deliveries} == {"finance-slack": 2, "finance-mail": 1}


def test_17_what_slack_refuses_is_failed_told_elsewhere_and_not_counted_as_announced(site: Site) -> None:
    site.slack.fail("chat.postMessage", Fault(error="channel_not_found"))
    site.use(910)
    site.alerter.start().ready()
    wait_for(lambda: any("finance-slack" in shown(m) for m in site.slack.messages), "the ops message")
    lost = next(m for m in site.slack.messages if "finance-slack" in shown(m))
    assert "acme-enterprise" in shown(lost)
    outbox = site.alerter.get("/api/v1/outbox").json()["items"]
    assert [(d["channel"], d["status"]) for d in outbox] == [("finance-slack", "failed")]


def test_18_a_mail_server_that_is_down_causes_no_second_slack_message(site: Site) -> None:
    site.mail.data = "451 come back later"
    site.use(910)
    site.alerter.start().ready()
    wait_for(lambda: site.slack.messages, "the Slack message", site.alerter.alive)
    site.mail.data = "250 taken"
    wait_for(lambda: site.mail.mails, "the mail after all", site.alerter.alive)
    assert (len(site.slack.messages), len(site.mail.mails)) == (1, 1)


def test_19_a_reload_with_a_bad_rule_keeps_the_old_book_also_over_a_restart(site: Site) -> None:
    site.alerter.start().ready()
    rules = site.alerter.folder / "rules" / "rules.yaml"
    rules.write_text(rules.read_text().replace("kind: quota", "kind: quotta"))
    site.alerter.signal(signal.SIGHUP)
    wait_for(lambda: site.slack.messages, "the ops message", site.alerter.alive)
    assert "rules.yaml:1" in shown(site.slack.messages[0])
    assert "quota" in site.alerter.get("/").text
    site.alerter.kill()
    site.alerter.start().ready()
    site.use(910)
    wait_for(lambda: site.crossings("90%"), "the crossing by the last good rules", site.alerter.alive)


def test_an_edited_quota_is_judged_at_once_on_sighup(site: Site) -> None:
    site.use(500)
    site.alerter.start().ready()
    rules = site.alerter.folder / "rules" / "rules.yaml"
    rules.write_text(rules.read_text().replace("limit: 1000", "limit: 500"))
    site.alerter.signal(signal.SIGHUP)
    wait_for(lambda: site.crossings("100%"), "the crossing", site.alerter.alive)


def test_secrets_are_in_no_database_log_page_or_metric(site: Site) -> None:
    site.slack.fail("chat.postMessage", Fault(error="invalid_auth"))
    site.use(910)
    site.alerter.start().ready()
    wait_for(lambda: site.mail.mails, "the mail", site.alerter.alive)
    pages = ("/", "/alerts", "/health", "/rules", "/metrics", "/api/v1/accounts", "/api/v1/rules", "/api/v1/outbox")
    shown_text = "".join(site.alerter.get(path).text for path in pages)
    site.alerter.stop()
    stored = b"".join(path.read_bytes() for path in site.alerter.folder.glob("alerter.db*"))
    everything = stored + site.alerter.log.read_bytes() + shown_text.encode()
    for secret in (TOKEN, site.account.key, site.slack.hook.rpartition("/")[2]):
        assert secret.encode() not in everything


def test_a_saved_rule_file_is_in_force_soon_and_what_it_changed_is_said(site: Site) -> None:
    site.use(500)
    site.alerter.start().ready()
    wait_for(lambda: "500" in site.alerter.get("/").text, "the reading", site.alerter.alive)
    rules = site.alerter.folder / "rules" / "rules.yaml"
    rules.write_text(rules.read_text().replace("limit: 1000", "limit: 500"))
    wait_for(lambda: site.crossings("100%"), "the crossing", site.alerter.alive)
    page = site.alerter.get("/rules").text
    assert "license acme-enterprise changed" in page
    assert "fires at 100%" in page
    wait_for(lambda: "rule book changed" in site.alerter.output(), "the log", site.alerter.alive)


def test_edits_while_the_service_was_down_are_said_at_its_next_start(site: Site) -> None:
    site.alerter.start().ready()
    site.alerter.stop()
    rules = site.alerter.folder / "rules" / "rules.yaml"
    rules.write_text(rules.read_text().replace("at: 75%", "at: 60%"))
    site.alerter.start().ready()
    wait_for(lambda: "rule quota-used changed" in site.alerter.get("/rules").text, "the page", site.alerter.alive)


def unready(alerter: Alerter) -> bool:
    with suppress(httpx.HTTPError):
        return alerter.get("/readyz").status_code == 503
    return False


def test_a_start_while_the_database_is_locked_waits_and_goes_on(site: Site) -> None:
    site.alerter.start().ready()
    site.alerter.stop()
    with closing(sqlite3.connect(site.alerter.folder / "alerter.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        site.alerter.start()
        wait_for(lambda: "tried again" in site.alerter.output(), "the log to say so", site.alerter.alive)
        wait_for(lambda: unready(site.alerter), "the page to say so", site.alerter.alive)
    site.alerter.ready()


def test_sigterm_ends_a_start_that_waits_for_the_database_within_ten_seconds(site: Site) -> None:
    site.alerter.start().ready()
    site.alerter.stop()
    with closing(sqlite3.connect(site.alerter.folder / "alerter.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        site.alerter.start()
        wait_for(lambda: unready(site.alerter), "the page", site.alerter.alive)
        began = time.monotonic()
        assert site.alerter.stop() == 0
        assert time.monotonic() - began < 10


def test_sigterm_while_the_database_is_locked_ends_within_ten_seconds(site: Site) -> None:
    site.use(910)
    site.alerter.start().ready()
    with closing(sqlite3.connect(site.alerter.folder / "alerter.db", isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        wait_for(lambda: unready(site.alerter), "the page to say so", site.alerter.alive)
        began = time.monotonic()
        assert site.alerter.stop() == 0
        assert time.monotonic() - began < 10
