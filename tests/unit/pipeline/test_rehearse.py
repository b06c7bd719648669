"""Stories of rule tests: days in, messages out. Days end at 04:00 UTC in New York's summer."""

import pytest
from support.trials import book, events, told, trial

from alerter.pipeline.rehearse import Rehearsal

GROWTH = (
    "  grown: {kind: growth, licenses: [base], metrics: [num_operations], window: 2d, notify: [team],"
    " thresholds: [{at: +50%, severity: info}]}\n"
)
STALE = (
    "  silent: {kind: stale, thresholds: [{at: 2h, severity: warning}, {at: 1d, severity: critical}], notify: [team]}\n"
)


async def test_days_are_judged_at_their_end_in_the_licenses_time_zone() -> None:
    assert await told("start: 2026-05-01\nreadings: {prod: {num_operations: 30 x4}}") == [
        ("05-04 03:59", "crossed", "80%"),
        ("05-05 03:59", "escalated", "100%"),
    ]


async def test_the_accounts_of_the_pool_add_up() -> None:
    found = await told("start: 2026-05-01\nreadings: {prod: {num_operations: 40}, dr: {num_operations: 40}}")
    assert found == [("05-02 03:59", "crossed", "80%")]


async def test_a_new_period_begins_at_zero() -> None:
    found = await told("start: 2026-05-13\nreadings: {prod: {num_operations: '40 x2, 30 x3'}}")
    assert found == [("05-15 03:59", "crossed", "80%"), ("05-18 03:59", "crossed", "80%")]


async def test_the_days_before_the_start_count_and_are_not_judged() -> None:
    text = "start: 2026-05-03\nhistory: {prod: {num_operations: 45 x2}}\nreadings: {prod: {num_operations: 1}}"
    assert await told(text) == [("05-04 03:59", "crossed", "80%")]


async def test_growth_is_told_once_its_last_day_has_ended() -> None:
    text = (
        "start: 2026-05-05\nhistory: {prod: {num_operations: 10 x4}}\nreadings: {prod: {num_operations: '10, 25 x3'}}"
    )
    assert await told(text, GROWTH) == [("05-08 03:59", "crossed", "+50%")]


async def test_growth_over_a_day_without_a_reading_is_not_known() -> None:
    days = "history: {prod: {num_operations: 10 x4}}\nreadings: {prod: {num_operations: '_, 25 x3'}}"
    text = f"start: 2026-05-05\n{days}"
    assert await told(text, GROWTH) == []


@pytest.mark.parametrize("gap", ["_", "error"])
async def test_an_account_that_falls_silent_is_told_by_the_hour(gap: str) -> None:
    text = f"start: 2026-05-01\nreadings: {{prod: {{num_operations: '1 x2, {gap}, 1'}}}}"
    assert await told(text, STALE) == [
        ("05-03 06:00", "crossed", "2h"),
        ("05-04 03:59", "escalated", "1d"),
        ("05-05 03:59", "recovered", "1d"),
    ]


async def test_one_silent_account_makes_the_pool_a_lower_bound() -> None:
    text = "start: 2026-05-01\nreadings: {prod: {num_operations: '40 x3'}, dr: {num_operations: '1, error x2'}}"
    [event] = [e for e in await events(text) if e.reason == "crossed"]
    assert event.payload["complete"] is False


async def test_a_raised_quota_is_said_and_a_lowered_one_fires() -> None:
    quotas = "[{at: 2026-05-03, metric: num_operations, limit: 200}]"
    raised = f"start: 2026-05-01\nreadings: {{prod: {{num_operations: '85, 0 x3'}}}}\nquotas: {quotas}"
    assert [r for _, r, _ in await told(raised)] == ["crossed", "quota_changed"]
    lowered = raised.replace("85", "60").replace("200", "70")
    assert await told(lowered) == [("05-04 03:59", "crossed", "80%")]


async def test_an_unlimited_quota_falls_silent() -> None:
    quotas = "[{at: 2026-05-02, metric: num_operations, limit: unlimited}]"
    text = f"start: 2026-05-01\nreadings: {{prod: {{num_operations: 30 x4}}}}\nquotas: {quotas}"
    assert await told(text) == []


async def test_what_is_not_reported_is_said_once() -> None:
    text = "start: 2026-05-01\nreadings: {prod: {apps.generic: not_reported x3}, dr: {apps.generic: not_reported x3}}"
    assert [(r, t) for _, r, t in await told(text)] == [("not_reported", None)]


async def test_only_the_chosen_rules_are_looked_at() -> None:
    assert await told("rules: [sil*]\nstart: 2026-05-01\nreadings: {prod: {num_operations: 100}}", STALE) == []


async def test_an_account_alone_is_judged_by_the_rules_on_accounts() -> None:
    made = book(STALE)
    text = "account: prod\nstart: 2026-05-01\nexpect_nothing_else: true\nreadings: {prod: {plugin: '1, _'}}"
    found = await Rehearsal(made).run(trial(text, made))
    assert {e.key.subject for e in found if e.key} == {"prod"}


async def test_a_rehearsal_begins_anew_for_every_test() -> None:
    made = book()
    one = trial(
        "license: base\nstart: 2026-05-01\nexpect_nothing_else: true\nreadings: {prod: {num_operations: 90}}", made
    )
    rehearsal = Rehearsal(made)
    assert await rehearsal.run(one) == await rehearsal.run(one) != []
