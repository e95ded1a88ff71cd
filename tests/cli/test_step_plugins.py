"""Step kinds of other distributions: built as a wheel, installed beside Oyama, used by a real `oyama`; broken ones harm nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import ROOT, Oyama

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "oyama-notes"
version = "1.4"

[project.entry-points."oyama_tui.step_kinds"]
note = "oyama_notes:NOTE"
sync_note = "oyama_notes:SYNC"
"""
PLUGIN = '''
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from oyama_tui.plugins import PluginAttempt, StepPlugin


class Note(BaseModel):
    """A line in a file."""

    model_config = ConfigDict(extra="forbid")
    file: str
    text: str
    times: int = 1


async def write(note: Note, attempt: PluginAttempt) -> dict[str, object]:
    if note.text == "fail":
        raise RuntimeError("no ink")
    print("writing", os.environ.get("INK", "without"))
    (attempt.directory / note.file).write_text(note.text * note.times)
    return {"key": attempt.idempotency_key, "attempt": attempt.number, "size": len(note.text) * note.times}


def count(note: Note, attempt: PluginAttempt) -> int:
    return note.times


NOTE = StepPlugin(Note, write)
SYNC = StepPlugin(Note, count)
'''
FLOW = """
id: noted
secrets: [INK_KEY]
inputs: {word: {default: hello}, times: {type: integer, default: 3}}
steps:
  - id: write
    gate: Write it?
    use: note
    with: {file: note.txt, text: "${{ inputs.word }} ${{ steps.write.decision.comment }}", times: "${{ inputs.times }}"}
    env: {INK: "blue ${{ secrets.INK_KEY }}"}
  - id: tell
    run: echo "${{ steps.write.result.size }}"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("notes")
    (source / "pyproject.toml").write_text(PROJECT)
    (source / "oyama_notes.py").write_text(PLUGIN)
    made = source / "dist"
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    [found] = made.glob("*.whl")
    return found


@pytest.fixture
def place(tmp_path: Path, oyama: Oyama) -> Path:
    """A folder on the path of every `oyama` of this test."""
    folder = tmp_path / "installed"
    folder.mkdir()
    oyama.env["PYTHONPATH"] = f"{ROOT}:{folder}"
    oyama.env["INK_KEY"] = "sepia-secret"
    return folder


@pytest.fixture
def notes(place: Path, wheel: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet", "--target", str(place), str(wheel)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)


def claim(place: Path, name: str, entry: str, *, distribution: str, version: str = "0.1") -> None:
    """Write what an installed distribution leaves, by hand."""
    folder = place / f"{distribution.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (folder / "entry_points.txt").write_text(f"[oyama_tui.step_kinds]\n{name} = {entry}\n")


def first_gate(oyama: Oyama) -> str:
    return str(oyama.fresh("approvals", "--json", code=0).json()[0]["id"])


@pytest.mark.usefixtures("notes")
def test_a_workflow_uses_a_kind_from_a_wheel_behind_a_gate(oyama: Oyama) -> None:
    flow = oyama.file("noted.yaml", FLOW)
    assert "warning" not in oyama.fresh("validate", flow, code=0).told
    assert "note(file=note.txt, text=${{ inputs.word }} ${{" in oyama.fresh("run", flow, "--dry-run", code=0).out
    oyama.fresh("run", flow, "--no-wait", code=5)
    card = oyama.fresh("approvals", "--show", first_gate(oyama), code=0).out
    assert 'note(file="note.txt", text="hello ${{ steps.write.decision.comment }}", times=3)' in card
    assert "env INK: blue ${INK_KEY}" in card
    assert not (oyama.folder / "note.txt").exists()
    oyama.fresh("approve", first_gate(oyama), "--yes", "--comment", "you", code=0)
    ended = oyama.fresh("resume", "noted", code=0)
    assert (oyama.folder / "note.txt").read_text() == "hello you" * 3
    shown = oyama.fresh("show", "noted", "--json", code=0).json()
    assert shown["status"] == "completed", ended.told
    log = oyama.fresh("logs", "noted", "--step", "write", code=0).out
    assert "step kind note of oyama-notes 1.4" in log
    assert "writing blue ***" in log
    assert "sepia" not in log


@pytest.mark.usefixtures("notes")
def test_a_stored_run_is_readable_and_tells_what_is_missing_when_the_plugin_is_gone(oyama: Oyama) -> None:
    flow = oyama.file("noted.yaml", FLOW)
    oyama.fresh("run", flow, "--no-wait", code=5)
    oyama.env["PYTHONPATH"] = str(ROOT)
    assert 'note(file="note.txt"' in oyama.fresh("approvals", "--show", first_gate(oyama), code=0).out
    oyama.fresh("verify", code=0)
    validated = oyama.fresh("validate", flow, code=0)
    assert re.search(r"noted\.yaml:8:\d+: No step kind 'note' is installed\.", validated.err), validated.told
    refused = oyama.fresh("run", flow, code=78)
    assert "Step write: No step kind 'note' is installed." in refused.err
    oyama.fresh("approve", first_gate(oyama), "--yes", code=0)
    failed = oyama.fresh("resume", "noted", code=1)
    assert "No step kind 'note' is installed." in failed.told


@pytest.mark.usefixtures("notes")
def test_values_that_do_not_fit_are_told_at_their_place_or_fail_the_step(oyama: Oyama) -> None:
    wrong = FLOW.replace('times: "${{ inputs.times }}"}', "times: lots, tex: x}")
    ended = oyama.fresh("validate", oyama.file("wrong.yaml", wrong), code=3)
    assert "wrong.yaml:9:" in ended.err
    assert "note does not take this: Input should be a valid integer" in ended.err
    assert "note does not take this: Extra inputs are not permitted" in ended.err
    step = "  - {id: a, use: sync_note, with: {file: a, text: b, times: '${{ inputs.n }}'}}\n"
    later = f"id: later\ninputs: {{n: {{default: lots}}}}\nsteps:\n{step}"
    failed = oyama.fresh("run", oyama.file("later.yaml", later), code=1)
    assert "with.times: Input should be a valid integer" in failed.told
    raised = later.replace("sync_note", "note").replace("text: b", "text: fail").replace("lots", "'2'").replace("id: later", "id: raised")
    assert "RuntimeError: no ink" in oyama.fresh("run", oyama.file("raised.yaml", raised), code=1).told


BROKEN = {
    "raises at import": ("raising:X", "raise RuntimeError('bad day')", "cannot be loaded: RuntimeError: bad day."),
    "leaves at import": ("raising:X", "raise SystemExit(3)", "cannot be loaded: SystemExit: 3."),
    "is not there": ("nowhere:X", "", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'."),
    "has no such name": ("raising:X", "Y = 1", "cannot be loaded: AttributeError: module 'raising' has no attribute 'X'."),
    "is something else": ("raising:X", "X = print", "cannot be used: raising:X is of type builtin_function_or_method, not a StepPlugin."),
    "has no model": (
        "raising:X",
        "from oyama_tui.plugins import StepPlugin\nX = StepPlugin(int, print)",
        "cannot be used: its model must be a pydantic model, and its execute a function.",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_named_and_harms_nothing_else(oyama: Oyama, place: Path, case: str) -> None:
    entry, source, said = BROKEN[case]
    (place / "raising.py").write_text(source + "\n")
    claim(place, "bad", entry, distribution="oyama-bad")
    sentence = f"The step kind 'bad' of oyama-bad 0.1 {said}"
    assert sentence in named(oyama)
    assert oyama.fresh("run", oyama.file("fine.yaml", "id: fine\nsteps:\n  - {id: a, run: echo fine}\n"), code=0).out
    flow = oyama.file("flow.yaml", "id: flow\nsteps:\n  - {id: a, use: bad}\n")
    assert sentence in oyama.fresh("validate", flow, code=0).err
    assert sentence in oyama.fresh("run", flow, code=78).err


def named(oyama: Oyama) -> str:
    """What `doctor` says of step kinds."""
    checks = json.loads(oyama.fresh("doctor", "--json").out)
    return "\n".join(f"{check['status']}: {check['message']}" for check in checks if check["id"] == "step_kinds")


@pytest.mark.usefixtures("notes")
def test_a_name_that_exists_already_is_refused(oyama: Oyama, place: Path) -> None:
    (place / "mine.py").write_text("from oyama_notes import NOTE\n")
    claim(place, "run", "mine:NOTE", distribution="oyama-greedy")
    claim(place, "note", "mine:NOTE", distribution="oyama-copies", version="2.0")
    claim(place, "Bad Name", "mine:NOTE", distribution="oyama-odd")
    said = named(oyama)
    assert "ok: The step kind sync_note of oyama-notes 1.4 can be used." in said
    assert "warning: The step kind 'run' of oyama-greedy 0.1 cannot be used: Oyama itself has a step kind of this name." in said
    assert re.search(r"warning: The step kind 'note' of oyama-\S+ \S+ cannot be used: oyama-\S+ \S+ has one of the same name.", said)
    assert "'Bad Name' of oyama-odd 0.1 cannot be used: a name has lower case letters" in said
    flow = oyama.file("flow.yaml", "id: flow\nsteps:\n  - {id: a, use: note, with: {file: a, text: b}}\n  - {id: b, run: echo b}\n")
    assert "has one of the same name" in oyama.fresh("run", flow, code=78).err
    other = oyama.file("other.yaml", "id: other\nsteps:\n  - {id: a, use: sync_note, with: {file: a, text: b}}\n")
    assert "completed" in oyama.fresh("run", other, code=0).out


def test_without_plugins_doctor_says_nothing_of_them(oyama: Oyama) -> None:
    assert named(oyama) == ""
