"""What the original's clients send is understood: every kind of payload, one after another, against one server.

Where the page of the API says that something is different from the original, the table has that difference.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from tests.api.conftest import PERSON, Api

WORKFLOWS: Final = "/api/workflows"
STATE: Final = "/api/workflows/state"
APPROVALS: Final = "/api/workflows/approvals"
ROLLBACK: Final = "/api/workflows/rollback"
EXECUTE: Final = "/api/workflows/execute"


@dataclass(frozen=True)
class Row:
    """One payload.

    Args:
        says: What it is.
        asks: Method and path, with the query; what was noted stands in it in braces.
        body: As it is sent.
        status: Of the answer.
        holds: What the answer has, by way: `items.0.status`; an ellipsis for anything but nothing.
        notes: What is noted of it, by the name under which it is used later.
        until: What the run that was noted last must look like before: the word that people see.
    """

    says: str
    asks: str
    body: Any = None
    status: int = 200
    holds: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    until: str = ""


BUILD: Final = {"id": "build", "run": "echo built", "compensate": {"run": "echo unbuilt"}}
UPLOAD: Final = {
    "id": "upload",
    "run": "test ${{ context.ready }} = yes",
    "outputs": {"url": "none"},
    "compensate": {"run": "echo removed"},
}
RELEASE: Final = {
    "id": "release",
    "name": "Release",
    "description": "Builds, asks and uploads",
    "type": "sequential",
    "context": {"ready": "no"},
    "stages": [BUILD, {"id": "ask", "gate": {"title": "Upload it?", "target": "production"}}, UPLOAD],
}
SHOUT: Final = {"id": "shout", "inputs": {"word": {"type": "string"}}, "stages": [{"id": "say", "set": {"said": "${{ inputs.word }}"}}]}


YES: Final = {"approved": True, "comment": "ok", "metadata": {"ticket": 7}}
NO: Final = {"approved": False, "comment": "no"}


def wish(action: str, **more: Any) -> dict[str, Any]:
    """A body that wants something of the run that was noted last."""
    return {"stateId": "{run}", "action": action, **more}


def recover(kind: str, failed: Any = "upload", **more: Any) -> dict[str, Any]:
    """A body that takes the run up anew."""
    return wish("recoverFromError", failedStep=failed, recoveryStrategy={"type": kind, **more})


OF_WORKFLOWS: Final = (
    Row("there is none", f"GET {WORKFLOWS}", holds={"items": [], "total": 0}),
    Row("create", f"POST {WORKFLOWS}", RELEASE, 201, {"id": "release", "type": "sequential", "status": "draft", "stages.1.id": "ask"}),
    Row("its id is taken", f"POST {WORKFLOWS}", RELEASE, 409),
    Row("from its name", f"POST {WORKFLOWS}", {"name": "Ship It", "stages": [BUILD]}, 201, {"id": "ship-it", "name": "Ship It"}),
    Row("parallel", f"POST {WORKFLOWS}", {"id": "both", "type": "parallel", "stages": [BUILD]}, 201, {"type": "parallel"}),
    Row("conditional", f"POST {WORKFLOWS}", {"id": "walk", "type": "conditional", "stages": [BUILD]}, 201, {"type": "conditional"}),
    Row("of no type that there is", f"POST {WORKFLOWS}", {"id": "odd", "type": "hierarchical", "stages": [BUILD]}, 422),
    Row("names in another case", f"POST {WORKFLOWS}", {"id": "odd", "work_flow": 1, "stages": [BUILD]}, 422),
    Row("with an input", f"POST {WORKFLOWS}", SHOUT, 201, {"stages.0.id": "say"}),
    Row("list", f"GET {WORKFLOWS}", holds={"total": 5, "items.0.updatedAt": ..., "items.0.needsYou": False}),
    Row("get", f"GET {WORKFLOWS}/release", holds={"name": "Release", "description": RELEASE["description"], "stages.0.id": "build"}),
    Row("update", f"PUT {WORKFLOWS}/both", {"name": "Both", "stages": [BUILD]}, 200, {"id": "both", "name": "Both", "steps": 1}),
    Row("an update never creates", f"PUT {WORKFLOWS}/nobody", {"stages": [BUILD]}, 404),
    Row("delete", f"DELETE {WORKFLOWS}/both", holds={"id": "both", "deleted": True}),
    Row("it is gone", f"GET {WORKFLOWS}/both", status=404, holds={"type": "/problems/not-found", "status": 404}),
)
OF_EXECUTION: Final = (
    Row("by id", f"POST {EXECUTE}", {"workflowId": "release"}, 202, {"status": "running", "ended": False}, {"run": "stateId"}),
    Row(
        "by id, with input and options, of which none is followed",
        f"POST {EXECUTE}",
        {
            "workflowId": "shout",
            "input": {"word": "hello"},
            "options": {"model": "m", "temperature": 0.7, "maxTokens": 100, "timeout": 30000},
            "wait": 20,
        },
        200,
        {"status": "completed", "ignoredOptions": ["maxTokens", "model", "temperature", "timeout"], "runNumber": 1},
        {"done": "stateId"},
    ),
    Row("input as text", f"POST {EXECUTE}", {"workflowId": "shout", "input": "hi", "wait": 20}, 200, {"status": "completed"}),
    Row(
        "a workflow in the request",
        f"POST {EXECUTE}",
        {"workflow": {"type": "parallel", "steps": [BUILD, {"id": "b", "run": "echo b"}]}, "wait": 20},
        200,
        {"status": "completed", "workflowId": ...},
    ),
    Row("both", f"POST {EXECUTE}", {"workflowId": "shout", "workflow": {"type": "sequential", "steps": [BUILD]}}, 422),
    Row("neither", f"POST {EXECUTE}", {"input": "hi"}, 422),
    Row("of nobody", f"POST {EXECUTE}", {"workflowId": "nobody"}, 404),
)
OF_STATES: Final = (
    Row("all", f"GET {STATE}", holds={"total": 4, "items.3.stateId": "{run}"}, until="waiting"),
    Row("of a workflow", f"GET {STATE}?workflowId=release", holds={"total": 1, "items.0.status": "running", "items.0.shown": "waiting"}),
    Row("of a status", f"GET {STATE}?status=completed", holds={"total": 3, "items.0.status": "completed"}),
    Row("of both", f"GET {STATE}?workflowId=release&status=completed", holds={"total": 0, "items": []}),
    Row("of a status that there is not", f"GET {STATE}?status=done", status=422),
    Row(
        "one, with its history and its workflow",
        f"GET {STATE}?stateId={{run}}&includeSnapshots=true",
        holds={
            "total": 1,
            "items.0.stateId": "{run}",
            "items.0.executionHistory.0.stepId": "build",
            "items.0.workflowSnapshot.id": "release",
            "items.0.completedSteps": ["build"],
            "items.0.currentStepIndex": 1,
            "items.0.snapshots.0.node": "build",
            "items.0.context": {"ready": "no"},
        },
    ),
    Row("without snapshots", f"GET {STATE}?stateId={{run}}", holds={"items.0.snapshots": None, "items.0.executionHistory": ...}),
    Row("pause", f"PATCH {STATE}", wish("pause"), holds={"status": "paused", "stateId": "{run}"}),
    Row("resume", f"PATCH {STATE}", wish("resume"), holds={"status": ..., "stateId": "{run}"}),
    Row("change variables", f"PATCH {STATE}", wish("updateContext", context={"note": {"a": [1]}}), holds={"context.note": {"a": [1]}}),
    Row("pause in other words", f"PATCH {STATE}", wish("updateStatus", status="paused"), holds={"status": "paused"}),
    Row("resume in other words", f"PATCH {STATE}", wish("updateStatus", status="running"), holds={"status": "running"}),
    Row("nobody completes it", f"PATCH {STATE}", wish("updateStatus", status="completed"), 409),
    Row("nobody makes it pending", f"PATCH {STATE}", wish("updateStatus", status="pending"), 409),
    Row("no such action", f"PATCH {STATE}", wish("restart"), 422),
    Row("a live one stays", f"DELETE {STATE}?stateId={{run}}", status=409),
    Row("delete", f"DELETE {STATE}?stateId={{done}}", holds={"stateId": "{done}", "deleted": True}),
    Row("it is gone", f"GET {STATE}?stateId={{done}}", status=404),
)
OF_APPROVALS: Final = (
    Row(
        "open ones",
        f"GET {APPROVALS}",
        holds={"total": 1, "items.0.stateId": "{run}", "items.0.status": "pending", "items.0.workflowId": "release"},
        notes={"gate": "items.0.gateId", "digest": "items.0.digest"},
    ),
    Row("of a workflow", f"GET {APPROVALS}?workflowId=release", holds={"items.0.gateId": "{gate}"}),
    Row("of another", f"GET {APPROVALS}?workflowId=shout", holds={"items": []}),
    Row("approved ones", f"GET {APPROVALS}?status=approved", holds={"items": []}),
    Row("a no without a word", f"POST {APPROVALS}", {"gateId": "{gate}", "decision": {"approved": False}}, 422),
    Row("neither yes nor no", f"POST {APPROVALS}", {"gateId": "{gate}", "decision": {"comment": "?"}}, 422),
    Row("of another content", f"POST {APPROVALS}", {"gateId": "{gate}", "decision": {"approved": True, "digest": "00"}}, 409),
    Row(
        "yes, by whose token it is and not by whom the body names",
        f"POST {APPROVALS}",
        {
            "gateId": "{gate}",
            "decision": {"approved": True, "comment": "ok", "userId": "boss", "metadata": {"ticket": 7}, "digest": "{digest}"},
        },
        holds={"approval.status": "approved", "approval.decidedBy": PERSON, "approval.comment": "ok", "already": False},
    ),
    Row(
        "the same again",
        f"POST {APPROVALS}",
        {"gateId": "{gate}", "decision": {"approved": True, "comment": "ok"}},
        holds={"already": True},
    ),
    Row("another", f"POST {APPROVALS}", {"gateId": "{gate}", "decision": NO}, 409, {"decided.by": PERSON}),
    Row("approved ones", f"GET {APPROVALS}?status=approved", holds={"items.0.gateId": "{gate}", "items.0.decidedAt": ...}),
)
OF_ROLLBACK: Final = (
    Row(
        "compensation actions",
        f"GET {ROLLBACK}?stateId={{run}}",
        holds={"stateId": "{run}", "plan.steps.0.step": "upload", "plan.steps.1.step": "build", "compensations.items": []},
        until="failed",
    ),
    Row("retry", f"POST {ROLLBACK}", recover("retry", maxRetries=3, retryDelay=1), holds={"done": True, "recover.steps.0.does": "again"}),
    Row("retry, by index", f"POST {ROLLBACK}", recover("retry", 2), holds={"action": "recoverFromError", "done": True}, until="failed"),
    Row("a key of another strategy", f"POST {ROLLBACK}", recover("skip", maxRetries=3), 422, until="failed"),
    Row("no such strategy", f"POST {ROLLBACK}", recover("restart"), 422),
    Row("skip", f"POST {ROLLBACK}", recover("skip"), holds={"recover.steps.0.does": "skipped"}),
    Row("to a step", f"POST {ROLLBACK}", wish("rollbackToStep", targetStepIndex=1), holds={"undo.label": ...}, until="completed"),
    Row("it rests there", f"GET {STATE}?stateId={{run}}", holds={"items.0.completedSteps": ["build", "ask"]}, until="paused"),
    Row("and goes on", f"PATCH {STATE}", wish("resume"), holds={"status": ..., "stateId": "{run}"}),
    Row("done by hand", f"POST {ROLLBACK}", recover("manual"), holds={"recover.steps.0.does": "done"}, until="failed"),
    Row("to the last success", f"POST {ROLLBACK}", wish("rollbackToLastSuccess"), 409, until="completed"),
    Row("two steps", f"POST {ROLLBACK}", recover("rollback", None, rollbackSteps=1), holds={"done": True, "undo.ends": False}),
    Row("that are named", f"POST {ROLLBACK}", recover("rollback", "upload", rollbackSteps=1), 422, until="paused"),
    Row("again", f"PATCH {STATE}", wish("resume"), holds={"status": ..., "stateId": "{run}"}),
    Row("to the last success", f"POST {ROLLBACK}", wish("rollbackToLastSuccess"), holds={"done": True, "undo.label": ...}, until="failed"),
    Row("beyond the end", f"POST {ROLLBACK}", wish("rollbackToStep", targetStepIndex=9), 422, until="paused"),
    Row("to the beginning", f"POST {ROLLBACK}", wish("rollbackToStep", targetStepIndex=-1), holds={"undo.to": 0}),
    Row(
        "what was undone has rows",
        f"GET {ROLLBACK}?stateId={{run}}",
        holds={"compensations.items.0.status": "completed", "status": "paused"},
        until="paused",
    ),
)
OF_THE_END: Final = (
    Row("cancel", f"PATCH {STATE}", wish("updateStatus", status="failed"), holds={"status": "failed", "shown": "cancelled"}),
    Row("ask again", f"POST {EXECUTE}", {"workflowId": "release"}, 202, notes={"run": "stateId"}),
    Row("open", f"GET {APPROVALS}", holds={"total": 1}, notes={"gate": "items.0.gateId"}, until="waiting"),
    Row(
        "no, with who says so beside it",
        f"POST {APPROVALS}",
        {"gateId": "{gate}", "userId": "boss", "decision": {"approved": False, "comment": "Not today"}},
        holds={"approval.status": "rejected", "approval.decidedBy": PERSON},
    ),
    Row("a rejection is a failure of the original", f"GET {STATE}?stateId={{run}}", holds={"items.0.status": "failed"}, until="rejected"),
    Row("once more", f"POST {EXECUTE}", {"workflowId": "release"}, 202, notes={"run": "stateId"}),
    Row("open", f"GET {APPROVALS}", holds={"total": 1}, notes={"gate": "items.0.gateId"}, until="waiting"),
    Row("withdraw one", f"DELETE {APPROVALS}?gateId={{gate}}", holds={"cancelled": ["{gate}"], "kept": []}),
    Row("and the last", f"POST {EXECUTE}", {"workflowId": "release"}, 202, notes={"run": "stateId"}),
    Row("withdraw all of a workflow", f"DELETE {APPROVALS}?workflowId=release", holds={"kept": [], "cancelled.0": ...}, until="waiting"),
    Row("it ends as cancelled", f"GET {STATE}?stateId={{run}}", holds={"items.0.status": "failed"}, until="cancelled"),
    Row("history", f"GET {WORKFLOWS}/executions?workflowId=release", holds={"total": 4, "items.0.status": "failed"}),
    Row("delete", f"DELETE {WORKFLOWS}/release", holds={"deleted": True}),
    Row("its history stays", f"GET {STATE}?workflowId=release", holds={"total": 4}),
)
TABLE: Final = (*OF_WORKFLOWS, *OF_EXECUTION, *OF_STATES, *OF_APPROVALS, *OF_ROLLBACK, *OF_THE_END)


def filled(value: Any, noted: dict[str, Any]) -> Any:
    """A value with what was noted in place of its name in braces."""
    text = json.dumps(value)
    for name, found in noted.items():
        text = text.replace(f"{{{name}}}", found)
    return json.loads(text)


def at(way: str, answer: Any) -> Any:
    """What an answer has at a place."""
    for part in way.split("."):
        answer = answer[int(part)] if isinstance(answer, list) else answer[part]
    return answer


async def test_payloads_of_the_original_are_answered_as_the_table_says(api: Api) -> None:
    noted: dict[str, Any] = {}
    for row in TABLE:
        if row.until:
            path = filled(f"{STATE}?stateId={{run}}", noted)
            await api.until(path, lambda page, row=row: page["items"][0]["shown"] == row.until)
        method, path = filled(row.asks, noted).split(" ")
        given = {} if row.body is None else {"json": filled(row.body, noted)}
        response = await api.client.request(method, path, **given)
        assert response.status_code == row.status, (row, response.text)
        answer = response.json()
        for way, wanted in row.holds.items():
            found = at(way, answer)
            assert found not in (None, "", []) if wanted is ... else found == filled(wanted, noted), (row, way, found)
        noted |= {name: at(way, answer) for name, way in row.notes.items()}


async def test_a_named_user_is_kept_and_never_believed(api: Api) -> None:
    for place, more in enumerate(({"userId": "boss"}, {})):
        inline = {"id": f"asks{place}", "type": "sequential", "steps": [{"id": "g", "gate": "Go?"}]}
        run = await api.json("POST", EXECUTE, json={"workflow": inline}, status=202)
        page = await api.until(APPROVALS, lambda found: found["items"])
        decision = {"approved": True, "metadata": {"ticket": 7}, **({} if more else {"userId": "boss"})}
        await api.json("POST", APPROVALS, json={"gateId": page["items"][0]["gateId"], "decision": decision, **more})
        events = (await api.json("GET", f"{WORKFLOWS}/executions/{run['stateId']}/events"))["items"]
        [vote] = [one["payload"] for one in events if one["type"] == "vote_cast"]
        assert (vote["principal"]["name"], vote["metadata"]) == (PERSON, {"ticket": 7, "userId": "boss"})
