"""Validated models to the frozen values that everything behind the loader reads."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from alerter.core.book import (
    Account,
    Amount,
    Channel,
    DerivedMetric,
    License,
    Overage,
    Quota,
    Rule,
    RuleBook,
    Threshold,
    Unit,
)
from alerter.core.kinds import KINDS
from alerter.core.metrics import Metric, catalogue
from alerter.rulebook.forms import options
from alerter.rulebook.models import (
    AccountForm,
    ChannelForm,
    Form,
    LicenseForm,
    MetricForm,
    QuotaForm,
    RuleForm,
    ThresholdForm,
)

Entries = Mapping[str, Mapping[str, Form]]


def build(valid: Entries, digest: str, channel_kinds: Mapping[str, type]) -> RuleBook:
    """The rule book; references between entries were checked before."""
    metrics = {name: metric(name, cast("MetricForm", form)) for name, form in valid.get("metrics", {}).items()}
    known = catalogue(metrics.values())
    return RuleBook(
        hash=digest,
        accounts={name: account(name, cast("AccountForm", form)) for name, form in valid.get("accounts", {}).items()},
        licenses={
            name: license_of(name, cast("LicenseForm", form), known) for name, form in valid.get("licenses", {}).items()
        },
        channels={
            name: channel(name, cast("ChannelForm", form), channel_kinds)
            for name, form in valid.get("channels", {}).items()
        },
        rules={name: rule(name, cast("RuleForm", form)) for name, form in valid.get("rules", {}).items()},
        metrics=metrics,
    )


def metric(name: str, form: MetricForm) -> DerivedMetric:
    return DerivedMetric(name=name, sum=form.sum)


def account(name: str, form: AccountForm) -> Account:
    return Account(
        name=name,
        url=form.url,
        account_id=form.account_id,
        credential=form.credential,
        auth=form.auth,
        ca_file=form.ca_file,
        cert_file=form.cert_file,
        key_file=form.key_file,
        labels=form.labels,
    )


def license_of(name: str, form: LicenseForm, known: Mapping[str, Metric]) -> License:
    return License(
        name=name,
        accounts=form.accounts,
        timezone=form.timezone,
        starts=form.starts,
        ends=form.ends,
        quotas={m: quota(m, q, known) for m, q in form.quotas.items()},
    )


def quota(name: str, form: QuotaForm, known: Mapping[str, Metric]) -> Quota:
    priced = form.overage
    overage = Overage(price=priced.price, unit=priced.per, currency=priced.currency) if priced else None
    return Quota(metric=name, per=form.per or known[name].default_per, steps=form.limit, overage=overage)


def channel(name: str, form: ChannelForm, kinds: Mapping[str, type]) -> Channel:
    return Channel(name=name, kind=form.kind, options=options(kinds[form.kind], form))


def falls(thresholds: Iterable[ThresholdForm | Threshold], own: Any) -> bool:
    """Whether less is worse: what remains of a quota, the time left, or a fall."""
    if getattr(own, "measure", None) == "remaining":
        return True
    return all(t.at.value < 0 for t in thresholds)


def graver(amount: Amount, *, falling: bool) -> tuple[bool, Decimal]:
    """Sorts amounts of one unit from mild to severe; rises go before falls."""
    if amount.value < 0:
        return True, -amount.value
    return False, -amount.value if falling else amount.value


def mild_to_severe(thresholds: tuple[ThresholdForm, ...], own: Any) -> tuple[ThresholdForm, ...]:
    """Sorted by `at`; counts and shares of one rule cannot be compared, so these stay as written."""
    units: set[Unit] = {t.at.unit for t in thresholds}
    if len(units) > 1:
        return thresholds
    falling = falls(thresholds, own)
    return tuple(sorted(thresholds, key=lambda t: graver(t.at, falling=falling)))


def rule(name: str, form: RuleForm) -> Rule:
    own = options(KINDS[form.kind], form)
    ordered = mild_to_severe(form.thresholds, own)
    return Rule(
        name=name,
        kind=form.kind,
        options=own,
        thresholds=tuple(Threshold(at=t.at, severity=t.severity, notify=t.notify) for t in ordered),
        licenses=form.licenses or (),
        accounts=form.accounts or (),
        labels=form.labels,
        metrics=form.metrics or (),
        notify=form.notify,
        remind_every=form.remind_every,
        hold=form.hold,
        clear_below=form.clear_below,
        on_no_data=form.on_no_data,
        owner=form.owner,
        runbook=form.runbook,
        enabled=form.enabled,
    )
