"""What the page about calling a workflow says is so: its definitions run."""

from __future__ import annotations

import asyncio
from pathlib import Path

from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "call-a-workflow.md"
EXAMPLES = {text.splitlines()[0].removeprefix("id: "): text for language, text in blocks(PAGE) if language == "yaml"}


async def test_the_examples_run_and_hand_their_values_on(tmp_path: Path) -> None:
    for name, text in EXAMPLES.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    async with open_studio(Settings(home=tmp_path), drive="all") as studio, asyncio.timeout(60):
        run = await studio.runs.start(str(tmp_path / "release.yaml"), {"version": "v3"})
        while not (asked := await studio.approvals.list()):
            await asyncio.sleep(0.02)
        assert asked[0].run_way == "release #1 › deploy › deploy #1"
        await studio.approvals.decide(asked[0].id, "approve", digest=asked[0].digest)
        while not (row := (await studio.runs.get(run.id)).row).ended:
            await asyncio.sleep(0.02)
        assert row.status == "completed"
        told = await studio.runs.attempt(run.id, "tell")
        assert told is not None
        assert told.output == "It is at https://example.org/v3, 3 times."
