"""Executions over the API: the history, and one run with its steps, events and output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.api.conftest import Api

EXECUTIONS = "/api/workflows/executions"
QUICK: list[dict[str, Any]] = [{"id": "a", "run": "echo hello"}]
ASKS: list[dict[str, Any]] = [{"id": "build", "run": "echo built"}, {"id": "ship", "gate": {"title": "Ship it?"}, "run": "echo shipped"}]


async def started(api: Api, workflow: str, stages: list[dict[str, Any]], shown: str) -> str:
    """The state id of a run that has come to rest like this; the workflow is made when there is none."""
    if workflow not in [row.id for row in await api.studio.workflows.list()]:
        await api.json("POST", "/api/workflows", json={"id": workflow, "stages": stages}, status=201)
    run = await api.studio.runs.start(workflow, {})
    await api.until(f"{EXECUTIONS}/{run.id}", lambda found: found["shown"] == shown)
    return run.id


async def whole(api: Api, path: str, limit: int) -> list[dict[str, Any]]:
    """All items of a list, read in parts; each part but the last is full."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await api.json("GET", path, params={"limit": limit, **({"cursor": cursor} if cursor else {})})
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            assert page["total"] == len(items)
            return items
        assert len(page["items"]) == limit


async def test_the_history_is_filtered(api: Api) -> None:
    done = await started(api, "quick", QUICK, "completed")
    bad = await started(api, "bad", [{"id": "a", "run": "false"}], "failed")
    asks = await started(api, "release", ASKS, "waiting")
    gone = await started(api, "release", ASKS, "waiting")
    await api.studio.of("ben").runs.cancel(gone)
    await api.until(f"{EXECUTIONS}/{gone}", lambda found: found["shown"] == "cancelled")

    async def listed(**params: Any) -> list[str]:
        page = await api.json("GET", EXECUTIONS, params=params)
        assert (page["total"], page["next"]) == (len(page["items"]), None)
        return [one["id"] for one in page["items"]]

    assert await listed() == [gone, asks, bad, done]
    assert await listed(status="failed") == [gone, bad]
    assert await listed(shown="failed") == [bad]
    assert await listed(status=["failed", "completed"], shown=["cancelled", "completed"]) == [gone, done]
    assert await listed(status="failed", shown="completed") == []
    assert await listed(workflowId="release", status="running") == [asks]
    assert await listed(words="RELEASE #2") == [gone]
    assert await listed(words="no such word") == []
    assert await listed(by=api.studio.principal.name) == [gone, asks, bad, done]
    assert await listed(by="nobody") == []
    since = (await api.json("GET", f"{EXECUTIONS}/{asks}"))["startedAt"]
    assert await listed(since=since) == [gone, asks]
    assert await listed(until=since) == [bad, done]
    assert await listed(since=since, until=since) == []


async def test_parts_of_the_history_stay_while_runs_are_started_and_deleted(api: Api) -> None:
    known = [await started(api, "quick", QUICK, "completed") for _ in range(6)][::-1]
    first = await api.json("GET", EXECUTIONS, params={"limit": 2})
    await started(api, "quick", QUICK, "completed")
    await api.studio.keeping.delete_run(known[1])
    second = await api.json("GET", EXECUTIONS, params={"limit": 2, "cursor": first["next"]})
    third = await api.json("GET", EXECUTIONS, params={"limit": 2, "cursor": second["next"]})
    assert [one["id"] for page in (first, second, third) for one in page["items"]] == known
    if third["next"] is not None:
        assert (await api.json("GET", EXECUTIONS, params={"limit": 2, "cursor": third["next"]}))["items"] == []
    for cursor in ("x", "LTE", "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw", "InRleHQi"):
        for path in (EXECUTIONS, f"{EXECUTIONS}/{known[0]}/steps", f"{EXECUTIONS}/{known[0]}/events"):
            await api.json("GET", path, params={"cursor": cursor}, status=400)


async def test_an_execution_is_told_with_its_tree(api: Api) -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2, 3], "concurrency": 1}, "steps": [{"id": "copy", "run": "test ${{ item }} -lt 3"}]}
    run_id = await started(api, "release", [*ASKS[:1], loop], "failed")
    found = await api.json("GET", f"{EXECUTIONS}/{run_id}")
    assert (found["id"], found["number"], found["status"], found["trigger"]) == (run_id, 1, "failed", "api")
    assert found["durationMs"] >= 0
    assert found["errorStep"].startswith("fan")
    rows = {one["key"]: one for one in found["tree"]}
    assert (rows["build"]["status"], rows["fan"]["depth"], rows["fan"]["kind"]) == ("completed", 0, "for_each")
    counts = rows["fan"]["counts"]
    assert (counts["total"], counts["completed"], counts["failed"], counts["pending"]) == (3, 2, 1, 0)
    assert found["counts"]["running"] == 0
    assert (await api.json("GET", f"{EXECUTIONS}/release%231"))["id"] == run_id


async def test_each_attempt_is_listed_with_what_it_left(api: Api) -> None:
    tries = {
        "id": "tries",
        "run": 'echo "try $OYAMA_ATTEMPT"; echo "n=$OYAMA_ATTEMPT" >> "$OYAMA_OUTPUT"; test "$OYAMA_ATTEMPT" = 3',
        "retry": {"max_attempts": 3, "interval": "1ms", "jitter": False},
    }
    run_id = await started(api, "release", [*ASKS[:1], tries], "completed")
    items = await whole(api, f"{EXECUTIONS}/{run_id}/steps", 2)
    assert [(one["node"], one["attempt"], one["exitCode"]) for one in items] == [
        ("build", 1, 0),
        ("tries", 1, 1),
        ("tries", 2, 1),
        ("tries", 3, 0),
    ]
    assert (items[1]["error"], items[1]["errorKind"], items[1]["output"]) == ("Exit code 1: try 1", "exit", "try 1")
    assert (items[3]["outputs"], items[3]["error"], items[3]["truncated"]) == ({"n": "3"}, "", False)
    assert items[0]["input"]["script"] == "echo built"
    assert all(one["startedAt"] <= one["endedAt"] for one in items)


async def test_events_come_in_parts_by_their_numbers(api: Api) -> None:
    run_id = await started(api, "release", ASKS, "waiting")
    items = await whole(api, f"{EXECUTIONS}/{run_id}/events", 2)
    assert [one["seq"] for one in items] == list(range(1, len(items) + 1))
    assert (items[0]["type"], items[-1]["type"]) == ("run_started", "approval_requested")
    first = await api.json("GET", f"{EXECUTIONS}/{run_id}/events", params={"limit": len(items) - 1})
    await api.studio.runs.cancel(run_id)
    later = await api.json("GET", f"{EXECUTIONS}/{run_id}/events", params={"cursor": first["next"]})
    assert [one["seq"] for one in later["items"]] == list(range(len(items), later["total"] + 1))
    assert later["items"][-1]["type"] == "run_cancelled"


async def test_a_log_is_read_piece_by_piece_while_it_is_written(api: Api) -> None:
    stages = [{"id": "talk", "run": "echo 'one é'; while [ ! -e free ]; do sleep 0.05; done; echo two"}]
    await api.json("POST", "/api/workflows", json={"id": "talks", "stages": stages}, status=201)
    run_id = (await api.studio.runs.start("talks", {})).id
    path = f"{EXECUTIONS}/{run_id}/log?step=talk"
    piece = await api.until(f"{path}&offset=0", lambda found: found["text"])
    assert (piece["text"], piece["nextOffset"], piece["ended"]) == ("one é\n", 7, False)
    Path("free").touch()
    await api.until(f"{EXECUTIONS}/{run_id}", lambda found: found["shown"] == "completed")
    rest = await api.json("GET", f"{path}&offset=7")
    assert (rest["text"], rest["nextOffset"], rest["ended"]) == ("two\n", 11, True)
    cut = await api.json("GET", f"{path}&offset=0&limit=5")
    assert (cut["text"], cut["nextOffset"], cut["ended"]) == ("one ", 4, False)
    last = await api.json("GET", f"{path}&limit=4")
    assert (last["text"], last["skipped"], last["ended"]) == ("two\n", 7, True)
    beyond = await api.json("GET", f"{path}&offset={2**53 - 1}")
    assert (beyond["text"], beyond["nextOffset"], beyond["ended"]) == ("", 11, True)


async def test_a_log_names_one_attempt_of_one_node(api: Api) -> None:
    loop = {"id": "fan", "for_each": {"items": [1, 2]}, "steps": [{"id": "copy", "run": "echo item ${{ item }}"}]}
    retry = {"max_attempts": 2, "interval": "1ms", "jitter": False}
    tries = {"id": "tries", "run": 'echo "try $OYAMA_ATTEMPT"; test "$OYAMA_ATTEMPT" = 2', "retry": retry}
    run_id = await started(api, "release", [loop, tries, {"id": "no", "run": "false"}, {"id": "late", "run": "true"}], "failed")

    async def log(step: str, status: int = 200, **params: Any) -> dict[str, Any]:
        found: dict[str, Any] = await api.json("GET", f"{EXECUTIONS}/{run_id}/log", params={"step": step, **params}, status=status)
        return found

    assert (await log("fan[1].copy"))["text"] == "item 2\n"
    assert "fan[0].copy, fan[1].copy" in (await log("copy", 409))["detail"]
    assert (await log("tries"))["text"] == "try 2\n"
    assert (await log("tries", attempt=1))["text"] == "try 1\n"
    assert "attempt 3" in (await log("tries", 404, attempt=3))["detail"]
    assert (await log("late"))["text"] == ""
    for step in ("nobody", "../tries", "tries.1.log", "%", "\x00"):
        assert (await log(step, 404))["title"] == "Not found"


async def test_what_is_not_there_is_not_found(api: Api) -> None:
    run_id = await started(api, "quick", QUICK, "completed")
    for unknown in ("nobody-1764240000000", run_id[1:], run_id[:-1], "quick%232", "%00", "%25"):
        for tail in ("", "/steps", "/events", "/log?step=a"):
            assert (await api.json("GET", f"{EXECUTIONS}/{unknown}{tail}", status=404))["status"] == 404


async def test_bad_types_are_named_with_their_place(api: Api) -> None:
    run_id = await started(api, "quick", QUICK, "completed")
    wrong: list[tuple[str, str, Any]] = [
        ("", "status", "done"),
        ("", "shown", "pending"),
        ("", "since", "yesterday"),
        ("", "since", "2026-01-01T00:00:00"),
        ("", "until", "1e400"),
        ("", "by", "x" * 201),
        ("", "words", "x" * 201),
        ("", "limit", 501),
        ("/steps", "limit", 0),
        ("/events", "limit", "many"),
        ("/log", "step", ""),
        ("/log?step=a", "attempt", 0),
        ("/log?step=a", "attempt", 10**30),
        ("/log?step=a", "offset", -1),
        ("/log?step=a", "limit", 3),
    ]
    for path, name, value in wrong:
        tail, _, query = path.partition("?")
        params = {**dict([query.split("=")] if query else []), name: value}
        way = EXECUTIONS if not tail else f"{EXECUTIONS}/{run_id}{tail}"
        refused = await api.json("GET", way, params=params, status=422)
        assert refused["problems"][0]["where"].startswith(name), refused
