"""What DSM answers, made into values: strict about types, tolerant of what is missing or new.

Source of the shape: Fortanix DSM REST API, `GET /sys/v1/accounts/{id}/usage` (GetUsageResponse, CountAccuracy) and
`POST /sys/v1/session/auth` (AuthResponse).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerter.core.errors import BadAnswer
from alerter.core.model import Ask, Reading

LARGEST = 10**15
"""The largest count that is believed: a million times a large contract. Sums over thousands of accounts fit 64 bits."""

Count = Annotated[int, Field(ge=0, le=LARGEST)]


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", hide_input_in_errors=True)


class _Apps(_Answer):
    generic: Count | None = None
    tokenization: Count | None = None
    tep: Count | None = None
    accelerator: Count | None = None
    secrets_management: Count | None = None
    aws_cloud_accounts: Count | None = None
    azure_cloud_accounts: Count | None = None
    gcp_cloud_accounts: Count | None = None
    google_ekm_projects: Count | None = None
    aws_xks_instances: Count | None = None


class _Counts(_Answer):
    num_operations: Count
    encryption_operations: Count | None = None
    decryption_operations: Count | None = None
    sign_operations: Count | None = None
    verify_operations: Count | None = None
    tokenization_operations: Count | None = None
    detokenization_operations: Count | None = None
    secrets_operations: Count | None = None
    plugin_invoke_operations: Count | None = None
    plugin: Count | None = None
    hsm_gateway: Count | None = None
    sobjects: Count | None = None


class _Usage(_Counts):
    apps: _Apps | None = None
    sobjects_accuracy: Any = None
    operation_top_app: dict[str, Count] | None = None
    operation_top_sobject: dict[str, Count] | None = None


class _Session(_Answer):
    access_token: Annotated[str, Field(min_length=1, pattern=r"^[\x21-\x7e]+$", repr=False)]
    expires_in: Annotated[int, Field(ge=0, le=LARGEST)] = 0


M = TypeVar("M", bound=BaseModel)
_COUNTS = tuple(_Counts.model_fields)
_APPS = tuple((name, f"apps.{name}") for name in _Apps.model_fields)
_MAPS = ("operation_top_app", "operation_top_sobject")


def reading(account: str, ask: Ask, read_at: datetime, body: bytes) -> Reading:
    """The reading in this usage answer; raises `BadAnswer`, which names the field and never quotes the answer.

    Absent and null both mean "not reported": the name is not in `values`. Fields and app categories that the API did
    not have when this was written are kept in `unknown`, categories as `apps.<name>`.
    """
    usage = _parsed(_Usage, body)
    fields = usage.__dict__
    values = {name: fields[name] for name in _COUNTS if fields[name] is not None}
    unknown: dict[str, object] = dict(usage.__pydantic_extra__ or {})
    if (apps := usage.apps) is not None:
        reported = apps.__dict__
        values.update({key: reported[name] for name, key in _APPS if reported[name] is not None})
        unknown.update({f"apps.{name}": value for name, value in (apps.__pydantic_extra__ or {}).items()})
    if unknown:
        _storable(unknown)
    return Reading(
        account=account,
        window=ask.window,
        kind=ask.kind,
        read_at=read_at,
        values=values,
        maps={name: fields[name] for name in _MAPS if fields[name] is not None},
        approximate=usage.sobjects_accuracy not in (None, {"$type": "Exact"}),
        unknown=unknown,
    )


def session(body: bytes) -> tuple[str, int]:
    """The access token and for how many seconds it is good (0: not said); raises `BadAnswer`."""
    answer = _parsed(_Session, body)
    return answer.access_token, answer.expires_in


def mapping(body: bytes) -> Mapping[str, object]:
    """Any JSON object; raises `BadAnswer`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer("the answer is not JSON", status=200) from None
    if not isinstance(found, dict):
        raise BadAnswer("the answer is not a JSON object", status=200)
    return found


def _parsed(model: type[M], body: bytes) -> M:
    if b"\\u0000" in body:
        raise BadAnswer("the answer holds a NUL character", status=200)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        words = first["msg"] if first["type"] != "json_invalid" else "not JSON, or cut short"
        where = _place(first["loc"], model)
    raise BadAnswer(f"the answer is not as documented: {where}{words}", status=200)


def _place(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """The field's name, as far as we know it: a name that came with the answer is not repeated."""
    known = {*model.model_fields, *_Apps.model_fields}
    names = [str(part) for part in loc if part in known]
    return f"{'.'.join(names)}: " if names else ""


def _storable(unknown: Mapping[str, object]) -> None:
    """NaN, Infinity and endless integers are no JSON that a database takes."""
    try:
        json.dumps(unknown, allow_nan=False)
    except (ValueError, RecursionError):
        raise BadAnswer("the answer holds a number that is none", status=200) from None
