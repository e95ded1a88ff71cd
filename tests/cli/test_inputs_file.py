"""`oyama run --inputs FILE|-`: a map of inputs in YAML or JSON, over which `-i` wins."""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.program import Oyama
from tests.cli.test_completion import offered
from tests.cli.test_terminal import end, on_terminal

FLOW = """
id: flow
inputs:
  version: {required: true}
  count: {type: integer, default: 3}
  hosts: {type: list, items: {type: map, fields: {name: {}, port: {type: integer}}}}
steps:
  - {id: a, run: 'echo "[${{ inputs.version }}]" ${{ inputs.count }} ${{ inputs.hosts }}'}
"""


@pytest.fixture
def flow(oyama: Oyama) -> Oyama:
    oyama.file("flow.yaml", FLOW)
    return oyama


def test_inputs_come_from_a_file_and_single_ones_win(flow: Oyama) -> None:
    flow.file("values.yaml", "version: v1\ncount: 5\nhosts:\n  - {name: a, port: 22}\n")
    assert '[v1] 5 [{"name":"a","port":22}]' in flow("run", "flow.yaml", "--inputs", "values.yaml", code=0).out
    assert '[v2] 5 [{"name":"a","port":22}]' in flow("run", "flow", "--inputs", "values.yaml", "-i", "version=v2", code=0).out
    assert flow("show", "flow@latest", "--json", code=0).json()["inputs"]["count"] == 5


def test_json_is_read_as_json(flow: Oyama) -> None:
    flow.file("values.json", '{\n\t"version": "\\ud83d\\ude00 v1",\n\t"count": "7"\n}')
    assert "[\U0001f600 v1] 7" in flow("run", "flow.yaml", "--inputs", "values.json", code=0).out
    assert "[{v}] 3" in flow("run", "flow.yaml", "--inputs", "-", stdin="{version: '{v}'}", code=0).out


def test_standard_input_and_a_dry_run_take_them_too(flow: Oyama) -> None:
    assert 'echo "[v9]" 3' in flow("run", "flow.yaml", "--inputs", "-", "--dry-run", stdin="version: v9\n", code=0).out
    assert flow("run", "flow.yaml", "--inputs", "-", "--detach", stdin="version: v7\n", code=0).out.startswith("flow-")
    flow.file("values.yaml", "version: v8\n")
    assert "[v8] 3" in flow("run", "-", "--inputs", "values.yaml", stdin=FLOW.replace("id: flow", "id: other"), code=0).out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "are no map: there is nothing in it"),
        ("[1]", "are no map: what stands there is of type list"),
        ("text", "are no map: what stands there is of type string"),
        ("a: b: c", "line 1, column 5: this is not YAML"),
        ("version: *x", "an alias (*) cannot be used here"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document begins here"),
        ("a: 1\na: 2", "line 2, column 1: the key 'a' stands twice"),
        ('{"version": NaN}', "NaN is no JSON number"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("{" * 40_000, "deep"),
        ('{"a": ' * 40_000, "deep"),
        ("version: \udcff", "not UTF-8"),
        ("version: x\nverison: y", "verison: there is no input 'verison'.\n  did you mean 'version'?"),
        ("version: 1.10", "version: must be text, not of type number"),
        ("version: x\nhosts: [{port: many}]", "hosts[0].port: must be a whole number"),
        ("x: " + "y" * 1_000_000, "larger than 1 MB"),
    ],
    ids=lambda text: text[:20],
)
def test_what_does_not_fit_is_told_and_starts_nothing(flow: Oyama, text: str, words: str) -> None:
    told = flow("run", "flow.yaml", "--inputs", "-", stdin=text, code=2)
    assert words in told.err, told.told[:2000]
    assert "<stdin>" in told.err or "inputs of flow" in told.err
    assert flow("runs", "--json", code=0).json() == []


def test_a_file_that_cannot_be_read_is_named(flow: Oyama) -> None:
    (flow.folder / "folder").mkdir()
    flow.file("broken.json", '{"a"')
    for file, code, words in (
        ("gone.yaml", 4, "No such file"),
        ("folder", 4, "Is a directory"),
        ("~nobodyhere/x", 4, "home directory"),
        ("broken.json", 2, "broken.json cannot be read: line 1, column 5: this is not JSON"),
        ("/dev/zero", 2, "larger than 1 MB"),
    ):
        assert words in flow("run", "flow.yaml", "--inputs", file, code=code).err


def test_two_things_cannot_come_on_standard_input(flow: Oyama) -> None:
    told = flow("run", "-", "--inputs", "-", stdin=FLOW, code=2)
    assert "cannot both be read from standard input" in told.err


def test_a_terminal_gives_no_inputs_and_a_closed_one_nothing(flow: Oyama) -> None:
    child = on_terminal(flow, "run", "flow.yaml", "--inputs", "-")
    child.expect("reads standard input, and that is a terminal")
    assert end(child) == 2
    for words in (("run", "flow.yaml", "--inputs", "-"), ("run", "-"), ("validate", "-")):
        closed = ["sh", "-c", 'exec "$@" <&-', "sh", *flow.argv(*words)]
        done = subprocess.run(closed, env=flow.env, cwd=flow.folder, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, "Standard input is closed" in done.stderr) == (2, True), done.stderr


def test_files_of_inputs_are_offered(flow: Oyama) -> None:
    flow.file("values.json", "{}")
    flow.file("notes.txt", "")
    assert set(offered(flow, "run", "flow.yaml", "--inputs", "")) == {"flow.yaml", "values.json"}
