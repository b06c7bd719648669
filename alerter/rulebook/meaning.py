"""What each key alone allows and the keys together do not: dates, periods, thresholds, sign-in."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from alerter.core.book import Amount, Unit
from alerter.core.errors import Mistake
from alerter.core.kinds import KINDS
from alerter.core.metrics import CATALOGUE, MetricKind
from alerter.rulebook.build import falls
from alerter.rulebook.forms import options
from alerter.rulebook.models import AccountForm, ChannelForm, Form, LicenseForm, RuleForm
from alerter.rulebook.nodes import Step, Tree
from alerter.rulebook.values import A_SHARE

Path = tuple[Step, ...]
Found = tuple[Path, str, str]
"""Where inside the entry (() is the entry itself), what is wrong, and what would mend it."""


def meaning(
    valid: Mapping[str, Mapping[str, Form]], channel_kinds: Mapping[str, type], tree: Tree
) -> Iterator[Mistake]:
    """Every contradiction inside an entry."""
    for section, entries in valid.items():
        for name, form in entries.items():
            for path, text, hint in _found(form, channel_kinds):
                yield tree.mistake(
                    (section, name, *path), text, hint, at_key=not path or not tree.has((section, name, *path))
                )


def _found(form: Form, channel_kinds: Mapping[str, type]) -> Iterator[Found]:
    if isinstance(form, AccountForm):
        yield from _account(form)
    elif isinstance(form, LicenseForm):
        yield from _license(form)
    elif isinstance(form, RuleForm):
        yield from _rule(form)
    elif isinstance(form, ChannelForm):
        yield from _own_problem(channel_kinds[form.kind], form)


def _own_problem(declared: type, form: Form) -> Iterator[Found]:
    """What the kind itself says about its keys together."""
    problem = getattr(declared, "problem", None)
    text = problem(options(declared, form)) if problem else None
    if text:
        yield (), str(text), ""


def _account(form: AccountForm) -> Iterator[Found]:
    if form.auth == "certificate":
        if form.cert_file is None:
            yield (), "`auth: certificate` needs `cert_file`", "the PEM file of the client certificate"
    elif form.credential is None:
        yield (), "`credential` is missing", "the NAME of the secret that holds the API key"
    if form.key_file is not None and form.cert_file is None and form.auth != "certificate":
        yield ("key_file",), "`key_file` without `cert_file`", "give both, or neither"


def _license(form: LicenseForm) -> Iterator[Found]:
    if form.starts and form.ends and form.ends <= form.starts:
        yield ("ends",), f"a license ends after it starts; {form.ends} is not after {form.starts}", ""
    for metric, quota in form.quotas.items():
        path: Path = ("quotas", metric)
        if quota.per == "term" and not (form.starts and form.ends):
            yield (*path, "per"), "`per: term` needs the license's `starts` and `ends`", ""
        known = CATALOGUE.get(metric)
        counted = known is None or known.kind is MetricKind.COUNTER
        if quota.per == "none" and counted and form.starts is None:
            yield (*path, "per"), "`per: none` on operations is a balance since `starts`, which is missing", ""
        if quota.overage is not None and quota.overage.per == 0:
            yield (*path, "overage", "per"), "found 0; expected a count above 0", ""
        yield from _steps((*path, "limit"), [s.since for s in quota.limit if s.since], form)


def _steps(path: Path, dates: list[date], form: LicenseForm) -> Iterator[Found]:
    for index, since in enumerate(dates):
        at: Path = (*path, index, "from")
        if index and since <= dates[index - 1]:
            yield at, f"limits are in date order; {since} is not after {dates[index - 1]}", ""
        elif form.ends and since >= form.ends:
            yield at, f"{since} is not before the license ends, {form.ends}", ""
        elif index and form.starts and since < form.starts:
            yield at, f"{since} is before the license starts, {form.starts}", ""
    if dates and form.starts and dates[0] > form.starts:
        yield (*path, 0, "from"), f"no limit holds from {form.starts} to {dates[0]}", f"begin with {form.starts}"


def _rule(form: RuleForm) -> Iterator[Found]:
    declared: Any = KINDS[form.kind]
    own = options(declared, form)
    if form.licenses and form.accounts:
        yield ("accounts",), "give `licenses` or `accounts`, not both", "`labels` narrows either"
    yield from _own_problem(declared, form)
    if declared.AT == (Unit.SHARE, Unit.COUNT) and getattr(own, "measure", "") == "used":
        yield from _shares_only(form)
    yield from _same_twice(form)
    if form.clear_below is not None:
        yield from _clear_below(form, form.clear_below, falling=falls(form.thresholds, own))


def _shares_only(form: RuleForm) -> Iterator[Found]:
    allowed = f"{A_SHARE}, or with `measure: remaining` also a count such as 5M"
    for index, at in enumerate(t.at for t in form.thresholds):
        if at.unit is Unit.COUNT:
            hint = f"write {at.text}%" if at.value <= 200 else ""
            yield ("thresholds", index, "at"), f"found {at.text}; expected {allowed}", hint


def _same_twice(form: RuleForm) -> Iterator[Found]:
    seen: set[tuple[object, Unit]] = set()
    for index, threshold in enumerate(form.thresholds):
        level = threshold.at.value, threshold.at.unit
        if level in seen:
            yield ("thresholds", index, "at"), f"two thresholds at {threshold.at.text}", "remove one"
        seen.add(level)


def _clear_below(form: RuleForm, clear: Amount, *, falling: bool) -> Iterator[Found]:
    levels = [t.at for t in form.thresholds if t.at.unit is clear.unit]
    if not levels:
        yield (
            ("clear_below",),
            f"found {clear.text}; expected the unit of the thresholds, such as {form.thresholds[0].at.text}",
            "",
        )
        return
    if falling:
        nearest = max(levels, key=lambda at: at.value)
        if clear.value <= nearest.value:
            yield ("clear_below",), f"{clear.text} is not above {nearest.text}: the alert would be over at once", ""
        return
    nearest = min((at for at in levels if at.value >= 0), key=lambda at: at.value)
    if clear.value >= nearest.value:
        yield ("clear_below",), f"{clear.text} is not below {nearest.text}: the alert would be over at once", ""
