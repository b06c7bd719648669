"""What messages say, read as a buyer would."""

from collections.abc import Mapping

import pytest

from alerter.channels.render import STYLES, Rendered, Words
from alerter.channels.samples import CROSSED, EVENTS, SAMPLES
from alerter.core.kinds import KINDS

WORDS = Words()


def say(payload: Mapping[str, object], kind: str = "email.txt") -> Rendered:
    return WORDS.render(kind, payload)


def fact(payload: Mapping[str, object], name: str) -> str | None:
    return dict(say(payload).facts).get(name)


SAID = {
    "crossed": "acme-enterprise has used 90% of its tokenization operations.",
    "reached": "acme-enterprise has reached its quota of tokenization operations: 100% is used.",
    "exceeded": "acme-enterprise has exceeded its quota of tokenization operations: 107% is used.",
    "reminder": "This is a reminder",
    "incomplete": "has used at least 90% of its tokenization operations. There is no current figure from acme-dr",
    "approximate": "has used approximately 90% of its security objects.",
    "remaining": "acme-enterprise has 4,790,000 tokenization operations left.",
    "recovered": "acme-enterprise is back under 90% of its tokenization operations; now 61% used.",
    "quota_changed": "was raised from 40,000,000 to 50,000,000; now 61% used.",
    "rule_removed": "The rule quota-used was removed",
    "quota_of_0": "acme-enterprise has used 1,200 tokenization operations, with a quota of 0.",
    "usage": "acme-enterprise has used 2,100,000 tokenization operations in the last 6 hours.",
    "stale": "acme-dr has given no fresh reading for 2 hours 30 minutes.",
    "not_reported": "acme-enterprise does not report sign operations (acme-dr). That is not zero",
    "no_quota": "acme-enterprise has no quota for sign operations",
    "uncovered": "acme-enterprise reports apps.new, which no quota covers.",
    "notice": "invite the bot to #license-usage.",
    "merged": "reached 90% at 10:02 EDT, back under 90% at 10:09 EDT.",
}


@pytest.mark.parametrize("name", SAID)
def test_a_message_says_what_happened(name: str) -> None:
    assert SAID[name] in say(SAMPLES[name]).summary


def test_the_facts_come_in_the_promised_order() -> None:
    assert [name for name, _ in say(CROSSED).facts] == [
        "Used",
        "Quota",
        "Remaining",
        "Period gone",
        "Period ends",
        "Threshold",
        "Data as of",
        "Next threshold",
        "Rule",
        "Owner",
    ]


def test_above_the_quota_the_total_is_told_with_what_is_over() -> None:
    assert fact(EVENTS["exceeded"], "Used") == "53,500,000 operations (107% of the quota)"
    assert fact(EVENTS["exceeded"], "Remaining") == "none left, 3,500,000 operations over the quota"


def test_a_balance_has_no_end_of_a_period() -> None:
    facts = dict(say(EVENTS["balance"]).facts)
    assert facts["Counted since"] == "15 Mar 2026"
    assert not [name for name in facts if "Period" in name]


@pytest.mark.parametrize("name", ["quota_of_0", "usage"])
def test_without_a_quota_to_divide_by_there_is_no_percentage(name: str) -> None:
    words = say(EVENTS[name])
    shown = [words.title, words.summary, *(text for name, text in words.facts if name != "Period gone")]
    assert "%" not in " ".join(shown)


def test_a_lower_bound_leaves_at_most_the_rest() -> None:
    assert fact(EVENTS["incomplete"], "Remaining") == "at most 4,790,000 operations left"


def test_a_passed_threshold_is_listed() -> None:
    assert "Passed on the way: 75%, 90%." in say(EVENTS["exceeded"]).summary


def test_growth_shows_both_stretches() -> None:
    assert say(EVENTS["growth"]).facts[:2] == (
        ("Last 7 days", "14,200,000 operations"),
        ("7 days before", "10,000,000 operations (+42% since)"),
    )


def test_a_story_over_midnight_says_the_dates() -> None:
    late = {**EVENTS["recovered"], "at": "2026-05-01T14:09:00+00:00"}
    summary = say({"type": "merged", "items": [CROSSED, late]}).summary
    assert "reached 90% at 30 Apr 2026, 10:02 EDT, back under 90% at 1 May 2026, 10:09 EDT" in summary


def test_a_list_is_cut_with_the_severe_ones_first() -> None:
    items = [{**CROSSED, "severity": level} for level in ("info", "critical", "warning", "info")]
    words = WORDS.render("console", {"type": "bundle", "items": items}, most=2)
    assert words.title == "CRITICAL · 4 messages about acme-enterprise: 1 critical, 1 warning, 2 info"
    assert [name for name, _ in words.facts] == ["CRITICAL", "", "WARNING", "", ""]
    assert words.facts[-1][1] == "… and 2 more"


def entry(payload: Mapping[str, object], kind: str = "email.txt") -> str:
    found = {"type": "bundle", "items": [payload, EVENTS["recovered"]]}
    return WORDS.render(kind, found, public_url="https://a.example.com/").facts[1][1]


def test_each_entry_of_a_list_says_how_it_stands_and_leads_to_its_alert() -> None:
    assert entry(CROSSED) == (
        "used 45,210,000 of 50,000,000 operations (90%) · 4,790,000 left · ends 15 May 2026 (15 days left) · "
        "data as of 30 Apr 2026, 10:00 EDT · next threshold 100% · https://a.example.com/alerts/0123456789abcdef"
    )
    assert entry(CROSSED, "slack").endswith("<https://a.example.com/alerts/0123456789abcdef|Open alert>")
    assert entry(CROSSED, "email.html").endswith('/alerts/0123456789abcdef">Open alert</a>')


def test_an_entry_above_its_quota_has_none_left() -> None:
    assert "(107%) · none left, 3,500,000 over · " in entry(EVENTS["exceeded"])


def test_an_entry_without_a_page_ends_without_a_dot() -> None:
    words = say({"type": "bundle", "items": [CROSSED, CROSSED]})
    assert words.facts[1][1].endswith("next threshold 100%")


def test_the_title_of_a_list_names_three_licenses() -> None:
    items = [{**CROSSED, "license": name} for name in ("a", "b", "c", "d", "a", "e")]
    assert say({"type": "bundle", "items": items}).title == "WARNING · 6 messages about a, b, c and 2 more: 6 warning"
    merged = {"type": "merged", "items": items[:2]}
    assert "about b: " in say({"type": "bundle", "items": [merged, SAMPLES["notice"]]}).title


def test_overage_so_far_is_money() -> None:
    cost = {"cost": "1212.5", "price": "12.50", "unit": 1_000_000, "currency": "USD"}
    over = {**EVENTS["exceeded"], "overage_so_far": cost, "overage": "450.00 USD", "expected": 86_000_000}
    facts = dict(say({**over, "expected_low": 78_500_000, "expected_high": 94_100_000}).facts)
    assert (facts["Overage so far"], facts["Expected overage"]) == ("1,212.50 USD", "450.00 USD")


@pytest.mark.parametrize("kind", STYLES)
def test_the_title_of_a_silent_account_is_short_and_its_error_is_in_the_body(kind: str) -> None:
    error = "no answer within 30 s, " * 20
    words = say({**EVENTS["stale"], "value": 7200, "extra": {"account": "acme-dr", "error": error}}, kind)
    assert words.title == "WARNING · acme-dr has given no fresh reading for 2 hours"
    assert "no answer within 30 s" in dict(words.facts)["Last error"]


def test_an_account_that_answers_again_has_no_threshold() -> None:
    back = {**EVENTS["stale"], "reason": "recovered", "summary": "{{ subject }} answers again"}
    assert not [name for name, _ in say(back).facts if "hreshold" in name]


def test_one_is_singular() -> None:
    over = {**EVENTS["exceeded"], "limit": 50_000_000, "value": 50_000_001, "share": 1.0}
    assert fact(over, "Remaining") == "none left, 1 operation over the quota"
    assert fact({**CROSSED, "remaining": 1}, "Remaining") == "1 operation left"


def test_the_last_minute_is_not_counted() -> None:
    burst = {**EVENTS["usage"], "extra": {"window": 60}}
    assert say(burst).summary.startswith(
        "acme-enterprise has used 2,100,000 tokenization operations in the last minute."
    )
    assert "in the last minute" in str(fact(burst, "Used"))


def test_a_story_above_the_quota_says_exceeded() -> None:
    summary = say({"type": "merged", "items": [CROSSED, EVENTS["exceeded"]]}).summary
    assert "exceeded the quota (107% used) at 10:02 EDT" in summary
    assert "reached 100%" not in summary


def test_a_lost_message_is_attached_to_the_notice_about_it() -> None:
    assert fact(SAMPLES["notice"], "Lost message") == "WARNING · acme-enterprise: 90% of tokenization operations used"
    assert fact(SAMPLES["notice"], "Remaining") == "4,790,000 operations left"


def test_a_lost_list_is_attached_too() -> None:
    assert fact({**SAMPLES["notice"], "lost": SAMPLES["bundle"]}, "Lost message") is not None


@pytest.mark.parametrize("kind", STYLES)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_reads_in_every_kind(kind: str, name: str) -> None:
    words = say(SAMPLES[name], kind)
    assert words.title
    assert words.summary
    for gone_wrong in ("None", "True", "{{", "  ", ".."):
        assert gone_wrong not in words.title + words.summary + words.footer


@pytest.mark.parametrize("reason", ["crossed", "recovered", "quota_changed", "rule_removed", "period_closed"])
def test_an_event_that_says_next_to_nothing_is_still_a_message(reason: str) -> None:
    words = say(
        {"type": "event", "reason": reason, "severity": "warning", "subject": "acme", "metric": "num_operations"}
    )
    assert "acme" in words.title


def test_words_of_a_kind_that_do_not_fit_give_way_to_the_templates_own() -> None:
    assert say({**CROSSED, "summary": "{{ nothing.like.this }}"}).summary.startswith("acme-enterprise has used 90%")


def test_a_name_that_is_a_template_is_text() -> None:
    assert "{{ 7*7 }}" in say({**CROSSED, "subject": "{{ 7*7 }}"}).summary


def test_html_is_escaped_once() -> None:
    words = say({**CROSSED, "subject": "a<b> & c", "summary": "{{ subject }} is <i>"}, "email.html")
    assert words.summary.startswith("a&lt;b&gt; &amp; c is &lt;i&gt;.")


KIND_WORDS = [
    (name, part, getattr(kind, part))
    for name, kind in KINDS.items()
    for part in ("SUMMARY", "RECOVERED")
    if name != "quota"
]


@pytest.mark.parametrize(("kind", "part", "words"), KIND_WORDS)
def test_the_words_of_every_kind_fit_its_facts(kind: str, part: str, words: str) -> None:
    reason = "crossed" if part == "SUMMARY" else "recovered"
    summary = say({**EVENTS[kind], "reason": reason, "summary": words}).summary
    plain = say({**EVENTS[kind], "reason": reason, "summary": ""}).summary
    assert summary.startswith("acme-")
    assert summary != plain
