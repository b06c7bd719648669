"""Models of rule kinds and channel kinds, made from the keys they declare with `alerter.core.book.key`."""

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import Field, PlainValidator, TypeAdapter, WithJsonSchema, create_model
from pydantic.fields import FieldInfo

from alerter.core.book import Amount, SecretName, Share, Unit
from alerter.core.kinds import KINDS
from alerter.core.kinds.baselines import Against
from alerter.rulebook import models, values
from alerter.rulebook.models import ChannelForm, Form, RuleForm, ThresholdForm, Written
from alerter.rulebook.words import lasting

TYPES: dict[Any, Any] = {
    str: models.Text,
    int: models.Count,
    bool: models.Flag,
    timedelta: models.Duration,
    SecretName: models.Secret,
    Share: models.Share,
    Against: models.Against,
}


@dataclass(frozen=True, slots=True)
class Forms:
    """The model of every section; rules and channels have one a kind."""

    rules: Mapping[str, type[RuleForm]]
    channels: Mapping[str, type[ChannelForm]]
    channel_kinds: Mapping[str, type]

    def of(self, section: str, kind: str) -> type[Form]:
        """The model of one entry."""
        if section == "rules":
            return self.rules[kind]
        return self.channels[kind] if section == "channels" else SECTIONS[section]


SECTIONS: dict[str, type[Form]] = {
    "accounts": models.AccountForm,
    "licenses": models.LicenseForm,
    "metrics": models.MetricForm,
}


def forms(channel_kinds: Mapping[str, type]) -> Forms:
    channels = {kind: channel_form(kind, declared) for kind, declared in channel_kinds.items()}
    return Forms({kind: rule_form(kind) for kind in KINDS}, channels, channel_kinds)


def typed(annotation: Any) -> Any:
    """The model's type for a declared one: `int` is written as a count, `timedelta` as a duration."""
    if annotation in TYPES:
        return TYPES[annotation]
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return Union[tuple(typed(part) for part in get_args(annotation))]  # noqa: UP007 - made at run time
    if origin is tuple:
        return tuple.__class_getitem__((typed(get_args(annotation)[0]), ...))
    return annotation


def own_keys(declared: type) -> dict[str, Any]:
    """Name -> (type, Field) of every key a kind declares."""
    hints = get_type_hints(declared)
    found: dict[str, Any] = {}
    for item in dataclasses.fields(declared):
        default = ... if item.default is dataclasses.MISSING else item.default
        written = _written(default)
        about, example = item.metadata["doc"], item.metadata["example"]
        info = Field(default, description=about, examples=[example], json_schema_extra=written)
        found[item.name] = (typed(hints[item.name]), info)
    return found


def _written(default: object) -> dict[str, Any] | None:
    """A default as a person would write it, where that is not how JSON says it."""
    if isinstance(default, timedelta):
        return {"default": lasting(default)}
    return {"default": f"{(default * 100).normalize():f}%"} if isinstance(default, Decimal) else None


def _amount(kind: Any) -> Any:
    """The type of `at` and `clear_below` for one rule kind."""

    def parse(value: object) -> Amount:
        return values.amount(value, kind.AT, signed=kind.SIGNED, example=kind.AT_EXAMPLE)

    patterns: dict[Unit, dict[str, Any]] = {
        Unit.SHARE: {"type": "string", "pattern": r"^[+-]?\d[\d_]*(\.\d+)?\s?%$"},
        Unit.DURATION: models.DURATION_SCHEMA,
        Unit.RATIO: {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}]},
        Unit.MONEY: {"type": "string", "pattern": r"^\d[\d_]*(\.\d+)?[kKMG]? [A-Z]{3}$"},
    }
    either: list[Any] = [
        s for u in kind.AT for s in (models.COUNT_SCHEMA["anyOf"] if u is Unit.COUNT else [patterns[u]])
    ]
    schema: dict[str, Any] = {"anyOf": either} if len(either) > 1 else either[0]
    words = " or ".join(unit.value for unit in kind.AT)
    return Annotated[Amount, PlainValidator(parse), WithJsonSchema(schema), Written(words)]


def _kind_field(kind: str, what: str) -> tuple[Any, FieldInfo]:
    return (Literal[kind], Field(description=what, examples=[kind]))


@cache
def rule_form(kind: str) -> type[RuleForm]:
    """The model of one rule kind: what all rules share, and its own keys."""
    declared: Any = KINDS[kind]
    at = _amount(declared)
    threshold = create_model(
        f"{kind.title()}Threshold",
        __base__=ThresholdForm,
        __doc__=ThresholdForm.__doc__,
        at=(at, Field(description="What must be reached.", examples=[declared.AT_EXAMPLE])),
    )
    about = "One `{at, severity, notify}` a line to cross, from mild to severe."
    example = [{"at": declared.AT_EXAMPLE, "severity": "warning"}]
    below = "The alert is over once the value is back past this. Default: a little short of the threshold."
    made: type[RuleForm] = create_model(
        f"{kind.title()}Rule",
        __base__=RuleForm,
        __doc__=declared.__doc__,
        kind=_kind_field(kind, (declared.__doc__ or "").strip()),
        thresholds=(tuple[threshold, ...], Field(min_length=1, description=about, examples=[example])),
        clear_below=(at | None, Field(None, description=below, examples=[declared.AT_EXAMPLE])),
        **own_keys(declared),
    )
    return made


def channel_form(kind: str, declared: type) -> type[ChannelForm]:
    """The model of one channel kind."""
    made: type[ChannelForm] = create_model(
        f"{kind.title()}Channel",
        __base__=ChannelForm,
        __doc__=declared.__doc__,
        kind=_kind_field(kind, (declared.__doc__ or "").strip()),
        **own_keys(declared),
    )
    return made


@cache
def adapter(form: type[Form]) -> TypeAdapter[dict[str, Any]]:
    """Validates all entries of one kind at once: one call for 10,000 accounts."""
    return TypeAdapter(dict[str, form])  # type: ignore[valid-type]


def options(declared: type, form: Form) -> Any:
    """The kind's own value, from what was written."""
    return declared(**{item.name: getattr(form, item.name) for item in dataclasses.fields(declared)})
