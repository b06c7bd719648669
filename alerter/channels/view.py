"""A message's payload as templates see it: cleaned, complete, and with the words of its kind filled in."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alerter.channels.plain import LONGEST_TEXT, clean, cut, each_text
from alerter.core.metrics import CATALOGUE, MetricKind
from alerter.core.model import Severity

Facts = Mapping[str, Any]
Say = Callable[[str, Facts], str]
"""Renders a kind's own words (Jinja2 text) with an event's facts."""

# What a template may ask of an event that does not say it.
_EVENT: Facts = {
    **dict.fromkeys(
        [
            "license",
            "metric",
            "value",
            "limit",
            "share",
            "remaining",
            "threshold",
            "next_threshold",
            "period",
            "days_left",
            "period_gone",
            "as_of",
            "limit_before",
            "owner",
            "runbook",
            "rule",
            "alert",
            "link_path",
            "expected",
            "expected_low",
            "expected_high",
            "expected_by",
            "expected_off_by",
            "runs_out",
            "overage",
            "overage_so_far",
        ]
    ),
    **dict.fromkeys(["kind", "subject_kind", "subject", "metric_words", "unit", "why", "link"], ""),
    "type": "event",
    "reason": "crossed",
    "severity": "info",
    "measure": "used",
    "accounts": (),
    "passed": (),
    "missing": (),
    "metrics": (),
    "top": (),
    "exceeded": False,
    "complete": True,
    "approximate": False,
    "extra": {},
}
_EXTRA: Facts = {
    **dict.fromkeys(["current", "baseline", "change", "window", "through", "zone", "error", "account", "against"]),
    **dict.fromkeys(["ends", "ended", "name", "part", "total", "what", "ratio", "gone", "typical", "score", "day"]),
    **dict.fromkeys(["expected", "low", "high", "runs_out", "method", "cost", "currency", "unused", "left"]),
}
_LAST_ONE = re.compile(r"\blast 1 (?=(?:second|minute|hour|day)\b)")
_MOST_NAMES, _LONGEST_NAME = 3, 30
_NOTICE: Facts = {"severity": "warning", "reason": "service", "title": "", "text": "", "details": (), "lost": None}


def severity(payload: Facts) -> Severity:
    """How severe a message is; a list is as severe as the most severe thing in it."""
    items = payload.get("items")
    if items:
        return max((severity(item) for item in items), key=lambda found: found.rank)
    try:
        return Severity(str(payload.get("severity", "info")))
    except ValueError:
        return Severity.INFO


def alerts(payload: Facts) -> list[str]:
    """The ids of the alerts a message is about."""
    found = [str(item["alert"]) for item in payload.get("items") or [payload] if item.get("alert")]
    return list(dict.fromkeys(found))


def view(payload: Facts, say: Say, most: int) -> dict[str, Any]:
    """The facts of a message for a template; of a list, at most `most` items, severe ones first."""
    kind = payload.get("type")
    if kind == "notice":
        return _notice(payload, say, most)
    if kind == "bundle":
        return _bundle(payload, say, most)
    if kind == "merged":
        items = [_event(item, say) for item in payload["items"][-most:]]
        return {**items[-1], "type": "merged", "items": items, "severity": severity(payload).value}
    return _event(payload, say)


def _event(payload: Facts, say: Say) -> dict[str, Any]:
    words = str(payload.get("summary") or "")
    cleaned: dict[str, Any] = {}
    for name, value in payload.items():
        if name != "summary":
            cleaned[name] = each_text(value, clean)
    facts = {**_EVENT, **{name: value for name, value in cleaned.items() if value is not None}}
    facts["extra"] = {**_EXTRA, **facts["extra"]}
    period = facts["period"]
    facts["zone"] = (period or {}).get("timezone") or "UTC"
    metric = CATALOGUE.get(facts["metric"] or "")
    facts["is_moment"] = metric is not None and metric.kind is MetricKind.GAUGE
    facts["metric_words"] = facts["metric_words"] or (metric.words if metric else facts["metric"] or "")
    facts["unit"] = facts["unit"] or (metric.unit if metric else "")
    facts["at"] = facts.get("at") or facts["as_of"]
    facts["metrics_words"] = facts.get("metrics_words") or facts["metrics"] or [facts["metric_words"]]
    said = _LAST_ONE.sub("last ", say(words, facts)) if words else ""
    facts["summary"] = clean(said, LONGEST_TEXT)
    return facts


def _notice(payload: Facts, say: Say, most: int) -> dict[str, Any]:
    facts = {**_NOTICE, **{name: value for name, value in payload.items() if value is not None}}
    lost = facts["lost"]
    return {
        "type": "notice",
        "reason": "service",
        "severity": severity(facts).value,
        "title": clean(str(facts["title"])),
        "text": clean(str(facts["text"]), LONGEST_TEXT),
        "at": facts.get("at"),
        "zone": "UTC",
        "details": [[clean(str(name)), clean(str(value), LONGEST_TEXT)] for name, value in facts["details"][:20]],
        "lost": view(lost, say, most) if lost else None,
    }


def _bundle(payload: Facts, say: Say, most: int) -> dict[str, Any]:
    items: Sequence[Facts] = payload["items"]
    ranked = sorted(items, key=lambda item: -severity(item).rank)
    shown, licenses = ranked[:most], _licenses(ranked)
    return {
        "type": "bundle",
        "reason": "bundle",
        "severity": severity(payload).value,
        "at": payload.get("at"),
        "zone": "UTC",
        "items": [view(item, say, most) for item in shown],
        "total": len(items),
        "more": len(items) - len(shown),
        "licenses": [cut(clean(name), _LONGEST_NAME) for name in licenses[:_MOST_NAMES]],
        "more_licenses": max(0, len(licenses) - _MOST_NAMES),
        "counts": [
            [level.value, number]
            for level in reversed(Severity)
            if (number := sum(severity(item) is level for item in items))
        ],
    }


def _licenses(items: Sequence[Facts]) -> list[str]:
    """What a list is about: licenses, and accounts where a message is about one of those alone."""
    lasts = [item["items"][-1] if item.get("type") == "merged" else item for item in items]
    names = [str(last.get("license") or last.get("subject") or "") for last in lasts]
    return list(dict.fromkeys(name for name in names if name))


def page_of(payload: Facts, public_url: str | None) -> str:
    """The URL of a message's own page; empty where there is none."""
    path = str(payload.get("link_path") or "")
    return public_url.rstrip("/") + path if public_url and path else ""


def links(payload: Facts, public_url: str | None) -> list[tuple[str, str]]:
    """(words, URL) of the pages a message leads to."""
    items = payload.get("items")
    last = items[-1] if items and payload.get("type") == "merged" else payload
    found = []
    runbook = str(last.get("runbook") or "")
    if runbook.startswith(("https://", "http://")) and not set(runbook) & set(" <>|\"'\\") and runbook.isprintable():
        found.append(("Runbook", runbook[:1000]))
    bundle = payload.get("type") == "bundle"
    page = page_of({"link_path": "/alerts", **last} if bundle else last, public_url)
    if page:
        found.append(("Open alerts" if bundle else "Open alert", page))
    return found
