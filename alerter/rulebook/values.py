"""How values are written: counts, shares, durations, dates, addresses. Each parser raises `Wrong` with a sentence."""

import re
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic_core import PydanticCustomError

from alerter.core.book import Amount, Unit
from alerter.core.kinds.baselines import Against, MedianOf
from alerter.rulebook.words import Nearest, is_secret_name, shown

COUNT = re.compile(r"\+?(\d[\d_]*(?:\.\d+)?)([kKMG]?)")
SHARE = re.compile(r"([+-]?)(\d[\d_]*(?:\.\d+)?)\s?%")
DURATION = re.compile(r"(\d{1,9})([smhdw])")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,79}")
MONEY = re.compile(r"\d{1,15}(?:\.\d{1,9})?")
RATIO = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
PRICED = re.compile(r"(\d[\d_]{0,14}(?:\.\d{1,9})?)([kKMG]?) ([A-Z]{3})")

POWERS = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LARGEST = 2**63 - 1
LONGEST = timedelta(days=3660)

A_COUNT = "a count such as 50000, 50_000, 50k, 50M or 2G"
A_SHARE = "a share such as 80%"
A_DURATION = "a duration such as 90s, 15m, 6h, 7d or 4w"
A_RATIO = "a number such as 1.25"
AN_AMOUNT_OF_MONEY = "an amount of money such as 5000 USD"
A_SECRET = "the NAME of a secret such as ACME_PROD_KEY, never the secret itself"  # noqa: S105 - words about secrets


def wrong(text: str, hint: str = "") -> PydanticCustomError:
    """The error a parser raises: a sentence that says what was found and what is allowed."""
    return PydanticCustomError("told", "{text}", {"text": text, "hint": hint})


def expected(value: object, allowed: str, hint: str = "") -> PydanticCustomError:
    return wrong(f"found {shown(value)}; expected {allowed}", hint)


def text(value: object) -> str:
    if not isinstance(value, str):
        hint = f'write "{shown(value)}" in quotes' if isinstance(value, bool) else ""
        raise expected(value, "text", hint)
    if not value.strip():
        raise expected(value, "some text")
    return value


def _count(value: object) -> int | None:
    match = COUNT.fullmatch(value) if isinstance(value, str) and len(value) < 40 else None
    if not match:
        return None
    exact = Decimal(match[1].replace("_", "")) * POWERS[match[2]]
    return int(exact) if exact == exact.to_integral_value() and exact <= LARGEST else None


def count(value: object) -> int:
    """A whole number, 0 to 2**63 - 1; k, M and G are decimal."""
    if isinstance(value, str) and value.startswith("-"):
        raise expected(value, f"{A_COUNT}, not below 0")
    found = _count(value)
    if found is None:
        raise expected(value, A_COUNT)
    return found


@lru_cache(maxsize=1024)
def _seconds(value: str) -> timedelta | None:
    match = DURATION.fullmatch(value)
    if not match:
        return None
    seconds = int(match[1]) * SECONDS[match[2]]
    return timedelta(seconds=seconds) if 0 < seconds <= LONGEST.total_seconds() else None


def duration(value: object) -> timedelta:
    """More than nothing, at most ten years."""
    found = _seconds(value) if isinstance(value, str) else None
    if found is None:
        raise expected(value, f"{A_DURATION}, above 0 and at most 522w")
    return found


def share(value: object) -> Decimal:
    """A share from 0% to 100%, as a fraction."""
    found = _amount(value, (Unit.SHARE,)) if isinstance(value, str) and len(value) < 40 else None
    if found is None or not 0 <= found.value <= 1:
        raise expected(value, f"{A_SHARE.replace('80', '10')}, from 0% to 100%")
    return found.value


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise expected(value, "true or false")
    return value


@lru_cache(maxsize=4096)
def _day(value: str) -> date | None:
    if not DATE.fullmatch(value):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    return found if 1970 < found.year < 2200 else None


def day(value: object) -> date:
    found = _day(value) if isinstance(value, str) else None
    if found is None:
        raise expected(value, "a date such as 2026-03-15 (year-month-day, 1971 to 2199)")
    return found


def money(value: object) -> Decimal:
    if not isinstance(value, str) or not MONEY.fullmatch(value):
        raise expected(value, "a price such as 12.50, not below 0")
    return Decimal(value)


def currency(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{3}", value):
        raise expected(value, "an ISO 4217 code such as USD or EUR")
    return value


BASELINES: tuple[Literal["previous", "same_last_month", "same_elapsed"], ...] = (
    "previous",
    "same_last_month",
    "same_elapsed",
)


def against(value: object) -> Against:
    """What growth is measured against: a name, or `{median_of: n}` with n from 2 to 26."""
    if isinstance(value, dict) and list(value) == ["median_of"]:
        count = _count(value["median_of"])
        if count is None or not 2 <= count <= 26:
            raise expected(value["median_of"], "a number from 2 to 26, as in {median_of: 8}")
        return MedianOf(count)
    for name in BASELINES:
        if value == name:
            return name
    near = Nearest().find(value, BASELINES) if isinstance(value, str) else None
    hint = f"did you mean {near}?" if near else ""
    raise expected(value, f"{', '.join(BASELINES)} or {{median_of: 8}}", hint)


def uuid(value: object) -> str:
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise expected(value, "a UUID such as 7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11")
    return value.lower()


def secret_name(value: object) -> str:
    """The name of a secret. What looks like a secret is refused, and never repeated in the error."""
    if not isinstance(value, str):
        raise expected(value, A_SECRET)
    if not is_secret_name(value):
        raise wrong(
            f"expected {A_SECRET}; this does not look like a name",
            "put the secret in ALERTER_SECRETS_DIR/NAME or in the environment",
        )
    return value


@lru_cache(maxsize=512)
def _zone(value: str) -> bool:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        return False
    return True


def zone(value: object) -> str:
    if isinstance(value, str) and value and _zone(value):
        return value
    near = Nearest().find(value.replace(" ", "_"), available_timezones()) if isinstance(value, str) else None
    hint = f"did you mean {near}?" if near else ""
    raise expected(value, "a time zone such as America/New_York or UTC", hint)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache(maxsize=1024)
def _address_problem(value: str) -> tuple[str, str] | None:
    if "://" not in value:
        return f"found {shown(value)}; an address begins with https://", f"https://{shown(value)}"
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or any(c.isspace() for c in value):
        return f"found {shown(value)}; expected an address such as https://amer.smartkey.io", ""
    if parts.scheme not in {"https", "http"}:
        return f"found {parts.scheme}://; an address begins with https://", ""
    if parts.scheme == "http" and not _is_loopback(host):
        return "http:// is refused, since anybody on the way could read the credential", f"https://{host}"
    return None


def link(value: object) -> str:
    """An http(s) address that people click."""
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/]+\S*", value):
        raise expected(value, "an address such as https://wiki.example.com/dsm-quota")
    return value


def base_url(value: object) -> str:
    """An account's host: https (http on loopback only), no path, query or credentials; without a trailing slash."""
    if not isinstance(value, str):
        raise expected(value, "an address such as https://amer.smartkey.io")
    problem = _address_problem(value)
    if problem:
        raise wrong(*problem)
    parts = urlsplit(value)
    if "@" in parts.netloc:
        raise wrong("an address must not hold a user or password", f"https://{parts.hostname}, and `credential`")
    if parts.path.strip("/") or "?" in value or "#" in value:
        hint = f"{parts.scheme}://{parts.netloc}"
        raise wrong("an address is scheme and host only, without path, query or fragment", hint)
    return f"{parts.scheme}://{parts.netloc}"


def amount(value: object, units: Iterable[Unit], *, signed: bool, example: str) -> Amount:
    """A threshold's number in one of these units; only what is `signed` may be below zero."""
    units = tuple(units)
    found = _amount(value, units) if isinstance(value, str) and len(value) < 40 else None
    if found is None or found.unit not in units:
        raise expected(value, f"{allowed_amounts(units)}, for example {example}")
    if found.value < 0 and not signed:
        raise expected(value, f"{allowed_amounts(units)}, not below 0")
    return found


def allowed_amounts(units: Iterable[Unit]) -> str:
    words = {
        Unit.SHARE: A_SHARE,
        Unit.COUNT: A_COUNT,
        Unit.DURATION: A_DURATION,
        Unit.RATIO: A_RATIO,
        Unit.MONEY: AN_AMOUNT_OF_MONEY,
    }
    return " or ".join(words[unit] for unit in units)


def _amount(value: str, units: Collection[Unit]) -> Amount | None:
    """What is written; a plain number is a ratio only where one is allowed."""
    if Unit.RATIO in units and RATIO.fullmatch(value):
        return Amount(Decimal(value), Unit.RATIO, value)
    priced = PRICED.fullmatch(value)
    if priced:
        number = Decimal(priced[1].replace("_", "")) * POWERS[priced[2]]
        return Amount(number, Unit.MONEY, value, priced[3])
    share = SHARE.fullmatch(value)
    if share:
        number = Decimal(share[2].replace("_", "")) / 100
        return Amount(-number if share[1] == "-" else number, Unit.SHARE, value)
    seconds = _seconds(value)
    if seconds:
        return Amount(Decimal(int(seconds.total_seconds())), Unit.DURATION, value)
    number_found = _count(value)
    return None if number_found is None else Amount(Decimal(number_found), Unit.COUNT, value)
