"""A damaged or edited file: every change of its content is named, and nothing that reads it ends in a mistake of ours.

`OYAMA_TEST_DAMAGE=full` plays 2,000 flipped bits and 200 edits instead of a sample.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from oyama_tui.core.errors import OyamaError
from oyama_tui.settings import Settings
from oyama_tui.store.diagnosis import diagnose
from oyama_tui.studio import Studio, open_studio
from oyama_tui.tui.app import OyamaApp
from tests.reliability.program import ForkServer, Launcher
from tests.reliability.spoiling import Content, content, edit, flip
from tests.store.played import play

FULL = os.environ.get("OYAMA_TEST_DAMAGE") == "full"
FLIPS, EDITS = (2000, 200) if FULL else (100, 80)
COMMANDS, SCREENS = (40, 30) if FULL else (6, 4)
REFS = ("play@latest", "play#1", "play#4")
LOOKING = (
    "verify",
    "doctor",
    "list",
    "runs",
    "history",
    "approvals --status all",
    *(f"{word} {ref}" for word in ("show", "logs") for ref in REFS),
)
T = TypeVar("T")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of six runs: completed, rejected, cancelled, waiting, paused, failed."""
    folder = tmp_path_factory.mktemp("sound")
    asyncio.run(play(folder))
    assert not (folder / "oyama.db-wal").exists()
    return (folder / "oyama.db").read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oyama.db"


def restore(path: Path, sound: bytes) -> None:
    """The sound file again, with nothing beside it."""
    for file in path.parent.glob("oyama.db*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    path.write_bytes(sound)


def spoiled(path: Path, sound: bytes, chance: random.Random, *, by_sql: bool) -> str:
    """A file whose content is different now; returns how that came."""
    before = content_of(path, sound)
    while True:
        restore(path, sound)
        how = edit(path, chance) if by_sql else flip(sound, path, chance)
        if content(path) != before:
            return how


def content_of(path: Path, sound: bytes) -> object:
    restore(path, sound)
    return content(path)


async def verified(path: Path) -> str:
    """What `verify` says that is wrong."""
    try:
        async with open_studio(Settings(home=path.parent)) as studio:
            return "; ".join(check.message for check in await studio.system.verify() if check.status != "ok")
    except OyamaError as error:
        return error.sentence


def diagnosed(path: Path) -> str:
    """What `doctor` says that is wrong with the file's content."""
    checks = diagnose(path, path.parent / "oyama.db.files")
    return "; ".join(check.message for check in checks if check.status != "ok" and check.id not in ("mode", "space"))


async def looked_at(path: Path) -> None:
    """Look at everything; what cannot be shown is told as an `OyamaError`."""
    try:
        async with open_studio(Settings(home=path.parent)) as studio:
            await look(studio)
    except OyamaError:
        return


async def look(studio: Studio) -> None:
    asked: tuple[Awaitable[Any], ...] = (studio.workflows.list(), studio.system.view(), studio.runs.list(live=True))
    for answer in asked:
        await told(answer)
    await told(studio.workflows.definition("play"))
    for row in await told(studio.runs.list()) or ():
        view = await told(studio.runs.get(row.id))
        await told(studio.runs.events(row.id))
        await told(studio.runs.context(row.id))
        for node in view.nodes if view else ():
            await told(studio.runs.log(row.id, node.key))
    await told(studio.history.page(studio.history.parse("")))
    await told(studio.history.stats("play"))
    for approval in await told(studio.approvals.list(status="all")) or ():
        await told(studio.approvals.get(approval.id))


async def told(asked: Awaitable[T]) -> T | None:
    """The answer; none when it is a failure that is explained to people."""
    try:
        return await asked
    except OyamaError:
        return None


def difference(before: Content | str, now: Content | str) -> str:
    """The first part of a content that is different, for messages of failed checks."""
    if isinstance(before, str) or isinstance(now, str):
        return str(now)
    part = next(name for name in {**before, **now} if before.get(name) != now.get(name))
    return f"{part}: {[row for row in before.get(part, ()) if row not in now.get(part, ())]} -> {now.get(part)}"


@pytest.mark.timeout(3600 if FULL else 300)
@pytest.mark.parametrize(("by_sql", "times"), [(False, FLIPS), (True, EDITS)], ids=["flips", "edits"])
def test_every_change_of_content_is_named(path: Path, sound: bytes, seed: int, by_sql: bool, times: int) -> None:
    chance = random.Random(seed)
    restore(path, sound)
    assert (asyncio.run(verified(path)), diagnosed(path)) == ("", "")
    before, changed, missed = content(path), 0, []
    for _ in range(times):
        restore(path, sound)
        how = edit(path, chance) if by_sql else flip(sound, path, chance)
        after = content(path)
        if after == before:
            continue
        changed += 1
        kept = path.read_bytes()
        if not asyncio.run(verified(path)):
            missed.append(f"{how}: {difference(before, after)}")
        restore(path, kept)
        asyncio.run(looked_at(path))
        restore(path, kept)
        if not diagnosed(path):
            missed.append(f"doctor: {how}")
    print(f"seed {seed}: {times} changes of the file, {changed} of its content, {len(missed)} missed")
    assert not missed, "\n".join(missed)
    assert changed > times / 50


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("by_sql", [False, True], ids=["flips", "edits"])
def test_commands_tell_damage_and_never_fail_by_mistake(tmp_path: Path, server: ForkServer, sound: bytes, seed: int, by_sql: bool) -> None:
    launcher, chance = Launcher(tmp_path, server), random.Random(seed)
    launcher.home.mkdir()
    for _ in range(COMMANDS):
        how = spoiled(launcher.database, sound, chance, by_sql=by_sql)
        kept = launcher.database.read_bytes()
        for command in LOOKING:
            restore(launcher.database, kept)
            ended = launcher(*command.split())
            # A dropped index changes no content: it is told as a warning, and nothing is wrong with the answer.
            named = (0,) if "DROP INDEX" in how and "idx_" in ended.told else (1, 74)
            assert ended.code in (named if command in ("verify", "doctor") else (0, 4, 74)), f"{how}, {command}: {ended.told}"
            assert "Internal error" not in ended.err, f"{how}, {command}: {ended.told}"


@pytest.mark.timeout(1200)
async def test_screens_tell_damage_and_go_on(path: Path, sound: bytes, seed: int) -> None:
    chance = random.Random(seed)
    for turn in range(SCREENS):
        how = await asyncio.to_thread(partial(spoiled, path, sound, chance, by_sql=bool(turn % 4)))
        try:
            async with open_studio(Settings(home=path.parent), drive="none") as studio:
                app = OyamaApp(studio)
                async with app.run_test(size=(120, 40)) as pilot:
                    for key in ("1", "2", "enter", "escape", "3", "4", "enter", "escape"):
                        await pilot.press(key)
                        await pilot.pause(0.15)
                        assert app.failure is None, how
        except OyamaError:
            continue


def test_lists_show_the_sound_rows_and_name_the_damaged_one(tmp_path: Path, server: ForkServer, sound: bytes) -> None:
    launcher = Launcher(tmp_path, server)
    launcher.home.mkdir()
    launcher.database.write_bytes(sound)
    with sqlite3.connect(launcher.database) as connection:
        connection.execute("UPDATE workflow_states SET phase = CAST(x'ff' AS TEXT) WHERE key = 2")
        connection.execute("UPDATE workflow_executions SET started_at = 'soon' WHERE run = 2")
        connection.execute("UPDATE workflow_approvals SET data = '{]' WHERE run = 1")
        connection.execute("UPDATE workflows SET stages = '{]'")
    connection.close()
    for command, there, named in (
        ("runs", "play #3", "workflow_states"),
        ("history", "play #3", "The row 2 of workflow_executions is damaged: '<=' not supported"),
        ("approvals --status all", "play #2", "workflow_approvals is damaged: "),
        ("list", "", "The row play of workflows is damaged: its steps are no JSON."),
    ):
        ended = launcher(*command.split(), code=74)
        assert there in ended.out, ended.told
        assert named in ended.err, ended.told
        assert "oyama verify" in ended.err


def test_a_path_that_no_file_system_has_is_told_as_damage(tmp_path: Path, server: ForkServer, sound: bytes) -> None:
    launcher = Launcher(tmp_path, server)
    launcher.home.mkdir()
    for table, column, commands in (
        ("workflows", "source", ("list", "show play@latest")),
        ("workflow_states", "directory", ("show play@latest", "resume play#4")),
    ):
        launcher.database.write_bytes(sound)
        with sqlite3.connect(launcher.database) as connection:
            connection.execute(f"UPDATE {table} SET {column} = 'folder' || char(0) || '/file'")
        connection.close()
        for command in commands:
            ended = launcher(*command.split(), code=74)
            assert f"{column} is 'folder\\x00/file', which is no path" in ended.err, ended.told


def test_a_changed_name_in_any_table_of_the_schema_is_told(path: Path, sound: bytes) -> None:
    for word in (b"alembic_version_pkc", b"version_num VARCHAR", b"client_key VARCHAR", b"CREATE TABLE sqlite_sequence(name,seq"):
        changed = sound.replace(word, word[:-2] + b"x" + word[-1:])
        assert changed != sound, word
        restore(path, changed)
        assert asyncio.run(verified(path)), word
        restore(path, changed)
        assert diagnosed(path), word
