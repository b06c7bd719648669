"""Expectations and messages: each message answers one expectation, and as many as can be are answered."""

import pytest
from support.trials import met

DAYS = "start: 2026-05-01\nreadings: {prod: {num_operations: 30 x4}}\n"


@pytest.mark.parametrize(
    "expect",
    [
        "{at: 2026-05-03}",
        "{at: 2026-05-03T23:59}",
        "{at: 2026-05-04T03:59Z}",
        "{before: 2026-05-04, after: 2026-05-02}",
        "{after: 2026-05-03T23:00, before: 2026-05-04T00:00}",
        "{reason: crossed, severity: warning, metric: num_operations, threshold: 80%, channel: team, rule: used}",
        "{says: [used 90%, THRESHOLD], threshold: 80%}",
    ],
)
async def test_the_message_fits(expect: str) -> None:
    found = await met(f"{DAYS}expect: [{expect}]")
    assert [event.threshold for _, event in found.pairs] == ["80%"]
    assert found.ok


@pytest.mark.parametrize(
    "expect",
    [
        "{at: 2026-05-02}",
        "{at: 2026-05-03T23:58}",
        "{before: 2026-05-03}",
        "{after: 2026-05-03T23:59, threshold: 80%}",
        "{reason: recovered}",
        "{severity: info}",
        "{metric: apps.generic}",
        "{channel: hook}",
        "{account: prod}",
        "{threshold: 90%}",
        "{says: 91%}",
        "{says: [90%, 91%]}",
    ],
)
async def test_the_message_does_not_fit(expect: str) -> None:
    found = await met(f"{DAYS}expect: [{expect}]")
    assert found.pairs == ()
    assert not found.ok


async def test_a_vague_expectation_leaves_the_message_that_another_needs() -> None:
    found = await met(f"{DAYS}expect: [{{rule: used}}, {{at: 2026-05-03}}]\nexpect_nothing_else: true")
    assert found.ok
    assert [event.threshold for _, event in found.pairs] == ["100%", "80%"]


async def test_a_message_answers_only_one_expectation() -> None:
    found = await met(f"{DAYS}expect: [{{at: 2026-05-03}}, {{at: 2026-05-03}}]")
    assert len(found.missing) == 1


async def test_what_is_not_told_to_anybody_can_be_expected_and_is_not_something_else() -> None:
    days = "start: 2026-05-13\nreadings: {prod: {num_operations: '90, 0 x2'}}\n"
    expect = "[{at: 2026-05-13, reason: crossed}, {at: 2026-05-15, reason: period_closed}]"
    assert (await met(f"{days}expect: {expect}\nexpect_nothing_else: true")).ok
    assert (await met(f"{days}expect: [{{reason: crossed}}]\nexpect_nothing_else: true")).ok


async def test_a_message_about_several_metrics_is_about_each() -> None:
    silent = "{apps.generic: not_reported, num_operations: not_reported}"
    text = f"start: 2026-05-01\nreadings: {{prod: {silent}, dr: {silent}}}\n"
    assert (await met(f"{text}expect: [{{reason: not_reported, metric: apps.generic}}]")).ok
