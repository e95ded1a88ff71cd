"""Runs are forked from the command line, after their plan was seen."""

from __future__ import annotations

import json

import pytest

from tests.cli.program import Oyama
from tests.cli.test_completion import offered
from tests.cli.test_terminal import end, on_terminal

RELEASE = """
id: release
inputs: {version: {default: "1.2"}, count: {type: integer, default: 1}}
context: {channel: beta}
steps:
  - {id: build, run: echo built, outputs: {url: "https://example.org/${{ result.text }}"}}
  - {id: test, run: "echo testing ${{ inputs.version }}"}
  - id: ship
    steps:
      - {id: upload, run: "test -e up && echo uploaded ${{ steps.build.outputs.url }} ${{ context.channel }}"}
"""


@pytest.fixture
def failed(oyama: Oyama) -> Oyama:
    """With a run that failed where it uploads."""
    oyama("run", oyama.file("release.yaml", RELEASE), code=1)
    (oyama.folder / "up").touch()
    return oyama


def does(oyama: Oyama, *words: str) -> dict[str, str]:
    plan = oyama("fork", "release#1", *words, "--plan", "--json", code=0).json()
    return {step["step"]: step["does"] for step in plan["steps"]}


def count(oyama: Oyama) -> int:
    return len(oyama("runs", "--json", code=0).json())


def test_a_fork_goes_on_where_the_run_failed(failed: Oyama) -> None:
    shown = failed("fork", "release#1", "--plan", code=0).out
    assert shown.splitlines() == [
        "A new run, forked from release #1 at its end",
        "  build  is taken over",
        "  test  is taken over",
        "  ship  begins once more  (it failed)",
    ]
    assert count(failed) == 1
    told = failed("fork", "release#1", "--yes", code=0)
    assert "uploaded https://example.org/built beta" in told.out
    assert "testing" not in told.out
    assert "forked from release #1 at its end" in failed("show", "release#2", code=0).out
    assert "forked into release #2 at its end" in failed("show", "release#1", code=0).out
    view = failed("show", "release#2", "--json", code=0).json()
    assert view["forked_from"] == view["fork_of"]["run"] == failed("show", "release#1", "--json", code=0).json()["id"]
    assert "taken over from another run" in failed("show", "release#2", code=0).out
    assert "is done already" in failed("watch", "release#2", "--jsonl", code=0).out
    assert failed("verify", code=0)
    failed("report", "release#2", "-o", "fork.md", code=0)
    assert "from release \\#1 at its end" in (failed.folder / "fork.md").read_text("utf-8")


def test_what_is_changed_says_what_begins_once_more(failed: Oyama) -> None:
    assert does(failed) == {"build": "reused", "test": "reused", "ship": "again"}
    assert does(failed, "-i", "version=2") == {"build": "reused", "test": "again", "ship": "again"}
    assert does(failed, "--from", "build") == {"build": "again", "test": "again", "ship": "again"}
    assert does(failed, "--at", "build") == {"build": "reused", "test": "again", "ship": "again"}
    assert does(failed, "--at", "start") == {"build": "again", "test": "again", "ship": "again"}
    assert does(failed, "--output", "build.url=x") == {"build": "changed", "test": "again", "ship": "again"}
    plan = failed("fork", "release#1", "--set", "channel=stable", "--set", "n=[1]", "--plan", "--json", code=0).json()
    assert plan["context"] == {"channel": "stable", "n": [1]}
    assert plan["changed"] == ['context.channel is "stable"', "context.n is [1]"]
    told = failed("fork", "release#1", "--output", "test.ok=yes", "--set", "channel=stable", "--yes", code=0)
    assert "uploaded https://example.org/built stable" in told.out


def test_another_definition_is_taken_from_a_file(failed: Oyama) -> None:
    failed.file("new.yaml", RELEASE.replace("echo testing", "echo trying"))
    assert does(failed, "--definition", "new.yaml") == {"build": "reused", "test": "again", "ship": "again"}
    told = failed("fork", "release#1", "--definition", "new.yaml", "--yes", code=0)
    assert "trying 1.2" in told.out
    assert failed("list", "--json", code=0).json()[0]["source"].endswith("/release.yaml")


def test_on_a_terminal_the_plan_is_shown_and_asked_about(failed: Oyama) -> None:
    asked = on_terminal(failed, "fork", "release@latest")
    asked.expect("begins once more")
    asked.expect("Start it?")
    asked.sendline("n")
    assert end(asked) == 0
    assert count(failed) == 1
    asked = on_terminal(failed, "fork", "release@latest", "-i", "version=3")
    asked.expect("inputs.version is")
    asked.expect("Start it?")
    asked.sendline("y")
    assert end(asked) == 0
    assert failed("show", "release#2", "--json", code=0).json()["status"] == "completed"


def test_a_fork_is_left_to_the_background_or_told_as_json(failed: Oyama) -> None:
    row = failed("fork", "release#1", "--yes", "--detach", "--json", code=0).json()
    assert (row["label"], row["forked_from"]) == ("release #2", failed("show", "release#1", "--json", code=0).json()["id"])
    failed("watch", "release#2", code=0)
    lines = failed("fork", "release#1", "--yes", "--jsonl", code=0).out.splitlines()
    assert [json.loads(line)["type"] for line in lines][:3] == ["run_started", "step_reused", "step_reused"]
    view = failed("fork", "release#1", "--yes", "--json", code=0).json()
    assert view["status"] == "completed"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("absent#1", "--plan"), 4, "No run fits"),
        (("release#1", "--at", "nowhere", "--plan"), 4, "has no point 'nowhere'"),
        (("release#1", "--at", "99", "--plan"), 4, "has no event 99"),
        (("release#1", "--from", "absent", "--plan"), 4, "has no step 'absent'"),
        (("release#1", "--from", "upload", "--plan"), 4, "stands in ship"),
        (("release#1", "-i", "absent=1", "--plan"), 2, "there is no input 'absent'"),
        (("release#1", "-i", "count=many", "--plan"), 2, "must be a whole number"),
        (("release#1", "--output", "ship.url=x", "--plan"), 2, "outputs of ship cannot be said"),
        (("release#1", "--output", "url=x", "--plan"), 2, "does not say of which step"),
        (("release#1", "--unset", "absent", "--plan"), 2, "had no variable 'absent'"),
        (("release#1", "--definition", "absent.yaml", "--plan"), 4, "cannot be read"),
        (("release#1", "--definition", "foreign.yaml", "--plan"), 2, "defines foreign"),
        (("release#1", "--definition", "broken.yaml", "--plan"), 3, "broken.yaml:2:"),
        (("release#1", "--from", "build", "--at", "build", "--plan"), 2, "give one of them"),
        (("release#1", "--plan", "--yes"), 2, "exclude each other"),
        (("release#1",), 2, "Nobody can be asked here"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_started(failed: Oyama, words: tuple[str, ...], code: int, told: str) -> None:
    failed.file("foreign.yaml", "id: foreign\nsteps: [{id: a, run: x}]\n")
    failed.file("broken.yaml", "id: release\nsteps: [{id: a, run: x, colour: red}]\n")
    ended = failed("fork", *words)
    assert ended.code == code, ended.told
    assert told in ended.err
    assert "Traceback" not in ended.told
    assert count(failed) == 1


def test_a_shell_is_offered_what_there_is(failed: Oyama) -> None:
    assert offered(failed, "fork", "rel") == ["release#1"]
    assert set(offered(failed, "fork", "release#1", "--from", "")) == {"build", "test", "ship"}
    assert set(offered(failed, "fork", "release#1", "-i", "")) == {"version=1.2", "count="}
    assert "build" in offered(failed, "fork", "release#1", "--at", "")
