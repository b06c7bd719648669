"""Two rule books on the same database: the readings that each of them would judge now."""

from datetime import datetime, timedelta

from alerter.core.ports import Subject
from alerter.core.series import AccountView
from alerter.pipeline.differences import Change, differences
from alerter.pipeline.memory import load_views
from alerter.pipeline.tape import Player, day_windows
from alerter.pipeline.tapes import load
from alerter.pipeline.watch import Watch
from alerter.store import Database


async def compared(store: Database, old: Watch, new: Watch, now: datetime, fresh_for: timedelta) -> list[Change]:
    """Which alerts `new` would fire, arm again or drop."""
    subjects: list[Subject] = list(dict.fromkeys([*old.subjects, *new.subjects]))
    records = await store.records(subjects, now)
    views = (await _views(store, old, now), await _views(store, new, now))
    return differences(old, new, views, records, now, fresh_for)


async def _views(store: Database, watch: Watch, now: datetime) -> dict[str, AccountView]:
    """What is known now; a period that nobody asked for so far is made of its stored days."""
    views = await load_views(store, watch.needs, list(watch.needs), now)
    for subject, item in watch.subjects.items():
        tapes = await load(store, store.queries, watch, [subject], now, now)
        for name in item.accounts:
            player = Player(name, item, watch.needs[name], tapes[name])
            for day in day_windows(tapes, (item.timezone, *watch.needs[name].zones)):
                player.play(day, timedelta(days=3660))
            for slot, reading in player.view.live.items():
                views[name].live.setdefault(slot, reading)
    return views
