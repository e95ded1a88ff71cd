"""A cleanup that is killed again and again leaves a sound database, no file of a run that is gone, and everything that was to stay."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from oyama_tui.settings import Settings
from oyama_tui.store import integrity
from oyama_tui.store.database import Database
from oyama_tui.studio import open_studio
from tests.engine.workplace import until_status
from tests.reliability.program import Launcher
from tests.store.copies import copy_run

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "12"))
"""Kills in all; more for a long soak."""
SMALL = "id: small\nsteps:\n  - {id: a, set: {k: 1}}\n"
ITEMS = ", ".join(map(str, range(120)))
LARGE = f"id: large\nsteps:\n  - {{id: fan, for_each: {{items: [{ITEMS}], concurrency: 20}}, steps: [{{id: a, set: {{k: 1}}}}]}}\n"
CLEANUP = ("cleanup", "--keep", "0", "--yes")
LIVE = "id: live\nsteps:\n  - {id: rest, wait: {for: 1h}}\n"


async def fill(home: Path) -> set[str]:
    """A live run, a pinned one, and many that may go, large ones among them; returns those that stay."""
    settings = Settings(home=home)
    ended = []
    async with open_studio(settings, drive="own") as studio:
        for name, text in {"small": SMALL, "large": LARGE, "live": LIVE}.items():
            (home / f"{name}.yaml").write_text(text)
            run = await studio.runs.start(str(home / f"{name}.yaml"), {})
            await until_status(studio, run.id, "waiting" if name == "live" else "completed")
            ended.append(run.id)
    database = Database(settings.database_path)
    with closing(database.connect_writer()) as connection:
        small = copy_run(connection, ended[0], KILLS * 60, settings.files_path)
        copy_run(connection, ended[1], max(KILLS // 2, 2), settings.files_path)
        pinned = small[7]
        connection.execute("UPDATE workflow_states SET pinned = 1 WHERE id = ?", (pinned,))
    database.close()
    return {ended[2], pinned}


def progress(path: Path) -> tuple[int, int]:
    """How many runs and how many events are gone, as far as one can tell."""
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        removed = connection.execute("SELECT count(*) FROM removed_runs").fetchone()[0]
        return removed, -connection.execute("SELECT count(*) FROM workflow_events").fetchone()[0]


def check(home: Path, staying: set[str]) -> None:
    settings = Settings(home=home)
    database = Database(settings.database_path)
    try:
        found = database.read_now(integrity.verify)
    finally:
        database.close()
    assert [one.message for one in found if one.status == "problem"] == []
    with closing(sqlite3.connect(settings.database_path)) as connection:
        left = {row[0] for row in connection.execute("SELECT id FROM workflow_states")}
        begun = {row[0] for row in connection.execute("SELECT id FROM removed_runs")}
    assert staying <= left
    assert not staying & begun


@pytest.mark.timeout(120 + 6 * KILLS)
def test_kills_leave_nothing_half_removed(launcher: Launcher, seed: int) -> None:
    home = launcher.home
    home.mkdir()
    staying = asyncio.run(fill(home))
    path, rng, kills, cut = launcher.database, random.Random(seed), 0, 0
    check(home, staying)
    while kills < KILLS:
        cleaning = launcher.start(*CLEANUP)
        runs, events = progress(path)
        more, by_events = rng.randint(1, 14), rng.random() < 0.4
        while cleaning.code is None:
            now = progress(path)
            if now[0] >= runs + more or (by_events and now[1] >= events + more):
                break
        time.sleep(rng.random() * 0.01)
        cleaning.kill()
        if cleaning.code != -signal.SIGKILL:
            assert cleaning.code == 0, cleaning.wait().told
            break
        kills += 1
        check(home, staying)
        with closing(sqlite3.connect(path)) as connection:
            cut += connection.execute("SELECT count(*) FROM removed_runs WHERE run IN (SELECT key FROM workflow_states)").fetchone()[0]
    launcher(*CLEANUP, code=0)
    check(home, staying)
    files = Settings(home=home).files_path
    with closing(sqlite3.connect(path)) as connection:
        assert {row[0] for row in connection.execute("SELECT id FROM workflow_states")} == staying
    assert {folder.name for folder in files.iterdir() if folder.is_dir()} <= {*staying, "engines"}
    print(f"{kills} kills, {cut} of them within a run")
    assert kills == KILLS
