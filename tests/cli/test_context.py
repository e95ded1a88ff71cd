"""`oyama context RUN [set NAME=VALUE... | unset NAME...]`: a run's variables, shown and changed while it goes on."""

from __future__ import annotations

import getpass
import json
import sys

import pytest
from pydantic import JsonValue

from oyama_tui.core.variable_text import read_variable
from tests.cli.program import Oyama, finish, read_until
from tests.cli.test_completion import offered
from tests.cli.test_json_shapes import same

FLOW = """
id: flow
context: {channel: beta, n: 3, version: "1.0"}
steps:
  - {id: ask, gate: Go on?}
  - {id: after, run: 'echo "[${{ context.channel }}] [${{ context.n }}]"'}
"""


@pytest.fixture
def flow(oyama: Oyama) -> Oyama:
    """A run that waits at its gate."""
    oyama("run", oyama.file("flow.yaml", FLOW), "--no-wait", code=5)
    return oyama


@pytest.mark.parametrize(
    ("text", "is_text", "value"),
    [
        ("stable", False, "stable"),
        ("5", False, 5),
        ("-1.5", False, -1.5),
        ("true", False, True),
        ("null", False, None),
        ("[1, 2]", True, [1, 2]),
        ('{"a": 1}', True, {"a": 1}),
        ('"2"', False, "2"),
        ("5", True, "5"),
        ("true", True, "true"),
        ("1.10", False, "1.10"),
        ("007", False, "007"),
        ("1e3", False, "1e3"),
        ("NaN", False, "NaN"),
        ("[1,", False, "[1,"),
        ("[" * 100_000, False, "[" * 100_000),
        ("", False, ""),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_value_is_json_where_it_is_meant_so(text: str, is_text: bool, value: JsonValue) -> None:
    made = read_variable(text, is_text=is_text)
    assert (made, type(made)) == (value, type(value))


def test_variables_are_shown_and_changed(flow: Oyama) -> None:
    assert flow("context", "flow@latest", code=0).out.splitlines() == ["channel: beta  string", "n: 3  integer", "version: 1.0  string"]
    told = flow("context", "flow#1", "set", "channel=stable", "n=5", "version=1.10", "hosts=[1, 2]", code=0)
    assert told.out.splitlines() == ["channel: stable  string", "hosts: [1, 2]  list", "n: 5  integer", "version: 1.10  string"]
    assert "New: hosts." in told.err
    assert "Nothing has changed" in flow("context", "flow#1", "set", "n=5", code=0).err
    found = flow("context", "flow#1", "unset", "hosts", "version", "--json", code=0).json()
    assert [(one["name"], one["value"], one["status"]) for one in found] == [("channel", "stable", "waiting"), ("n", 5, "waiting")]
    assert found[0]["id"].endswith("/channel")
    same("Variable", found[0])
    flow("verify", code=0)


def test_a_run_that_another_process_drives_goes_on_with_the_new_value(flow: Oyama) -> None:
    driver = flow.start("resume", "flow@latest")
    read_until(driver, "Go on")
    flow("context", "flow@latest", "set", "channel=stable", "n=4", code=0)
    flow("approve", "flow@latest", "--yes", code=0)
    ended = finish(driver)
    assert ended.code == 0, ended.told
    assert "[stable] [4]" in ended.out
    flow("verify", code=0)


def test_what_cannot_be_done_is_told(flow: Oyama) -> None:
    table: list[tuple[list[str], int, str]] = [
        (["nosuch"], 4, "nosuch"),
        (["flow#1", "bogus"], 2, "set or unset, not 'bogus'"),
        (["flow#1", "set"], 2, "set needs NAME=VALUE"),
        (["flow#1", "unset"], 2, "unset needs the name"),
        (["flow#1", "set", "x"], 2, "NAME=VALUE"),
        (["flow#1", "set", "1x=3"], 2, "'1x' cannot be a variable"),
        (["flow#1", "set", "a-b=3"], 2, "letters, digits and underscores"),
        (["flow#1", "set", 'm={"a":1,"a":2}'], 2, "the key 'a' twice"),
        (["flow#1", "set", "m=" + "[" * 70 + "]" * 70], 2, "64 deep"),
        (["flow#1", "unset", "chanel"], 4, "Did you mean channel?"),
        (["flow#1", "unset", "zzz"], 4, "It has: channel, n, version."),
    ]
    for words, code, said in table:
        told = flow("context", *words)
        assert (told.code, told.out) == (code, ""), (words, told.told)
        assert said in told.err, (words, told.told)
    flow("cancel", "flow#1", code=0)
    for words in (["set", "n=1"], ["unset", "n"], ["unset", "zzz"]):
        assert "is cancelled, so it cannot be changed" in flow("context", "flow#1", *words, code=7).err
    assert "channel: beta" in flow("context", "flow#1", code=0).out


def test_a_run_without_variables_says_so(oyama: Oyama) -> None:
    oyama("run", oyama.file("bare.yaml", "steps: [{id: a, run: 'true'}]\n"), code=0)
    told = oyama("context", "bare#1", code=0)
    assert (told.out, "bare #1 has no variables." in told.err) == ("", True)
    assert oyama("context", "bare#1", "--json", code=0).json() == []


def test_a_step_changes_its_own_run_alone(flow: Oyama) -> None:
    own = f"""'{sys.executable}' -m oyama_tui context "$OYAMA_RUN_ID" set x=1"""
    other = f"""'{sys.executable}' -m oyama_tui context flow#1 set n=9"""
    flow.file(
        "inner.yaml",
        f"context: {{x: 0}}\nsteps:\n  - id: own\n    run: |\n      {own}\n  - {{id: look, run: 'echo x=${{{{ context.x }}}}'}}\n",
    )
    assert "x=1" in flow("run", "inner.yaml", code=0).out
    flow.file("outer.yaml", f"steps:\n  - id: other\n    run: |\n      {other}\n")
    told = flow("run", "outer.yaml", code=1)
    assert "A step can steer its own run alone" in told.out
    assert "n: 3" in flow("context", "flow#1", code=0).out


def test_the_change_is_in_the_journal_with_who_made_it(flow: Oyama) -> None:
    flow("context", "flow#1", "set", "n=8", code=0)
    flow("cancel", "flow#1", code=0)
    lines = flow("watch", "flow#1", "--jsonl", code=1).out.splitlines()
    [changed] = [event["payload"] for line in lines if (event := json.loads(line))["type"] == "context_changed"]
    assert changed == {"set": {"n": 8}, "by": {"name": getpass.getuser()}}


def test_words_are_offered(flow: Oyama) -> None:
    assert offered(flow, "context", "") == ["flow#1"]
    assert offered(flow, "context", "flow#1", "") == ["set", "unset"]
    assert offered(flow, "context", "flow#1", "set", "") == ["channel=", "n=", "version="]
    assert offered(flow, "context", "flow#1", "unset", "c") == ["channel"]
