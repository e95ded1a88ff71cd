"""A database in which runs of every end have been played, by the real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from oyama_tui.core.events import Verdict
from oyama_tui.studio import Studio
from tests.engine.workplace import Script, until_status, workplace, write

RETRY = {"max_attempts": 3, "interval": "1ms", "jitter": False}
GATE: dict[str, Any] = {"title": "Publish ${{ inputs.v }}", "form": {"why": {"type": "string"}}, "files": ["play.yaml"]}
STEPS: list[dict[str, Any]] = [
    {"id": "test", "run": "x", "retry": RETRY, "outputs": {"word": "w"}},
    {"id": "note", "set": {"colour": "red"}},
    {"id": "lint", "run": "x", "if": "inputs.v == 'never'"},
    {"id": "rest", "wait": {"for": "1ms"}},
    {
        "id": "publish",
        "run": "x",
        "gate": {"title": "Publish ${{ inputs.v }}", "form": {"why": {"type": "string"}}, "files": ["play.yaml"]},
    },
]
DEFINITION: dict[str, Any] = {"steps": STEPS, "inputs": {"v": {"type": "string"}}, "context": {"channel": "beta"}, "outputs": {"tag": "v1"}}


async def opened_gate(studio: Studio, run_id: str) -> str:
    """Wait until a gate of a run is open; returns the approval's id."""
    async with asyncio.timeout(30):
        changes = studio.changes()
        try:
            while True:
                for row in await studio.approvals.list():
                    if row.run_id == run_id:
                        return row.id
                await anext(changes)
        finally:
            await changes.aclose()


async def play(folder: Path) -> None:
    """Runs of every end: completed, rejected, cancelled, failed; one waits, one rests."""
    script = Script()
    async with workplace(folder, script) as studio:
        for verdict in ("approve", "reject", "cancel", "wait", "pause"):
            script.failing["test"] = 1
            run = await studio.runs.start(write(folder, **DEFINITION), {"v": verdict})
            approval = await opened_gate(studio, run.id)
            if verdict == "cancel":
                await studio.runs.cancel(run.id, reason="late")
            elif verdict == "pause":
                await studio.runs.pause(run.id, reason="lunch")
            elif verdict != "wait":
                answer: Verdict = "approve" if verdict == "approve" else "reject"
                await studio.approvals.decide(approval, answer, comment="so be it", form={"why": "x"}, metadata={"k": [1]})
            await until_status(studio, run.id, "completed", "rejected", "cancelled", "waiting", "paused")
        script.failing["test"] = 9
        run = await studio.runs.start(write(folder, **DEFINITION), {"v": "x" * 5000})
        await until_status(studio, run.id, "failed")
