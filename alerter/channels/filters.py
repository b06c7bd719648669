"""How numbers and times read to people: the filters that templates have."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from alerter.channels.plain import cut

LOCALE = "en_US"
TENTH, WHOLE = Decimal("0.1"), Decimal(1)


def share(value: float | Decimal) -> str:
    """A fraction as a percentage, cut and never rounded up: 0.9012 is `90%`, 0.996 is `99.6%`, 1.07 is `107%`.

    The decimal shows where leaving it out would round the number up, below 10 %, and just above 100 %.
    """
    percent = Decimal(str(value)) * 100
    tenths = percent.quantize(TENTH, rounding=ROUND_FLOOR)
    whole = percent.quantize(WHOLE, rounding=ROUND_FLOOR)
    if percent > 0 and tenths == 0:
        return "less than 0.1%"
    rounds_up = tenths.quantize(WHOLE, rounding=ROUND_HALF_UP) != whole
    tells = rounds_up or abs(percent) < 10 or whole == 100
    return f"{tenths}%" if tells and tenths != whole else f"{whole}%"


def count(value: int) -> str:
    """A count in full, with separators: `45,210,000`."""
    return str(format_decimal(value, locale=LOCALE))


def money(cost: str, currency: str) -> str:
    """A price with its currency: `12.50 USD`, with as many decimals as the currency has."""
    return str(format_currency(Decimal(cost), currency, "#,##0.00\u00a0¤¤", locale=LOCALE)).replace("\u00a0", " ")


def one(words: str, number: int) -> str:
    """`operation` for 1, else `operations` as it stands."""
    if number != 1 or not words.endswith("s"):
        return words
    return f"{words[:-3]}y" if words.endswith("ies") else words[:-1]


def zone_of(name: object) -> ZoneInfo:
    """The time zone of this name; UTC where the name says nothing."""
    try:
        return ZoneInfo(str(name))
    except (OSError, ValueError, LookupError):
        return ZoneInfo("UTC")


def _at(text: str, zone: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone_of(zone))


def date(text: str, zone: str = "UTC") -> str:
    """An ISO time as a date: `15 Apr 2026`."""
    return str(format_date(_at(text, zone), "d MMM y", locale=LOCALE))


def clock(text: str, zone: str = "UTC") -> str:
    """An ISO time as the time of day with its zone: `10:02 EDT`; a zone without letters as `UTC+05:45`."""
    moment = _at(text, zone)
    name = moment.tzname() or ""
    offset = f"{moment:%z}"
    return f"{moment:%H:%M} {name if name[:1].isalpha() else f'UTC{offset[:3]}:{offset[3:5]}'}"


def moment(text: str, zone: str = "UTC") -> str:
    """An ISO time with its zone: `15 Apr 2026, 10:02 EDT`."""
    return f"{date(text, zone)}, {clock(text, zone)}"


def days(value: int) -> str:
    """`1 day`, `6 days`."""
    return f"{value} day" if value == 1 else f"{count(value)} days"


def duration(seconds: float) -> str:
    """Seconds in their largest whole unit, or two: `7 days`, `6 hours`, `2 hours 5 minutes`."""
    rest = int(seconds)
    parts = []
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number} {name}" if number == 1 else f"{number} {name}s")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 seconds"


def span(seconds: float) -> str:
    """A duration after "last": `6 hours`, and `minute`, not `1 minute`."""
    words = duration(seconds)
    return words.removeprefix("1 ") if words.count(" ") == 1 else words


def line(text: str) -> str:
    """Words on one line, without a separator that nothing follows; markup stays markup."""
    joined = " ".join(text.split()).removesuffix("·").rstrip()
    return type(text)(joined)


FILTERS: Mapping[str, Callable[..., object]] = {
    "share": share,
    "count": count,
    "date": date,
    "clock": clock,
    "moment": moment,
    "days": days,
    "duration": duration,
    "span": span,
    "money": money,
    "one": one,
    "line": line,
    "cut": cut,
}
