"""Workflows as files and rows: kept, compared, replaced, forgotten, tried dry."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oyama_tui.core.errors import InvalidDefinition, InvalidInput, NotFound, WorkflowConflict
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import Script, until_status, workplace

STEPS = [{"id": "a", "run": "echo hello"}]


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with open_studio(Settings(home=tmp_path)) as opened:
        yield opened


def file(folder: Path, name: str = "release", **definition: object) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps({"steps": STEPS, **definition}))
    return path


async def test_a_file_is_kept_under_its_own_name(studio: Studio, tmp_path: Path) -> None:
    row = await studio.workflows.add(file(tmp_path))
    assert (row.id, row.name, row.status, row.steps, row.runs) == ("release", "release", "draft", 1, 0)
    assert row.source == str(tmp_path / "release.yaml")
    assert await studio.workflows.list() == (row,)


async def test_a_changed_file_is_noticed_and_a_missing_one_too(studio: Studio, tmp_path: Path) -> None:
    path = file(tmp_path)
    first = await studio.workflows.add(path)
    path.write_text(json.dumps({"name": "Another name", "steps": STEPS}))
    assert (await studio.workflows.get("release")).changed
    second = await studio.workflows.add(path)
    assert (second.changed, second.revision != first.revision) == (False, True)
    path.unlink()
    assert (await studio.workflows.get("release")).missing


async def test_an_id_belongs_to_one_file_until_it_is_replaced(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    await studio.workflows.add(file(tmp_path))
    rival = file(tmp_path / "other", description="another")
    with pytest.raises(WorkflowConflict, match="belongs to"):
        await studio.workflows.add(rival)
    assert (await studio.workflows.add(rival, replace=True)).source == str(rival)


async def test_an_id_whose_file_is_gone_is_free(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = file(tmp_path)
    await studio.workflows.add(first)
    first.unlink()
    moved = file(tmp_path / "other")
    assert (await studio.workflows.add(moved)).source == str(moved)


async def test_unknown_names_are_answered_with_similar_ones(studio: Studio, tmp_path: Path) -> None:
    await studio.workflows.add(file(tmp_path))
    with pytest.raises(NotFound) as refused:
        await studio.workflows.get("relaese")
    assert "release" in refused.value.hint
    with pytest.raises(NotFound, match="cannot be read"):
        await studio.workflows.definition(str(tmp_path / "nothing.yaml"))


async def test_a_file_that_is_too_large_is_not_read_whole(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InvalidDefinition, match="1 MB"):
        await studio.workflows.add(path)


async def test_forgetting_keeps_the_history_and_the_file(tmp_path: Path) -> None:
    script = Script()
    script.held.add("a")
    path = file(tmp_path)
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(str(path), {})
        with pytest.raises(WorkflowConflict, match="live run"):
            await studio.workflows.delete("release")
        script.let_go("a")
        await until_status(studio, run.id, "completed")
        await studio.workflows.delete("release")
        assert await studio.workflows.list() == ()
        assert [row.id for row in await studio.runs.list()] == [run.id]
        assert path.exists()
        with pytest.raises(NotFound):
            await studio.workflows.delete("release")
        again = await studio.runs.start(str(path), {})
        assert again.number == 2


async def test_a_template_becomes_a_file_that_is_never_overwritten(studio: Studio, tmp_path: Path) -> None:
    assert {"demo", "release"} <= set(studio.workflows.templates())
    target = tmp_path / "new" / "mine.yaml"
    row = await studio.workflows.create(target, "release")
    assert row.source == str(target)
    with pytest.raises(WorkflowConflict, match="exists"):
        await studio.workflows.create(target, "release")
    with pytest.raises(NotFound, match="no template"):
        await studio.workflows.create(tmp_path / "x.yaml", "nothing")


async def test_a_dry_run_tells_the_order_and_starts_nothing(studio: Studio, tmp_path: Path) -> None:
    gate = {"title": "Go?", "preview": "diff", "recheck": True}
    steps = [
        {"id": "a", "run": "echo ${{ inputs.version }}", "if": "inputs.version != ''"},
        {"id": "b", "run": "echo ${{ steps.a.output }}", "gate": gate},
    ]
    path = file(tmp_path, inputs={"version": {"type": "string", "required": True}}, steps=steps)
    planned = await studio.workflows.dry_run(str(path), {"version": "v1"})
    assert [step.order for step in planned] == [("if", "action"), ("preview", "gate", "re-check", "action")]
    assert "v1" in planned[0].action
    assert planned[1].needs == ("a",)
    with pytest.raises(InvalidInput):
        await studio.workflows.dry_run(str(path), {})
    assert await studio.runs.list() == ()
