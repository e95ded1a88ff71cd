"""No engine drives what other accounts can change: their workflow would run as its account."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.program import Launcher
from tests.reliability.terminal import Terminal

STRANGER = 65534
LINEAR = "id: linear\nsteps:\n  - {id: a, run: echo a}\n"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def foreign_file(home: Path) -> None:
    os.chown(home / "oyama.db", STRANGER, STRANGER)


def foreign_folder(home: Path) -> None:
    os.chown(home, STRANGER, STRANGER)


def file_for_all(home: Path) -> None:
    (home / "oyama.db").chmod(0o666)


def folder_for_all(home: Path) -> None:
    home.chmod(0o777)


def folder_for_a_group(home: Path) -> None:
    os.chown(home, 0, STRANGER)
    home.chmod(0o770)


def foreign_locks(home: Path) -> None:
    os.chown(home / "oyama.db.files" / "engines", STRANGER, STRANGER)


WAYS = [foreign_file, foreign_folder, file_for_all, folder_for_all, folder_for_a_group, foreign_locks]


@pytest.mark.parametrize("share", WAYS)
def test_database_that_others_can_change_is_not_driven(launcher: Launcher, share: Callable[[Path], None]) -> None:
    launcher.file("linear.yaml", LINEAR)
    launcher("list", code=0)
    share(launcher.home)
    for words in (("run", "linear.yaml"), ("run", "linear.yaml", "--detach"), ("worker", "--exit-when-idle", "0")):
        ended = launcher(*words, code=77)
        assert "No run is driven here" in ended.err
        assert "drive_shared" in ended.err
    assert launcher("runs", "--json", code=0).json() == []
    assert not (launcher.home / "worker.log").exists(), "no engine was started"
    assert "shared: No run is driven here" in launcher("doctor").out
    allowed = {"OYAMA_DRIVE_SHARED": "true"}
    launcher("run", "linear.yaml", code=0, env=allowed)
    assert "shared:" not in launcher("doctor", env=allowed).out


def test_screens_say_that_nothing_is_driven_where_others_can_change_it(launcher: Launcher) -> None:
    launcher.file("gated.yaml", "id: gated\nsteps:\n  - {id: g, gate: {title: Go on}}\n  - {id: b, run: echo b}\n")
    launcher("run", "gated.yaml", "--no-wait", code=5)
    launcher("approve", "gated@latest", "--yes", code=0)
    file_for_all(launcher.home)
    with closing(Terminal(launcher, columns=120, rows=36)) as terminal:
        terminal.shows("No run is driven here")
        assert not (launcher.home / "worker.log").exists(), "no engine was started"


def test_folder_in_which_nobody_can_replace_what_is_mine_is_driven(launcher: Launcher) -> None:
    launcher.file("linear.yaml", LINEAR)
    launcher("list", code=0)
    launcher.home.chmod(0o1777)
    launcher("run", "linear.yaml", code=0)
    os.chown(launcher.home / "oyama.db.files", STRANGER, STRANGER)
    assert "oyama.db.files belongs to" in launcher("run", "linear.yaml", code=77).err


def test_account_drives_its_own_files_in_a_folder_of_root(launcher: Launcher) -> None:
    launcher.file("linear.yaml", LINEAR)
    launcher.let_in(STRANGER)
    launcher("run", "linear.yaml", uid=STRANGER, code=0)
