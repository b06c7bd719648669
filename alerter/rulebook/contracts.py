"""Checks of licenses: what a contract says that can be obeyed and is hardly meant."""

from collections.abc import Iterator
from datetime import date

from alerter.core.book import License, Quota, RuleBook
from alerter.core.calendar import SECOND, local_day, midnight, period_at
from alerter.rulebook.nodes import Step

Warned = tuple[tuple[Step, ...], str, str]
"""Where, what looks wrong, and what would mend it."""


def ended(book: RuleBook, today: date | None) -> Iterator[Warned]:
    """Licenses that are over."""
    for lic in book.licenses.values():
        if today is not None and lic.ends is not None and lic.ends <= today:
            text = f"the license ended on {lic.ends}: nothing of it is judged any more"
            yield ("licenses", lic.name, "ends"), text, "renew it, or take it out"


def cut_periods(book: RuleBook) -> Iterator[Warned]:
    """Quotas whose last period is shorter than the others."""
    for lic in book.licenses.values():
        for metric, quota in lic.quotas.items():
            last = _last_period(lic, quota)
            if last is not None:
                text = f"the last {quota.per} would end on {last}; the license ends on {lic.ends}, with the whole limit"
                yield ("licenses", lic.name, "quotas", metric), text, "is the limit less for the part that is left?"


def _last_period(lic: License, quota: Quota) -> date | None:
    """The day the last period would end on, were it not cut by the end of the license."""
    if lic.ends is None or quota.per in {"term", "none", "day"}:
        return None
    ends = midnight(lic.ends, lic.timezone)
    period = period_at(quota.per, ends - SECOND, starts=lic.starts, ends=None, tz=lic.timezone)
    return local_day(period.end, lic.timezone) if period and period.end and period.end > ends else None


def claimed_twice(book: RuleBook) -> Iterator[Warned]:
    """Quotas of two licenses on the same metric of the same account."""
    first: dict[tuple[str, str], list[License]] = {}
    for lic in book.licenses.values():
        told: set[str] = set()
        for metric in lic.quotas:
            for account in lic.accounts:
                others = first.setdefault((account, metric), [])
                other = next((o for o in others if _overlap(o, lic)), None)
                if other is not None and metric not in told:
                    told.add(metric)
                    text = f"{other.name} has a quota on {metric} over {account} too, at the same time"
                    yield ("licenses", lic.name, "quotas", metric), text, "what is used counts against both"
                others.append(lic)


def _overlap(one: License, other: License) -> bool:
    def after(late: License, early: License) -> bool:
        return early.ends is not None and late.starts is not None and late.starts >= early.ends

    return not after(one, other) and not after(other, one)
