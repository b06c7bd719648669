"""SIGKILL at random moments while crossings happen and channels fail now and then: nothing is lost.

The number of kills can be raised with ALERTER_TEST_KILLS.
"""

import os
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.dsm import keys, served
from support.process import Alerter, installed, wait_for
from support.slack import TOKEN, Fault, Slack, shown, slack
from support.smtp import MailServer, mail_server

from alerter.sources.simulator import World

KILLS = int(os.environ.get("ALERTER_TEST_KILLS", "200"))
ACCOUNTS = 40
STEPS = ("50%", "75%", "90%", "100%")
GROUPS = 10
"""More than 5 messages to one channel within a minute become one, so that many channels make many messages."""

CHANNELS = """
  bot{g}: {{kind: slack, channel: "#license-usage", token: SLACK_BOT_TOKEN}}
  hook{g}: {{kind: slack, webhook: HOOK}}
  mail{g}: {{kind: email, to: [finance@example.com]}}
"""
RULE = """
  used{g}: {{kind: quota, licenses: ["lic-{g}-*"], thresholds: [{steps}], notify: [bot{g}, hook{g}, mail{g}]}}
"""
SEED = int(os.environ.get("ALERTER_TEST_SEED", "20261123"))


def rules(world: World, url: str) -> str:
    """A license an account, each with a quota of 1,000 operations a year; a rule and three channels a group."""
    steps = ", ".join(f"{{at: {at}, severity: warning}}" for at in STEPS)
    accounts = "".join(
        f"  {a.name}: {{url: {url}, account_id: {a.id}, credential: {a.name.upper()}_KEY}}\n"
        for a in world.accounts.values()
    )
    licenses = "".join(
        f"  lic-{n % GROUPS}-{a.name}: {{accounts: [{a.name}], "
        "quotas: {num_operations: {limit: 1000, per: year}}}\n"
        for n, a in enumerate(world.accounts.values())
    )
    return f"""
accounts:
{accounts}
licenses:
{licenses}
channels:
{"".join(CHANNELS.format(g=group) for group in range(GROUPS))}
rules:
{"".join(RULE.format(g=group, steps=steps) for group in range(GROUPS))}
"""


@pytest.fixture
def around(tmp_path: Path) -> Iterator[tuple[World, Slack, MailServer, Alerter]]:
    with ExitStack() as stack:
        world = World()
        for number in range(ACCOUNTS):
            world.add(f"a{number:03}")
        dsm = stack.enter_context(served(world, lambda: datetime.now(UTC)))  # noqa: TID251
        fake = stack.enter_context(slack())
        mail = stack.enter_context(mail_server())
        secrets = {**keys(world), "SLACK_BOT_TOKEN": TOKEN, "HOOK": fake.hook}
        alerter = stack.enter_context(
            installed(
                tmp_path,
                rules(world, dsm.url),
                secrets=secrets,
                slack_api_url=fake.api,
                smtp_url=f"smtp://127.0.0.1:{mail.port}",
                mail_from="alerter@example.com",
            )
        )
        yield world, fake, mail, alerter


def _use(world: World, chance: random.Random, stop: threading.Event) -> None:
    """Every account climbs to its quota in steps, at moments of chance."""
    left = [account for account in world.accounts.values() for _ in STEPS]
    chance.shuffle(left)
    for account in left:
        if stop.wait(chance.uniform(0, 2 * KILLS / len(left))):
            break
        second = int(datetime.now(UTC).timestamp()) - 1  # noqa: TID251
        account.scripted.add("num_operations", second, chance.randint(230, 270))
    for account in world.accounts.values():
        second = int(datetime.now(UTC).timestamp()) - 1  # noqa: TID251
        account.scripted.add("num_operations", second, 1000)


def _break(fake: Slack, mail: MailServer, chance: random.Random) -> None:
    """Now and then a channel fails, before or after it took a message."""
    for method in ("chat.postMessage", "hook"):
        if not fake.faults.get(method) and chance.random() < 0.3:
            fake.fail(method, chance.choice((Fault(cut=True, taken=True), Fault(status=500), Fault(cut=True))))
    mail.drop = chance.choice(("", "", "", "before", "after"))


def _pause(alerter: Alerter, chance: random.Random) -> None:
    """Half of the kills come while the process starts, half while it works."""
    if chance.random() < 0.5:
        threading.Event().wait(chance.uniform(0, 1.5))
    else:
        alerter.ready()
        threading.Event().wait(chance.uniform(0, 0.8))


def _settled(alerter: Alerter) -> bool:
    """Every account's last threshold is announced and nothing waits."""
    threading.Event().wait(0.5)
    alerts = alerter.get("/api/v1/alerts?limit=1000").json()["items"]
    done = {a["license"] for a in alerts if a["threshold"] == STEPS[-1]}
    return len(done) == ACCOUNTS and not alerter.get("/api/v1/outbox").json()["items"]


def test_nothing_is_lost_however_often_the_process_is_killed(
    around: tuple[World, Slack, MailServer, Alerter], record_property: Callable[[str, object], None]
) -> None:
    world, fake, mail, alerter = around
    chance, stop = random.Random(SEED), threading.Event()
    climbing = threading.Thread(target=_use, args=(world, chance, stop))
    climbing.start()
    try:
        for _ in range(KILLS):
            _break(fake, mail, chance)
            alerter.start()
            _pause(alerter, chance)
            alerter.kill()
    finally:
        stop.set()
        climbing.join()
    fake.faults.clear()
    mail.drop = ""
    alerter.start().ready()
    wait_for(lambda: _settled(alerter), "everything to be delivered", alerter.alive, patience=600)
    sent = _sent(alerter)
    bot = Counter(str(m["metadata"]["event_payload"]["key"]) for m in fake.messages if m.get("metadata"))
    hooks = [m for m in fake.messages if not m.get("metadata")]
    mails = Counter(str(m["Message-ID"]) for m in mail.mails)
    record_property(
        "said",
        f"{KILLS} kills, {sum(sent.values())} messages: lost 0; repeats: bot {bot.total() - len(bot)}, "
        f"webhook {len(hooks) - sent['hook']}, mail {mails.total() - len(mails)} ({len(mails)} by Message-ID)",
    )
    assert (len(bot), bot.total(), len(mails)) == (sent["bot"], sent["bot"], sent["mail"])
    assert len(hooks) >= sent["hook"]
    for number in range(ACCOUNTS):
        name = f"lic-{number % GROUPS}-a{number:03}"
        assert any(name in shown(m) for m in hooks), f"{name} is missing on the webhook"
    _nothing_twice(alerter)


def _sent(alerter: Alerter) -> Counter[str]:
    """Messages that were sent, by channel, as the database has them."""
    with sqlite3.connect(alerter.folder / "alerter.db") as db:
        rows = db.execute("SELECT channel FROM outbox WHERE state = 'sent'").fetchall()
        waiting = db.execute("SELECT count(*) FROM outbox WHERE state IN ('pending', 'failed')").fetchone()[0]
    db.close()
    assert waiting == 0
    return Counter(str(channel).rstrip("0123456789") for (channel,) in rows)


def _nothing_twice(alerter: Alerter) -> None:
    """Every account's alert announced each threshold once, and the last one for sure."""
    for alert in alerter.get("/api/v1/alerts?limit=1000").json()["items"]:
        timeline = alerter.get(f"/api/v1/alerts/{alert['id']}").json()["timeline"]
        told = [e["threshold"] for e in timeline if e["reason"] in {"crossed", "escalated"}]
        assert len(told) == len(set(told)), alert
        assert told[-1] == STEPS[-1], alert
