"""The catalogue of metrics: what may be added, what is missing, what is derived."""

import pytest

from alerter.core.book import DerivedMetric
from alerter.core.metrics import CATALOGUE, REPORTED, MetricKind, catalogue, declared


@pytest.mark.parametrize(
    ("name", "kind", "per", "unit"),
    [
        ("num_operations", MetricKind.COUNTER, "month", "operations"),
        ("tokenization_operations", MetricKind.COUNTER, "month", "operations"),
        ("other_operations", MetricKind.COUNTER, "month", "operations"),
        ("apps.generic", MetricKind.DISTINCT, "month", "apps"),
        ("apps.aws_xks_instances", MetricKind.DISTINCT, "month", "instances"),
        ("active_apps", MetricKind.DISTINCT, "month", "apps"),
        ("plugin", MetricKind.GAUGE, "none", "plugins"),
        ("hsm_gateway", MetricKind.GAUGE, "none", "gateways"),
        ("sobjects", MetricKind.GAUGE, "none", "objects"),
        ("operation_top_app", MetricKind.MAP, "month", "operations"),
    ],
)
def test_what_a_metric_is(name: str, kind: MetricKind, per: str, unit: str) -> None:
    metric = CATALOGUE[name]
    assert (metric.kind, metric.default_per, metric.unit) == (kind, per, unit)


def test_a_reading_stores_every_count_but_no_sum_and_no_map() -> None:
    assert len(REPORTED) == 22  # all operations, 8 kinds of them, 10 categories of apps, 3 numbers at a moment
    assert not {"active_apps", "other_operations", "operation_top_app", "operation_top_sobject"} & set(REPORTED)


def test_every_metric_is_listed_under_its_own_name_with_words_for_people() -> None:
    for name, metric in CATALOGUE.items():
        assert metric.name == name
        assert metric.words
        assert "_" not in metric.words
        assert set(metric.plus + metric.minus) <= set(REPORTED)


def test_a_count_that_is_not_reported_is_none_and_never_zero() -> None:
    assert CATALOGUE["num_operations"].value({}) is None
    assert CATALOGUE["num_operations"].value({"num_operations": 0}) == 0
    assert CATALOGUE["apps.tep"].value({"apps.generic": 3}) is None


def test_active_apps_are_all_cloud_accounts_and_generic_apps() -> None:
    reported = {"apps.aws_cloud_accounts": 1, "apps.azure_cloud_accounts": 2, "apps.gcp_cloud_accounts": 4}
    assert CATALOGUE["active_apps"].value({**reported, "apps.generic": 8, "apps.tep": 100}) == 15


def test_a_sum_of_which_a_part_is_not_reported_is_not_reported() -> None:
    assert CATALOGUE["active_apps"].value({"apps.generic": 8}) is None


@pytest.mark.parametrize(
    ("reported", "other"),
    [
        pytest.param({"num_operations": 100, "sign_operations": 30, "verify_operations": 20}, 50, id="the rest"),
        pytest.param({"num_operations": 100}, 100, id="an older cluster that reports no kinds"),
        pytest.param({"num_operations": 100, "sign_operations": 130}, 0, id="never below zero"),
        pytest.param({"sign_operations": 30}, None, id="no total"),
    ],
)
def test_other_operations_are_the_total_less_every_reported_kind(reported: dict[str, int], other: int | None) -> None:
    assert CATALOGUE["other_operations"].value(reported) == other


def test_a_declared_sum_adds_its_parts() -> None:
    crypto = declared(DerivedMetric(name="crypto_work", sum=("encryption_operations", "decryption_operations")))
    assert crypto.value({"encryption_operations": 2, "decryption_operations": 3}) == 5
    assert crypto.value({"encryption_operations": 2}) is None
    assert (crypto.words, crypto.unit) == ("crypto work", "operations")


def test_a_declared_sum_of_a_derived_metric_adds_what_that_is_made_of() -> None:
    apps = declared(DerivedMetric(name="billed", sum=("active_apps", "apps.tep")))
    assert set(apps.plus) == {*CATALOGUE["active_apps"].plus, "apps.tep"}


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (("sign_operations", "verify_operations"), MetricKind.COUNTER),
        (("apps.tep", "sign_operations"), MetricKind.DISTINCT),
        (("apps.tep", "plugin"), MetricKind.GAUGE),
    ],
)
def test_a_sum_may_be_added_over_time_only_if_every_part_may(parts: tuple[str, ...], kind: MetricKind) -> None:
    assert declared(DerivedMetric(name="mixed", sum=parts)).kind is kind


def test_declared_metrics_stand_beside_the_built_in_ones() -> None:
    found = catalogue([DerivedMetric(name="crypto", sum=("sign_operations", "verify_operations"))])
    assert set(found) == {*CATALOGUE, "crypto"}
    assert "crypto" not in CATALOGUE
