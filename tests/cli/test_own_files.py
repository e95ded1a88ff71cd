"""What a step puts in the place of the program's own files is neither waited for nor printed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from oyama_tui.files import NotPlain, open_plain, plain_folder, read_plain
from tests.cli.program import Oyama

OTHER = "what stands in another file\n"


def put(kind: str, path: Path, other: Path) -> None:
    """Put something in the place of a file."""
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(other)
    elif kind == "second name":
        os.link(other, path)
    elif kind == "folder":
        path.mkdir()
    else:
        moved = other.parent / "moved"
        moved.mkdir()
        (moved / path.name).write_text(OTHER)
        path.parent.rename(other.parent / "aside")
        path.parent.symlink_to(moved)


KINDS = ("pipe", "link", "second name", "folder", "folder that is a link")


@pytest.mark.parametrize("kind", KINDS)
def test_only_plain_files_are_opened(tmp_path: Path, kind: str) -> None:
    other = tmp_path / "other"
    other.write_text(OTHER)
    path = tmp_path / "files" / "run" / "a.1.log"
    plain_folder(path.parent)
    path.write_text("ours")
    assert read_plain(path, 2) == b"ou"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    put(kind, path, other)
    for flags in (os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND | os.O_CREAT):
        with pytest.raises(NotPlain):
            open_plain(path, flags)
    if kind == "folder that is a link":
        with pytest.raises(NotPlain):
            plain_folder(path.parent)


@pytest.mark.parametrize("kind", KINDS)
def test_logs_print_only_what_the_step_wrote(oyama: Oyama, kind: str) -> None:
    oyama.file("plain.yaml", "id: plain\nsteps:\n  - id: one\n    run: echo ours\n")
    oyama("run", "plain.yaml", code=0)
    (path,) = oyama.home.glob("*.files/plain-*/one.1.log")
    other = oyama.folder / "other"
    other.write_text(OTHER)
    put(kind, path, other)
    for words in (("logs", "plain@latest"), ("logs", "plain@latest", "--json"), ("show", "plain@latest", "--json")):
        told = oyama(*words, code=0).told
        assert OTHER.strip() not in told
    assert "no plain file; this is what the database keeps]\nours" in oyama("logs", "plain@latest").out


def test_a_run_goes_on_when_a_step_replaces_own_files_by_pipes(oyama: Oyama) -> None:
    steps = """id: piped
steps:
  - id: a
    run: |
      echo one
      log=$(echo "$OYAMA_HOME"/*.files)/$OYAMA_RUN_ID/a.1.log
      until [ -s "$log" ]; do sleep 0.01; done
      rm "$log"
      mkfifo "$log"
      echo two
  - id: b
    run: |
      cd "$OYAMA_HOME"/*.files
      rm -f waiting.lock engines/x.lock engines/x.groups
      mkfifo waiting.lock engines/x.lock engines/x.groups
"""
    oyama.file("piped.yaml", steps)
    for _ in range(2):
        oyama("run", "piped.yaml", code=0)
        assert "one\ntwo" in oyama("logs", "piped@latest", "--step", "a", code=0).out


def test_a_secret_is_read_from_a_plain_file_only(oyama: Oyama) -> None:
    oyama.file("needy.yaml", "id: needy\nsecrets: [KEY]\nsteps:\n  - id: a\n    env: {K: '${{ secrets.KEY }}'}\n    run: echo\n")
    folder = oyama.home / "secrets"
    folder.mkdir(mode=0o700, parents=True)
    os.mkfifo(folder / "KEY", 0o600)
    assert "is a pipe and no plain file" in oyama("run", "needy.yaml", code=78).err


PLAIN = "id: plain\nsteps:\n  - id: one\n    run: echo ours\n"


def test_lists_wait_for_no_pipe_in_the_place_of_a_definition(oyama: Oyama) -> None:
    path = oyama.folder / oyama.file("plain.yaml", PLAIN)
    oyama("run", "plain.yaml", code=0)
    put("pipe", path, oyama.folder / "other")
    (row,) = oyama("list", "--json", code=0).json()
    assert row["changed"]
    for words in (("run", "plain"), ("run", "plain.yaml"), ("validate", "plain.yaml")):
        assert "the file is empty" in oyama(*words, code=3).err


def test_a_definition_comes_through_a_pipe_that_somebody_writes(oyama: Oyama) -> None:
    near, far = os.pipe()
    with open(far, "w") as writer:
        writer.write(PLAIN)
    with open(near, "rb"):
        path = Path(f"/proc/{os.getpid()}/fd/{near}")
        assert "plain is valid" in oyama("validate", str(path), code=0).told


@pytest.mark.parametrize("place", ["oyama.db.files", "oyama.db.files/engines"])
def test_something_else_in_the_place_of_the_folder_for_files_is_named(oyama: Oyama, place: str) -> None:
    oyama.file("plain.yaml", PLAIN)
    oyama("run", "plain.yaml", code=0)
    shutil.rmtree(oyama.home / place)
    (oyama.home / place).write_text("")
    told = oyama("run", "plain.yaml", code=74)
    assert f"The folder {oyama.home / place} cannot be used" in told.err
    assert "Move away what stands there" in told.err
