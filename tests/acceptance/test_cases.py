"""The cases that other tools got wrong, through the public door: rule files in, messages out."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.door import Door, door

from alerter.core.errors import RuleBookError
from alerter.sources.simulator.faults import status

MONTH = """
licenses:
  lic: {accounts: [acme], quotas: {num_operations: {limit: 100}}}
rules:
  used:
    kind: quota
    thresholds: [{at: 50%, severity: info}, {at: 80%, severity: warning}, {at: 95%, severity: critical}]
    notify: [screen]
"""


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Door]:
    async with door(tmp_path, MONTH) as found:
        yield found


async def test_01_a_jump_to_96_percent_is_one_message_that_lists_what_was_passed(acme: Door) -> None:
    await acme.poll()
    await acme.use(96).poll()
    assert acme.told == [("crossed", "95%")]
    assert acme.said[0]["passed"] == ["50%", "80%"]
    assert "50%" in acme.printed
    assert "80%" in acme.printed


async def test_02_a_restart_while_over_a_threshold_says_nothing_new(acme: Door) -> None:
    await acme.use(82).poll()
    await acme.restart()
    await acme.poll()
    assert acme.told == [("crossed", "80%")]


async def test_04_a_period_rolls_and_its_first_poll_is_over_already(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH, now=datetime(2026, 4, 30, 23, 30, tzinfo=UTC)) as acme:
        await acme.use(90).poll()
        acme.now = datetime(2026, 5, 1, 0, 20, tzinfo=UTC)
        await acme.use(85).poll()
        assert acme.told == [("crossed", "80%"), ("crossed", "80%")]
        assert acme.said[1]["period"]["start"] == "2026-05-01T00:00:00+00:00"


async def test_05_the_first_poll_of_a_new_period_is_lower_than_the_old_total(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH, now=datetime(2026, 4, 30, 23, 30, tzinfo=UTC)) as acme:
        await acme.use(90).poll()
        acme.now = datetime(2026, 5, 1, 0, 20, tzinfo=UTC)
        await acme.use(60).poll()
        assert acme.told == [("crossed", "80%"), ("crossed", "50%")]


async def test_06_usage_equal_to_the_quota_is_reached_and_above_is_exceeded(tmp_path: Path) -> None:
    rules = MONTH.replace(
        "{at: 95%, severity: critical}", "{at: 100%, severity: critical}, {at: 101%, severity: critical}"
    )
    async with door(tmp_path, rules) as acme:
        await acme.use(100).poll()
        assert "reached" in acme.printed
        assert "exceeded" not in acme.printed
        await acme.use(1).poll()
        assert "exceeded" in acme.printed
        assert acme.told == [("crossed", "100%"), ("escalated", "101%")]


async def test_06_nothing_remaining_fires(tmp_path: Path) -> None:
    rules = (
        MONTH.replace("kind: quota", "kind: quota\n    measure: remaining").replace("50%", "20%").replace("80%", "5%")
    )
    async with door(tmp_path, rules.replace("95%", "1%")) as acme:
        await acme.use(100).poll()
        assert acme.told == [("crossed", "1%")]
        assert acme.said[0]["remaining"] == 0


async def test_07_usage_that_flaps_around_a_threshold_is_one_message_a_period(acme: Door) -> None:
    for value in (79, 81, 79, 81, 79, 81):
        acme.usage().report_total("num_operations", value)
        await acme.poll()
    assert acme.told == [("crossed", "50%"), ("escalated", "80%")]


async def test_08_a_correction_by_the_vendor_is_one_message(tmp_path: Path) -> None:
    rules = MONTH.replace("{at: 50%, severity: info}, ", "")
    async with door(tmp_path, rules) as acme:
        for value in (82, 78, 83):
            acme.usage().report_total("num_operations", value)
            await acme.poll()
        assert acme.told == [("crossed", "80%")]


async def test_08_a_total_that_falls_is_told_to_the_ops_channel(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "more.yaml").write_text("channels: {ops: {kind: console}}\n")
    async with door(tmp_path, MONTH, ops_channel="ops") as acme:
        for value in (40, 30):
            acme.usage().report_total("num_operations", value)
            await acme.poll()
        assert acme.told == [("service", None)]
        assert "fell from 40 to 30" in acme.printed


async def test_10_a_period_ends_at_local_midnight_in_tokyo(tmp_path: Path) -> None:
    rules = MONTH.replace("{accounts: [acme],", "{accounts: [acme], timezone: Asia/Tokyo,")
    async with door(tmp_path, rules, now=datetime(2026, 4, 30, 14, 30, tzinfo=UTC)) as acme:
        await acme.use(60).poll()
        acme.now = datetime(2026, 4, 30, 15, 10, tzinfo=UTC)
        await acme.use(55).poll()
        assert acme.told == [("crossed", "50%"), ("crossed", "50%")]
        assert acme.said[1]["period"]["start"] == "2026-04-30T15:00:00+00:00"


@pytest.mark.parametrize(
    ("starts", "zone", "now", "start", "end"),
    [
        ("2026-01-31", "UTC", "2026-02-28T12:00", "2026-02-28T00:00:00+00:00", "2026-03-31T00:00:00+00:00"),
        ("2024-01-31", "UTC", "2024-02-29T12:00", "2024-02-29T00:00:00+00:00", "2024-03-31T00:00:00+00:00"),
        (
            "2026-03-08",
            "America/New_York",
            "2026-03-08T12:00",
            "2026-03-08T05:00:00+00:00",
            "2026-04-08T04:00:00+00:00",
        ),
        ("2026-04-01", "Asia/Kathmandu", "2026-04-10T12:00", "2026-03-31T18:15:00+00:00", "2026-04-30T18:15:00+00:00"),
    ],
    ids=["31st in February", "leap day", "DST day", "Kathmandu"],
)
async def test_11_periods_have_exact_bounds(
    tmp_path: Path, starts: str, zone: str, now: str, start: str, end: str
) -> None:
    rules = MONTH.replace("{accounts: [acme],", f"{{accounts: [acme], starts: {starts}, timezone: {zone},")
    async with door(tmp_path, rules, now=datetime.fromisoformat(now).replace(tzinfo=UTC)) as acme:
        await acme.use(60).poll()
        assert (acme.said[0]["period"]["start"], acme.said[0]["period"]["end"]) == (start, end)


async def test_12_a_quota_raised_mid_period_re_arms_and_cites_the_new_quota(tmp_path: Path) -> None:
    rules = MONTH.replace("{at: 50%, severity: info}, ", "")
    async with door(tmp_path, rules) as acme:
        await acme.use(82).poll()
        await acme.edit(rules.replace("limit: 100", "limit: 137"))
        assert acme.told == [("crossed", "80%"), ("quota_changed", None)]
        await acme.use(29).poll()
        assert acme.told[-1] == ("crossed", "80%")
        assert acme.said[-1]["limit"] == 137


async def test_13_a_threshold_edited_below_the_value_fires_once(tmp_path: Path) -> None:
    rules = MONTH.replace("{at: 50%, severity: info}, ", "")
    async with door(tmp_path, rules) as acme:
        await acme.use(78).poll()
        await acme.edit(rules.replace("80%", "75%"))
        await acme.poll()
        assert acme.told == [("crossed", "75%")]


async def test_14_a_quota_of_zero_is_said_once_without_a_percentage(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH.replace("limit: 100", "limit: 0")) as acme:
        await acme.use(5).poll()
        await acme.use(5).poll()
        assert acme.told == [("crossed", "95%")]
        assert acme.said[0]["share"] is None


async def test_14_unlimited_is_silent(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH.replace("limit: 100", "limit: unlimited")) as acme:
        await acme.use(10**9).poll()
        assert acme.told == []


async def test_14_a_limit_of_null_is_a_mistake_that_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(RuleBookError, match="unlimited"):
        async with door(tmp_path, MONTH.replace("limit: 100", "limit: null")):
            pass


async def test_15_six_hours_of_failed_polls_are_one_stale_message(tmp_path: Path) -> None:
    stale = "  quiet: {kind: stale, accounts: [acme], thresholds: [{at: 2h, severity: warning}], notify: [screen]}\n"
    async with door(tmp_path, MONTH + stale) as acme:
        await acme.use(82).poll()
        acme.world.fault(None, status(503))
        for _ in range(24):
            await acme.poll()
        acme.world.clear()
        await acme.use(1).poll()
        assert acme.told == [("crossed", "80%"), ("crossed", "2h"), ("recovered", "2h")]


async def test_19_a_reload_with_a_bad_rule_keeps_the_old_book(acme: Door) -> None:
    await acme.edit(MONTH.replace("kind: quota", "kind: quotta"))
    await acme.use(82).poll()
    assert acme.told == [("crossed", "80%")]


async def test_20_todays_part_of_a_day_is_left_out_of_growth(tmp_path: Path) -> None:
    growth = "  grew: {kind: growth, window: 1d, thresholds: [{at: +50%, severity: info}], notify: [screen]}\n"
    rules = MONTH.replace("limit: 100", "limit: 100M") + growth
    async with door(tmp_path, rules, now=datetime(2026, 4, 15, 12, tzinfo=UTC), history=timedelta(days=5)) as acme:
        for day in (13, 14):
            acme.usage().add("num_operations", int(datetime(2026, 4, day, 9, tzinfo=UTC).timestamp()), 100)
        await acme.use(10_000).poll()
        await acme.fill()
        assert acme.told == []
        acme.now = datetime(2026, 4, 16, 0, 30, tzinfo=UTC)
        await acme.poll()
        await acme.fill()
        assert acme.told == [("crossed", "+50%")]


async def test_21_a_balance_counts_what_remains_without_a_period(tmp_path: Path) -> None:
    rules = """
licenses:
  lic: {accounts: [acme], starts: 2026-01-01, quotas: {num_operations: {limit: 100, per: none}}}
rules:
  left: {kind: quota, measure: remaining, thresholds: [{at: 10%, severity: warning}], notify: [screen]}
"""
    async with door(tmp_path, rules) as acme:
        await acme.use(91).poll()
        assert acme.told == [("crossed", "10%")]
        assert "reset" not in acme.printed
        assert "days left" not in acme.printed


async def test_22_a_new_category_from_the_api_is_said_once(acme: Door) -> None:
    acme.world.account(acme.parts.opened.book.accounts["acme"].account_id).new_categories = {"quantum": 7}
    await acme.poll()
    await acme.poll()
    await acme.restart()
    await acme.poll()
    assert acme.told == [("uncovered", None)]
    assert acme.said[0]["metrics"] == ["apps.quantum"]


async def test_23_every_message_says_what_a_buyer_needs(acme: Door) -> None:
    await acme.use(60).poll()
    for fact in ("60%", "40", "100", "1 May 2026", "days left", "15 Apr 2026", "80%", "used"):
        assert fact in acme.printed, fact


async def test_24_one_account_of_a_pool_does_not_answer(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH.replace("[acme]", "[acme, dr]")) as acme:
        await acme.use(30, account="dr").poll()
        acme.world.fault(acme.parts.opened.book.accounts["dr"].account_id, status(500))
        await acme.use(55).poll()
        assert acme.told == [("crossed", "80%")]
        assert "at least" in acme.printed


@pytest.mark.parametrize("mode", ["seven_categories", "only_num_operations"])
async def test_25_a_field_that_an_older_cluster_leaves_out_is_not_zero(tmp_path: Path, mode: str) -> None:
    quotas = "{num_operations: {limit: 100}, apps.aws_xks_instances: {limit: 4}}"
    async with door(tmp_path, MONTH.replace("{num_operations: {limit: 100}}", quotas)) as acme:
        acme.world.account(acme.parts.opened.book.accounts["acme"].account_id).mode = mode  # type: ignore[assignment]
        await acme.poll()
        await acme.poll()
        assert acme.told == [("not_reported", None)]
        assert "not report" in acme.printed


async def test_26_a_first_reading_at_130_percent_is_one_message(acme: Door) -> None:
    await acme.use(130).poll()
    assert acme.told == [("crossed", "95%")]
    assert "130%" in acme.printed


async def test_what_was_used_after_the_last_poll_of_a_period_is_told_for_it(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH, now=datetime(2026, 4, 30, 23, 30, tzinfo=UTC)) as acme:
        await acme.use(60).poll()
        acme.now = datetime(2026, 4, 30, 23, 59, tzinfo=UTC)
        acme.use(30)
        acme.now = datetime(2026, 5, 1, 0, 15, tzinfo=UTC)
        await acme.poll()
        await acme.fill()
        assert acme.told == [("crossed", "50%"), ("crossed", "80%")]
        assert acme.said[1]["period"]["start"] == "2026-04-01T00:00:00+00:00"
        await acme.restart()
        await acme.fill()
        assert len(acme.said) == 2


async def test_security_objects_that_become_fewer_are_no_correction(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "more.yaml").write_text("channels: {ops: {kind: console}}\n")
    async with door(tmp_path, MONTH, ops_channel="ops") as acme:
        for number in (50, 48):
            acme.usage().set_gauge("sobjects", number)
            await acme.poll()
        assert acme.told == []
