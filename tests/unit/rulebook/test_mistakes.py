"""One broken rule file a row: where the mistake is told, and the words a person needs to mend it."""

import pytest
from support.rule_texts import BASE, found_in, places

from alerter.core.errors import Mistake

Rows = dict[str, tuple[str, ...]]
"""Name -> text with the place marked, and words that are told; `a|b` is either."""


def account(keys: str) -> str:
    good = {
        "url": "https://eu.smartkey.io",
        "account_id": "3c1d9a7e-0b1f-4f4e-8f57-22b4f0f6ab02",
        "credential": "EU_KEY",
    }
    own = {line.split(":")[0].replace("§", "").strip() for line in keys.split("\n")}
    rest = "".join(f"\n    {k}: {v}" for k, v in good.items() if k not in own)
    return f"accounts:\n  eu:\n    {keys}{rest}\n"


def license_of(keys: str) -> str:
    listed = "" if "accounts:" in keys else "\n    accounts: [prod]"
    return f"licenses:\n  mine:\n    {keys}{listed}\n"


def quotas(line: str, *, before: str = "starts: 2026-01-01") -> str:
    return license_of(f"{before}\n    quotas:\n      {line}")


def rule(keys: str, *, kind: str = "quota", at: str = "80%") -> str:
    listed = "" if "thresholds:" in keys else f"\n    thresholds: [{{at: {at}, severity: info}}]"
    return f"rules:\n  mine:\n    kind: {kind}\n    {keys}{listed}\n"


def thresholds(text: str, *, kind: str = "quota", more: str = "") -> str:
    return rule(f"{more}thresholds: {text}", kind=kind)


SYNTAX: Rows = {
    "a tab indents": ("rules:\n§\tx: 1\n", "tab", "spaces"),
    "a double quote stays open": ('rules:\n  a: §"x\n  b: c\n', "quote", "never closed"),
    "a single quote stays open": ("rules:\n  a: §'x\n  b: c\n", "quote", "never closed"),
    "a bracket stays open": ("rules:\n  a: §[x, y\n", "`[`", "never closed"),
    "a brace stays open": ("rules:\n  a: §{x: y\n", "`{`", "never closed"),
    "an unquoted # in braces": (
        "channels:\n  a: {kind: slack, channel: §#license-usage, token: T}\n  b: {kind: console}\n",
        "begins a comment",
        'write "#license-usage" in quotes',
    ),
    "an unquoted # in the last braces": ("channels:\n  a: {channel: §#x}\n", "begins a comment", '"#x"'),
    "a note behind a comma is no text": ("rules:\n  a: §{b: 'x # y', # a note\n    c: 2\n", "`{`", "never closed"),
    "a bracket stays open behind a comma": ("rules:\n  a: {b: §[x,\n", "`[`", "never closed"),
    "two colons on a line": ("rules:\n  a: b§: c\n", "second `:`"),
    "indentation between two levels": ("rules:\n    a: {}\n  §b: {}\n", "indentation", "same column"),
    "text begins with @": ("rules:\n  a: §@x\n", "`@`", "quotes"),
    "text begins with %": ("rules:\n  a: §%x\n", "`%`", "quotes"),
    "a line without a colon": ("rules:\n  §abc\n  b: c\n", "no `:`"),
    "an unknown escape": ('rules:\n  a: "x\\§q"\n', "double quotes", "single quotes"),
    "text after a quoted value": ("rules:\n  a: 'it'§s'\n", "after the end", "quote"),
    "a list item behind a key": ("rules: §- a\n", "list item", "next line"),
    "a comma without a value": ("rules:\n  a: §,\n", "`,`", "quotes"),
    "a control character": ("rules:\n  a: b§\x01\n", "control character"),
    "a tag": ("rules:\n  a: §!!python/object x\n", "tags", "plain value"),
    "a merge key": ("rules:\n  a: &a {x: y}\n  b: {§<<: *a}\n", "merge keys", "write the keys out"),
    "an alias of nothing": ("rules:\n  a: §*x\n", "*x", "no anchor"),
    "an alias of itself": ("rules:\n  a: &x [§*x]\n", "*x", "no anchor"),
    "a second document": ("rules: {}\n§---\nrules: {}\n", "second document", "---"),
    "a list as a key": ("rules:\n  ? §[a]\n  : b\n", "key must be a word"),
    "too deep": ("rules:\n  a: " + "[" * 30 + "§" + "[" * 30 + "\n", "deep"),
    "too deep in lines": ("".join(" " * n + ("§" if n == 32 else "") + "rules:\n" for n in range(500)), "deep"),
    "a key written twice": (
        "rules:\n  a: {kind: stale, §kind: quota, thresholds: [{at: 1h, severity: info}]}\n",
        "`kind` is written twice",
        "line 2",
    ),
}
SHAPE: Rows = {
    "a list on top": ("§- a\n", "a rule file is a mapping", "accounts:"),
    "text on top": ("§hello\n", "a rule file is a mapping", "accounts:"),
    "an unknown section": ("§rule: {}\n", "unknown key `rule`", "did you mean rules?"),
    "a section that comes later": ("§digests: {}\n", "digests", "not available in this version"),
    "silences come later": ("§silences: {}\n", "silences", "not available in this version"),
    "a section that is a list": ("§rules: [a]\n", "found a list", "mapping of names"),
    "a rule that is text": ("rules:\n  §mine: quota\n", "found quota", "mapping of keys"),
    "an entry without keys": ("rules:\n  §mine:\n", "found nothing", "mapping of keys"),
    "a name with a space": ("metrics:\n  §my sum: {sum: [sign_operations]}\n", "`my sum`", "letters, digits"),
    "a key without a value": (rule("§owner:"), "nothing is written after `owner:`", "leave the key out"),
    "an empty list item": (rule("notify: [team, §~]"), "empty", "remove it"),
}
ACCOUNTS: Rows = {
    "no url": (
        "accounts:\n  §eu: {account_id: 3c1d9a7e-0b1f-4f4e-8f57-22b4f0f6ab02, credential: K}\n",
        "`url` is missing",
    ),
    "an address without a scheme": (account("url: §eu.smartkey.io"), "begins with https://", "https://eu.smartkey.io"),
    "http beyond loopback": (account("url: §http://dsm.example.com"), "refused", "https://dsm.example.com"),
    "another scheme": (account("url: §ftp://dsm.example.com"), "ftp://", "https://"),
    "a path": (account("url: §https://dsm.example.com/sys"), "without path", "https://dsm.example.com"),
    "a query": (account("url: §https://dsm.example.com?x=1"), "query", "https://dsm.example.com"),
    "credentials in the address": (
        account("url: §https://me:hunter22@dsm.example.com"),
        "user or password",
        "`credential`",
    ),
    "no host": (account("url: §https://"), "expected an address"),
    "a bad UUID": (account("account_id: §7f6d0e5c"), "7f6d0e5c", "UUID"),
    "a Slack token as a name": (account("credential: §xoxb-123456-abcdef"), "NAME of a secret", "ALERTER_SECRETS_DIR"),
    "an API key as a name": (account("credential: §" + "NzY1NDMyMTA6" * 6 + "=="), "NAME of a secret", "environment"),
    "no credential": (
        account("auth: key\n    url: https://eu.smartkey.io")
        .replace("  eu", "  §eu", 1)
        .replace("\n    credential: EU_KEY", ""),
        "`credential` is missing",
        "NAME",
    ),
    "an unknown way to sign in": (
        account("auth: §certifcate"),
        "certifcate",
        "key or session or certificate",
        "did you mean certificate?",
    ),
    "a certificate without its file": (
        account("auth: certificate\n    credential: K").replace("  eu", "  §eu"),
        "`cert_file`",
    ),
    "a misspelt key": (account("§lables: {a: b}"), "unknown key `lables`", "did you mean labels?"),
    "discover": (account("§discover: {name: x}"), "`discover`", "not available in this version"),
    "labels as a list": (account("labels: §[a]"), "found a list", "mapping"),
    "a label that is true": (account("labels: {a: §true}"), "found true", "in quotes"),
    "a file that is a list": (account("ca_file: §[a]"), "found a list", "text"),
}
LICENSES: Rows = {
    "an unknown account": (license_of("accounts: [§prd]"), "unknown account prd", "did you mean prod?"),
    "an account twice": (license_of("accounts: [prod, §prod]"), "listed twice", "counted twice"),
    "accounts as text": (license_of("accounts: §prod"), "found prod", "a list", "[prod]"),
    "no accounts": (license_of("§accounts: []"), "list is empty"),
    "a bad date": (license_of("starts: §15.03.2026"), "15.03.2026", "2026-03-15"),
    "a day that is not": (license_of("starts: §2026-02-30"), "2026-02-30", "date"),
    "it ends before it starts": (license_of("starts: 2026-03-15\n    ends: §2026-03-15"), "ends after it starts"),
    "an unknown time zone": (license_of("timezone: §America/NewYork"), "time zone", "did you mean America/New_York?"),
    "an unknown metric": (quotas("§num_operation: {limit: 5}"), "unknown metric", "did you mean num_operations?"),
    "a quota on a map": (quotas("§operation_top_app: {limit: 5}"), "no quota"),
    "no limit": (quotas("§plugin: {per: none}"), "`limit` is missing"),
    "limit null": (quotas("plugin: {§limit: null}"), "null", "unlimited"),
    "limit auto": (quotas("plugin: {limit: §auto}"), "auto", "not available in this version"),
    "a limit of words": (quotas("plugin: {limit: §lots}"), "found lots", "50000", "unlimited"),
    "a limit below zero": (quotas("plugin: {limit: §-5}"), "found -5", "unlimited"),
    "a part of a plugin": (quotas("plugin: {limit: §1.5}"), "found 1.5", "count"),
    "an unknown period": (quotas("num_operations: {limit: 5, per: §monthly}"), "monthly", "did you mean month?"),
    "a term without an end": (quotas("num_operations: {limit: 5, per: §term}"), "`starts` and `ends`"),
    "a balance without a start": (quotas("num_operations: {limit: 5, per: §none}", before="timezone: UTC"), "`starts`"),
    "steps out of order": (
        quotas("plugin: {limit: [{from: 2026-01-01, value: 4}, {from: §2025-12-01, value: 5}]}"),
        "date order",
    ),
    "steps that begin late": (
        quotas("plugin: {limit: [{from: §2026-02-01, value: 4}]}"),
        "no limit holds",
        "begin with 2026-01-01",
    ),
    "a step after the end": (
        quotas(
            "plugin: {limit: [{from: 2026-01-01, value: 4}, {from: §2027-01-01, value: 5}]}",
            before="starts: 2026-01-01\n    ends: 2027-01-01",
        ),
        "license ends",
    ),
    "a step with a wrong key": (
        quotas("plugin: {limit: [{from: 2026-01-01, §valu: 4, value: 4}]}"),
        "unknown key `valu`",
        "did you mean value?",
    ),
    "no step": (quotas("plugin: {limit: §[]}"), "at least one"),
    "a price of words": (quotas("plugin: {limit: 5, overage: {price: §much, currency: USD}}"), "price such as 12.50"),
    "a currency sign": (quotas("plugin: {limit: 5, overage: {price: 1, currency: §$}}"), "ISO 4217"),
    "a price of nothing": (quotas("plugin: {limit: 5, overage: {price: 1, per: §0, currency: USD}}"), "above 0"),
}
CHANNELS: Rows = {
    "no kind": ("channels:\n  §x: {to: [a]}\n", "`kind` is missing", "mail, chat"),
    "an unknown kind": ("channels:\n  x: {kind: §mial, to: [a]}\n", "unknown channel kind mial", "did you mean mail?"),
    "a kind that comes later": (
        "channels:\n  x: {kind: §webhook, url: A}\n",
        "webhook",
        "not available in this version",
    ),
    "apprise comes later": ("channels:\n  x: {kind: §apprise, url: A}\n", "apprise", "not available in this version"),
    "keys that do not go together": ("channels:\n  §x: {kind: chat, room: a}\n", "`token` or `webhook`"),
    "a secret in place of its name": ("channels:\n  x: {kind: chat, token: §xoxb-1-2-abc}\n", "NAME of a secret"),
    "a hook in place of its name": (
        "channels:\n  x: {kind: chat, webhook: §https://hooks.slack.com/services/T0/B0/xyz}\n",
        "NAME",
    ),
    "a required key is missing": ("channels:\n  §x: {kind: mail}\n", "`to` is missing"),
    "yes is text": ("channels:\n  x: {kind: chat, token: T, loud: §yes}\n", "found yes", "true or false"),
}
RULES: Rows = {
    "no kind": ("rules:\n  §x: {thresholds: [{at: 80%, severity: info}]}\n", "`kind` is missing", "quota"),
    "an unknown kind": ("rules:\n  x: {kind: §quotas}\n", "unknown rule kind", "did you mean quota?"),
    "money without a currency": (thresholds("[{at: §5000, severity: info}]", kind="overage_cost"), "5000 USD"),
    "a misspelt key": (rule("§remind_evry: 1d"), "remind_evry", "did you mean remind_every?"),
    "the inner name of a key": (rule("§hold: 1d"), "unknown key `hold`"),
    "an unknown channel": (rule("notify: [§taem]"), "unknown channel taem", "did you mean team?"),
    "an unknown channel of a threshold": (
        thresholds("[{at: 80%, severity: info, notify: [§taem]}]"),
        "did you mean team?",
    ),
    "an unknown metric": (rule("metrics: [§sign_operation]"), "unknown metric", "did you mean sign_operations?"),
    "a glob that fits nothing": (rule('metrics: [§"app.*"]'), "no metric matches app.*"),
    "a map": (rule("metrics: [§operation_top_app]"), "operation_top_app"),
    "licenses and accounts": (rule("licenses: [base]\n    accounts: §[prod]"), "not both"),
    "no thresholds": ("rules:\n  §x: {kind: quota}\n", "`thresholds` is missing"),
    "empty thresholds": (rule("§thresholds: []"), "list is empty"),
    "a threshold that is a share": (thresholds("[§80%]"), "found 80%", "mapping of keys"),
    "a number for a share": (
        thresholds("[{at: §80, severity: info}]"),
        "found 80",
        "share such as 80%",
        "measure: remaining",
        "80%",
    ),
    "a fraction for a share": (thresholds("[{at: §0.8, severity: info}]"), "found 0.8", "80%"),
    "a share below zero": (thresholds("[{at: §-5%, severity: info}]"), "not below 0"),
    "a share for a count": (thresholds("[{at: §80%, severity: info}]", kind="usage"), "found 80%", "count such as"),
    "a count for growth": (thresholds("[{at: §30, severity: info}]", kind="growth"), "found 30", "+30%"),
    "a count for stale": (thresholds("[{at: §30, severity: info}]", kind="stale"), "found 30", "duration", "2h"),
    "the same threshold twice": (
        thresholds("[{at: 80%, severity: info}, {at: §80.0%, severity: warning}]"),
        "two thresholds",
    ),
    "an unknown severity": (
        thresholds("[{at: 80%, severity: §warn}]"),
        "found warn",
        "info or warning or critical",
        "did you mean warning?",
    ),
    "a threshold without a severity": (thresholds("[§{at: 80%}]"), "`severity` is missing"),
    "clear_below above": (rule("clear_below: §85%"), "85% is not below 80%"),
    "clear_below under what remains": (
        rule("measure: remaining\n    clear_below: §5%", at="10%"),
        "5% is not above 10%",
    ),
    "clear_below in another unit": (
        rule("measure: remaining\n    clear_below: §5M", at="10%"),
        "unit of the thresholds",
    ),
    "an unknown measure": (rule("measure: §left"), "found left", "used or remaining"),
    "a duration of words": (rule("remind_every: §daily"), "found daily", "90s, 15m, 6h, 7d or 4w"),
    "no time at all": (rule("for: §0s"), "found 0s", "above 0"),
    "a runbook without a scheme": (rule("runbook: §wiki/x"), "found wiki/x", "https://"),
    "enabled: on": (rule("enabled: §on"), "found on", "true or false"),
    "on_no_data": (rule("on_no_data: §alerts"), "keep or alert or ok", "did you mean alert?"),
    "a baseline that is none": (
        rule("against: §same_last_moth", kind="growth"),
        "found same_last_moth",
        "did you mean same_last_month?",
    ),
    "a median of one": (rule("against: §{median_of: 1}", kind="growth"), "a number from 2 to 26"),
    "a month before of hours": (
        rule("window: 6h\n    against: same_last_month", kind="growth").replace("  mine", "  §mine"),
        "whole days",
    ),
    "a share for a ratio": (thresholds("[{at: §80%, severity: info}]", kind="pace"), "found 80%", "1.25"),
    "a number for money": (rule("not_before: §10", kind="pace", at="1.5"), "found 10", "10%"),
    "more than all of a period": (rule("not_before: §110%", kind="pace", at="1.5"), "from 0% to 100%"),
    "a gauge for pace": (rule("metrics: [§plugin]", kind="pace", at="1.5"), "number at a moment"),
    "a count for concentration": (rule("metrics: [§num_operations]", kind="concentration"), "does not read it"),
    "per and window": (
        rule("per: month\n    window: 6h", kind="usage", at="5").replace("  mine", "  §mine"),
        "not both",
    ),
    "a crooked window": (rule("window: 36h", kind="growth").replace("  mine", "  §mine"), "whole days"),
}
METRICS: Rows = {
    "a built-in name": ("metrics:\n  §plugin: {sum: [sign_operations]}\n", "built-in", "another name"),
    "an unknown part": ("metrics:\n  m: {sum: [§sign_operation]}\n", "did you mean sign_operations?"),
    "a counter with a gauge": ("metrics:\n  m: {sum: [sign_operations, §plugin]}\n", "do not mix"),
    "a part twice": ("metrics:\n  m: {sum: [plugin, §plugin]}\n", "added twice"),
    "a map in a sum": ("metrics:\n  m: {sum: [§operation_top_app]}\n", "cannot be added"),
    "a difference in a sum": ("metrics:\n  m: {sum: [§other_operations]}\n", "difference"),
    "a sum of sums": ("metrics:\n  a: {sum: [plugin]}\n  b: {sum: [§a]}\n", "built-in metrics"),
}
TABLE: Rows = {
    f"{group}: {name}": row
    for group, rows in {
        "syntax": SYNTAX,
        "shape": SHAPE,
        "accounts": ACCOUNTS,
        "licenses": LICENSES,
        "channels": CHANNELS,
        "rules": RULES,
        "metrics": METRICS,
    }.items()
    for name, row in rows.items()
}


def said(mistake: Mistake) -> str:
    return f"{mistake.path}: {mistake.text} {mistake.hint}"


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_a_mistake_is_told_once_at_its_place_with_what_mends_it(row: tuple[str, ...]) -> None:
    text, marks = places(row[0])
    found = found_in(text)
    assert [(m.file, m.line, m.column) for m in found] == [("a.yaml", *marks[0])], [str(m) for m in found]
    for words in row[1:]:
        assert any(word in said(found[0]) for word in words.split("|")), said(found[0])


def test_all_mistakes_of_all_files_are_told_at_once_in_their_order() -> None:
    text, marks = places(
        "licenses:\n  mine:\n    accounts: [§prd]\n    timezone: §Mars\n    §strats: 2026-01-01\n"
        "rules:\n  r:\n    kind: quota\n    notify: [§nobody]\n    thresholds:\n      - {at: §80, severity: §bad}\n"
    )
    found = found_in(text, **{"b.yaml": "rules:\n  s: {kind: nothing}\n", "c.yaml": "rules: [\n"})
    own = [(m.line, m.column) for m in found if m.file == "a.yaml"]
    assert own == [marks[1], marks[2], marks[5]]
    assert [m.file for m in found] == ["a.yaml"] * 3 + ["b.yaml", "c.yaml"]


def test_names_that_a_broken_file_may_define_are_not_called_unknown() -> None:
    found = found_in("rules: [\n", **{"b.yaml": license_of("accounts: [elsewhere]")})
    assert [m.file for m in found] == ["a.yaml"]


def test_several_mistakes_of_one_entry_are_all_told() -> None:
    text, marks = places(
        "licenses:\n  mine:\n    accounts: [§prd]\n    timezone: §Mars\n    §strats: 2026-01-01\n"
        "rules:\n  r:\n    kind: quota\n    notify: [§nobody]\n    thresholds:\n      - {at: §8h, severity: §bad}\n"
    )
    assert [(m.line, m.column) for m in found_in(text)] == marks


def test_a_name_defined_in_two_files_is_told_with_both_places() -> None:
    [found] = found_in(BASE.split("licenses:")[0], **{"base.yaml": BASE})[:1]
    assert (found.file, found.line, found.column) == ("base.yaml", 2, 3)
    assert found.hint == "first in a.yaml:2:3"


def test_no_mistake_repeats_a_secret() -> None:
    secrets = ("xoxb-123456-abcdef", "hunter22", "NzY1NDMyMTA6", "hooks.slack.com/services")
    for row in TABLE.values():
        for mistake in found_in(places(row[0])[0]):
            assert not any(secret in str(mistake) for secret in secrets)
