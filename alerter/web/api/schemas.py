"""JSON Schemas of everything the API answers. Every key is required; more may come."""

from alerter.core.model import AskKind, Outcome, Reason, Severity, Status

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
TIME: Schema = {"type": "string", "format": "date-time"}
TIME_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
DATE_OR_NULL: Schema = {"type": ["string", "null"], "format": "date"}
COUNT: Schema = {"type": "integer", "minimum": 0}
COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}
FLAG: Schema = {"type": "boolean"}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}

STATES = [outcome.value for outcome in Outcome if outcome is not Outcome.NO_QUOTA]
STATUSES = [status.value for status in Status if status is not Status.PENDING]
SEVERITIES = [severity.value for severity in Severity]
KINDS = [kind.value for kind in AskKind]
DELIVERY = ["pending", "sent", "failed"]


def one_of(values: list[str], *, null: bool = False) -> Schema:
    return {"type": ["string", "null"], "enum": [*values, None]} if null else {"type": "string", "enum": values}


def some(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def shape(doc: str, **properties: Schema) -> Schema:
    return {"type": "object", "description": doc, "properties": properties, "required": list(properties)}


def listing(name: str, **more: Schema) -> Schema:
    following: Schema = {
        "type": ["string", "null"],
        "description": "Give it as `cursor` for what comes next; null at the end.",
    }
    return shape("A part of a list.", items=some(ref(name)), next=following, **more)


def nullable(name: str) -> Schema:
    return {"anyOf": [ref(name), {"type": "null"}]}


PERIOD = shape("From `start` up to, not including, `end`; without an end, a balance.", start=TIME, end=TIME_OR_NULL)
QUOTA = shape(
    "One quota now. `used` is a lower bound unless `complete`; null is unknown, never 0. A `limit` of null: unlimited.",
    metric=TEXT,
    limit=COUNT_OR_NULL,
    per=TEXT,
    period=nullable("Period"),
    used=COUNT_OR_NULL,
    remaining=COUNT_OR_NULL,
    share={"type": ["number", "null"], "minimum": 0, "description": "used / limit: 0.9 is 90 %"},
    complete=FLAG,
    approximate=FLAG,
    state=one_of(STATES),
    severity=one_of(SEVERITIES, null=True),
    why=TEXT,
    missing=some(TEXT),
    not_reported_by=some(TEXT),
    expected=COUNT_OR_NULL,
    expected_low=COUNT_OR_NULL,
    expected_high=COUNT_OR_NULL,
    runs_out=TIME_OR_NULL,
    as_of=TIME_OR_NULL,
)
LICENSE = shape(
    "A license with its quotas.",
    name=TEXT,
    accounts=some(TEXT),
    timezone=TEXT,
    starts=DATE_OR_NULL,
    ends=DATE_OR_NULL,
    quotas=some(ref("Quota")),
)
ACCOUNT = shape(
    "A DSM account and how reading it goes.",
    name=TEXT,
    url=TEXT,
    labels=LABELS,
    last_ok_at=TIME_OR_NULL,
    failing_since=TIME_OR_NULL,
    failures=COUNT,
    error=TEXT_OR_NULL,
    next_poll_at=TIME_OR_NULL,
)
ALERT = shape(
    "An alert: one rule on one license or account, metric and period. `value` is a count; for `stale`, seconds.",
    id=TEXT,
    rule=TEXT,
    kind=TEXT,
    license=TEXT_OR_NULL,
    account=TEXT_OR_NULL,
    metric=TEXT_OR_NULL,
    period=nullable("Period"),
    status=one_of(STATUSES),
    severity=one_of(SEVERITIES),
    threshold=TEXT_OR_NULL,
    value={"type": ["integer", "null"]},
    limit=COUNT_OR_NULL,
    opened_at=TIME,
    updated_at=TIME,
    acknowledged=FLAG,
    silenced=FLAG,
)
EVENT = shape(
    "A line of an alert's timeline.",
    at=TIME,
    reason=one_of([reason.value for reason in Reason]),
    severity=one_of(SEVERITIES),
    value={"type": ["integer", "null"]},
    threshold=TEXT_OR_NULL,
    channels=some(TEXT),
)
ATTEMPT = shape(
    "One try of a delivery.",
    number=COUNT,
    at=TIME,
    result=one_of(["sent", "retry", "parked", "unknown"]),
    error=TEXT_OR_NULL,
    next_at=TIME_OR_NULL,
)
DELIVERY_LINE = shape(
    "A message on its way to a channel.",
    id=COUNT,
    event=TEXT,
    alert=TEXT_OR_NULL,
    channel=TEXT,
    status=one_of(DELIVERY),
    created_at=TIME,
    attempts=COUNT,
    next_try=TIME_OR_NULL,
    sent_at=TIME_OR_NULL,
    receipt=TEXT_OR_NULL,
    error=TEXT_OR_NULL,
    log=some(ref("Attempt")),
)
READING = shape(
    "What one account answered for one window. A count that was not reported is not in `values`.",
    account=TEXT,
    to=TIME,
    read_at=TIME,
    kind=one_of(KINDS),
    approximate=FLAG,
    values={"type": "object", "additionalProperties": COUNT},
    **{"from": TIME},
)
THRESHOLD = shape("When a rule fires.", at=TEXT, severity=one_of(SEVERITIES), notify=some(TEXT))
RULE = shape(
    "A rule as it is in force.",
    name=TEXT,
    kind=TEXT,
    enabled=FLAG,
    licenses=some(TEXT),
    accounts=some(TEXT),
    labels=LABELS,
    metrics=some(TEXT),
    thresholds=some(ref("Threshold")),
    owner=TEXT_OR_NULL,
    runbook=TEXT_OR_NULL,
)
MISTAKE = shape(
    "Something in a rule file that cannot be obeyed.",
    file=TEXT,
    line=COUNT,
    column=COUNT,
    path=TEXT,
    text=TEXT,
    hint=TEXT,
)
STORY: Schema = {
    "allOf": [
        ref("Alert"),
        shape("And what came of it.", timeline=some(ref("Event")), deliveries=some(ref("Delivery"))),
    ]
}

SCHEMAS: dict[str, Schema] = {
    "Period": PERIOD,
    "Quota": QUOTA,
    "License": LICENSE,
    "Account": ACCOUNT,
    "Alert": ALERT,
    "AlertStory": STORY,
    "Event": EVENT,
    "Attempt": ATTEMPT,
    "Delivery": DELIVERY_LINE,
    "Reading": READING,
    "Threshold": THRESHOLD,
    "Rule": RULE,
    "Mistake": MISTAKE,
    "Error": shape("What was wrong, and what is allowed.", error=TEXT),
    "Reloaded": shape(
        "Whether the rule files on disk are in force; `changes` against the book before, `rejected` their mistakes.",
        in_force=FLAG,
        hash=TEXT_OR_NULL,
        changes=some(TEXT),
        rejected=some(ref("Mistake")),
    ),
    "Licenses": listing("License"),
    "Accounts": listing("Account"),
    "Alerts": listing("Alert"),
    "Readings": listing("Reading"),
    "Outbox": listing("Delivery"),
    "Rules": listing("Rule", hash=TEXT, loaded_at=TIME_OR_NULL, reload_ok=FLAG, rejected=some(ref("Mistake"))),
}
