"""The keys of a rule test, as pydantic models; the loader, the JSON Schema and docs/testing-rules.md read these."""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from alerter.core.model import Severity
from alerter.rulebook import values
from alerter.rulebook.models import Date, Flag, Form, Some, StepValue, Text, Written
from alerter.rulebook.notation import EXAMPLE, PATTERN
from alerter.rulebook.values import expected

A_WHEN = "a day such as 2026-05-09, or a time such as 2026-05-09T14:00"
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?(Z|[+-]\d\d:\d\d)?")

Told = Literal[
    "crossed",
    "escalated",
    "reminder",
    "recovered",
    "quota_changed",
    "period_closed",
    "not_reported",
    "no_quota",
    "uncovered",
]


def when(value: object) -> date | datetime:
    """A day, or a minute; a time without a zone is in the test's own."""
    if isinstance(value, str) and len(value) == len("2026-05-09"):
        try:
            return values.day(value)
        except ValueError:
            raise expected(value, A_WHEN) from None
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        if found:
            values.day(found[1])
            zone = found[3].replace("Z", "+00:00") if found[3] else ""
            return datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}")
    except ValueError:
        pass
    raise expected(value, A_WHEN)


def says(value: object) -> tuple[str, ...]:
    """A part of the message's text, or several."""
    parts = value if isinstance(value, list) else [value]
    if not parts or not all(isinstance(part, str) and part.strip() for part in parts):
        raise expected(value, 'text such as "78%", or a list of texts')
    return tuple(str(part) for part in parts)


def series(value: object) -> str:
    """Readings, unexpanded: a mistake in them is told at its own place."""
    if not isinstance(value, str):
        raise expected(value, f"a value a day such as {EXAMPLE}")
    return value


When = Annotated[
    date | datetime,
    PlainValidator(when),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$"}),
    Written("day or time"),
]
Says = Annotated[
    tuple[str, ...],
    PlainValidator(says),
    WithJsonSchema({"anyOf": [{"type": ["string", "number"]}, {"type": "array", "items": {"type": "string"}}]}),
    Written("text, or a list of texts"),
]
Series = Annotated[
    str,
    PlainValidator(series),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": PATTERN}]}),
    Written("readings"),
]


class QuotaChangeForm(Form):
    """A quota that is raised or lowered while the test runs."""

    at: Date = Field(description="From midnight of this day, in the license's time zone.", examples=["2026-05-01"])
    metric: Text = Field(description="The metric; the license must have a quota on it.", examples=["num_operations"])
    limit: StepValue = Field(description="The new limit.", examples=["60M"])


class ExpectForm(Form):
    """One message that must be told. What is left out may be anything; each message answers one expectation."""

    at: When | None = Field(None, description="The day, or the minute, it is told.", examples=["2026-05-09"])
    before: When | None = Field(None, description="Told before this day or time.", examples=["2026-05-09"])
    after: When | None = Field(None, description="Told after this day is over, or this time.", examples=["2026-05-01"])
    rule: Text | None = Field(None, description="The rule's name.", examples=["quota-used"])
    reason: Told | None = Field(None, description="Why it is told.", examples=["crossed"])
    severity: Severity | None = Field(None, description="How severe it is.", examples=["warning"])
    metric: Text | None = Field(None, description="The metric it is about.", examples=["num_operations"])
    account: Text | None = Field(
        None, description="The account it is about, for rules that judge accounts by themselves.", examples=["acme-dr"]
    )
    channel: Text | None = Field(None, description="A channel it goes to.", examples=["finance-slack"])
    threshold: Text | None = Field(None, description="The threshold it names, as the rule writes it.", examples=["90%"])
    says: Says | None = Field(
        None, description="What its text contains, upper or lower case, in one of its channels.", examples=["78%"]
    )


class TrialForm(Form):
    """One rule test. A file may hold several, with a line `---` between them."""

    name: Text | None = Field(
        None, description="What is tested, for the report.", examples=["half the quota in one night"]
    )
    license: Text | None = Field(
        None, description="The license whose rules are tested, with its accounts.", examples=["acme-enterprise"]
    )
    account: Text | None = Field(
        None,
        description="Instead of `license`: one account, for rules that judge accounts by themselves.",
        examples=["acme-prod"],
    )
    start: Date = Field(
        description="The first day that is judged, in the license's time zone (UTC for an account).",
        examples=["2026-04-15"],
    )
    rules: Some | None = Field(
        None, description="Names or globs of the rules to look at; default: all.", examples=[["quota-*"]]
    )
    history: dict[str, dict[str, Series]] = Field(
        {},
        description="Days before `start`, written like `readings`; the last value is the day before. Read, not judged.",
        examples=[{"acme-prod": {"num_operations": "1M x14"}}],
    )
    readings: dict[str, dict[str, Series]] = Field(
        description="Account to metric to a value a day from `start` on. What is not written was reported as 0.",
        examples=[{"acme-prod": {"num_operations": "1.2M x20, 3M x5"}}],
    )
    quotas: tuple[QuotaChangeForm, ...] = Field(
        (),
        description="Limits that change on the way.",
        examples=[[{"at": "2026-05-01", "metric": "num_operations", "limit": "60M"}]],
    )
    expect: tuple[ExpectForm, ...] = Field(
        (), description="Messages that must be told.", examples=[[{"at": "2026-05-09", "rule": "quota-used"}]]
    )
    expect_nothing_else: Flag = Field(False, description="`true`: no other message may be told.", examples=["true"])
