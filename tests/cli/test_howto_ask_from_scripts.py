"""What the page about asking from scripts says is so: its Makefile and its scripts, with a person who answers from another terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.program import ROOT, Ended, Oyama, finish
from tests.cli.test_asking import answer, asked
from tests.test_readme import blocks

PAGE = ROOT / "docs" / "howto" / "ask-from-scripts.md"
SCRIPTS = [text for language, text in blocks(PAGE) if language == "sh"]
[MAKEFILE] = [text for language, text in blocks(PAGE) if language == "make"]


@contextmanager
def on_the_path(oyama: Oyama, **variables: str) -> Iterator[None]:
    """Let shells find `oyama`, and scripts that say what they do."""
    folder = oyama.folder / "bin"
    folder.mkdir()
    (folder / "oyama").write_text(f'#!/bin/sh\nexec {sys.executable} -m oyama_tui "$@"\n')
    for name in ("deploy.sh", "drop.sh", "release.sh"):
        (oyama.folder / name).write_text('#!/bin/sh\necho "$(basename "$0" .sh)" "$@"\n')
        (oyama.folder / name).chmod(0o755)
    (folder / "oyama").chmod(0o755)
    before = dict(oyama.env)
    oyama.env.update(variables, PATH=f"{folder}:{os.environ['PATH']}")
    yield
    oyama.env.clear()
    oyama.env.update(before)


def shell(oyama: Oyama, *argv: str) -> subprocess.Popen[str]:
    """A command of the page, started as in a shell."""
    process = subprocess.Popen(
        argv, env=oyama.env, cwd=oyama.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    oyama.started.append(process)
    return process


def script(oyama: Oyama, part: str, more: str = "") -> subprocess.Popen[str]:
    """The one script of the page that has these words."""
    [text] = [text for text in SCRIPTS if part in text]
    return shell(oyama, "/bin/sh", "-e", "-c", text + more)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_a_makefile_target_waits_for_a_person(oyama: Oyama) -> None:
    (oyama.folder / "Makefile").write_text(MAKEFILE)
    with on_the_path(oyama):
        making = shell(oyama, "make", "-s", "deploy")
        row = answer(oyama)
        ended = finish(making)
    assert (row["title"], row["target"]) == ("Deploy to production?", "production")
    assert (ended.code, ended.out) == (0, "deploy v2.4.0\n"), ended.told


def test_values_come_back_as_json(oyama: Oyama) -> None:
    with on_the_path(oyama):
        asking = script(oyama, "Which channel?", '\necho "$channel"')
        answer(oyama, "approve", "--form", "channel=beta")
        ended = finish(asking)
    assert (ended.code, ended.out) == (0, "beta\n"), ended.told


def test_the_preview_and_the_script_are_shown(oyama: Oyama) -> None:
    with on_the_path(oyama):
        asking = script(oyama, "Drop the old tables?")
        row = asked(oyama)
        card = oyama("approvals", "--show", row["id"], code=0).out
        oyama("approve", row["id"], "--digest", row["digest"], code=0)
        ended = finish(asking)
    assert "drop --dry-run" in card
    assert "File drop.sh" in card
    assert (ended.code, ended.out) == (0, "drop\n"), ended.told


def test_ci_asks_in_one_job_and_goes_on_in_another(oyama: Oyama) -> None:
    with on_the_path(oyama, VERSION="v2"):
        job = script(oyama, "--no-wait")
        answer(oyama)
        ended: Ended = finish(job)
    assert (ended.code, ended.out) == (0, "release v2\n"), ended.told
