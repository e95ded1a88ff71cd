"""Runs of a workflow beside each other, from a real database; and what the workflow says, and has said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oyama_tui.core.errors import InvalidInput, NotFound
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from oyama_tui.studio.revisions import MOST

TEXT = """
id: load
inputs: {rows: {type: integer, default: 3}}
steps:
  - {id: read, run: 'echo "${{ inputs.rows }} rows"'}
  - {id: check, run: 'test ${{ inputs.rows }} -gt 0'}
  - {id: tell, run: echo told}
"""


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with open_studio(Settings(home=tmp_path / "home"), drive="all", trigger="test") as opened:
        yield opened


async def ran(studio: Studio, path: Path, text: str = TEXT, **inputs: int) -> str:
    """A run that is over; its id."""
    path.write_text(text)
    row = await studio.runs.start(str(path), dict(inputs))
    async for _event in studio.runs.follow(row.id):
        pass
    return row.id


async def test_runs_stand_beside_each_other_the_oldest_first(studio: Studio, tmp_path: Path) -> None:
    ids = [await ran(studio, tmp_path / "load.yaml", rows=rows) for rows in (3, 0, 5)]
    matrix = await studio.comparing.matrix("load")
    assert [run.id for run in matrix.runs] == ids
    words = {step.key: [outcome.word if outcome else "" for outcome in step.outcomes] for step in matrix.steps}
    assert words["check"] == ["completed", "failed", "completed"]
    assert words["tell"][1] != "completed"
    newest = await studio.comparing.matrix("load", 2)
    assert [run.id for run in newest.runs] == ids[1:]
    assert newest.total == 3
    assert (await studio.comparing.matrix("nothing")).runs == ()


async def test_two_runs_differ_in_inputs_output_and_result(studio: Studio, tmp_path: Path) -> None:
    one, other = [await ran(studio, tmp_path / "load.yaml", rows=rows) for rows in (3, 0)]
    found = await studio.comparing.compare(one, other)
    assert found.same_revision
    assert found.definition == ()
    assert [(value.where, value.name, value.one, value.other) for value in found.values] == [("inputs", "rows", 3, 0)]
    steps = {step.key: step for step in found.steps}
    assert (steps["read"].one_output, steps["read"].other_output) == ("3 rows", "0 rows")
    assert [step.key for step in found.steps if step.alike] == []
    same = await studio.comparing.compare(one, await ran(studio, tmp_path / "load.yaml", rows=3))
    assert all(step.alike for step in same.steps)
    assert same.values == ()


async def test_another_text_of_the_workflow_is_told_line_by_line(studio: Studio, tmp_path: Path) -> None:
    one = await ran(studio, tmp_path / "load.yaml")
    other = await ran(studio, tmp_path / "load.yaml", TEXT.replace("echo told", "echo said"))
    found = await studio.comparing.compare(one, other)
    assert not found.same_revision
    assert [line for line in found.definition if line[0] in "+-"] == ["-   run: echo told", "+   run: echo said"]


async def test_what_cannot_be_compared_is_told(studio: Studio, tmp_path: Path) -> None:
    one = await ran(studio, tmp_path / "load.yaml")
    alone = await ran(studio, tmp_path / "alone.yaml", "id: alone\nsteps: [{id: a, run: 'true'}]\n")
    with pytest.raises(InvalidInput, match="two workflows"):
        await studio.comparing.compare(one, alone)
    with pytest.raises(InvalidInput, match="Both are load #1"):
        await studio.comparing.compare(one, "load#1")
    with pytest.raises(NotFound):
        await studio.comparing.compare(one, "load#7")


async def test_revisions_come_newest_first_each_with_what_it_changed(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "load.yaml"
    for count in range(MOST + 2):
        path.write_text(TEXT.replace("told", f"told {count}"))
        await studio.workflows.add(path)
    found = await studio.revisions.newest("load")
    assert len(found) == MOST
    assert [revision.current for revision in found] == [True, *[False] * (MOST - 1)]
    assert [line for line in found[0].changed if line[0] in "+-"] == [f"-   run: echo told {MOST}", f"+   run: echo told {MOST + 1}"]
    assert all(revision.changed for revision in found), "the one before the last shown is known too"
    assert not (await studio.revisions.newest("load", MOST + 2))[-1].changed
    assert await studio.revisions.newest("nothing") == ()


async def test_the_text_is_the_file_as_its_author_wrote_it(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "load.yaml"
    path.write_text(f"# why\n{TEXT}")
    await studio.workflows.add(path)
    source = await studio.revisions.source("load")
    assert source.text.startswith("# why")
    assert (source.kept, source.problem) == (False, "")
    path.write_text(TEXT.replace("steps:", "stpes:"))
    wrong = await studio.revisions.source("load")
    assert "stpes" in wrong.text
    assert "stpes" in wrong.problem
    path.unlink()
    gone = await studio.revisions.source("load")
    assert gone.kept
    assert "cannot be read" in gone.problem
    assert "echo told" in gone.text


async def test_a_stored_workflow_has_the_text_that_is_kept(studio: Studio) -> None:
    await studio.workflows.store(TEXT, wanted="load")
    source = await studio.revisions.source("load")
    assert source.kept
    assert source.path == ""
    await studio.workflows.store(source.text, expected=None, wanted="load")
    assert len(await studio.revisions.newest("load")) == 1, "what is read is what was kept"


async def test_steps_that_have_not_run_follow_each_other_as_they_will(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "ship.yaml"
    path.write_text("id: ship\nsteps:\n  - {id: build, run: 'true'}\n  - {id: ship, gate: {title: Ship}, run: 'true'}\n")
    await studio.workflows.add(path)
    steps = await studio.revisions.steps("ship")
    assert [(step.key, step.depth, step.after, step.status) for step in steps] == [
        ("build", 0, (), "pending"),
        ("ship.gate", 1, ("build",), "pending"),
        ("ship", 0, ("ship.gate",), "pending"),
    ]
