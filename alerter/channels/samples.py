"""Made-up messages, one a reason: templates are tried on them, and `preview` shows them."""

from collections.abc import Mapping

from alerter.channels.view import Facts

_AT = "2026-04-30T14:02:00+00:00"

CROSSED: Facts = {
    "type": "event",
    "reason": "crossed",
    "severity": "warning",
    "rule": "quota-used",
    "kind": "quota",
    "owner": "finance",
    "runbook": "https://wiki.example.com/dsm-quota",
    "subject_kind": "license",
    "subject": "acme-enterprise",
    "license": "acme-enterprise",
    "accounts": ["acme-prod", "acme-dr"],
    "metric": "tokenization_operations",
    "metric_words": "tokenization operations",
    "unit": "operations",
    "period": {
        "per": "month",
        "start": "2026-04-15T04:00:00+00:00",
        "end": "2026-05-15T04:00:00+00:00",
        "timezone": "America/New_York",
    },
    "days_left": 15,
    "period_gone": 0.5134,
    "value": 45_210_000,
    "limit": 50_000_000,
    "share": 0.9042,
    "remaining": 4_790_000,
    "exceeded": False,
    "measure": "used",
    "threshold": "90%",
    "passed": ["75%"],
    "next_threshold": "100%",
    "limit_before": None,
    "as_of": "2026-04-30T14:00:00+00:00",
    "at": _AT,
    "complete": True,
    "missing": [],
    "approximate": False,
    "why": "",
    "alert": "0123456789abcdef",
    "link_path": "/alerts/0123456789abcdef",
    "summary": "",
    "extra": {},
}

_NO_PERIOD: Facts = {"period": None, "days_left": None, "period_gone": None}
_NO_QUOTA: Facts = {"limit": None, "share": None, "remaining": None}
_ONCE: Facts = {
    name: CROSSED[name]
    for name in ("type", "rule", "kind", "owner", "runbook", "subject_kind", "subject", "license", "accounts", "at")
} | {"severity": "info", "metrics": ["sign_operations"], "metrics_words": ["sign operations"]}
_OUTLOOK: Facts = {
    "expected": 86_000_000,
    "low": 78_500_000,
    "high": 94_100_000,
    "runs_out": "2026-05-02T04:00:00+00:00",
    "method": "recent daily level, weekday rhythm of the last weeks",
    "off_by": 0.06,
}
_AHEAD: Facts = {
    "expected": 86_000_000,
    "expected_low": 78_500_000,
    "expected_high": 94_100_000,
    "expected_by": "recent daily level, weekday rhythm of the last weeks",
    "expected_off_by": 0.06,
    "runs_out": "2026-05-02T04:00:00+00:00",
}
_BACK: Facts = {**CROSSED, "reason": "recovered", "severity": "info", "value": 30_500_000, "share": 0.61} | {
    "remaining": 19_500_000,
    "passed": [],
    "next_threshold": "75%",
}

EVENTS: Mapping[str, Facts] = {
    "crossed": CROSSED,
    "reached": {**CROSSED, "reason": "escalated", "severity": "critical", "value": 50_000_000, "share": 1.0}
    | {"remaining": 0, "threshold": "100%", "passed": [], "next_threshold": None},
    "exceeded": {**CROSSED, "reason": "escalated", "severity": "critical", "value": 53_500_000, "share": 1.07}
    | {"remaining": 0, "exceeded": True, "threshold": "100%", "passed": ["75%", "90%"], "next_threshold": "120%"},
    "reminder": {**CROSSED, "reason": "reminder", "passed": []},
    "incomplete": {**CROSSED, "complete": False, "missing": ["acme-dr"], "passed": []},
    "approximate": {**CROSSED, **_NO_PERIOD, "metric": "sobjects", "metric_words": "security objects"}
    | {"unit": "objects", "approximate": True, "passed": []},
    "balance": {**CROSSED, "period": {"per": "none", "start": "2026-03-15T04:00:00+00:00", "end": None}}
    | {"days_left": None, "period_gone": None},
    "remaining": {**CROSSED, "measure": "remaining", "threshold": "5M", "next_threshold": "1M", "passed": []},
    "recovered": _BACK,
    "quota_changed": {**_BACK, "reason": "quota_changed", "threshold": None, "limit_before": 40_000_000},
    "rule_removed": {**CROSSED, "reason": "rule_removed", "severity": "info"},
    "quota_of_0": {**CROSSED, "limit": 0, "value": 1200, "share": None, "remaining": 0, "exceeded": True},
    "usage": {**CROSSED, **_NO_QUOTA, **_NO_PERIOD, "rule": "burst", "kind": "usage", "value": 2_100_000}
    | {"threshold": "2M", "passed": [], "next_threshold": "4M", "extra": {"window": 21_600}}
    | {
        "summary": "{{ subject }} has used {{ value|count }} {{ metric_words }} in the last {{ extra.window|duration }}"
    },
    "growth": {**CROSSED, **_NO_QUOTA, **_NO_PERIOD, "rule": "growth", "kind": "growth", "value": 14_200_000}
    | {"threshold": "+30%", "passed": [], "next_threshold": "+60%"}
    | {
        "extra": {
            "current": 14_200_000,
            "baseline": 10_000_000,
            "change": 0.42,
            "window": 604_800,
            "through": _AT,
            "zone": "UTC",
        }
    }
    | {"summary": "{{ subject }} used {{ extra.change|share }} more {{ metric_words }} than in the week before"},
    "forecast": {**CROSSED, **_AHEAD, "rule": "on-course", "kind": "forecast", "threshold": "100%", "passed": []}
    | {"next_threshold": None, "extra": {**_OUTLOOK, "part": 1.72}}
    | {"summary": "{{ subject }} is on course to use {{ extra.part|share }} of its {{ metric_words }}"},
    "runway": {**CROSSED, **_AHEAD, "rule": "lasts", "kind": "runway", "threshold": "7d", "passed": ["21d"]}
    | {"next_threshold": None, "measure": "remaining", "extra": {**_OUTLOOK, "left": 172_800}}
    | {"summary": "{{ subject }}: {{ metric_words }} are expected to run out on {{ extra.runs_out|date(zone) }}"},
    "unused": {**CROSSED, "rule": "too-much", "kind": "unused", "value": 15_000_000, "share": 0.3, "passed": []}
    | {"remaining": 35_000_000, "threshold": "40%", "next_threshold": None}
    | {"extra": {**_OUTLOOK, "expected": 29_000_000, "runs_out": None, "unused": 21_000_000, "part": 0.42}}
    | {"summary": "{{ subject }} is expected to leave {{ extra.part|share }} of its {{ metric_words }} unused"},
    "overage_cost": {**CROSSED, **_AHEAD, "rule": "dear", "kind": "overage_cost", "threshold": "400 USD"}
    | {"passed": [], "next_threshold": None, "overage": "450.00 USD"}
    | {"extra": {**_OUTLOOK, "cost": "450.00", "currency": "USD"}}
    | {"summary": "{{ subject }} is expected to pay {{ extra.cost }} {{ extra.currency }} for {{ metric_words }}"},
    "pace": {**CROSSED, "rule": "ahead", "kind": "pace", "threshold": "1.5", "passed": [], "next_threshold": None}
    | {"extra": {"ratio": "1.76", "gone": 0.5134}}
    | {"summary": "{{ subject }} has used its {{ metric_words }} at {{ extra.ratio }} times an even pace"},
    "concentration": {**CROSSED, **_NO_QUOTA, "rule": "one-app", "kind": "concentration", "value": 36_168_000}
    | {"metric": "operation_top_app", "metric_words": "operations by app", "threshold": "60%", "passed": []}
    | {"next_threshold": None, "top": [["billing-worker", 36_168_000], ["tokenizer", 4_100_000]]}
    | {"extra": {"what": "app", "name": "billing-worker", "part": 0.8, "total": 45_210_000}}
    | {"summary": "{{ subject }}: one app makes {{ extra.part|share }} of the operations"},
    "anomaly": {**CROSSED, **_NO_QUOTA, **_NO_PERIOD, "rule": "odd-day", "kind": "anomaly", "value": 3_900_000}
    | {"threshold": "4", "passed": [], "next_threshold": "8"}
    | {"extra": {"day": "2026-04-29T04:00:00+00:00", "zone": "America/New_York", "typical": 1_500_000, "score": "6.4"}}
    | {"summary": "{{ subject }} had {{ value|count }} {{ metric_words }}, {{ extra.score }} deviations off"},
    "expiry": {**CROSSED, **_NO_QUOTA, **_NO_PERIOD, "rule": "renewal", "kind": "expiry", "value": 30, "unit": ""}
    | {"metric": "", "metric_words": "", "measure": "remaining", "threshold": "30d", "passed": ["90d"]}
    | {"next_threshold": "7d", "as_of": None}
    | {"extra": {"ends": "2026-05-30T04:00:00+00:00", "ended": False, "zone": "America/New_York"}}
    | {"summary": "{{ subject }}: the license ends on {{ extra.ends|date(extra.zone) }}"},
    "stale": {**CROSSED, **_NO_QUOTA, **_NO_PERIOD, "rule": "fresh", "kind": "stale", "value": 9000, "unit": ""}
    | {"subject_kind": "account", "subject": "acme-dr", "metric": "", "metric_words": "", "threshold": "2h"}
    | {"passed": [], "next_threshold": None, "extra": {"account": "acme-dr", "error": "no answer within 30 s"}}
    | {"summary": "{{ subject }} has given no fresh reading for {{ value|duration }}"},
    "not_reported": {**_ONCE, "reason": "not_reported", "missing": ["acme-dr"]},
    "no_quota": {**_ONCE, "reason": "no_quota"},
    "uncovered": {**_ONCE, "reason": "uncovered", "rule": None, "metrics": ["apps.new"], "metrics_words": ["apps.new"]},
}

NOTICE: Facts = {
    "type": "notice",
    "reason": "service",
    "severity": "critical",
    "title": "finance-slack takes no messages",
    "text": "The channel finance-slack refused a message: invite the bot to #license-usage.",
    "at": _AT,
    "details": [["channel", "finance-slack"], ["attempts", "1"]],
    "lost": CROSSED,
}

SAMPLES: Mapping[str, Facts] = {
    **EVENTS,
    "notice": NOTICE,
    "bundle": {"type": "bundle", "severity": "critical", "at": _AT, "items": list(EVENTS.values())},
    "merged": {
        "type": "merged",
        "severity": "warning",
        "at": _AT,
        "items": [CROSSED, {**_BACK, "at": "2026-04-30T14:09:00+00:00"}],
    },
}
