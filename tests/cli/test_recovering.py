"""Runs that did not complete are taken up anew from the command line, after their plan was seen."""

from __future__ import annotations

import json

import pytest

from tests.cli.program import Oyama
from tests.cli.test_terminal import end, on_terminal

RELEASE = """
id: release
steps:
  - {id: build, run: echo built}
  - id: hosts
    for_each: {items: [a, b], concurrency: 2}
    steps:
      - {id: copy, run: "echo copy ${{ item }}"}
      - {id: check, run: "test -e there || test ${{ item }} = a"}
  - {id: upload, run: "test -e up && echo https://example.org/build", outputs: {url: "${{ result.text }}"}}
  - {id: tell, run: "echo told ${{ steps.upload.outputs.url }}"}
"""
"""Fails at a host, then at the upload."""


def failed(oyama: Oyama) -> None:
    """The first run, at its first end."""
    oyama("run", oyama.file("release.yaml", RELEASE), code=1)


def words(plan: object) -> list[tuple[str, str]]:
    assert isinstance(plan, dict)
    return [(step["node"], step["does"]) for step in plan["steps"]]


def test_a_release_is_recovered_where_it_failed(oyama: Oyama) -> None:
    failed(oyama)
    shown = oyama("recover", "release@latest", "--plan", code=0).out
    assert "hosts  goes on" in shown
    assert "check  begins once more" in shown
    plan = oyama("recover", "release@latest", "--plan", "--json", code=0).json()
    assert words(plan) == [("hosts", "goes_on"), ("hosts[1].check", "again")]
    (oyama.folder / "there").touch()
    told = oyama("recover", "release@latest", "--yes", code=1)
    assert "✓ hosts[1].check#2" in told.out
    assert "copy" not in told.out
    (oyama.folder / "up").touch()
    told = oyama("recover", "release@latest", "--yes", "--comment", "the disk is empty again", code=0)
    assert "told https://example.org/build" in told.out
    shown = oyama("show", "release@latest", code=0).out
    assert "round 2" in shown
    assert "the disk is empty again" in shown
    assert oyama("verify", code=0)


def test_on_a_terminal_the_plan_is_shown_and_asked_about(oyama: Oyama) -> None:
    failed(oyama)
    asked = on_terminal(oyama, "recover", "release@latest")
    asked.expect("begins once more")
    asked.expect("Do it?")
    asked.sendline("n")
    assert end(asked) == 0
    assert oyama("show", "release@latest", "--json", code=0).json()["status"] == "failed"
    (oyama.folder / "there").touch()
    (oyama.folder / "up").touch()
    asked = on_terminal(oyama, "recover", "release@latest")
    asked.expect("Do it?")
    asked.sendline("y")
    assert end(asked) == 0
    assert oyama("show", "release@latest", "--json", code=0).json()["status"] == "completed"


def test_what_was_done_by_hand_is_said_with_its_outputs(oyama: Oyama) -> None:
    (oyama.folder / "there").touch()
    failed(oyama)
    done = ("--done", "upload", "--output", "url=https://example.org/by-hand", "--comment", "uploaded by hand", "--yes")
    told = oyama("recover", "release@latest", *done, code=0)
    assert "told https://example.org/by-hand" in told.out
    nodes = {node["key"]: node for node in oyama("show", "release@latest", "--json", code=0).json()["nodes"]}
    assert nodes["upload#2"]["status"] == "completed"
    assert oyama("verify", code=0)


def test_what_is_left_out_may_have_outputs_too(oyama: Oyama) -> None:
    (oyama.folder / "there").touch()
    failed(oyama)
    told = oyama("recover", "release@latest", "--skip", "upload", "--output", "url=nowhere", "--yes", code=0)
    assert "told nowhere" in told.out


def test_a_finished_step_begins_once_more_with_all_that_depends_on_it(oyama: Oyama) -> None:
    (oyama.folder / "there").touch()
    failed(oyama)
    plan = oyama("recover", "release@latest", "--from", "build", "--plan", "--json", code=0).json()
    assert words(plan) == [("build", "again"), ("hosts", "again"), ("upload", "again")]
    (oyama.folder / "up").touch()
    told = oyama("recover", "release@latest", "--from", "build", "--yes", code=0)
    assert "● build" in told.out
    assert "✓ hosts#2[1].copy" in told.out


def test_it_can_be_left_to_an_engine_in_the_background(oyama: Oyama) -> None:
    failed(oyama)
    for name in ("there", "up"):
        (oyama.folder / name).touch()
    run = oyama("recover", "release@latest", "--yes", "--detach", code=0).out.strip()
    assert run.startswith("release-")
    oyama("watch", run, code=0)


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ((), 2, "Look at what would be done with --plan, then say --yes"),
        (("--step", "nobody", "--yes"), 4, "What failed: check"),
        (("--step", "build", "--yes"), 4, "build did not fail"),
        (("--from", "tell", "--yes"), 4, "tell is not over"),
        (("--from", "build", "--step", "check", "--yes"), 2, "goes with none of"),
        (("--done", "check", "--yes"), 2, "--done needs --comment"),
        (("--output", "a=b", "--yes"), 2, "give one --skip or one --done"),
        (("--done", "check", "--comment", "x", "--output", "nothing", "--yes"), 2, "NAME=VALUE"),
        (("--attempts", "0", "--yes"), 2, "between 1 and 1,000"),
        (("--delay", "soon", "--yes"), 2, "--delay 'soon'"),
        (("--delay", "40d", "--yes"), 2, "between 0 and 30 days"),
        (("--plan", "--yes"), 2, "exclude each other"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(oyama: Oyama, given: tuple[str, ...], code: int, said: str) -> None:
    failed(oyama)
    before = oyama("show", "release@latest", "--json", code=0).json()["seq"]
    refused = oyama("recover", "release@latest", *given, code=code)
    assert said in refused.err
    assert oyama("show", "release@latest", "--json", code=0).json()["seq"] == before


def test_runs_that_need_no_recovery_say_so(oyama: Oyama) -> None:
    oyama("run", oyama.file("fine.yaml", "id: fine\nsteps: [{id: a, run: 'true'}]\n"), code=0)
    assert "has completed" in oyama("recover", "fine@latest", "--yes", code=7).err
    oyama("run", oyama.file("asks.yaml", "id: asks\nsteps: [{id: a, gate: Go?}]\n"), "--no-wait", code=5)
    assert "is not over" in oyama("recover", "asks@latest", "--yes", code=7).err
    assert "No run fits" in oyama("recover", "nobody", "--yes", code=4).err


def test_an_agent_may_try_again_and_may_not_say_that_something_is_done(oyama: Oyama) -> None:
    (oyama.folder / "there").touch()
    failed(oyama)
    agent = {"AI_AGENT": "claude"}
    refused = oyama("recover", "release@latest", "--done", "upload", "--comment", "trust me", "--yes", env=agent, code=77)
    assert "Only a person can say what became of a step" in refused.err
    oyama("recover", "release@latest", "--yes", env=agent, code=1)


def test_a_run_of_a_step_is_recovered_through_its_parent(oyama: Oyama) -> None:
    oyama.file("child.yaml", "id: child\nsteps: [{id: a, run: 'test -e there'}]\n")
    oyama("run", oyama.file("parent.yaml", "id: parent\nsteps: [{id: low, workflow: ./child.yaml}]\n"), code=1)
    refused = oyama("recover", "child@latest", "--yes", code=7)
    assert "Recover parent #1" in refused.err
    (oyama.folder / "there").touch()
    oyama("recover", "parent@latest", "--yes", code=0)
    runs = json.loads(oyama("runs", "--json", code=0).out)
    assert sorted((run["label"], run["status"]) for run in runs) == [
        ("child #1", "failed"),
        ("child #2", "completed"),
        ("parent #1", "completed"),
    ]
