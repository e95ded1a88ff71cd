"""A copy of the database while it is used, and what is made anew from journals."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from oyama_tui.core.errors import FileProblem, FileTaken, InvalidInput, NotAllowed
from oyama_tui.core.events import Principal
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import until_status
from tests.studio.archived import play


def change(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(home / "oyama.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def content(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    with closing(sqlite3.connect(home / "oyama.db")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: sorted(connection.execute(f"SELECT rowid, * FROM {table}").fetchall(), key=repr) for table in tables}


async def troubles(studio: Studio) -> list[str]:
    return [check.message for check in await studio.system.verify() if check.status == "problem"]


async def test_a_copy_of_a_living_database_is_whole_and_its_runs_go_on(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "copy.db"
    home.mkdir()
    (home / "many.yaml").write_text(
        "id: many\nsteps:\n  - {id: fan, for_each: {items: [1,2,3,4,5,6,7,8]}, steps: [{id: go, run: 'true'}]}\n"
    )
    waiting = await play(home, answer=False)
    async with open_studio(Settings(home=home), drive="all") as studio:
        busy = [(await studio.runs.start(str(home / "many.yaml"), {})).id for _ in range(5)]
        made = await studio.archive.backup(file)
        assert made.bytes == file.stat().st_size
        for run in busy:
            await until_status(studio, run, "completed")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {entry.name for entry in tmp_path.iterdir()} == {"home", "copy.db"}
    async with open_studio(Settings(home=home, database=file), drive="all") as restored:
        assert len(await restored.runs.list()) == made.runs == 6
        for run in busy:
            await until_status(restored, run, "completed")
        [asked] = await restored.approvals.list()
        await restored.approvals.decide(asked.id, "approve", form={"why": "x"}, digest=asked.digest)
        await until_status(restored, waiting, "completed")
        assert await troubles(restored) == []


async def test_a_copy_overwrites_nothing_and_leaves_nothing_half(tmp_path: Path) -> None:
    home, there = tmp_path / "home", tmp_path / "there.db"
    await play(home)
    there.write_text("mine")
    async with open_studio(Settings(home=home)) as studio:
        with pytest.raises(FileTaken):
            await studio.archive.backup(there)
        assert there.read_text() == "mine"
        with pytest.raises(FileProblem, match="is a folder"):
            await studio.archive.backup(tmp_path)
        with pytest.raises(FileProblem, match="there is no folder"):
            await studio.archive.backup(tmp_path / "no" / "x.db")
        with pytest.raises(InvalidInput, match="the database itself"):
            await studio.archive.backup(home / "oyama.db", replace=True)
        assert (await studio.archive.backup(there, replace=True)).runs == 1
    assert {entry.name for entry in tmp_path.iterdir()} == {"home", "there.db"}


async def test_a_copy_that_is_not_whole_is_not_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    await play(home)
    change(home, "UPDATE workflow_states SET head = x'00'")
    async with open_studio(Settings(home=home)) as studio:
        with pytest.raises(FileProblem, match="The copy is not whole"):
            await studio.archive.backup(tmp_path / "copy.db")
    assert {entry.name for entry in tmp_path.iterdir()} == {"home"}


MENDED = {
    "changed column": ("UPDATE workflow_approvals SET decided_by = 'eve', comment = 3, data = NULL",),
    "changed state": ("UPDATE workflow_states SET phase = 'failed', status = 'failed', outputs = 7, completed_steps = 0",),
    "missing attempt": ("DELETE FROM workflow_execution_steps WHERE key = 2",),
    "missing approval": ("DELETE FROM approval_votes", "DELETE FROM workflow_approvals"),
    "missing history": ("DELETE FROM workflow_executions",),
    "missing scopes": ("DELETE FROM workflow_scopes WHERE position = 0",),
    "foreign variable": ("INSERT INTO workflow_context (run, name, value, seq, at) VALUES (1, 'x', '1', 1, 1)",),
    "renamed node": ("UPDATE workflow_execution_steps SET node = 'other' WHERE key = 1",),
    "missing index": ("DROP INDEX idx_workflow_states_status", "DROP INDEX idx_workflow_approvals_run"),
    "totals": ("UPDATE workflows SET runs = 7, status = 'draft', stages = '[]', newest_run = NULL",),
    "all at once": ("UPDATE workflows SET runs = 0", "DELETE FROM workflow_scopes", "UPDATE workflow_executions SET phase = 'x'"),
}


@pytest.mark.parametrize("name", MENDED)
async def test_what_journals_tell_is_made_anew_as_it_was(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    await play(home)
    before = content(home)
    change(home, *MENDED[name])
    spoiled = content(home)
    async with open_studio(Settings(home=home)) as studio:
        planned = await studio.archive.repair(dry=True)
        assert {check.status for check in planned} == {"warning"}
        assert content(home) == spoiled
        done = await studio.archive.repair(dry=False)
        assert [check.message for check in done[1:]] == [check.message for check in planned]
        assert await troubles(studio) == []
        assert await studio.archive.repair(dry=True) == ()
    after = content(home)
    assert {table for table in after if after[table] != before[table]} <= {"sqlite_sequence", "sqlite_master"}
    [copy] = home.glob("oyama.db.before-repair-*")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM workflow_events").fetchone() is not None


LEFT = {
    "changed journal": "UPDATE workflow_events SET payload = replace(payload, 'because', 'whatever')",
    "cut journal": "DELETE FROM workflow_events WHERE seq > 9",
    "changed revision": "UPDATE workflow_revisions SET content = replace(content, 'echo', 'exit')",
    "changed owner": "UPDATE workflow_states SET epoch = 99",
    "sealed row": "UPDATE workflows SET source = '/elsewhere', runs = 9",
}


@pytest.mark.parametrize("name", LEFT)
async def test_what_no_journal_tells_is_named_and_left(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    await play(home)
    change(home, LEFT[name])
    spoiled = content(home)
    async with open_studio(Settings(home=home)) as studio:
        found = await studio.archive.repair(dry=False)
        assert {check.status for check in found} == {"problem"}
        assert all(check.hint for check in found)
        assert await troubles(studio) != []
    assert content(home) == spoiled
    assert list(home.glob("oyama.db.before-repair-*")) == []


async def test_a_mended_row_does_not_seal_what_else_was_changed_in_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    await play(home)
    change(home, "UPDATE workflow_states SET epoch = 99, phase = 'failed'")
    async with open_studio(Settings(home=home)) as studio:
        found = await studio.archive.repair(dry=False)
        assert [check.status for check in found] == ["ok", "warning", "problem"]
        assert ["epoch is 99" in text for text in await troubles(studio)] == [True]


async def test_an_agent_repairs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    await play(home)
    change(home, "UPDATE workflow_executions SET phase = 'failed'")
    async with open_studio(Settings(home=home)) as studio:
        caller = studio.archive._context.caller
        monkeypatch.setattr(type(caller), "principal", Principal(name="ana", kind="agent", program="claude"))
        with pytest.raises(NotAllowed, match="Only a person"):
            await studio.archive.repair(dry=True)
