"""Approvals over the API."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.studio import open_studio
from tests.api.conftest import PERSON, Api

GATE: dict[str, Any] = {
    "title": "Ship it?",
    "target": "production",
    "risk": "high",
    "form": {"reason": {"type": "string", "required": True}},
}


async def asked(api: Api, gate: dict[str, Any] | str = "Go?", workflow: str = "asks") -> dict[str, Any]:
    """A run that asks, and its question."""
    inline = {
        "id": workflow,
        "steps": [
            {"id": "make", "run": "echo made", "outputs": {"text": "draft"}},
            {"id": "ship", "gate": gate, "run": "echo x >> shipped"},
        ],
    }
    started = await api.json("POST", "/api/workflows/execute", json={"workflow": inline}, status=202)
    page = await api.until(
        f"/api/workflows/approvals?workflowId={workflow}", lambda found: any(one["stateId"] == started["stateId"] for one in found["items"])
    )
    found: dict[str, Any] = next(one for one in page["items"] if one["stateId"] == started["stateId"])
    return found


async def answer(api: Api, gate: dict[str, Any], status: int = 200, **decision: Any) -> dict[str, Any]:
    given = {"gateId": gate["gateId"], "decision": decision}
    found: dict[str, Any] = await api.json("POST", "/api/workflows/approvals", json=given, status=status)
    return found


async def test_a_yes_is_the_yes_of_the_tokens_person_and_lets_the_run_go_on(api: Api) -> None:
    gate = await asked(api, GATE)
    assert (gate["status"], gate["title"], gate["target"], gate["risk"], gate["workflowId"]) == (
        "pending",
        "Ship it?",
        "production",
        "high",
        "asks",
    )
    whole = await api.json("GET", f"/api/workflows/approvals/{gate['gateId']}")
    assert (whole["canApprove"], list(whole["form"]), whole["digest"]) == (True, ["reason"], gate["digest"])
    unseen = await answer(api, gate, 422, approved=True, form={"reason": "because"})
    assert unseen["problems"][0]["where"] == "digest"
    said = {"approved": True, "form": {"reason": "because"}, "digest": gate["digest"], "metadata": {"ticket": 7}}
    made = await api.json("POST", "/api/workflows/approvals", json={"gateId": gate["gateId"], "decision": said, "userId": "boss"})
    assert (made["approval"]["status"], made["approval"]["decidedBy"], made["already"]) == ("approved", PERSON, False)
    assert whole["recorded"] is None
    recorded = (await api.json("GET", f"/api/workflows/approvals/{gate['gateId']}"))["recorded"]
    events = {event.seq: event for event in await api.studio.runs.events(gate["stateId"])}
    assert events[recorded["seq"]].type == "approval_decided"
    assert len(recorded["hash"]) == len(recorded["previous"]) == 32
    again = await answer(api, gate, **said)
    assert again["already"] is True
    other = await answer(api, gate, 409, approved=False, comment="no")
    assert other["decided"]["by"] == PERSON
    run = await api.studio.runs.get(gate["stateId"])
    [vote] = (await api.studio.approvals.get(gate["gateId"])).votes
    assert vote.origin is not None
    assert (vote.by, vote.origin.how, run.row.id) == (PERSON, "token", gate["stateId"])
    async with AsyncExitStack() as stack:
        ben = await api.client_of("ben", stack)
        late = await ben.post("/api/workflows/approvals", json={"gateId": gate["gateId"], "decision": said})
        assert (late.status_code, late.json()["decided"]["by"]) == (409, PERSON)
    async for _ in api.studio.runs.follow(gate["stateId"]):
        continue
    assert Path("shipped").read_text() == "x\n"


async def test_a_no_needs_words_and_ends_the_run_as_rejected(api: Api) -> None:
    gate = await asked(api)
    silent = await answer(api, gate, 422, approved=False)
    assert "comment" in silent["detail"]
    assert (await answer(api, gate, approved=False, comment="Not today"))["approval"]["status"] == "rejected"
    async for _ in api.studio.runs.follow(gate["stateId"]):
        continue
    row = (await api.studio.runs.get(gate["stateId"])).row
    assert (row.status, row.state, row.reason) == ("rejected", "failed", "by ana: Not today")


async def test_a_comment_is_kept_as_it_was_sent_and_one_that_is_typed_as_it_is_seen(api: Api) -> None:
    said = " first\r\n\x1b[31mno\u202e "
    gate = await asked(api)
    assert (await answer(api, gate, approved=False, comment=said))["approval"]["comment"] == said
    [vote] = (await api.json("GET", f"/api/workflows/approvals/{gate['gateId']}"))["votes"]
    assert vote["comment"] == said
    gate = await asked(api)
    async with open_studio(api.settings) as typed:
        await typed.approvals.decide(gate["gateId"], "reject", comment=said)
    assert (await api.json("GET", f"/api/workflows/approvals/{gate['gateId']}"))["comment"] == "first\n␛[31mno<U+202E>"


async def test_sending_back_lets_the_earlier_step_begin_anew(api: Api) -> None:
    gate = await asked(api, {"title": "Good?", "send_back": {"to": "make", "max": 3, "then": "reject"}})
    assert (await answer(api, gate, sendBack=True, comment="Shorter"))["approval"]["status"] == "sent_back"
    page = await api.until("/api/workflows/approvals", lambda found: found["items"] and found["items"][0]["gateId"] != gate["gateId"])
    assert page["items"][0]["stateId"] == gate["stateId"]


async def test_a_question_is_for_whom_it_is_for(api: Api) -> None:
    gate = await asked(api, {"title": "Ben?", "approvers": {"any_of": ["ben"]}})
    assert gate["waitsFor"] == "ben"
    refused = await answer(api, gate, 403, approved=True, digest=gate["digest"])
    assert "ben may" in refused["detail"]
    async with AsyncExitStack() as stack:
        ben = await api.client_of("ben", stack)
        assert (await ben.get("/api/workflows/approvals")).json()["items"][0]["waitsFor"] == ""
        yes = await ben.post(
            "/api/workflows/approvals", json={"gateId": gate["gateId"], "decision": {"approved": True, "digest": gate["digest"]}}
        )
        assert (yes.status_code, yes.json()["approval"]["decidedBy"]) == (200, "ben")


async def test_two_people_make_a_quorum(api: Api) -> None:
    gate = await asked(api, {"title": "Two?", "approvers": {"quorum": 2}})
    first = await answer(api, gate, approved=True, digest=gate["digest"])
    assert (first["approval"]["status"], first["message"]) == ("pending", "counted, 1 of 2: ana")
    async with AsyncExitStack() as stack:
        ben = await api.client_of("ben", stack)
        yes = await ben.post(
            "/api/workflows/approvals", json={"gateId": gate["gateId"], "decision": {"approved": True, "digest": gate["digest"]}}
        )
        assert yes.json()["approval"]["status"] == "approved"


async def test_questions_are_withdrawn_one_or_all(api: Api) -> None:
    gates = [await asked(api) for _ in range(3)]
    one = await api.json("DELETE", f"/api/workflows/approvals?gateId={gates[0]['gateId']}&comment=moved")
    assert one["cancelled"] == [gates[0]["gateId"]]
    rest = await api.json("DELETE", "/api/workflows/approvals?workflowId=asks")
    assert (set(rest["cancelled"]), rest["kept"]) == ({gate["gateId"] for gate in gates[1:]}, [])
    assert (await api.json("GET", "/api/workflows/approvals"))["items"] == []
    past = await api.json("GET", "/api/workflows/approvals?status=cancelled&limit=2")
    assert (past["total"], len(past["items"])) == (3, 2)
    more = await api.json("GET", f"/api/workflows/approvals?status=cancelled&limit=2&cursor={past['next']}")
    assert {one["gateId"] for one in past["items"] + more["items"]} == {gate["gateId"] for gate in gates}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 422),
        ({"gateId": "none", "decision": {"approved": True}}, 404),
        ({"gateId": 3, "decision": {"approved": True}}, 422),
        ({"gateId": "G", "decision": {}}, 422),
        ({"gateId": "G", "decision": {"approved": True, "sendBack": True}}, 422),
        ({"gateId": "G", "decision": {"approved": "maybe"}}, 422),
        ({"gateId": "G", "decision": {"approved": True, "form": 3}}, 422),
        ({"gateId": "G", "decision": {"approved": True, "form": {"colour": "red"}}}, 422),
        ({"gateId": "G", "decision": {"approved": True, "edits": {"make.text": "x"}}}, 422),
        ({"gateId": "G", "decision": {"approved": True, "digest": "stale"}}, 409),
        ({"gateId": "G", "decision": {"approved": True, "verdict": "yes"}}, 422),
    ],
    ids=str,
)
async def test_an_answer_that_does_not_fit_leaves_the_question_open(api: Api, given: dict[str, Any], status: int) -> None:
    gate = await asked(api)
    given = {**given, **({"gateId": gate["gateId"]} if given.get("gateId") == "G" else {})}
    await api.json("POST", "/api/workflows/approvals", json=given, status=status)
    assert [one["gateId"] for one in (await api.json("GET", "/api/workflows/approvals"))["items"]] == [gate["gateId"]]


async def test_what_to_withdraw_must_be_said(api: Api) -> None:
    await api.json("DELETE", "/api/workflows/approvals", status=422)
    await api.json("DELETE", "/api/workflows/approvals?gateId=none", status=404)
    await api.json("DELETE", "/api/workflows/approvals?workflowId=none", status=404)
    await api.json("GET", "/api/workflows/approvals?status=maybe", status=422)
