"""What runs in the end, with real processes, after a yes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import until_status, write

PROBE = """import sys, pathlib
pathlib.Path("seen").open("a").write("|".join(sys.argv[1:]) + "\\n" + sys.stdin.read() + "\\n")
sys.exit(len(pathlib.Path("seen").read_text().splitlines()) < 3)
"""
HOSTILE = "x; $(touch broken) `touch broken` \"; touch broken; ' ${{ inputs.to }}"


async def asked(studio: Studio, run_id: str) -> str:
    """The id of the run's open question."""
    await until_status(studio, run_id, "waiting")
    [row] = [row for row in await studio.approvals.list() if row.run_id == run_id]
    return row.id


async def test_a_form_value_reaches_the_action_as_data_only(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE.replace("sys.exit", "#"))
    own = "${{ steps.go.decision.form.note }}"
    step = {
        "id": "go",
        "gate": {"form": {"note": {}}},
        "run": f'python3 probe.py "{own}" {own} "$NOTE"',
        "env": {"NOTE": own},
        "stdin": own,
    }
    path = write(tmp_path, inputs={"to": {"default": "production"}}, steps=[step])
    async with open_studio(Settings(home=tmp_path / "home"), drive="all", trigger="test") as studio:
        run = await studio.runs.start(path, {})
        await studio.approvals.decide(await asked(studio, run.id), "approve", form={"note": HOSTILE})
        await until_status(studio, run.id, "completed")
    assert (tmp_path / "seen").read_text() == f"{'|'.join([HOSTILE] * 3)}\n{HOSTILE}\n"
    assert not (tmp_path / "broken").exists()


async def test_a_variable_that_changes_between_attempts_does_not_reach_the_action(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    step = {
        "id": "go",
        "gate": {},
        "run": 'python3 probe.py "$TO"',
        "env": {"TO": "${{ context.to }}"},
        "stdin": "${{ context.to }}",
        "retry": {"max_attempts": 3, "interval": "3s", "jitter": False},
    }
    path = write(tmp_path, context={"to": "staging"}, steps=[step])
    async with open_studio(Settings(home=tmp_path / "home"), drive="all", trigger="test") as studio:
        run = await studio.runs.start(path, {})
        await studio.approvals.decide(await asked(studio, run.id), "approve")
        async with asyncio.timeout(30):
            while not (tmp_path / "seen").exists():
                await asyncio.sleep(0.01)
        await studio.runs.set_context(run.id, {"to": "production"})
        await until_status(studio, run.id, "completed")
    assert (tmp_path / "seen").read_text() == "staging\nstaging\n" * 2
