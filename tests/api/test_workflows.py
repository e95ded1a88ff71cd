"""Workflows over the API."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.api.conftest import Api

STAGES = [{"id": "build", "run": "echo built"}, {"id": "ship", "gate": {"title": "Ship it?"}, "run": "echo shipped"}]


async def test_a_workflow_is_created_read_changed_and_deleted(api: Api) -> None:
    created = await api.client.post("/api/workflows", json={"id": "release", "name": "Release", "type": "sequential", "stages": STAGES})
    assert (created.status_code, created.headers["location"]) == (201, "/api/workflows/release")
    made = created.json()
    assert (made["status"], made["steps"], made["source"], made["stages"][0]["id"]) == ("draft", 2, "", "build")
    read = await api.client.get("/api/workflows/release")
    assert read.headers["etag"] == created.headers["etag"]
    assert read.json() == made
    changed = {"stages": [{"id": "only", "run": "true"}], "name": "Another name", "description": "Shorter"}
    stale = await api.json("PUT", "/api/workflows/release", json=changed, headers={"If-Match": '"0000"'}, status=412)
    assert made["revision"] in stale["detail"]
    put = await api.json("PUT", "/api/workflows/release", json=changed, headers={"If-Match": read.headers["etag"]})
    assert (put["id"], put["name"], put["steps"], put["description"]) == ("release", "Another name", 1, "Shorter")
    assert [one["id"] for one in (await api.json("GET", "/api/workflows"))["items"]] == ["release"]
    assert await api.json("DELETE", "/api/workflows/release") == {"id": "release", "deleted": True}
    assert (await api.json("GET", "/api/workflows/release", status=404))["title"] == "Not found"


async def test_a_definition_may_be_yaml_text(api: Api) -> None:
    text = "id: noted\nsteps:\n  - {id: a, run: 'true'}\n"
    created = await api.client.post("/api/workflows", content=text, headers={"Content-Type": "application/yaml"})
    assert (created.status_code, created.json()["id"]) == (201, "noted")
    put = await api.json("PUT", "/api/workflows/noted", json={"definition": text.replace("true", "false")})
    assert put["stages"][0]["run"] == "false"
    twice = await api.json("PUT", "/api/workflows/noted", json={"definition": text, "stages": []}, status=422)
    assert "twice" in twice["detail"]


async def test_what_cannot_be_run_is_refused_with_every_place(api: Api) -> None:
    wrong = await api.json(
        "POST", "/api/workflows", json={"id": "bad", "stages": [{"id": "a", "rn": "x"}, {"id": "a", "run": "y"}]}, status=422
    )
    assert {one["where"] for one in wrong["problems"]} >= {"steps[0]", "steps[0].rn"}
    assert (await api.json("POST", "/api/workflows", json={"id": "state", "stages": STAGES}, status=422))["title"] == "Invalid definition"
    await api.json("POST", "/api/workflows", json={"id": "one", "stages": STAGES}, status=201)
    assert "already" in (await api.json("POST", "/api/workflows", json={"id": "one", "stages": STAGES}, status=409))["detail"]
    other = await api.json("PUT", "/api/workflows/one", json={"id": "two", "stages": STAGES}, status=422)
    assert "id: two" in other["detail"]
    await api.json("PUT", "/api/workflows/none", json={"stages": STAGES}, status=404)
    unknown = await api.json("POST", "/api/workflows", json={"id": "x", "stages": STAGES, "colour": "red"}, status=422)
    assert unknown["problems"][0]["where"] == "colour"
    assert len((await api.json("GET", "/api/workflows"))["items"]) == 1


async def test_a_workflow_of_a_file_is_changed_in_its_file_alone(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "filed.yaml"
    path.write_text("id: filed\nsteps:\n  - {id: a, run: 'true'}\n")
    await api.studio.workflows.add(path)
    refused = await api.json("PUT", "/api/workflows/filed", json={"stages": STAGES}, status=409)
    assert str(path) in refused["detail"]
    assert (await api.json("POST", "/api/workflows", json={"id": "filed", "stages": STAGES}, status=409))["title"] == "Conflict"


async def test_a_list_comes_in_parts_that_name_what_follows(api: Api) -> None:
    for number in range(5):
        await api.json("POST", "/api/workflows", json={"id": f"w{number}", "stages": STAGES}, status=201)
    seen, cursor = [], None
    while True:
        page = await api.json("GET", "/api/workflows", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [one["id"] for one in page["items"]]
        assert page["total"] == 5
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == [f"w{number}" for number in range(5)]
    assert (await api.json("GET", "/api/workflows", params={"cursor": "bm9wZQ"}, status=400))["title"] == "Bad Request"
    assert (await api.json("GET", "/api/workflows", params={"limit": 0}, status=422))["problems"][0]["where"] == "limit"


async def test_many_workflows_are_created_at_once(api: Api) -> None:
    given = [{"id": f"w{number}", "stages": [{"id": "a", "run": f"echo {number}"}]} for number in range(200)]
    made = await asyncio.gather(*(api.client.post("/api/workflows", json=one) for one in given))
    assert {one.status_code for one in made} == {201}
    assert (await api.json("GET", "/api/workflows"))["total"] == 200


async def test_every_character_of_json_is_kept(api: Api) -> None:
    for character in map(chr, [*range(0x80, 0xA0), 0x7F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF, 0x1F600, 0]):
        said = f"{character}a {character} b{character}"
        given = {"stages": [{"id": "a", "name": said, "run": "true"}], "description": said}
        made = await api.json("POST", "/api/workflows", json={"id": "kept", **given}, status=201)
        assert (made["description"], made["stages"][0]["name"]) == (said, said), hex(ord(character))
        await api.json("DELETE", "/api/workflows/kept")
        run = await api.json(
            "POST", "/api/workflows/execute", json={"workflow": {"steps": [{"id": "a", "name": said, "set": {"b": said}}]}, "wait": 20}
        )
        state = (await api.json("GET", "/api/workflows/state", params={"stateId": run["stateId"]}))["items"][0]
        assert (state["workflowSnapshot"]["steps"][0]["name"], state["context"]) == (said, {"b": said}), hex(ord(character))
