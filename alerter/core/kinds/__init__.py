"""The rule kinds. One file a kind, one line here."""

from alerter.core.kinds.growth import GrowthRule
from alerter.core.kinds.quota import QuotaRule
from alerter.core.kinds.stale import StaleRule
from alerter.core.kinds.usage import UsageRule

KINDS = {"quota": QuotaRule, "usage": UsageRule, "growth": GrowthRule, "stale": StaleRule}
