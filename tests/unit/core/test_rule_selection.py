"""Which rule is judged on which license or account, for which metrics."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.story import quota, rule

from alerter.core.book import Account, DerivedMetric, License, RuleBook
from alerter.core.checks import checks_of, subjects_by_account, watched
from alerter.core.kinds.growth import GrowthRule
from alerter.core.kinds.stale import StaleRule
from alerter.core.kinds.usage import UsageRule

USAGE = UsageRule(window=timedelta(hours=6))
ENVS = {"acme-prod": "prod", "acme-dr": "dr", "beta-prod": "prod", "lonely": "prod"}
ACME = License(
    name="acme-one",
    accounts=("acme-prod", "acme-dr"),
    timezone="Asia/Tokyo",
    quotas={m: quota(m, 9) for m in ("num_operations", "apps.tep", "apps.generic", "plugin")},
)
BETA = License(name="beta-two", accounts=("beta-prod",), quotas={"num_operations": quota("num_operations", 9)})
BARE = License(name="bare", accounts=("acme-dr",))
BOOK = RuleBook(
    hash="0",
    accounts={n: Account(name=n, url="", account_id=n, credential=None, labels={"env": e}) for n, e in ENVS.items()},
    licenses={lic.name: lic for lic in (ACME, BETA, BARE)},
    metrics={"crypto": DerivedMetric(name="crypto", sum=("encryption_operations", "decryption_operations"))},
)


def chosen(book: RuleBook = BOOK, options: object = None, **more: Any) -> list[str]:
    """`subject metric` of every check of one rule."""
    found = checks_of(rule("1", options=options, **more), book)
    return [f"{c.key.subject} {c.key.metric}" for c in found]


def subjects(**more: Any) -> list[str]:
    return list(dict.fromkeys(text.split()[0] for text in chosen(metrics=("num_operations",), **more)))


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        pytest.param({}, ["acme-one", "beta-two", "bare"], id="all by default"),
        pytest.param({"licenses": ("acme-*",)}, ["acme-one"], id="a glob"),
        pytest.param({"licenses": ("beta-two", "b*")}, ["beta-two", "bare"], id="several, each once"),
        pytest.param({"licenses": ("ACME-*",)}, [], id="upper and lower case differ"),
        pytest.param({"accounts": ("*-prod",)}, ["acme-one", "beta-two"], id="licenses that pool an account"),
        pytest.param({"labels": {"env": "dr"}}, ["acme-one", "bare"], id="licenses that pool a labelled account"),
        pytest.param({"licenses": ("b*",), "labels": {"env": "dr"}}, ["bare"], id="labels narrow licenses"),
        pytest.param({"accounts": ("acme-*",), "labels": {"env": "prod"}}, ["acme-one"], id="labels narrow accounts"),
        pytest.param({"labels": {"env": "test"}}, [], id="no such label"),
        pytest.param({"labels": {"owner": "x"}}, [], id="a label nobody has"),
        pytest.param({"enabled": False}, [], id="a disabled rule"),
    ],
)
def test_a_quota_rule_is_judged_on_licenses(selection: dict[str, Any], found: list[str]) -> None:
    assert subjects(**selection) == found


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        pytest.param({}, ["acme-one", "beta-two", "bare"], id="all licenses by default"),
        pytest.param({"licenses": ("acme-*",), "labels": {"env": "dr"}}, ["acme-one"], id="licenses and labels"),
        pytest.param({"accounts": ("acme-*",)}, ["acme-prod", "acme-dr"], id="accounts"),
        pytest.param({"labels": {"env": "prod"}}, ["acme-prod", "beta-prod", "lonely"], id="labels"),
        pytest.param({"accounts": ("acme-*",), "labels": {"env": "prod"}}, ["acme-prod"], id="both"),
    ],
)
@pytest.mark.parametrize("options", [USAGE, GrowthRule()], ids=["usage", "growth"])
def test_a_rule_without_quotas_is_judged_on_the_accounts_it_names(
    selection: dict[str, Any], found: list[str], options: object
) -> None:
    assert subjects(options=options, **selection) == found


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        pytest.param({}, list(ENVS), id="every account"),
        pytest.param({"licenses": ("acme-*",)}, ["acme-prod", "acme-dr"], id="those of a license"),
        pytest.param({"labels": {"env": "prod"}}, ["acme-prod", "beta-prod", "lonely"], id="labelled ones"),
    ],
)
def test_stale_is_judged_on_accounts_and_no_metric(selection: dict[str, Any], found: list[str]) -> None:
    checks = checks_of(rule("2h", options=StaleRule(), **selection), BOOK)
    assert [(c.key.subject_kind, c.key.subject, c.metric) for c in checks] == [("account", n, None) for n in found]


@pytest.mark.parametrize(
    ("metrics", "found"),
    [
        pytest.param((), list(ACME.quotas), id="all with a quota"),
        pytest.param(("apps.*",), ["apps.tep", "apps.generic"], id="a glob, among the quotas"),
        pytest.param(("apps.*", "apps.tep"), ["apps.tep", "apps.generic"], id="each once"),
        pytest.param(("sobjects",), ["sobjects"], id="named without a quota"),
        pytest.param(("sob*",), [], id="a glob invents no quota"),
        pytest.param(("active_apps", "crypto"), ["active_apps", "crypto"], id="derived and declared"),
    ],
)
def test_metrics_of_a_quota_rule(metrics: tuple[str, ...], found: list[str]) -> None:
    assert chosen(licenses=("acme-one",), metrics=metrics) == [f"acme-one {m}" for m in found]


@pytest.mark.parametrize(
    ("metrics", "found"),
    [
        pytest.param((), ["num_operations"], id="operations where there is no quota"),
        pytest.param(("sign*", "crypt?"), ["sign_operations", "crypto"], id="a glob over all that is known"),
        pytest.param(("operation_top_*",), [], id="a glob means no map"),
    ],
)
def test_metrics_of_a_rule_without_quotas(metrics: tuple[str, ...], found: list[str]) -> None:
    assert chosen(options=USAGE, accounts=("lonely",), metrics=metrics) == [f"lonely {m}" for m in found]


def test_an_account_by_itself_has_the_metrics_of_its_licenses_and_their_quotas_not() -> None:
    checks = checks_of(rule("1", options=USAGE, accounts=("acme-dr",)), BOOK)
    assert [c.key.metric for c in checks] == list(ACME.quotas)
    assert {(c.license, c.quota, c.timezone) for c in checks} == {(None, None, "UTC")}


def test_a_check_carries_what_it_is_judged_by() -> None:
    check = checks_of(rule("1", licenses=("acme-one",), metrics=("plugin",)), BOOK)[0]
    assert (check.accounts, check.timezone) == (ACME.accounts, "Asia/Tokyo")
    assert check.quota is ACME.quotas["plugin"]


def test_without_licenses_what_needs_no_quota_is_judged_on_accounts() -> None:
    bare = replace(BOOK, licenses={})
    assert chosen(bare, options=USAGE) == [f"{n} num_operations" for n in ENVS]
    assert chosen(bare) == []


def test_every_license_is_watched_and_only_the_accounts_rules_look_at() -> None:
    rules = {"a": rule("1", name="a"), "s": rule("2h", name="s", options=StaleRule(), accounts=("lonely",))}
    found = watched(replace(BOOK, rules=rules))
    assert list(found) == [*(("license", n) for n in BOOK.licenses), ("account", "lonely")]
    assert [len(item.checks) for item in found.values()] == [4, 1, 0, 1]


def test_reading_an_account_judges_all_that_pool_it() -> None:
    found = subjects_by_account(watched(BOOK))
    assert found == {
        "acme-prod": [("license", "acme-one")],
        "acme-dr": [("license", "acme-one"), ("license", "bare")],
        "beta-prod": [("license", "beta-two")],
    }
