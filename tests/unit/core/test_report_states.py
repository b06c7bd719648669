"""What is shown of a license: used, quota and state, the same as its rules see it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from support.story import START, Story, book, quota, rule

from alerter.core.checks import Watched
from alerter.core.metrics import CATALOGUE
from alerter.core.ports import Record, Subject
from alerter.core.report import LicenseReport, QuotaReport, report


def shown(story: Story) -> LicenseReport:
    subject: Subject = ("license", "lic")
    item, record = story.subjects[subject], story.records[subject]
    return report(item, story.views, record, CATALOGUE, story.now, timedelta(hours=1))


def only(story: Story) -> QuotaReport:
    return shown(story).quotas[0]


def test_a_quota_as_it_stands() -> None:
    found = only(Story(book(rule("80%"))).read(num_operations=45))
    assert (found.used, found.limit, found.remaining, found.share) == (45, 100, 55, 0.45)
    assert (found.state.value, found.severity, found.complete) == ("ok", None, True)
    assert (found.metric, found.words, found.unit, found.per) == (
        "num_operations",
        "operations",
        "operations",
        "month",
    )
    assert found.period is not None
    assert (found.period.end, found.as_of) == (datetime(2026, 5, 1, tzinfo=UTC), START + timedelta(minutes=15))


def test_beyond_the_quota_nothing_remains() -> None:
    found = only(Story(book(rule("80%"))).read(num_operations=130))
    assert (found.remaining, found.share, found.state.value) == (0, 1.3, "breach")


@pytest.mark.parametrize(("used", "severity"), [(50, "info"), (80, "warning"), (100, "critical")])
def test_an_open_alert_makes_a_breach_of_its_severity(used: int, severity: str) -> None:
    found = only(Story(book(rule("50%", "80%", "100%"))).read(num_operations=used))
    assert (found.state.value, str(found.severity)) == ("breach", severity)


def test_the_worst_alert_of_several_rules_counts_and_only_on_its_metric() -> None:
    two = (quota("num_operations", 100), quota("apps.tep", 100))
    story = Story(book(rule("50%"), rule("10%", "20%", "30%", name="b", metrics=("num_operations",)), quotas=two))
    operations, tep = shown(story.read(num_operations=60, apps__tep=1)).quotas
    assert (str(operations.severity), tep.severity) == ("critical", None)


def test_a_recovered_alert_is_no_breach() -> None:
    story = Story(book(rule("80%"), quotas=(quota("plugin", 10, "none"),))).read(plugin=9).read(plugin=1)
    assert (only(story).state.value, only(story).severity) == ("ok", None)


def test_without_any_rule_a_quota_is_shown_all_the_same() -> None:
    assert only(Story(book()).read(num_operations=99)).share == 0.99


def test_while_an_account_fails_its_last_count_and_its_alert_stay_in_sight() -> None:
    found = only(Story(book(rule("80%"))).read(num_operations=82).fail())
    assert (found.state.value, str(found.severity), found.used, found.complete) == ("error", "info", 82, False)
    assert found.missing == ("acme",)


def test_a_part_of_a_pool_is_a_lower_bound() -> None:
    story = Story(book(rule("80%"), accounts=("acme", "dr"))).read(num_operations=10)
    found = only(story.read(account="dr", plugin=1))
    assert (found.state.value, found.used, found.complete, found.silent) == ("incomplete", 10, False, ("dr",))


def test_a_metric_that_is_not_reported_has_no_number() -> None:
    found = only(Story(book(rule("80%"))).read(plugin=1))
    assert (found.state.value, found.used, found.share, found.remaining) == ("not_reported", None, None, None)


def test_unlimited_shows_what_was_used() -> None:
    free = Story(book(rule("80%"), quotas=(quota("num_operations", None),))).read(num_operations=7)
    found = only(free)
    assert (found.state.value, found.used, found.limit, found.share, found.remaining) == (
        "unlimited",
        7,
        None,
        None,
        None,
    )
    assert found.complete


def test_unlimited_over_a_part_of_a_pool_is_not_complete() -> None:
    pool = book(quotas=(quota("num_operations", None),), accounts=("acme", "dr"))
    assert not only(Story(pool).read(num_operations=7)).complete


def test_a_quota_of_zero_has_no_share() -> None:
    found = only(Story(book(rule("80%"), quotas=(quota("num_operations", 0),))).read(num_operations=1))
    assert (found.share, found.remaining, found.state.value) == (None, 0, "breach")


@pytest.mark.parametrize(
    ("starts", "ends", "state"),
    [(date(2026, 5, 1), None, "not_started"), (None, date(2026, 4, 1), "ended")],
)
def test_a_license_outside_its_term_says_so(starts: date | None, ends: date | None, state: str) -> None:
    found = shown(Story(book(starts=starts, ends=ends)).read(num_operations=1))
    assert (found.quotas[0].state.value, found.quotas[0].used) == (state, None)
    assert (found.starts, found.ends) == (starts, ends)


def test_an_account_is_no_license() -> None:
    item = Watched(subject=("account", "acme"), accounts=("acme",), timezone="UTC", license=None, checks=())
    with pytest.raises(ValueError, match="is not a license"):
        report(item, {}, Record(), CATALOGUE, START, timedelta(hours=1))
