"""Files of runs, reports and copies where there is no room: a clear sentence, and nothing is left."""

from __future__ import annotations

import pytest

from tests.reliability.program import Launcher

STEP = "  - {{id: {}, run: 'head -c 300000 /dev/urandom | base64 -w 1500'}}\n"
FLOOD = f"id: flood\nsteps:\n{STEP.format('a')}{STEP.format('b')}"
LEAST = 64 * 1024
"""Bytes that a file may have: more than SQLite needs beside the database, and less than what is to be written."""


@pytest.mark.parametrize(
    "words", [("export", "flood#1", "-o", "out/it"), ("report", "flood#1", "-o", "out/it", "--format", "html"), ("backup", "out/it")]
)
def test_nothing_is_left_of_a_file_that_found_no_room(launcher: Launcher, words: tuple[str, ...]) -> None:
    launcher.file("flood.yaml", FLOOD)
    launcher("run", "flood.yaml", code=0)
    out = launcher.folder / "out"
    out.mkdir()
    ended = launcher(*words, fsize=LEAST, code=74)
    # SQLite calls a file that may not grow an error of the disk.
    said = "The disk with {} gave an error" if words[0] == "backup" else "The disk with {} is full"
    assert said.format(out / "it") in ended.err, ended.told
    assert list(out.iterdir()) == []
    launcher(*words, code=0)
    assert [path.name for path in out.iterdir()] == ["it"]


def test_an_import_that_finds_no_room_leaves_nothing(launcher: Launcher) -> None:
    launcher.file("flood.yaml", FLOOD)
    launcher("run", "flood.yaml", code=0)
    launcher("export", "flood#1", "-o", "r.oyamarun", code=0)
    elsewhere = launcher.folder / "elsewhere"
    env = {"OYAMA_HOME": str(elsewhere)}
    launcher("runs", env=env, code=0)
    ended = launcher("import", "r.oyamarun", env=env, fsize=LEAST, code=74)
    assert "is full" in ended.err, ended.told
    assert launcher("runs", "--json", env=env, code=0).json() == []
    assert [path.name for path in (elsewhere / "oyama.db.files").iterdir() if "flood" in path.name or "importing" in path.name] == []
    launcher("import", "r.oyamarun", env=env, code=0)
    launcher("verify", env=env, code=0)
