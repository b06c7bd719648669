"""docs/rules.md: every key with its type, default and an example, from the models the loader obeys."""

import json
import types
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from alerter.core.kinds import KINDS
from alerter.core.metrics import CATALOGUE
from alerter.rulebook import models
from alerter.rulebook.checks import CHECKS, ELSEWHERE
from alerter.rulebook.forms import forms, rule_form
from alerter.rulebook.models import Form, Written
from alerter.rulebook.words import lasting

INTRO = """\
# Rule files

Generated from the models that read them: `alerter schema` gives the same to an editor.

Every `*.yaml` and `*.yml` in the rules folder is read, in name order, as one rule book; `*.test.yaml` and hidden files
are not. Top-level keys are `accounts`, `licenses`, `channels`, `rules` and `metrics`, each a mapping of names; any
may be in any file, and names are unique over all files. A name is letters, digits, `.`, `_` and `-`, at most 80.

**Values.** Counts: `50000`, `50_000`, `50k`, `50M`, `2G` (decimal). Shares: `80%`. Durations: `90s`, `15m`, `6h`, `7d`,
`4w`. Dates: `2026-03-15`. Money: a decimal and an ISO 4217 code. A key with nothing after it is a mistake.
YAML is read as version 1.2, so `on`, `yes` and `no` are text. Anchors and aliases work; merge keys (`<<`) and tags
do not.
"""


def markdown(channel_kinds: Mapping[str, type]) -> str:
    """The whole page."""
    made = forms(channel_kinds)
    parts = [INTRO]
    parts += [*_part("## accounts", models.AccountForm), *_part("## licenses", models.LicenseForm)]
    parts += [*_part("### quotas", models.QuotaForm), *_part("#### limit, as a list", models.StepForm)]
    parts += _part("#### overage", models.OverageForm)
    parts += ["## channels\n", "Where messages go. The keys depend on `kind`.\n"]
    for kind, channel in made.channels.items():
        parts += _part(f"### kind: {kind}", channel)
    parts += _rules()
    parts += [*_part("## metrics", models.MetricForm), "## Metrics\n", _metrics(), "## Checks\n", _checks()]
    return "\n".join(parts).rstrip() + "\n"


def _rules() -> Iterator[str]:
    shared = set(models.RuleForm.model_fields) - {"kind"}
    yield "## rules\n\nWhen to tell whom. All kinds share these keys.\n"
    yield _table(rule_form("quota"), shared)
    yield from _part("### thresholds", threshold_of("quota"))
    for kind in KINDS:
        form = rule_form(kind)
        own = set(form.model_fields) - shared
        unit = _type(threshold_of(kind).model_fields["at"])
        yield f"### kind: {kind}\n\n{(form.__doc__ or '').strip()} `at` is {unit}.\n"
        yield _table(form, own)


def threshold_of(kind: str) -> type[BaseModel]:
    """The model of one threshold of a rule kind."""
    made: type[BaseModel] = get_args(rule_form(kind).model_fields["thresholds"].annotation)[0]
    return made


def _part(title: str, form: type[Form] | type[BaseModel]) -> Iterator[str]:
    yield f"{title}\n\n{(form.__doc__ or '').strip()}\n"
    yield _table(form, set(form.model_fields))


def _table(form: type[BaseModel], names: set[str]) -> str:
    rows = ["| key | type | default | means | example |", "|---|---|---|---|---|"]
    for name, info in form.model_fields.items():
        if name in names:
            cells = (f"`{info.alias or name}`", _type(info), _default(info), info.description or "", _example(info))
            rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _default(info: FieldInfo) -> str:
    if info.is_required() or info.default is PydanticUndefined:
        return "required"
    return "–" if info.default in (None, (), {}, "") else f"`{written(info.default)}`"


def _example(info: FieldInfo) -> str:
    return f"`{written((info.examples or [''])[0])}`"


def written(value: Any) -> str:
    """A value the way people write it in a rule file."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(item) for item in value) + "]"
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, timedelta):
        return lasting(value)
    if isinstance(value, Decimal):
        return f"{(value * 100).normalize():f}%"
    text = str(value)
    return f'"{text}"' if text[:1] in {"#", "@", "*", "&"} or text.startswith("*") else text


def _type(info: FieldInfo) -> str:
    return words(info.annotation, info.metadata)


def words(annotation: Any, metadata: Any = ()) -> str:  # noqa: PLR0911 - one line a type
    """What a type is called for people who write rule files."""
    named = next((item.words for item in metadata if isinstance(item, Written)), None)
    if named:
        return named
    if hasattr(annotation, "__metadata__"):
        return words(annotation.__origin__, annotation.__metadata__)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return " or ".join(words(part) for part in parts if part is not type(None))
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is tuple:
        return f"list of {words(parts[0])}"
    if origin is dict:
        return f"mapping of name to {words(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{item}`" for item in annotation)
    return "mapping"


def _metrics() -> str:
    rows = ["| name | is | counts |", "|---|---|---|"]
    rows += [f"| `{name}` | {metric.kind} | {metric.words} |" for name, metric in CATALOGUE.items()]
    return "\n".join(rows) + "\n"


def _checks() -> str:
    intro = (
        "A check warns; `# alerter: ignore[name]` at the end of its line switches it off there.\n"
        "What each is about: [checks.md](checks.md).\n\n"
    )
    said = {name: text for name, (_, text) in CHECKS.items()} | ELSEWHERE
    return intro + "\n".join(["| name | warns when |", "|---|---|", *(f"| `{n}` | {t} |" for n, t in said.items())])
