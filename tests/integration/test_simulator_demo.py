"""The demo's accounts, read over HTTP by the real client."""

from datetime import datetime, timedelta

from support.dsm import NOON, fortanix, served

from alerter.core.book import Account, SecretName
from alerter.core.model import Ask, AskKind, Window
from alerter.core.ports import Source
from alerter.sources.simulator.demo import DEMO, DEMO_KEYS, demo_world


async def test_every_account_of_the_demo_can_be_read_with_the_keys_it_supplies() -> None:
    source = fortanix(DEMO_KEYS)
    port: Source = source
    window = Window(datetime(2026, 2, 1, tzinfo=NOON.tzinfo), NOON)
    with served(demo_world(NOON)) as dsm:
        for demo in DEMO:
            name = SecretName(demo.credential)
            account = Account(name=demo.name, url=dsm.url, account_id=demo.id, credential=name)
            reading = await port.read(account, Ask(window, AskKind.PERIOD))
            assert reading.unknown == {}
            assert reading.values["num_operations"] > 1_000_000
            assert ("apps.google_ekm_projects" in reading.values) is (demo.mode == "full")
        assert dsm.world.requests == {demo.id: 1 for demo in DEMO}
    await source.close()


async def test_what_has_not_happened_yet_is_not_counted() -> None:
    source = fortanix(DEMO_KEYS)
    first = DEMO[0]
    with served(demo_world(NOON)) as dsm:
        account = Account(name="a", url=dsm.url, account_id=first.id, credential=SecretName(first.credential))
        start = NOON - timedelta(days=1)
        ends = (NOON, NOON + timedelta(days=9))
        found = [await source.read(account, Ask(Window(start, end), AskKind.PERIOD)) for end in ends]
    assert found[0].values == found[1].values
    await source.close()
