"""The rule kinds. One file a kind, one line here."""

from alerter.core.kinds.anomaly import AnomalyRule
from alerter.core.kinds.concentration import ConcentrationRule
from alerter.core.kinds.expiry import ExpiryRule
from alerter.core.kinds.forecast import ForecastRule
from alerter.core.kinds.growth import GrowthRule
from alerter.core.kinds.overage import OverageCostRule
from alerter.core.kinds.pace import PaceRule
from alerter.core.kinds.quota import QuotaRule
from alerter.core.kinds.runway import RunwayRule
from alerter.core.kinds.stale import StaleRule
from alerter.core.kinds.unused import UnusedRule
from alerter.core.kinds.usage import UsageRule

KINDS = {
    "quota": QuotaRule,
    "usage": UsageRule,
    "growth": GrowthRule,
    "forecast": ForecastRule,
    "runway": RunwayRule,
    "pace": PaceRule,
    "anomaly": AnomalyRule,
    "concentration": ConcentrationRule,
    "overage_cost": OverageCostRule,
    "unused": UnusedRule,
    "expiry": ExpiryRule,
    "stale": StaleRule,
}
