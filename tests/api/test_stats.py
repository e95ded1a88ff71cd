"""How workflows have done, over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oyama_tui.core.events import Verdict
from tests.api.conftest import Api

FLAKY = "if [ -e tried ]; then rm tried; else touch tried; exit 1; fi"
STAGES: list[dict[str, Any]] = [
    {"id": "build", "run": "sleep 0.05"},
    {"id": "flaky", "run": FLAKY, "retry": {"max_attempts": 2, "interval": "10ms", "jitter": False}},
    {"id": "ship", "gate": {"title": "Ship it?"}, "run": "exit ${{ inputs.code }}"},
]
INPUTS = {"code": {"type": "integer", "default": 0}}


async def waiting_approval(api: Api, run_id: str) -> Any:
    """The open approval of a run, once there is one."""
    acting = api.studio.of("ana")
    async for _ in api.studio.runs.follow(run_id):
        found = [one for one in await acting.approvals.list() if one.run_id == run_id]
        if found:
            return found[0]
    raise AssertionError("it ended without a question")


async def decided(api: Api, verdict: Verdict, code: int = 0) -> str:
    """A run that is over after an answer."""
    row = await api.studio.runs.start("release", {"code": code})
    approval = await waiting_approval(api, row.id)
    acting = api.studio.of("ana")
    await acting.approvals.decide(approval.id, verdict, comment="as asked", digest=(await acting.approvals.get(approval.id)).row.digest)
    async for _ in api.studio.runs.follow(row.id):
        continue
    return row.id


async def test_rejections_are_no_failures_and_people_take_no_working_time(api: Api) -> None:
    await api.json("POST", "/api/workflows", json={"id": "release", "stages": STAGES, "inputs": INPUTS}, status=201)
    await decided(api, "approve")
    await decided(api, "approve")
    await decided(api, "approve", code=3)
    await decided(api, "reject")
    stays = await api.studio.runs.start("release", {})
    await waiting_approval(api, stays.id)
    page = await api.json("GET", "/api/workflows/stats", params={"workflowId": "release"})
    assert (page["total"], page["next"]) == (1, None)
    (found,) = page["items"]
    counts = ("runs", "completed", "failed", "rejected", "cancelled", "undone", "running", "waiting", "truncated")
    assert {name: found[name] for name in counts} == dict(zip(counts, (5, 2, 1, 1, 0, 0, 0, 1, False), strict=True))
    assert found["successRate"] == pytest.approx(2 / 3)
    assert found["worked"]["count"] == 2
    assert 50 <= found["worked"]["p50Ms"] <= found["worked"]["p95Ms"]
    assert found["asked"]["count"] == 4
    steps = {one["stepId"]: one for one in found["steps"]}
    assert set(steps) == {"build", "flaky", "ship"}
    assert (steps["build"]["begun"], steps["build"]["completed"], steps["build"]["successRate"]) == (5, 5, 1.0)
    assert steps["build"]["worked"]["p50Ms"] >= 50
    assert (steps["flaky"]["begun"], steps["flaky"]["attempts"], steps["flaky"]["failed"]) == (5, 10, 0)
    ship = steps["ship"]
    assert (ship["completed"], ship["failed"], ship["rejected"], ship["waiting"]) == (2, 1, 1, 1)
    assert ship["successRate"] == pytest.approx(2 / 3)
    assert ship["asked"]["count"] == 4


async def test_only_runs_since_a_moment_count(api: Api) -> None:
    await api.json("POST", "/api/workflows", json={"id": "quick", "stages": [{"id": "a", "run": "true"}]}, status=201)
    for _ in range(2):
        row = await api.studio.runs.start("quick", {})
        async for _ in api.studio.runs.follow(row.id):
            continue

    async def counted(since: datetime) -> dict[str, Any]:
        (found,) = (await api.json("GET", "/api/workflows/stats", params={"since": since.isoformat()}))["items"]
        return dict(found)

    every = await counted(datetime(2020, 1, 1, tzinfo=UTC))
    assert (every["runs"], every["steps"]) == (2, None)
    second = await counted(row.started_at)
    assert (second["runs"], datetime.fromisoformat(second["since"])) == (1, row.started_at)
    none = await counted(row.started_at + timedelta(hours=1))
    assert (none["runs"], none["since"], none["successRate"], none["worked"]) == (0, None, None, {"count": 0, "p50Ms": None, "p95Ms": None})


async def test_workflows_come_in_parts_by_their_ids(api: Api) -> None:
    names = [f"w{number}" for number in range(5)]
    for name in reversed(names):
        await api.json("POST", "/api/workflows", json={"id": name, "stages": [{"id": "a", "run": "true"}]}, status=201)
    seen: list[str] = []
    cursor = None
    while True:
        page = await api.json("GET", "/api/workflows/stats", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [one["workflowId"] for one in page["items"]]
        assert page["total"] == 5
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == names
    await api.json("DELETE", "/api/workflows/w3")
    (gone,) = (await api.json("GET", "/api/workflows/stats", params={"workflowId": "w3"}))["items"]
    assert gone["runs"] == 0


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"workflowId": "none"}, 404),
        ({"workflowId": ""}, 422),
        ({"workflowId": "a\0b"}, 404),
        ({"since": "yesterday"}, 422),
        ({"since": "2026-01-01T00:00:00"}, 422),
        ({"since": "9" * 30}, 422),
        ({"limit": 101}, 422),
        ({"cursor": "bm9wZQ"}, 400),
    ],
)
async def test_what_cannot_be_told_is_refused(api: Api, given: dict[str, Any], status: int) -> None:
    await api.json("GET", "/api/workflows/stats", params=given, status=status)


async def test_the_first_and_the_last_moment_of_all_are_moments_too(api: Api) -> None:
    for moment in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        await api.json("GET", "/api/workflows/stats", params={"since": moment})
