"""What commands have in common: their options, and settings made of them."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alerter.cli.faults import RULES

if TYPE_CHECKING:
    from alerter.settings import Settings

Rules = Annotated[
    Path | None,
    typer.Option(help="The rules folder, or one rule file (else ALERTER_RULES).", metavar="PATH", show_default=False),
]
Database = Annotated[
    str | None,
    typer.Option(help="URL or file (else ALERTER_DATABASE_URL).", metavar="URL", show_default=False),
]
Shape = Literal["table", "json", "csv"]
Output = Annotated[Shape, typer.Option(help="For people, for programs, or for spreadsheets.")]

MIDNIGHT = time(tzinfo=UTC)


def settings_of(rules: Path | None, database: str | None, *, quiet: bool = True) -> "Settings":
    """Settings of the environment and these options; sets up logging.

    A `quiet` command logs only from warnings on unless ALERTER_LOG_LEVEL says otherwise: its output is the answer.
    """
    from alerter.bootstrap import logs
    from alerter.settings import load_settings

    if database is not None and "://" not in database:
        database = f"sqlite:///{database}"
    found = load_settings(rules=rules, database_url=database)
    if quiet and "log_level" not in found.model_fields_set:
        found = found.model_copy(update={"log_level": "warning"})
    logs.set_up(found)
    RULES.set(found.rules)
    return found


def moment(text: str, now: datetime, *, of_day: time = MIDNIGHT) -> datetime:
    """`2026-05-09`, `2026-05-09T10:00`, or `7d` for so long ago; UTC unless it says otherwise.

    A day alone means `of_day` on it.
    """
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*[smhdw]\s*", text):
        from alerter.settings import parse_duration

        length = parse_duration(text)
        return now - (length if isinstance(length, timedelta) else timedelta(0))
    try:
        if len(text) == len("2026-05-09"):
            return datetime.combine(date.fromisoformat(text), of_day)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is not a date (2026-05-09), a time (2026-05-09T10:00) or a duration (7d)"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def known(name: str, names: Iterable[str], what: str) -> str:
    """`name` if it is one of `names`; else ConfigurationError with the nearest one."""
    import difflib

    from alerter.core.errors import ConfigurationError

    all_names = list(names)
    if name in all_names:
        return name
    near = difflib.get_close_matches(name, all_names, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; there is {', '.join(all_names[:10])}" if all_names else ""
    raise ConfigurationError(f"the rule book has no {what} {name}{hint}")
