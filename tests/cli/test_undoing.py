"""Runs are taken back from the command line, after their plan was seen."""

from __future__ import annotations

import json

import pytest

from tests.cli.program import Oyama
from tests.cli.test_terminal import end, on_terminal

RELEASE = """
id: release
context: {tag: ""}
steps:
  - {id: build, run: echo built, compensate: {run: echo unbuilt}}
  - {id: mark, set: {tag: v2}}
  - id: upload
    run: 'echo "url=u/1" >> "$OYAMA_OUTPUT"'
    compensate: {run: 'test -e up && echo "removed ${{ result.outputs.url }}"'}
  - {id: tell, run: echo told}
"""
PERMANENT = RELEASE.replace("{id: tell, run: echo told}", "{id: tell, run: echo told, effect: permanent}")


def done(oyama: Oyama, text: str = RELEASE) -> None:
    """The first run, completed."""
    oyama("run", oyama.file("release.yaml", text), code=0)


def test_a_release_is_undone_and_goes_on_from_its_beginning(oyama: Oyama) -> None:
    done(oyama)
    oyama.file("up", "")
    told = oyama("undo", "release@latest", "--yes", "--comment", "the wrong tag", code=0).out
    assert "removed u/1" in told
    assert "release #1 paused, 0 of 4 steps: undone, back to its beginning" in told
    assert "tag: " in oyama("context", "release@latest", code=0).out
    assert "completed" in oyama("resume", "release@latest", code=0).out
    oyama("verify", code=0)


def test_a_plan_changes_nothing_and_is_the_same_as_json(oyama: Oyama) -> None:
    done(oyama)
    shown = oyama("undo", "release@latest", "--to", "build", "--plan", code=0).out
    assert "release #1 back to after build" in shown
    assert "upload  is undone by test -e up" in shown
    assert "build  is undone" not in shown
    plan = json.loads(oyama("undo", "release@latest", "--to", "build", "--plan", "--json", code=0).out)
    assert [(step["node"], step["does"]) for step in plan["steps"]] == [("upload", "undone"), ("tell", "undeclared")]
    assert (plan["set"], plan["again"], plan["status"]) == ({"tag": ""}, ["mark", "upload", "tell"], "completed")


def test_what_cannot_be_undone_is_tried_again_or_said_to_be_done(oyama: Oyama) -> None:
    done(oyama)
    told = oyama("undo", "release@latest", "--yes", code=5).out
    assert "upload could not be undone: Exit code 1." in told
    assert "recover release-" in told
    assert "Go on:  oyama recover release-" in oyama("show", "release@latest", code=0).out
    refused = oyama("resume", "release@latest", code=7).err
    assert "rests because something could not be undone" in refused
    assert "upload  begins once more" in oyama("recover", "release@latest", "--plan", code=0).out
    oyama("recover", "release@latest", "--done", "upload", "--comment", "by hand", "--yes", code=0)
    view = json.loads(oyama("show", "release@latest", "--json", code=0).out)
    assert (view["status"], view["reason"]) == ("paused", "undone, back to its beginning")


def test_a_permanent_step_must_be_named(oyama: Oyama) -> None:
    done(oyama, PERMANENT)
    oyama.file("up", "")
    refused = oyama("undo", "release@latest", "--yes", code=7).err
    assert "tell cannot be undone" in refused
    assert "--force tell" in refused
    oyama("undo", "release@latest", "--yes", "--force", "tell", code=0)


def test_a_person_reads_the_plan_and_says_no_or_yes(oyama: Oyama) -> None:
    done(oyama)
    oyama.file("up", "")
    for answer, said in (("n", "Nothing was done."), ("y", "undone, back to its beginning")):
        asked = on_terminal(oyama, "undo", "release@latest")
        asked.expect("test -e up")
        asked.expect(r"Undo it\? ")
        asked.sendline(answer)
        asked.expect(said)
        assert end(asked) == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody#1",), 4, "No run fits"),
        (("release@latest", "--to", "nowhere", "--yes"), 4, "has no point 'nowhere'"),
        (("release@latest", "--to", "99", "--yes"), 4, "has no event 99"),
        (("release@latest", "--force", "build", "--yes"), 4, "is no step that has acted and cannot be undone"),
        (("release@latest", "--to", "tell", "--yes"), 7, "has begun after that point"),
        (("release@latest",), 2, "Nobody can be asked here"),
        (("release@latest", "--plan", "--yes"), 2, "exclude each other"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(oyama: Oyama, words: tuple[str, ...], code: int, said: str) -> None:
    done(oyama)
    before = oyama("show", "release@latest", "--json", code=0).out
    assert said in " ".join(oyama("undo", *words, code=code).err.split())
    assert oyama("show", "release@latest", "--json", code=0).out == before


def test_an_agent_does_not_undo(oyama: Oyama) -> None:
    done(oyama)
    assert "Only a person can take a run back" in oyama("undo", "release@latest", "--yes", code=77, env={"AI_AGENT": "claude"}).err


def test_a_run_that_runs_is_paused_first(oyama: Oyama) -> None:
    oyama("run", oyama.file("waits.yaml", "id: waits\nsteps: [{id: go, gate: Go?}]"), "--no-wait", code=5)
    oyama("undo", "waits@latest", "--yes", code=0)
    assert "Nothing of run" in oyama("undo", "waits@latest", "--yes", code=7).err


def test_a_run_that_undid_itself_says_so_in_every_list(oyama: Oyama) -> None:
    flow = "id: d\nsteps:\n  - {id: a, run: echo a, compensate: {run: echo b}}\n  - {id: c, run: exit 3, on_failure: undo}"
    assert "d #1 undone" in oyama("run", oyama.file("d.yaml", flow), code=1).out
    assert "undone" in oyama("runs", code=0).out
    assert "is undone already" in oyama("undo", "d@latest", "--yes", code=7).err
    assert "is undone, so nothing of it is to be recovered" in oyama("recover", "d@latest", "--yes", code=7).err
