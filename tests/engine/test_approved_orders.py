"""What runs in the end, with real processes, after a yes."""

from __future__ import annotations

from pathlib import Path

from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import until_status, write

PROBE = """import pathlib, sys
with open("seen", "a") as seen:
    seen.write("|".join(sys.argv[1:]) + "\\n" + sys.stdin.read() + "\\n")
"""
HOSTILE = "x; $(touch broken) `touch broken` \"; touch broken; ' ${{ inputs.to }}"


async def asked(studio: Studio, run_id: str) -> str:
    """The id of the run's open question."""
    changes = studio.changes()
    try:
        while True:
            rows = [row for row in await studio.approvals.list() if row.run_id == run_id]
            if rows:
                return rows[0].id
            await anext(changes)
    finally:
        await changes.aclose()


async def test_a_form_value_reaches_the_action_as_data_only(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    own = "${{ steps.go.decision.form.note }}"
    step = {"id": "go", "gate": {"form": {"note": {}}}, "env": {"NOTE": own}, "stdin": own}
    step["run"] = f'python3 probe.py "{own}" {own} "$NOTE"'
    path = write(tmp_path, inputs={"to": {"default": "production"}}, steps=[step])
    async with open_studio(Settings(home=tmp_path / "home"), drive="all", trigger="test") as studio:
        run = await studio.runs.start(path, {})
        await studio.approvals.decide(await asked(studio, run.id), "approve", form={"note": HOSTILE})
        await until_status(studio, run.id, "completed")
    assert (tmp_path / "seen").read_text() == f"{'|'.join([HOSTILE] * 3)}\n{HOSTILE}\n"
    assert not (tmp_path / "broken").exists()


async def test_a_variable_that_a_step_beside_it_sets_between_attempts_does_not_reach_the_action(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    to = "${{ context.to }}"
    first_fails = (
        'python3 probe.py "$TO" ' + to + "\nif mkdir tried 2> /dev/null; then while ! test -e changed; do sleep 0.05; done; exit 1; fi"
    )
    retry = {"max_attempts": 2, "interval": "0s"}
    steps = [
        {"id": "go", "gate": {}, "run": first_fails, "env": {"TO": to}, "stdin": to, "retry": retry},
        {"id": "begun", "run": "while ! test -e seen; do sleep 0.05; done"},
        {"id": "change", "needs": ["begun"], "set": {"to": "production"}},
        {"id": "mark", "needs": ["change"], "run": "touch changed"},
    ]
    path = write(tmp_path, type="graph", context={"to": "staging"}, steps=steps)
    async with open_studio(Settings(home=tmp_path / "home"), drive="all", trigger="test") as studio:
        run = await studio.runs.start(path, {})
        await studio.approvals.decide(await asked(studio, run.id), "approve")
        await until_status(studio, run.id, "completed")
        assert {one.name: one.value for one in await studio.runs.context(run.id)} == {"to": "production"}
    assert (tmp_path / "seen").read_text() == "staging|staging\nstaging\n" * 2
