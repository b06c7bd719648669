"""The simulator's answers against the vendor's API document.

openapi-usage.json and openapi-dsm.json: parts of Fortanix DSM REST API 0.1.0-20260526 and 0.1.0-20260710, Apache 2.0,
https://www.fortanix.com, cut to the paths and fields that are used here.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from support.dsm import NOON, in_process

from alerter.sources.simulator import Apps, Rhythm, Rhythmic, World

DOCUMENTS = Path(__file__).parent.parent / "contract"
FLAGS = "detailed_usage=true&saas_full_usage=true"
ORIGIN = int(NOON.timestamp()) - 30 * 86_400


def schema(document: str, name: str) -> dict[str, Any]:
    """One schema of the document as JSON Schema: `nullable` becomes one more type."""
    whole = _nullable(json.loads((DOCUMENTS / document).read_text()))
    return {"components": whole["components"], "$ref": f"#/components/schemas/{name}"}


def _nullable(node: Any) -> Any:
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _nullable(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") and "type" in found:
        found["type"] = [found["type"], "null"]
    return found


@pytest.fixture
def world() -> World:
    usage = Rhythmic(
        "acme",
        {"sign_operations": Rhythm("acme", 700, origin=ORIGIN), "other_operations": Rhythm("o", 9, origin=ORIGIN)},
        apps={"apps.generic": Apps("acme", 7, origin=ORIGIN)},
    )
    world = World()
    world.add("acme", usage)
    world.add("older", usage, mode="seven_categories")
    world.add("oldest", usage, mode="only_num_operations")
    return world


async def ask(world: World, name: str, path: str, *, method: str = "GET", key: str | None = None) -> httpx.Response:
    account = next(a for a in world.accounts.values() if a.name == name)
    async with httpx.AsyncClient(transport=in_process(world), base_url="http://dsm.test") as client:
        header = {"authorization": f"Basic {account.key if key is None else key}"}
        return await client.request(method, path.replace("{id}", account.id), headers=header)


async def usage(world: World, name: str, query: str = FLAGS) -> Any:
    return (await ask(world, name, f"/sys/v1/accounts/{{id}}/usage?range_from={ORIGIN}&{query}")).json()


async def test_a_full_answer_is_as_documented(world: World) -> None:
    answer = await usage(world, "acme")
    jsonschema.validate(answer, schema("openapi-usage.json", "GetUsageResponse"))
    assert len(answer["apps"]) == 10
    assert answer["sign_operations"] > 300_000
    assert sum(answer["operation_top_app"].values()) <= answer["num_operations"]


async def test_an_older_cluster_leaves_three_categories_out(world: World) -> None:
    assert set((await usage(world, "older"))["apps"]).isdisjoint({"google_ekm_projects", "aws_xks_instances"})
    assert len((await usage(world, "older"))["apps"]) == 7


async def test_the_oldest_cluster_gives_the_total_only(world: World) -> None:
    assert set(await usage(world, "oldest")) == {"num_operations"}


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("detailed_usage=true&saas_full_usage=false", {"sobjects", "sobjects_accuracy"}),
        ("detailed_usage=false&saas_full_usage=true", {"sign_operations", "operation_top_app"}),
        ("", {"sobjects", "sign_operations", "operation_top_sobject"}),
    ],
)
async def test_flags_that_are_off_leave_fields_out(world: World, query: str, missing: set[str]) -> None:
    assert missing.isdisjoint(await usage(world, "acme", query))


async def test_python_spelling_of_a_flag_is_refused(world: World) -> None:
    answer = await ask(world, "acme", "/sys/v1/accounts/{id}/usage?detailed_usage=True")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "document_name", "method"),
    [
        ("/sys/v1/accounts/{id}", "Account", "GET"),
        ("/sys/v1/accounts/{id}?with_totals=true", "Account", "GET"),
        ("/sys/v1/session/auth", "AuthResponse", "POST"),
        ("/sys/v1/version", "VersionResponse", "GET"),
    ],
)
async def test_the_other_answers_are_as_documented(world: World, path: str, document_name: str, method: str) -> None:
    answer = await ask(world, "acme", path, method=method)
    jsonschema.validate(answer.json(), schema("openapi-dsm.json", document_name))


async def test_health_and_the_end_of_a_session_answer_nothing(world: World) -> None:
    assert (await ask(world, "acme", "/sys/v1/health")).status_code == 204
    assert (await ask(world, "acme", "/sys/v1/session/terminate", method="POST")).status_code == 204


async def test_a_provider_lists_all_accounts_page_by_page_others_only_their_own(world: World) -> None:
    ids = sorted(world.accounts)
    world.provider = next(a.id for a in world.accounts.values() if a.name == "acme")
    first = (await ask(world, "acme", "/sys/v1/accounts?limit=2")).json()
    rest = (await ask(world, "acme", f"/sys/v1/accounts?limit=2&previous_id={first[-1]['acct_id']}")).json()
    assert [account["acct_id"] for account in first + rest] == ids
    assert [account["name"] for account in (await ask(world, "older", "/sys/v1/accounts")).json()] == ["older"]


async def test_keys_open_their_own_account_only(world: World) -> None:
    other = next(a for a in world.accounts.values() if a.name == "older")
    assert (await ask(world, "acme", "/sys/v1/accounts/{id}/usage", key="d3Jvbmc6a2V5")).status_code == 401
    assert (await ask(world, "acme", f"/sys/v1/accounts/{other.id}/usage")).status_code == 403
    assert (await ask(world, "acme", "/sys/v1/accounts/nobody/usage")).status_code == 404


async def test_faults_and_usage_can_be_steered_from_another_process() -> None:
    world = World()
    acme = world.add("acme")
    async with httpx.AsyncClient(transport=in_process(world), base_url="http://dsm.test") as client:
        fault = {"account": acme.id, "kind": "status", "status": 503, "times": 1}
        assert (await client.post("/_simulator/faults", json=fault)).status_code == 204
        now = int(NOON.timestamp())
        change = {"account": acme.id, "add": [["num_operations", now - 5, 500]], "gauges": {"plugin": 3}}
        assert (await client.post("/_simulator/usage", json=change)).status_code == 204
        assert (await client.post("/_simulator/faults", json={"kind": "nonsense"})).status_code == 400
        assert (await client.post("/_simulator/usage", json={"account": "nobody"})).status_code == 400
        assert (await ask(world, "acme", "/sys/v1/accounts/{id}/usage")).status_code == 503
        answer = (await ask(world, "acme", "/sys/v1/accounts/{id}/usage")).json()
        assert (answer["num_operations"], answer["plugin"]) == (500, 3)
        assert (await client.get("/_simulator/requests")).json() == {acme.id: 2}
