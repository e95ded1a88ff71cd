"""Inputs that are files, and lists and maps whose parts have types, as people give them on the command line and in a dry run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.program import Oyama
from tests.cli.test_completion import offered
from tests.cli.test_terminal import end, on_terminal

TYPED = """
id: typed
inputs:
  data: {type: file, pattern: '.*[.]csv$', description: What to load}
  settings: {type: file, default: settings.ini}
  hosts:
    type: list
    items: {type: map, fields: {name: {required: true}, port: {type: integer, default: 22}, key: {type: file}}}
steps:
  - {id: a, run: 'cat ${{ inputs.settings }}; echo "[${{ inputs.data }}]" "${{ inputs.hosts }}"'}
"""
ASKING = """
id: asking
steps:
  - id: send
    gate:
      title: Send it
      form:
        list: {type: file, required: true}
        note: {type: file, default: note.txt}
        to: {type: list, items: {type: map, fields: {port: {type: integer}}}}
    run: 'cat "${{ steps.send.decision.form.list }}" ${{ steps.send.decision.form.note }}'
"""


@pytest.fixture
def typed(oyama: Oyama) -> Oyama:
    """The workflow in a folder of its own, called from the folder beside it."""
    (oyama.folder / "flows").mkdir()
    oyama.file("flows/typed.yaml", TYPED)
    oyama.file("flows/asking.yaml", ASKING)
    oyama.file("flows/settings.ini", "as set\n")
    oyama.file("flows/note.txt", "noted\n")
    oyama.file("x.csv", "1,2\n")
    return oyama


def test_a_run_gets_the_whole_paths_of_files(typed: Oyama) -> None:
    told = typed("run", "flows/typed.yaml", "-i", "data=x.csv", "-i", 'hosts=[{"name": "a", "key": "./x.csv"}]', code=0)
    here = Path(os.path.abspath(typed.folder))
    assert f"[{here}/x.csv]" in told.out
    assert "as set" in told.out
    shown = typed("show", "typed@latest", "--json", code=0).json()["inputs"]
    assert shown == {
        "data": f"{here}/x.csv",
        "settings": f"{here}/flows/settings.ini",
        "hosts": [{"name": "a", "port": 22, "key": f"{here}/x.csv"}],
    }
    assert "as set" in typed("run", "typed", "-i", f"data={here}/x.csv", code=0).out
    assert f"data: {here}/x.csv" in typed("show", "typed@latest", code=0).out


def test_a_file_that_cannot_be_read_starts_nothing(typed: Oyama) -> None:
    (typed.folder / "folder.csv").mkdir()
    os.mkfifo(typed.folder / "pipe.csv")
    (typed.folder / "link.csv").symlink_to("nowhere")
    table = {
        "gone.csv": f"data: the file {typed.folder}/gone.csv cannot be read: No such file or directory",
        "link.csv": "No such file or directory",
        "folder.csv": "it is a folder",
        "pipe.csv": "it is a pipe",
        "x.txt": "'x.txt' does not match the pattern",
        "~nobodyhere/x.csv": "home of nobody",
        "a" * 300 + ".csv": "File name too long",
        "x\udcff.csv": "not UTF-8",
    }
    for path, words in table.items():
        for more in ((), ("--dry-run",)):
            told = typed("run", "flows/typed.yaml", "-i", f"data={path}", *more, code=2)
            assert words in told.err, told.told
    typed("run", "flows/typed.yaml", "-i", "data=x.csv", "--dry-run", code=0)
    (typed.folder / "flows" / "settings.ini").unlink()
    assert "settings: the file" in typed("run", "flows/typed.yaml", code=2).err
    assert typed("runs", "--json", code=0).json() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_without_leave_to_read_it_starts_nothing(typed: Oyama) -> None:
    (typed.folder / "x.csv").chmod(0)
    assert "Permission denied" in typed("run", "flows/typed.yaml", "-i", "data=x.csv", code=2).err


def test_errors_name_the_place_inside_a_value(typed: Oyama) -> None:
    hosts = '[{"name": "a", "port": "many"}, {"prt": 3}, {"name": "c", "key": "gone"}]'
    told = typed("run", "flows/typed.yaml", "-i", f"hosts={hosts}", code=2)
    for words in (
        "hosts[0].port: must be a whole number; it is 'many'",
        "hosts[1].prt: is not a field here; did you mean 'port'?",
        "hosts[1].name: is required",
    ):
        assert words in told.err
    told = typed("run", "flows/typed.yaml", "-i", 'hosts=[{"name": "c", "key": "gone"}]', "--json", code=2)
    assert [problem["where"] for problem in json.loads(told.err)["problems"]] == ["hosts[0].key"]


def test_files_are_offered_where_an_input_is_a_file(typed: Oyama) -> None:
    typed("run", "flows/typed.yaml", code=0)
    assert offered(typed, "run", "flows/typed.yaml", "-i", "da") == ["data="]
    assert offered(typed, "run", "flows/typed.yaml", "-i", "data=") == ["data=flows/", "data=home/", "data=x.csv"]
    assert offered(typed, "run", "flows/typed.yaml", "-i", "data=flows/s") == ["data=flows/settings.ini"]


def test_the_form_of_a_gate_takes_files_and_typed_lists(typed: Oyama) -> None:
    typed("run", "flows/asking.yaml", "--no-wait", code=5)
    assert 'to (list of map of port; such as [{"port": 1}])' in typed("approvals", "--show", "asking@latest", code=0).out
    told = typed("approve", "asking@latest", "--yes", "--form", "list=gone.csv", "--form", 'to=[{"port": "x"}]', code=2)
    assert "to[0].port: must be a whole number" in told.err
    assert "list: the file" in told.err
    [asked] = typed("approvals", "--json", code=0).json()
    typed("approve", "asking@latest", "--yes", "--form", "list=x.csv", code=0)
    assert "already approved" in typed("approve", asked["id"], "--yes", "--form", "list=x.csv", code=0).out
    told = typed("resume", "asking@latest", code=0)
    assert "1,2" in told.out
    assert "noted" in told.out


def test_a_file_is_asked_for_again_until_it_can_be_read(typed: Oyama) -> None:
    typed("run", "flows/asking.yaml", "--no-wait", code=5)
    child = on_terminal(typed, "approve")
    child.expect(r"list \(file; required\): ")
    child.sendline("gone.csv")
    child.expect("list the file .*gone.csv cannot be read: No such file or directory")
    child.expect("list .*: ")
    child.sendline("x.csv")
    child.expect("note .*: ")
    child.sendline("")
    child.expect("to .*: ")
    child.sendline('[{"port": "x"}]')
    child.expect(r"to\[0\].port must be a whole number")
    child.expect("to .*: ")
    child.sendline('[{"port": 1}]')
    child.expect(r"\[y/N\] ")
    child.sendline("y")
    child.expect("approved by")
    assert end(child) == 0
    [approval] = typed("approvals", "--status", "approved", "--json", code=0).json()
    here = Path(os.path.abspath(typed.folder))
    assert approval["form"] == {"list": f"{here}/x.csv", "note": f"{here}/flows/note.txt", "to": [{"port": 1}]}
