"""Hostile texts where something is named, chosen or looked for."""

from __future__ import annotations

import re
from typing import Any, Final

from tests.api.hostile_sender import (
    APPROVALS,
    EXECUTE,
    EXECUTIONS,
    MANY,
    RESERVED,
    ROLLBACK,
    STATE,
    WORKFLOWS,
    HostileSender,
    at,
    quoted,
    share,
)
from tests.api.hostile_wishes import refused_at

RUN: Final = f"{EXECUTIONS}/{{stateId}}"
ONE: Final = f"{WORKFLOWS}/{{workflow_id}}"
WISHES: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({}, "action"),
    ({"action": "pause"}, "stateId"),
    ({"action": "pause"}, "mode"),
    ({"action": "resume"}, "stateId"),
    ({"action": "updateContext", "context": {"a": 1}}, "stateId"),
    ({"action": "updateStatus", "status": "failed"}, "stateId"),
    ({"action": "updateStatus"}, "status"),
)
PATHS: Final = (
    f"GET {RUN}",
    f"GET {RUN}/steps",
    f"GET {RUN}/events",
    f"GET {RUN}/log",
    f"GET {APPROVALS}/{{gate_id}}",
    f"GET {ONE}",
    f"DELETE {ONE}",
)
MISSES: Final = (
    (f"GET {STATE}", "stateId"),
    (f"DELETE {STATE}", "stateId"),
    (f"GET {ROLLBACK}", "stateId"),
    (f"DELETE {APPROVALS}", "gateId"),
    (f"DELETE {APPROVALS}", "workflowId"),
    (f"GET {APPROVALS}", "status"),
    (f"GET {STATE}", "status"),
    (f"GET {EXECUTIONS}", "status"),
    (f"GET {EXECUTIONS}", "shown"),
    (f"GET {EXECUTIONS}", "since"),
    (f"GET {EXECUTIONS}", "until"),
    (f"GET {WORKFLOWS}/stats", "since"),
    (f"GET {WORKFLOWS}", "cursor"),
    (f"GET {APPROVALS}", "cursor"),
    (f"GET {STATE}", "cursor"),
    (f"GET {EXECUTIONS}", "cursor"),
    (f"GET {WORKFLOWS}/stats", "cursor"),
    (f"GET {WORKFLOWS}/stats/comparison", "stateId"),
    (f"GET {WORKFLOWS}/stats/comparison", "otherStateId"),
)
"""Queries that name something, or choose: nothing fits."""
_MOMENT: Final = re.compile(r"[-:.TZ\d]+")
"""What may be a moment, or a number of seconds."""
FINDS: Final = (
    (f"GET {APPROVALS}", "workflowId"),
    (f"GET {STATE}", "workflowId"),
    (f"GET {EXECUTIONS}", "workflowId"),
    (f"GET {EXECUTIONS}", "by"),
    (f"GET {EXECUTIONS}", "words"),
)
"""Queries that look for something."""


async def keys(sender: HostileSender) -> None:
    """The key by which a request is known is plain, or refused; what is sent with it is refused too."""
    for turn, path in enumerate((WORKFLOWS, EXECUTE, APPROVALS, ROLLBACK)):
        for text in share(sender.texts, turn):
            sender.places.note(f"POST {path}", "header:Idempotency-Key", text)
            with sender.unchanged():
                reply = await sender.ask("POST", path, b"{}", "application/json", text.encode("utf-8", "surrogatepass"))
            assert reply.refused


async def names(sender: HostileSender) -> None:
    """Where a run, a workflow, a question or a kind is named, nothing fits, and nothing is done."""
    [known] = (await sender.api.json("GET", EXECUTIONS, params={"workflowId": "asks", "limit": 1}))["items"]
    for turn, (wish, name) in enumerate(WISHES):
        for text in share(sender.texts, turn):
            await refused_at(sender, f"PATCH {STATE}", {"stateId": known["id"], **wish}, at(name), text)
    for turn, operation in enumerate(PATHS):
        part = operation.partition("{")[2].partition("}")[0]
        for text in share(sender.texts, turn):
            with sender.unchanged():
                reply = await sender.send(operation, ways={part: text}, query={"step": "a"} if operation.endswith("/log") else None)
            assert reply.refused or text in RESERVED, (operation, text[:80], reply)
    for text in share(sender.texts, 0):
        await sender.refused(f"PUT {ONE}", {"stages": [{"id": "a", "run": "true"}]}, ways={"workflow_id": text})
    for turn, place in enumerate(("step", "cursor", "cursor", "cursor")):
        operation = (f"GET {RUN}/log", f"GET {RUN}/steps", f"GET {RUN}/events", f"GET {ROLLBACK}")[turn]
        for text in share(sender.texts, turn):
            where = {"stateId": known["id"]}
            given = {"query": {**where, place: text}} if operation.endswith("rollback") else {"query": {place: text}, "ways": where}
            await sender.refused(operation, **given)


async def queries(sender: HostileSender) -> None:
    """What is looked for is a text: nothing is found by it that would not be without it, and nothing is done."""
    for turn, (operation, name) in enumerate(MISSES):
        for text in share(sender.texts, turn, 2 * MANY):
            with sender.unchanged():
                reply = await sender.send(operation, query={name: text})
            assert reply.refused or (name in ("since", "until") and _MOMENT.fullmatch(text)), (operation, name, text, reply)
    for turn, (operation, name) in enumerate(FINDS):
        for text in share(sender.texts, turn, 2 * MANY):
            with sender.unchanged():
                reply = await sender.send(operation, query={name: text, "limit": "1"})
            if not reply.refused and name != "words":
                assert [one for one in reply.body["items"] if one["workflowId"] != text] == [], (operation, name, text)
    for text in share(sender.texts, 0):
        reply = await sender.send(f"GET {WORKFLOWS}/stats", query={"workflowId": text})
        assert reply.refused or [one for one in reply.body["items"] if one["workflowId"] != text] == [], text
        reply = await sender.send(f"GET {WORKFLOWS}/stats/matrix", query={"workflowId": text})
        assert reply.refused or reply.body["workflowId"] == text, text


async def followers(sender: HostileSender) -> None:
    """Who follows events of what there is not is told of nothing; the stream begins, or is refused."""
    names = ("workflowId", "stateId", "types")
    for turn, name in enumerate(names):
        for text in share(sender.texts, turn):
            sender.places.note("GET /api/events", f"query:{name}", text)
            if len(quoted(text)) > 30_000:
                continue
            async with sender.api.client.stream("GET", f"/api/events?{name}={quoted(text)}") as answer:
                assert answer.status_code == 200 or 400 <= answer.status_code < 500, (answer.status_code, text[:80])
