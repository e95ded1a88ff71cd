"""Runs that steps start, from the command line: what is told, listed, refused, and when a command comes back."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from tests.cli.program import Ended, Oyama, finish, read_until, until
from tests.cli.test_terminal import end, on_terminal

RELEASE = """
id: release
inputs: {version: {type: string, default: v1}}
steps:
  - {id: build, run: ["echo", "built"]}
  - {id: deploy, workflow: ./deploy.yaml, with: {version: "${{ inputs.version }}"}}
  - {id: tell, run: ["echo", "${{ steps.deploy.outputs.url }}"]}
"""
DEPLOY = """
id: deploy
inputs: {version: {type: string, required: true}}
steps:
  - {id: copy, run: ["echo", "copied ${{ inputs.version }}"]}
  - {id: apply, gate: "Apply ${{ inputs.version }}?", run: ["echo", "applied"]}
outputs: {url: "http://x/${{ inputs.version }}"}
"""
WAY = "release #1 › deploy › deploy #1"


@pytest.fixture
def files(oyama: Oyama) -> Oyama:
    oyama.file("release.yaml", RELEASE)
    oyama.file("deploy.yaml", DEPLOY)
    return oyama


def rows(oyama: Oyama, *words: str) -> dict[str, dict[str, Any]]:
    """Runs by their names."""
    return {row["label"]: row for row in oyama("runs", "--json", *words, code=0).json()}


def test_steps_below_are_told_with_the_way_to_them(files: Oyama) -> None:
    told = files("run", "release.yaml", "--no-wait", code=5)
    lines = told.out.splitlines()
    assert any(line.startswith(f"{WAY}  deploy-") for line in lines)
    assert "● deploy › copy" in lines
    assert "  │ copied v1" in lines
    assert lines[lines.index("◆ Apply v1?") + 1].strip() == WAY
    [asked] = files("approvals", "--json", code=0).json()
    [above] = [row for row in rows(files).values() if not row["parent"]]
    assert asked["path"] == [{"run_id": above["id"], "run": "release #1", "step": "deploy"}]
    assert WAY in files("approvals", code=0).out
    assert f"{WAY} › apply" in files("approvals", "--show", asked["id"], code=0).out
    files("approve", "deploy@latest", "--yes", code=0)
    resumed = files("resume", "release@latest", code=0)
    assert "✓ deploy › apply" in resumed.out
    assert resumed.out.index("✓ deploy › apply") < resumed.out.index("✓ deploy  ") < resumed.out.index("http://x/v1")
    watched = files("watch", "release@latest", code=0)
    assert [line for line in watched.out.splitlines() if "copied" in line] == [], "what is old news is not shown again"
    assert "✓ deploy › copy" in watched.out


def test_lists_name_the_way_and_find_what_a_run_has_started(files: Oyama) -> None:
    files("run", "release.yaml", "--no-wait", code=5)
    listed = rows(files)
    assert listed["release #1"]["parent"] == ""
    assert listed["deploy #1"]["parent"] == listed["release #1"]["id"]
    assert listed["deploy #1"]["path"][0]["step"] == "deploy"
    assert WAY in files("runs", code=0).out
    assert list(rows(files, "--parent", "release#1")) == ["deploy #1"]
    assert rows(files, "--parent", "deploy#1") == {}
    assert files("runs", "--parent", "deploy#1", code=0).err.strip() == "No step of that run has started another one."
    assert "nosuch" in files("runs", "--parent", "nosuch", code=4).err
    shown = files("show", "release#1", "--json", code=0).json()
    [node] = [node for node in shown["nodes"] if node["key"] == "deploy"]
    assert (node["child"], node["child_run"]) == (listed["deploy #1"]["id"], "deploy #1")
    assert "deploy #1 needs you" in files("show", "release#1", code=0).out
    assert [row["trigger"] for row in files("history", "workflow:deploy", "--json", code=0).json()] == ["parent"]


def test_json_lines_tell_the_events_of_all(files: Oyama) -> None:
    told = files("run", "release.yaml", "--jsonl", "--no-wait", code=5)
    events = [json.loads(line) for line in told.out.splitlines()]
    of_run: dict[str, list[int]] = {}
    for event in events:
        of_run.setdefault(event["run_id"].partition("-")[0], []).append(event["seq"])
    assert list(of_run) == ["release", "deploy"]
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in of_run.values())


def test_a_person_who_is_interrupted_leaves_both_and_goes_on_with_both(files: Oyama) -> None:
    files.file(
        "deploy.yaml", DEPLOY.replace('["echo", "copied ${{ inputs.version }}"]', "echo begun; until test -e go; do sleep 0.02; done")
    )
    started = files.start("run", "release.yaml")
    read_until(started, "begun")
    started.send_signal(signal.SIGINT)
    ended = finish(started)
    assert ended.code == 130, ended.told
    assert {row["owner"] for row in rows(files, "--live").values()} == {"nobody"}
    (files.folder / "go").touch()
    files("resume", "release@latest", "--no-wait", code=5)
    assert list(rows(files)) == ["deploy #1", "release #1"]


def test_a_detached_run_and_those_below_it_go_on_in_the_background(files: Oyama) -> None:
    files("run", "release.yaml", "--detach", code=0)
    until(lambda: files("approvals", "--json").json(), "the gate opens")
    assert {row["owner"] for row in rows(files, "--live").values()} == {"elsewhere"}
    files("approve", "deploy@latest", "--yes", code=0)
    until(lambda: rows(files)["release #1"]["status"] == "completed", "the run ends")


def test_cancelling_a_run_that_nobody_drives_ends_those_below_it(files: Oyama) -> None:
    files("run", "release.yaml", "--no-wait", code=5)
    told = files("cancel", "release#1", "--reason", "late", code=0)
    assert told.out.strip().endswith("late")
    assert {name: row["status"] for name, row in rows(files).items()} == {"release #1": "cancelled", "deploy #1": "cancelled"}
    assert files("approvals", "--json").json() == []


def test_one_that_is_left_goes_on_in_the_background(oyama: Oyama) -> None:
    oyama.file("long.yaml", "steps:\n  - {id: a, run: 'until test -e go; do sleep 0.02; done'}\n")
    parent = """
id: parent
type: parallel
fail_fast: true
steps:
  - {id: long, workflow: ./long.yaml, on_parent_cancel: leave}
  - {id: bad, run: "until test -d home/oyama.db.files/long-*; do sleep 0.02; done; exit 3"}
"""
    told = oyama("run", oyama.file("parent.yaml", parent), code=1)
    assert "long #1 goes on in the background." in told.err
    assert rows(oyama)["long #1"]["status"] == "running"
    (oyama.folder / "go").touch()
    until(lambda: rows(oyama)["long #1"]["status"] == "completed", "it ends by itself")


def test_what_is_wrong_with_the_other_file_has_its_place_here(files: Oyama) -> None:
    files.file("first.yaml", "steps:\n  - {id: a, workflow: ./second.yaml}\n")
    files.file("second.yaml", "steps:\n  - {id: a, workflow: ./first.yaml}\n")
    files.file("broken.yaml", "steps:\n  - {id: a, rum: x}\n")
    text = """steps:
  - {id: gone, workflow: ./gone.yaml}
  - {id: broken, workflow: ./broken.yaml}
  - {id: round, workflow: ./first.yaml}
  - {id: needs, workflow: ./deploy.yaml}
  - {id: wrong, workflow: ./deploy.yaml, with: {version: 3, vresion: x}}
  - {id: neither, workflow: sub/deploy}
  - {id: own, workflow: ./deploy.yaml, with: {version: x}, timeout: 5s, env: {A: b}, secrets: [C]}
  - {id: self, workflow: ./bad.yaml}
"""
    said = problems(files("validate", files.file("bad.yaml", text), code=3))
    assert said == {
        "2:26": "the file FOLDER/gone.yaml cannot be read: No such file or directory",
        "3:28": "the workflow of this file is not valid: FOLDER/broken.yaml:2:5: this step does nothing, and 1 more",
        "4:27": "the workflow of this file is not valid: FOLDER/first.yaml:2:23: the workflow of this file is not valid: "
        "FOLDER/second.yaml:2:23: the workflow would start itself: first.yaml › second.yaml › first.yaml",
        "5:27": "the workflow deploy needs the input 'version'",
        "6:58": "the input 'version' of deploy must be text, not of type integer",
        "6:70": "the workflow deploy has no input 'vresion'",
        "7:29": "'sub/deploy' is neither a workflow's id nor a file's path",
        "8:60": "the run that this step starts has a timeout of its own",
        "8:73": "the run that this step starts has an env of its own",
        "8:86": "the run that this step starts has secrets of its own",
        "9:26": "the workflow would start itself: bad.yaml › bad.yaml",
    }


def problems(told: Ended) -> dict[str, str]:
    """By place, what `validate` says."""
    lines = [line.strip() for line in told.err.splitlines() if line.startswith("  ") and "hint:" not in line]
    folder = next(line for line in lines if "/gone.yaml" in line).partition("the file ")[2].partition("/gone.yaml")[0]
    return {":".join(line.split(":")[1:3]): line.split(": ", 1)[1].replace(folder, "FOLDER") for line in lines}


def test_an_id_is_noted_and_a_dry_run_says_what_is_started(files: Oyama) -> None:
    noted = files("validate", files.file("byid.yaml", "steps:\n  - {id: a, workflow: nosuch}\n"), code=0)
    assert "byid.yaml:2:23: 'nosuch' is a workflow's id" in noted.err
    planned = files("run", "release.yaml", "-i", "version=v9", "--dry-run", code=0)
    assert 'start ./deploy.yaml(version="v9")' in planned.out
    assert rows(files) == {}


def test_the_gate_below_is_answered_by_the_name_of_the_run_above(files: Oyama) -> None:
    files("run", "release.yaml", "--no-wait", code=5)
    files("approve", "release#1", "--yes", code=0)
    [decided] = files("approvals", "--status", "approved", "--json", code=0).json()
    assert decided["workflow_id"] == "deploy"
    assert "No gate of release-" in files("approve", "release#1", "--yes", code=4).err


def test_the_gate_below_is_answered_where_the_run_above_is_followed(files: Oyama) -> None:
    child = on_terminal(files, "run", "release.yaml")
    child.expect("Apply v1")
    child.expect("release #1 › deploy › deploy #1")
    child.expect("leaves it open > ")
    child.sendline("a")
    child.expect(r"Approve this\? \[y/N\] ")
    child.sendline("y")
    child.expect("deploy › apply")
    child.expect("http://x/v1")
    assert end(child) == 0


def test_on_a_narrow_terminal_the_way_is_cut_in_the_middle(files: Oyama) -> None:
    files.file("outer.yaml", "id: outer\nsteps:\n  - {id: all, workflow: ./release.yaml}\n")
    files("run", "outer.yaml", "--no-wait", code=5)
    for command in ("approvals", "runs"):
        child = on_terminal(files, command)
        child.setwinsize(24, 80)
        child.expect("outer #1 › … › deploy #1|… › deploy #1")
        assert end(child) == 0
    assert "outer #1 › all › release #1 › deploy › deploy #1" in files("runs", code=0).out
