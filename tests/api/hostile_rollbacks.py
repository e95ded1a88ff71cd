"""Hostile texts in what is said when runs are taken back, and taken up anew."""

from __future__ import annotations

from typing import Any, Final

from tests.api.hostile_sender import EXECUTE, FEW, MANY, ROLLBACK, STATE, WORKFLOWS, HostileSender, Spot, at, name_in, share
from tests.api.hostile_wishes import reason, refused_at

LONG_LIVED: Final = 10
"""Texts of one run: one that was taken back often takes long."""
SEND: Final = f"POST {ROLLBACK}"
RECOVER: Final = {"action": "recoverFromError"}
BACK: Final = {"action": "rollbackToStep", "targetStepIndex": 0}
STAGES: Final = [{"id": "a", "set": {"v": "x"}}, {"id": "b", "set": {"w": "${{ 1 / context.nothing }}"}}]
SAYING: Final[list[tuple[str, dict[str, Any]]]] = [
    ("undo_started", {"action": "rollbackToLastSuccess"}),
    ("undo_started", BACK),
    ("undo_started", {**RECOVER, "recoveryStrategy": {"type": "rollback"}}),
    ("steps_restarted", {**RECOVER, "recoveryStrategy": {"type": "retry"}}),
]
"""What is wanted, and the event that has why."""


NAMING: Final[list[tuple[dict[str, Any], Spot]]] = [
    *(
        (wish, spot)
        for wish in (BACK, {"action": "rollbackToLastSuccess"}, {**RECOVER, "recoveryStrategy": {"type": "rollback"}})
        for spot in (at("stateId"), at("force", 0))
    ),
    ({}, at("action")),
    ({**RECOVER, "recoveryStrategy": {}}, at("recoveryStrategy", "type")),
    ({**RECOVER, "recoveryStrategy": {"type": "skip"}}, at("failedStep")),
]
"""Where a run, a step or a kind is named: nothing fits."""


async def rollbacks(sender: HostileSender) -> None:
    """Runs fail, are taken back, and taken up anew, again and again: each time somebody says why, and with which outputs."""
    workflow = {"id": "fails", "context": {"nothing": 0}, "stages": STAGES}
    await sender.api.json("POST", WORKFLOWS, json=workflow, status=201)
    run_id = ""
    for turn, (kind, wish) in enumerate(SAYING):
        for place, text in enumerate(share(sender.texts, turn, FEW)):
            run_id = run_id if place % LONG_LIVED else await _failed(sender)
            said = {"comment": text}
            whole = {"recoveryStrategy": {**wish["recoveryStrategy"], **said}} if "recoveryStrategy" in wish else said
            if await reason(sender, SEND, {**wish, **whole, "stateId": run_id}, kind):
                await _fails_again(sender, run_id)
    for turn, kind in enumerate(("skip", "manual")):
        for place, text in enumerate(share(sender.texts, turn, FEW)):
            run_id = run_id if place % LONG_LIVED else await _failed(sender)
            await _said_to_be_over(sender, run_id, kind, text)
    run_id = await _failed(sender)
    for turn, (wish, spot) in enumerate(NAMING):
        for text in share(sender.texts, turn, 2 * MANY):
            await refused_at(sender, SEND, {"stateId": run_id, "force": [""], **wish}, spot, text)


async def _failed(sender: HostileSender) -> str:
    """A new run that has failed."""
    run = await sender.api.json("POST", EXECUTE, json={"workflowId": "fails", "wait": 20})
    return str(run["stateId"])


async def _fails_again(sender: HostileSender, run_id: str) -> None:
    """Let the run go on where it was paused, to its next failure."""
    state = await sender.rests(run_id, "paused", "failed")
    if state["shown"] == "paused":
        await sender.api.json("PATCH", STATE, json={"stateId": run_id, "action": "resume"})
        await sender.rests(run_id, "failed")


async def _said_to_be_over(sender: HostileSender, run_id: str, kind: str, text: str) -> None:
    """Say of the failed step that it is over, with outputs; then take the run back, so that it fails again."""
    base = {**RECOVER, "stateId": run_id, "recoveryStrategy": {"type": kind, "comment": "done", "outputs": {"kept": "x"}}}
    spots = [at("recoveryStrategy", "comment"), at("recoveryStrategy", "outputs", "kept"), name_in("recoveryStrategy", "outputs")]
    for spot in spots:
        seq = sender.seq(run_id)
        async for body, _ in sender.each(lambda wish: sender.send(SEND, wish), base, [spot], text):
            told = [one["payload"] for one in await sender.events(run_id, seq) if one["type"] == "steps_restarted"][-1]
            said = body["recoveryStrategy"]
            assert (told["why"], told["supplied"][0]["outputs"]) == (said["comment"], said["outputs"]), text[:80]
            await sender.rests(run_id, "completed")
            await sender.api.json("POST", ROLLBACK, json={**BACK, "stateId": run_id})
            await _fails_again(sender, run_id)
