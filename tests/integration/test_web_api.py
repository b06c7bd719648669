"""The API over a real store, held against the schema that it publishes."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.web import NOW, OPERATIONS, Scene, book_of, every_state, fill, lic, scene

LISTS = ("licenses", "accounts", "alerts", "readings", "outbox", "rules")


@pytest.fixture
async def filled(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(every_state(), tmp_path) as place:
        await fill(place)
        yield place


async def ask(place: Scene, path: str, **query: str) -> Any:
    async with place.browser() as browser:
        answer = await browser.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refusal(place: Scene, path: str, query: Mapping[str, str]) -> str:
    async with place.browser() as browser:
        answer = await browser.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 400
    return str(answer.json()["error"])


def schema(document: Mapping[str, Any], path: str) -> jsonschema.Draft202012Validator:
    answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator(
        {**answer, "components": document["components"]}, format_checker=jsonschema.FormatChecker()
    )


@pytest.mark.parametrize("name", LISTS)
async def test_answers_are_what_the_document_says(filled: Scene, name: str) -> None:
    document, answer = await ask(filled, "openapi.json"), await ask(filled, name)
    schema(document, f"/{name}").validate(answer)
    assert answer["items"]


async def test_one_alert_is_what_the_document_says(filled: Scene) -> None:
    document, listed = await ask(filled, "openapi.json"), await ask(filled, "alerts")
    stories = [await ask(filled, f"alerts/{item['id']}") for item in listed["items"]]
    for story in stories:
        schema(document, "/alerts/{id}").validate(story)
    told = next(s for s in stories if s["metric"] == "num_operations" and s["license"] == "acme-enterprise")
    assert [(e["reason"], e["severity"], e["value"]) for e in told["timeline"]] == [
        ("crossed", "info", 39_210_000),
        ("escalated", "warning", 45_210_000),
    ]
    assert [(d["channel"], d["status"], d["attempts"]) for d in told["deliveries"]] == [
        ("slack", "sent", 1),
        ("mail", "failed", 1),
    ] * 2


async def test_the_document_names_every_filter_that_is_taken(filled: Scene) -> None:
    document = await ask(filled, "openapi.json")
    for name in LISTS:
        names = [p["name"] for p in document["paths"][f"/{name}"]["get"]["parameters"]]
        error = await refusal(filled, name, {"nonsense": "1"})
        assert error.endswith(f"Allowed are {', '.join(names)}")


async def test_a_license_has_the_shape_scripts_rely_on(filled: Scene) -> None:
    (item,) = (await ask(filled, "licenses", license="acme-enterprise"))["items"]
    quota = next(q for q in item["quotas"] if q["metric"] == "num_operations")
    assert (item["timezone"], item["starts"], item["ends"]) == ("America/New_York", "2026-04-15", "2027-04-15")
    assert quota["period"] == {"start": "2026-04-15T04:00:00Z", "end": "2026-05-15T04:00:00Z"}
    assert (quota["used"], quota["limit"], quota["remaining"]) == (45_110_000, 50_000_000, 4_890_000)
    assert (quota["share"], quota["complete"], quota["state"], quota["severity"]) == (0.9022, True, "breach", "warning")
    assert [quota[key] for key in ("expected", "expected_low", "expected_high", "runs_out")] == [None] * 4
    assert quota["as_of"] == "2026-05-05T12:00:00Z"


async def test_every_state_shows(filled: Scene) -> None:
    items = (await ask(filled, "licenses"))["items"]
    states = {item["name"]: item["quotas"][-1]["state"] for item in items}
    assert states == {
        "acme-enterprise": "breach",
        "factory": "not_reported",
        "half-there": "incomplete",
        "last-year": "ended",
        "never-read": "stale",
        "next-year": "not_started",
        "not-answering": "error",
        "nothing-allowed": "breach",
        "over-the-top": "breach",
    }
    assert [q["used"] for i in items if i["name"] == "factory" for q in i["quotas"]] == [22_000_000, None]


async def test_an_account_shows_how_reading_it_goes_and_never_its_credential(filled: Scene) -> None:
    (item,) = (await ask(filled, "accounts", account="broken"))["items"]
    assert (item["failures"], item["error"], item["failing_since"]) == (1, "Unreachable", "2026-05-05T12:00:00Z")
    async with filled.browser() as browser:
        paths = [*(f"/api/v1/{name}" for name in LISTS), "/", "/rules", "/health", "/metrics"]
        answers = [(await browser.get(path)).text for path in paths]
    assert [text for text in answers if "ACME_SECRET_NAME" in text] == []


@pytest.mark.parametrize(
    ("path", "query", "count"),
    [
        ("licenses", {"license": "acme*"}, 1),
        ("licenses", {"account": "busy"}, 2),
        ("licenses", {"state": "unlimited"}, 1),
        ("licenses", {"state": "too_early"}, 0),
        ("accounts", {"license": "acme*"}, 2),
        ("alerts", {}, 4),
        ("alerts", {"license": "acme*"}, 2),
        ("alerts", {"account": "acme-dr"}, 2),
        ("alerts", {"severity": "critical"}, 2),
        ("alerts", {"status": "open", "rule": "quota-*"}, 4),
        ("alerts", {"status": "closed"}, 0),
        ("alerts", {"since": "2026-05-05"}, 2),
        ("alerts", {"until": "2026-05-05T14:00:00+02:00"}, 2),
        ("readings", {"account": "busy"}, 1),
        ("readings", {"until": "2026-05-05T00:00:00Z", "kind": "closed"}, 0),
        ("outbox", {"status": "failed", "channel": "mail"}, 6),
        ("outbox", {"status": "pending"}, 0),
    ],
)
async def test_filters(filled: Scene, path: str, query: dict[str, str], count: int) -> None:
    assert len((await ask(filled, path, **query))["items"]) == count


@pytest.mark.parametrize(
    ("path", "query", "says"),
    [
        ("licenses", {"limit": "0"}, "limit: expected a whole number from 1 to 1000"),
        ("licenses", {"limit": "1001"}, "limit: expected"),
        ("licenses", {"limit": "٣"}, "limit: expected"),
        ("licenses", {"limit": "ten"}, "limit: expected"),
        ("licenses", {"state": "no_quota"}, "state: expected one of ok, breach"),
        ("alerts", {"stats": "open"}, "stats: no such parameter; did you mean status?"),
        ("alerts", {"status": "pending"}, "status: expected one of open, recovered, closed"),
        ("alerts", {"since": "yesterday"}, "since: expected a time such as"),
        ("alerts", {"since": "2026-05-05T10:00:00"}, "since: expected a time such as"),
        ("alerts", {"since": "9999-12-31T23:59:59-23:00"}, "since: expected a time such as"),
        ("alerts", {"cursor": "nonsense"}, "cursor: "),
        ("readings", {"cursor": "1.2"}, "cursor: "),
        ("outbox", {"cursor": "' OR 1=1"}, "cursor: "),
        ("outbox", {"status": "sent"}, "status: expected one of pending, failed"),
    ],
)
async def test_a_bad_parameter_is_answered_with_what_is_allowed(
    filled: Scene, path: str, query: dict[str, str], says: str
) -> None:
    assert says in await refusal(filled, path, query)


async def test_a_parameter_given_twice_is_refused(filled: Scene) -> None:
    async with filled.browser() as browser:
        answer = await browser.get("/api/v1/alerts?limit=1&limit=2")
    assert (answer.status_code, answer.json()) == (400, {"error": "limit: given more than once"})


@pytest.mark.parametrize("name", LISTS)
async def test_pages_make_up_the_whole_list(filled: Scene, name: str) -> None:
    whole = (await ask(filled, name, limit="1000"))["items"]
    parts: list[Any] = []
    page = await ask(filled, name, limit="1")
    parts += page["items"]
    while page["next"] is not None:
        page = await ask(filled, name, limit="1", cursor=page["next"])
        parts += page["items"]
    assert parts == whole


async def test_pages_of_a_filtered_list_make_up_the_whole(filled: Scene) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await ask(filled, "licenses", state="breach", limit="1", **cursor)
        seen += [item["name"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == ["acme-enterprise", "nothing-allowed", "over-the-top"]


async def test_unknown_addresses_and_alerts_are_json(filled: Scene) -> None:
    async with filled.browser() as browser:
        answers = [await browser.get(f"/api/v1/{path}") for path in ("nope", "alerts/0000000000000000")]
    assert [(a.status_code, a.json()) for a in answers] == [
        (404, {"error": "Not found"}),
        (404, {"error": "no such alert"}),
    ]


async def test_rules_say_what_is_in_force(filled: Scene) -> None:
    answer = await ask(filled, "rules")
    assert (answer["hash"], answer["loaded_at"], answer["reload_ok"]) == (
        filled.book.hash,
        "2026-05-03T12:00:00Z",
        True,
    )
    assert answer["items"][0]["thresholds"][2] == {"at": "100%", "severity": "critical", "notify": ["slack", "mail"]}


async def test_thousands_of_licenses_are_walked_page_by_page(tmp_path: Path) -> None:
    book = book_of(*(lic(f"tenant-{n:04}", f"account-{n:04}", quotas=(OPERATIONS,)) for n in range(2500)))
    async with scene(book, tmp_path) as place:
        place.now = NOW + timedelta(seconds=1)
        first = await ask(place, "licenses", limit="1000")
        last = await ask(place, "licenses", limit="1000", cursor="tenant-1999")
    assert (len(first["items"]), first["next"]) == (1000, "tenant-0999")
    assert (len(last["items"]), last["next"]) == (500, None)
