"""Cases that look ahead or back, through the public door: rule files in, messages out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.door import Door, door

DAY = timedelta(days=1)
MONTH = "licenses:\n  lic: {accounts: [acme], starts: 2026-04-15, quotas: {num_operations: {limit: 3000}}}\nrules:\n"
GROWTH = """  grown:
    kind: growth
    window: 1d
    thresholds: [{at: +50%, severity: warning}]
    notify: [screen]
"""
LOOKING_BACK = timedelta(days=90)


def rule(kind: str, at: str, more: str = "") -> str:
    return f"  it:\n    kind: {kind}\n{more}    thresholds: [{{at: {at}, severity: warning}}]\n    notify: [screen]\n"


def outcomes(door: Door) -> dict[str, tuple[str, str]]:
    """Rule → (outcome, why) as last judged."""
    standings = door.parts.settler.memory.records["license", "lic"].standings.values()
    return {s.key.rule: (s.outcome.value, s.why) for s in standings}


def words(found: Door) -> str:
    """What was printed, as one line."""
    return " ".join(found.printed.replace("│", " ").split())


def history(found: Door, *counts: int) -> None:
    """So much was used on each of the days before today, oldest first."""
    midnight = found.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for back, count in enumerate(reversed(counts), start=1):
        at = midnight - back * DAY + timedelta(hours=12)
        found.usage().add("num_operations", int(at.timestamp()), count)


async def test_09_on_the_first_day_with_3_percent_used_pace_is_silent(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH + rule("pace", "1.25")) as acme:
        await acme.use(90).poll(timedelta(0))
        assert acme.told == []
        assert outcomes(acme) == {"it": ("too_early", "before 10% of the period")}


async def test_09_on_the_first_day_with_3_percent_used_the_forecast_is_silent(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH + rule("forecast", "100%"), history=LOOKING_BACK) as acme:
        history(acme, *[40] * 60)
        await acme.use(90).fill()
        await acme.poll(timedelta(0))
        assert acme.told == []
        assert outcomes(acme) == {"it": ("too_early", "before 10% of the period")}


async def test_20_todays_part_of_a_day_is_left_out(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH + GROWTH, history=timedelta(days=10)) as acme:
        history(acme, 100, 100, 100, 110)
        await acme.use(10_000).fill()
        await acme.poll()
        assert (acme.told, outcomes(acme)) == ([], {"grown": ("ok", "")})
        await acme.poll(DAY)
        await acme.fill()
        await acme.poll()
        assert acme.told == [("crossed", "+50%")]


async def test_21_a_balance_knows_what_remains_and_speaks_of_no_reset(tmp_path: Path) -> None:
    rules = MONTH.replace("limit: 3000", "limit: 3000, per: none") + rule("quota", "20%", "    measure: remaining\n")
    async with door(tmp_path, rules + rule("pace", "1.25").replace("  it:", "  ahead:")) as acme:
        await acme.use(2500).poll()
        assert acme.told == [("crossed", "20%")]
        assert acme.said[0]["remaining"] == 500
        assert "500 operations left" in words(acme)
        assert all(word not in acme.printed.lower() for word in ("reset", "period ends", "days left", "none ends"))
        assert outcomes(acme)["ahead"] == ("ok", "a balance has no end to look ahead to")


async def test_pace_fires_with_its_words(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH + rule("pace", "1.25"), now=datetime(2026, 4, 30, tzinfo=UTC)) as acme:
        await acme.use(2400).poll()
        assert acme.told == [("crossed", "1.25")]
        assert "80% of its operations with 50% of the month gone: 1.59 times an even pace" in words(acme)


async def test_the_forecast_fires_from_fetched_history_and_says_how_the_month_ends(tmp_path: Path) -> None:
    rules = MONTH.replace("starts: 2026-04-15, ", "") + rule("forecast", "100%")
    async with door(tmp_path, rules.replace("limit: 3000", "limit: 1500"), history=LOOKING_BACK) as acme:
        history(acme, *[80] * 90)
        await acme.poll()
        await acme.fill()
        await acme.poll()
        assert (acme.told, outcomes(acme)) == ([("crossed", "100%")], {"it": ("breach", "")})
        text = words(acme)
        assert "lic is on course to use about 15" in text
        assert "the quota is expected to run out on 20 Apr 2026" in text
        assert "Forecast from" in text
        await acme.restart()
        await acme.poll()
        assert len(acme.told) == 1


async def test_a_license_that_ends_soon_is_told_and_its_renewal_too(tmp_path: Path) -> None:
    ending = MONTH.replace("starts: 2026-04-15", "ends: 2026-05-05") + rule("expiry", "30d")
    async with door(tmp_path, ending) as acme:
        await acme.poll()
        await acme.poll()
        assert acme.told == [("crossed", "30d")]
        assert "lic: the license ends on 5 May 2026, with 20 days left" in words(acme)
        await acme.edit(ending.replace("2026-05-05", "2027-05-05"))
        assert acme.told[1:] == [("recovered", "30d")]
        assert "the license now runs until 5 May 2027" in words(acme)


async def test_one_app_that_makes_most_operations_is_told(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH + rule("concentration", "60%")) as acme:
        acme.usage().set_map("operation_top_app", {"billing <worker>": 700, "other": 200})
        await acme.use(1000).poll()
        assert acme.told == [("crossed", "60%")]
        assert "one app, billing <worker>, makes 70% of the operations" in words(acme)
        await acme.restart()
        await acme.poll()
        assert len(acme.told) == 1


async def test_a_day_unlike_its_weekday_is_told_from_history_that_was_just_fetched(tmp_path: Path) -> None:
    async with door(tmp_path, MONTH + rule("anomaly", "4"), history=LOOKING_BACK) as acme:
        history(acme, *(100, 110, 105, 95, 90, 20, 10) * 11, 900)
        await acme.fill()
        await acme.poll()
        assert acme.told == [("crossed", "4")]
        assert "had 900 operations on 14 Apr 2026, where about 100 are typical of that weekday" in words(acme)


async def test_growth_against_the_same_stretch_of_the_last_period(tmp_path: Path) -> None:
    rules = MONTH.replace("starts: 2026-04-15, ", "") + GROWTH.replace("window: 1d", "against: same_elapsed")
    async with door(tmp_path, rules, history=LOOKING_BACK) as acme:
        history(acme, *[100] * 60, *[160] * 14)
        await acme.fill()
        await acme.poll()
        assert acme.told == [("crossed", "+50%")]
        assert "60% more than the 1,400 in the same stretch of the period before" in words(acme)
