"""Hostile texts in answers, reasons and variables."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

from oyama_tui.core.storable import is_whole
from tests.api.hostile_sender import APPROVALS, EXECUTE, FEW, MANY, STATE, WORKFLOWS, HostileSender, Reply, Spot, at, name_in, share

ANSWER: Final = [
    at("decision", "comment"),
    at("decision", "form", "text"),
    at("decision", "metadata", "said"),
    name_in("decision", "metadata"),
    at("decision", "clientKey"),
    at("decision", "confirmed"),
    at("userId"),
    at("decision", "userId"),
]


FIFTH: Final = 5
"""One text of so many is in an answer."""
MOST_GATES: Final = 500
UNFIT: Final = [at("decision", "digest"), at("decision", "edits", "a.v"), name_in("decision", "edits"), name_in("decision", "form")]
"""Where they are refused at a question that has nothing to edit."""


async def answers(sender: HostileSender) -> None:
    """Questions are answered with the texts: what is kept of each answer is what was sent."""
    texts = list(share(sender.texts, 0, FIFTH))
    spare = iter(await _asked(sender, min(2 * len(texts), MOST_GATES)))
    asked = next(spare)
    votes: dict[str, Any] = {}

    async def answer(body: Any) -> Reply:
        nonlocal asked
        reply = await sender.send(f"POST {APPROVALS}", {**body, "gateId": asked})
        if not reply.refused:
            votes[asked] = body
            asked = next(spare)
        return reply

    for turn, spot in enumerate(UNFIT):
        for text in share(sender.texts, turn):
            await refused_at(sender, f"POST {APPROVALS}", {"gateId": asked, "decision": {"approved": True}}, spot, text)
    for text in share(sender.texts, 0):
        await refused_at(sender, f"POST {APPROVALS}", {"decision": {"approved": True}}, at("gateId"), text)
    for text in texts:
        async for _ in sender.each(answer, {"decision": {"approved": True}}, ANSWER, text, at_rest=False):
            continue
    assert sender.row("SELECT count(*) FROM approval_votes") == (len(votes),)
    for turn, (gate, body) in enumerate(votes.items()):
        said = body["decision"]
        user_id = body.get("userId", said.get("userId"))
        metadata = {**said.get("metadata", {}), **({"userId": user_id} if user_id is not None else {})}
        comment, form, kept, key = sender.row("SELECT comment, form, metadata, client_key FROM approval_votes WHERE approval_id = ?", gate)
        assert (comment, key) == (said.get("comment", ""), said.get("clientKey", ""))
        assert (json.loads(form or "{}").get("text"), json.loads(kept or "{}")) == (said.get("form", {}).get("text"), metadata)
        if turn % MANY == 0:
            card = await sender.api.json("GET", f"{APPROVALS}/{gate}")
            [vote] = (await sender.api.studio.approvals.get(gate)).votes
            assert card["comment"] == card["votes"][0]["comment"] == vote.comment == comment


async def _asked(sender: HostileSender, number: int) -> list[str]:
    """A run that asks so many questions, and their ids."""
    form = {"text": {"type": "string"}}
    gates = [{"id": f"g{place}", "gate": {"title": "Go?", "form": form}} for place in range(number)]
    await sender.api.json("POST", WORKFLOWS, json={"id": "gates", "type": "parallel", "stages": gates}, status=201)
    await sender.api.json("POST", EXECUTE, json={"workflowId": "gates"}, status=202)
    await sender.api.until(f"{APPROVALS}?limit=1", lambda page: page["total"] == number)
    page = await sender.api.json("GET", APPROVALS, params={"limit": 500})
    return [one["gateId"] for one in page["items"]]


async def refused_at(sender: HostileSender, operation: str, base: Any, spot: Spot, text: str) -> None:
    """Send a text at a place where it must be refused."""
    body = json.loads(json.dumps(base))
    spot.put(body, text)
    await sender.refused(operation, body)


async def wishes(sender: HostileSender) -> None:
    """Runs are paused, changed and cancelled, and questions withdrawn, with the texts as reasons."""
    await sender.api.json("POST", WORKFLOWS, json={"id": "asks", "stages": [{"id": "g", "gate": "Go?"}]}, status=201)
    for text in share(sender.texts, 0, FEW):
        run_id = await _waiting(sender)
        for wish in ({"action": "pause"}, {"action": "updateStatus", "status": "paused"}):
            await reason(sender, f"PATCH {STATE}", {**wish, "stateId": run_id, "reason": text}, "pause_requested")
            await sender.api.client.patch(STATE, json={"stateId": run_id, "action": "resume"})
        wish = {"action": "updateStatus", "status": "failed", "stateId": run_id, "reason": text}
        await reason(sender, f"PATCH {STATE}", wish, "cancel_requested")
    for text in share(sender.texts, 1, FEW):
        await _withdrawn(sender, await _waiting(sender), text)
    await _variables(sender, await _waiting(sender))


async def _withdrawn(sender: HostileSender, run_id: str, text: str) -> None:
    """Withdraw the question of a run with a text; half of a character comes as three bytes that are no text, and is replaced."""
    page = await sender.api.json("GET", APPROVALS, params={"workflowId": "asks", "limit": 1})
    before = sender.rows()
    reply = await sender.send(f"DELETE {APPROVALS}", query={"gateId": page["items"][0]["gateId"], "comment": text})
    if reply.refused:
        assert (sender.rows() == before, len(text) > 5000) == (True, True), reply
        return
    kept = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    whys = [why for one in await sender.events(run_id) for why in one["payload"].values() if isinstance(why, str)]
    assert any(why.endswith(kept) for why in whys), (text[:80], whys)


async def _waiting(sender: HostileSender) -> str:
    started = await sender.api.json("POST", EXECUTE, json={"workflowId": "asks"}, status=202)
    await sender.rests(started["stateId"], "waiting")
    return str(started["stateId"])


async def reason(sender: HostileSender, operation: str, wish: Any, kind: str) -> bool:
    """Say why with a text: the journal has it, or the wish is refused and the run is as it was; whether it was taken.

    Args:
        sender: Sends it.
        operation: To where.
        wish: With `reason` or `comment`.
        kind: Of the event that has it.
    """
    before, seq = sender.rows(), sender.seq(wish["stateId"])
    reply = await sender.send(operation, wish)
    if reply.refused:
        assert sender.rows() == before
        return False
    told = [one["payload"] for one in await sender.events(wish["stateId"], seq) if one["type"] == kind]
    said = wish.get("recoveryStrategy", wish)
    assert told[-1].get("why", told[-1].get("reason")) == said.get("comment", said.get("reason")), (wish, told[-1])
    return True


async def _variables(sender: HostileSender, run_id: str) -> None:
    """Variables of a run have the texts as values, and as names within a value; as names of their own where they are fit."""
    whole = [text for text in sender.texts if is_whole(text)]
    for start in range(0, len(whole), 20):
        given = {f"v{place}": {"said": text, text: [text]} for place, text in enumerate(whole[start : start + 20])}
        reply = await sender.send(f"PATCH {STATE}", {"stateId": run_id, "action": "updateContext", "context": given})
        assert {name: reply.body["context"][name] for name in given} == given
    base = {"stateId": run_id, "action": "updateContext", "context": {}}
    for text in set(sender.texts).difference(whole):
        await refused_at(sender, f"PATCH {STATE}", base, at("context", "v0"), text)
    for text in share(sender.texts, 2):
        async for body, answer in sender.each(partial(sender.send, f"PATCH {STATE}"), base, [name_in("context")], text):
            assert answer["context"].items() >= body["context"].items()
    for text in share(sender.texts, 3):
        reply = await sender.send(f"PATCH {STATE}", {**base, "unset": [text]})
        assert reply.refused or text not in reply.body["context"]
