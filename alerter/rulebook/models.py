"""The keys people write, as pydantic models; the loader, the JSON Schema and docs/rules.md all read these."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, WithJsonSchema

from alerter.core.book import Amount, Auth, LimitStep, Per, SecretName
from alerter.core.kinds import baselines as kinds
from alerter.core.model import Severity
from alerter.rulebook import values
from alerter.rulebook.values import expected


@dataclass(frozen=True)
class Written:
    """How a type is called in docs/rules.md, and the model of its items where pydantic cannot see it."""

    words: str
    items: type[BaseModel] | None = None


COUNT_SCHEMA = {
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\+?\d[\d_]*(\.\d+)?[kKMG]?$"}]
}
TEXT_SCHEMA = {"type": ["string", "number"]}
DURATION_SCHEMA = {"type": "string", "pattern": r"^\d{1,9}[smhdw]$"}
DATE_SCHEMA = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
SECRET_SCHEMA = {"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_.-]{0,127}$"}
PRICE_SCHEMA = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}]}
SHARE_SCHEMA = {"type": "string", "pattern": r"^\d[\d_]*(\.\d+)?\s?%$"}
FLAG_SCHEMA = {"type": "boolean"}

Text = Annotated[str, PlainValidator(values.text), WithJsonSchema(TEXT_SCHEMA), Written("text")]
Count = Annotated[int, PlainValidator(values.count), WithJsonSchema(COUNT_SCHEMA), Written("count")]
Flag = Annotated[bool, PlainValidator(values.flag), WithJsonSchema(FLAG_SCHEMA), Written("true or false")]
Date = Annotated[date, PlainValidator(values.day), WithJsonSchema(DATE_SCHEMA), Written("date")]
Against = Annotated[
    kinds.Against,
    PlainValidator(values.against),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(values.BASELINES)},
                {
                    "type": "object",
                    "properties": {"median_of": {"type": "integer", "minimum": 2, "maximum": 26}},
                    "required": ["median_of"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
    Written("`previous`, `same_last_month`, `same_elapsed` or a mapping with `median_of`"),
]
Share = Annotated[Decimal, PlainValidator(values.share), WithJsonSchema(SHARE_SCHEMA), Written("share")]
Price = Annotated[Decimal, PlainValidator(values.money), WithJsonSchema(PRICE_SCHEMA), Written("money")]
Link = Annotated[
    str, PlainValidator(values.link), WithJsonSchema({"type": "string", "pattern": "^https?://"}), Written("address")
]
Duration = Annotated[timedelta, PlainValidator(values.duration), WithJsonSchema(DURATION_SCHEMA), Written("duration")]
Secret = Annotated[
    SecretName, PlainValidator(values.secret_name), WithJsonSchema(SECRET_SCHEMA), Written("name of a secret")
]
Address = Annotated[
    str,
    PlainValidator(values.base_url),
    WithJsonSchema({"type": "string", "pattern": r"^https?://[^/?#@]+/?$"}),
    Written("address"),
]
Uuid = Annotated[
    str,
    PlainValidator(values.uuid),
    WithJsonSchema({"type": "string", "format": "uuid", "pattern": "^[0-9a-fA-F-]{36}$"}),
    Written("UUID"),
]
Currency = Annotated[
    str,
    PlainValidator(values.currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
    Written("ISO 4217 code"),
]
Zone = Annotated[str, PlainValidator(values.zone), WithJsonSchema({"type": "string"}), Written("time zone")]
Texts = tuple[Text, ...]
Some = Annotated[tuple[Text, ...], Field(min_length=1)]
Labels = dict[str, Text]


class Form(BaseModel):
    """Everything a person may write at one place; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class AccountForm(Form):
    """One DSM account whose usage is read."""

    url: Address = Field(
        description="The DSM host: a SaaS region or your own. https only, loopback aside; no path.",
        examples=["https://amer.smartkey.io"],
    )
    account_id: Uuid = Field(description="The account's id.", examples=["7f6d0e5c-6c2b-4c0f-9b1e-0d6a4a0f6a11"])
    credential: Secret | None = Field(
        None,
        description="The NAME of the secret that holds the API key. Needed unless `auth: certificate`.",
        examples=["ACME_PROD_KEY"],
    )
    auth: Auth = Field(
        "key",
        description="How to sign in: `key` sends the API key with every request, `session` opens a session with it, "
        "`certificate` uses `cert_file` and `key_file`.",
        examples=["session"],
    )
    ca_file: Text | None = Field(
        None, description="PEM file of the authority that signed the host's certificate.", examples=["/etc/ssl/ca.pem"]
    )
    cert_file: Text | None = Field(
        None,
        description="PEM file of the client certificate, for `auth: certificate`.",
        examples=["/run/secrets/c.pem"],
    )
    key_file: Text | None = Field(
        None, description="PEM file of the client certificate's key.", examples=["/run/secrets/c.key"]
    )
    labels: Labels = Field({}, description="Words of your own, for rules to choose by.", examples=[{"env": "prod"}])


def _limit_or_word(value: object) -> int | None:
    if value == "unlimited":
        return None
    if value == "auto":
        raise values.wrong("`limit: auto` is not available in this version", "write the number that is licensed")
    try:
        return values.count(value)
    except ValueError:
        raise expected(value, f"{values.A_COUNT}, or unlimited") from None


StepValue = Annotated[
    int | None,
    PlainValidator(_limit_or_word),
    WithJsonSchema({"anyOf": [*COUNT_SCHEMA["anyOf"], {"const": "unlimited"}]}),
    Written("count or `unlimited`"),
]


class StepForm(Form):
    """A limit from a date on."""

    since: Date = Field(
        alias="from",
        description="The first day this limit holds, from midnight in the license's time zone.",
        examples=["2026-09-01"],
    )
    value: StepValue = Field(description="The limit from then on.", examples=["10"])


STEPS = TypeAdapter(tuple[StepForm, ...])


def limit(value: object) -> tuple[LimitStep, ...]:
    """A count, `unlimited`, or dated steps; raises with the step's place."""
    if not isinstance(value, list):
        return (LimitStep(since=None, value=_limit_or_word(value)),)
    if not value:
        raise expected(value, "at least one {from: date, value: count}")
    return tuple(LimitStep(since=step.since, value=step.value) for step in STEPS.validate_python(value))


def _limit_schema() -> dict[str, Any]:
    step = {
        "type": "object",
        "additionalProperties": False,
        "required": ["from", "value"],
        "properties": {
            "from": {**DATE_SCHEMA, "description": StepForm.model_fields["since"].description},
            "value": {
                "anyOf": [*COUNT_SCHEMA["anyOf"], {"const": "unlimited"}],
                "description": StepForm.model_fields["value"].description,
            },
        },
    }
    return {"anyOf": [*COUNT_SCHEMA["anyOf"], {"const": "unlimited"}, {"type": "array", "minItems": 1, "items": step}]}


Limit = Annotated[
    tuple[LimitStep, ...],
    PlainValidator(limit),
    WithJsonSchema(_limit_schema()),
    Written("count, `unlimited`, or a list of {from, value}", StepForm),
]


class OverageForm(Form):
    """What each operation above the quota costs."""

    price: Price = Field(description="The price of `per` operations above the quota.", examples=["12.50"])
    per: Count = Field(1, description="How many operations `price` buys.", examples=["1M"])
    currency: Currency = Field(description="ISO 4217 code of the price.", examples=["USD"])


class QuotaForm(Form):
    """How much of one metric is licensed."""

    limit: Limit = Field(description="What is licensed in one period, over all accounts together.", examples=["50M"])
    per: Per | None = Field(
        None,
        description="The period. Default: `month` for operations and `apps.*`; `none` for `plugin`, `hsm_gateway` "
        "and `sobjects`, which are a number at a moment. `term` is `starts` to `ends`; `none` on operations is a "
        "balance since `starts` that never resets.",
        examples=["month"],
    )
    overage: OverageForm | None = Field(
        None,
        description="What use above the quota costs; shown in messages.",
        examples=[{"price": "12.50", "per": "1M", "currency": "USD"}],
    )


class LicenseForm(Form):
    """What was bought: quotas, pooled over accounts."""

    accounts: Some = Field(description="Names of the accounts the quotas are pooled over.", examples=[["acme-prod"]])
    starts: Date | None = Field(
        None,
        description="First day; anchors every period. Without it periods follow the calendar.",
        examples=["2026-03-15"],
    )
    ends: Date | None = Field(None, description="The day it ends, at midnight.", examples=["2027-03-15"])
    timezone: Zone = Field("UTC", description="Where midnight is.", examples=["America/New_York"])
    quotas: dict[str, QuotaForm] = Field(
        {}, description="Metric name to what is licensed of it.", examples=[{"num_operations": {"limit": "50M"}}]
    )


class MetricForm(Form):
    """A metric of your own: a sum of others."""

    sum: Some = Field(
        description="Names of built-in metrics to add; counters cannot be mixed with numbers at a moment.",
        examples=[["encryption_operations", "decryption_operations"]],
    )


class ThresholdForm(Form):
    """One line that usage may cross. Each rule kind has its own units of `at`."""

    at: Amount
    severity: Severity = Field(description="How bad it is when this is reached.", examples=["warning"])
    notify: Some | None = Field(
        None, description="Channels for this threshold, instead of the rule's.", examples=[["pager"]]
    )


class RuleForm(Form):
    """What all rules share."""

    kind: str
    thresholds: tuple[ThresholdForm, ...]
    licenses: Some | None = Field(
        None, description="License names or globs; default: all. Not together with `accounts`.", examples=[["acme-*"]]
    )
    accounts: Some | None = Field(
        None, description="Account names or globs: judge accounts by themselves.", examples=[["*-prod"]]
    )
    labels: Labels = Field({}, description="Only accounts that carry all these labels.", examples=[{"env": "prod"}])
    metrics: Some | None = Field(
        None, description="Metric names or globs; default: every metric with a quota.", examples=[["apps.*"]]
    )
    notify: Texts = Field((), description="Names of the channels that are told.", examples=[["finance-slack"]])
    remind_every: Duration | None = Field(
        None, description="Tell again after this long while the alert stands.", examples=["1d"]
    )
    hold: Duration | None = Field(
        None,
        alias="for",
        description="The threshold must stay reached this long before anything is told.",
        examples=["2h"],
    )
    clear_below: Amount | None = None
    on_no_data: Literal["keep", "alert", "ok"] = Field(
        "keep",
        description="When there is no reading: `keep` the alert as it is, `alert`, or count it as `ok`.",
        examples=["alert"],
    )
    owner: Text | None = Field(None, description="Who looks after it; shown in messages.", examples=["finance"])
    runbook: Link | None = Field(
        None,
        description="A page that says what to do; linked in messages.",
        examples=["https://wiki.example.com/quota"],
    )
    enabled: Flag = Field(
        True, description="`false` keeps the rule in the file without judging it.", examples=["false"]
    )


class ChannelForm(Form):
    """What all channels share."""

    kind: str
