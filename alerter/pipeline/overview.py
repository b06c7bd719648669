"""What stands now, read back from the store and judged by the same judge: for pages, the API and commands."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerter.core.book import Rule
from alerter.core.judge import judge
from alerter.core.ports import Record, Subject
from alerter.core.report import LicenseReport, report
from alerter.core.series import AccountView
from alerter.core.verdict import Judged
from alerter.pipeline.memory import Readable, load_days, load_views
from alerter.pipeline.watch import Watch

CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Reads, never writes. `fresh_for` is how old a reading may be and still count as current."""

    store: Readable
    fresh_for: timedelta

    async def licenses(
        self, watch: Watch, names: Sequence[str], now: datetime, *, ahead: bool = False
    ) -> list[LicenseReport]:
        """These licenses of the rule book, in this order; `ahead` also says how their periods are expected to end."""
        found: list[LicenseReport] = []
        for start in range(0, len(names), CHUNK):
            subjects: list[Subject] = [("license", name) for name in names[start : start + CHUNK]]
            records = await self.store.records(subjects, now)
            views = await load_views(self.store, watch.needs, watch.accounts_of(subjects), now, days=False)
            if ahead:
                await load_days(self.store, watch, subjects, views, now)
            # forecasts take about a millisecond a quota: not on the loop that everything else runs on
            found += await asyncio.to_thread(self._reports, watch, subjects, records, views, now)
        return found

    def _reports(
        self,
        watch: Watch,
        subjects: Sequence[Subject],
        records: Mapping[Subject, Record],
        views: Mapping[str, AccountView],
        now: datetime,
    ) -> list[LicenseReport]:
        return [
            report(watch.subjects[s], views, records.get(s, Record()), watch.known, now, self.fresh_for)
            for s in subjects
        ]

    async def explain(self, watch: Watch, rule: Rule, at: datetime, *, past: bool) -> list[Judged]:
        """Every check of a rule at `at`: with the alerts that stand, or (`past`) from what was known then alone."""
        subjects = [s for s, item in watch.subjects.items() if any(c.rule.name == rule.name for c in item.checks)]
        found: list[Judged] = []
        for start in range(0, len(subjects), CHUNK):
            some = subjects[start : start + CHUNK]
            records = {} if past else await self.store.records(some, at)
            accounts = watch.accounts_of(some)
            views = await load_views(self.store, watch.needs, accounts, at, at if past else None)
            for view in views.values() if past else ():
                view.poll = None
            for subject in some:
                verdict = judge(watch.subjects[subject], views, records.get(subject, Record()), at, self.fresh_for)
                found += [j for j in verdict.judged if j.check.rule.name == rule.name]
        return found
