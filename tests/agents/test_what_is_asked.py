from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oyama_tui.agents.call import Call, Unreadable
from oyama_tui.agents.gates import Rule
from oyama_tui.agents.matching import pattern_of
from oyama_tui.agents.questions import question_of
from oyama_tui.core.questions import Question


def rule(match: str = "*", **more: Any) -> Rule:
    return Rule(match, pattern_of(match, "/"), **more)


def asked(folder: Path, tool: str, given: dict[str, Any], *rules: Rule, **more: Any) -> Question:
    call = Call("claude", "PreToolUse", "call", "s", "t1", tool, given, str(folder), **more)
    return question_of(call, rules or (rule(),), key="k", redirects=True)


def test_a_command_is_shown_as_it_is(tmp_path: Path) -> None:
    question = asked(tmp_path, "Bash", {"command": "git push origin main", "description": "Publish it", "timeout": 5})
    assert question.title == "claude wants to run git push origin main"
    assert (question.proposal, question.proposes) == ("git push origin main", "command")
    assert question.words == "Publish it"


def test_what_else_the_shell_is_given_is_shown_and_bound(tmp_path: Path) -> None:
    plain = asked(tmp_path, "Bash", {"command": "ls"})
    unsafe = asked(tmp_path, "Bash", {"command": "ls", "dangerouslyDisableSandbox": True})
    assert "dangerouslyDisableSandbox: true" in unsafe.proposal
    assert plain.digest != unsafe.digest


def test_words_that_models_change_at_will_are_not_bound(tmp_path: Path) -> None:
    one = asked(tmp_path, "Bash", {"command": "ls", "description": "List", "timeout": 1})
    two = asked(tmp_path, "Bash", {"command": "ls", "description": "Look around", "timeout": 2})
    assert one.digest == two.digest


@pytest.mark.parametrize("command", ["./deploy.sh now", "bash deploy.sh", "cd sub && ../deploy.sh", "make && python3 deploy.py", "sub/run"])
def test_scripts_that_a_command_names_are_bound(tmp_path: Path, command: str) -> None:
    (tmp_path / "sub").mkdir()
    scripts = [tmp_path / "deploy.sh", tmp_path / "deploy.py", tmp_path / "sub" / "run"]
    for script in scripts:
        script.write_text("#!/bin/sh\necho one\n")
    before = asked(tmp_path, "Bash", {"command": command})
    for script in scripts:
        script.write_text("#!/bin/sh\necho two\n")
    assert asked(tmp_path, "Bash", {"command": command}).digest != before.digest
    assert any(str(script.name) in name for script in scripts for name in before.covers)


def test_an_edit_is_shown_as_a_difference_to_the_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\nthree")
    question = asked(tmp_path, "Edit", {"file_path": str(tmp_path / "a.txt"), "old_string": "two", "new_string": "2"})
    assert question.proposes == "diff"
    assert question.title == "claude wants to edit a.txt"
    assert question.proposal.splitlines() == [
        *("--- a/a.txt", "+++ b/a.txt", "@@ -1,3 +1,3 @@", " one", "-two", "+2", " three", "\\ No newline at end of file")
    ]


def test_a_new_file_is_shown_whole(tmp_path: Path) -> None:
    question = asked(tmp_path, "Write", {"file_path": str(tmp_path / "b.txt"), "content": "x\ny\n"})
    assert question.proposal.splitlines() == ["--- /dev/null", "+++ b/b.txt", "@@ -0,0 +1,2 @@", "+x", "+y"]


def test_several_edits_follow_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a a\n")
    edits = [{"old_string": "a", "new_string": "b", "replace_all": True}, {"old_string": "b b", "new_string": "c"}]
    question = asked(tmp_path, "MultiEdit", {"file_path": "a.txt", "edits": edits})
    assert "-a a\n+c\n" in question.proposal


def test_a_patch_and_any_other_tool_are_shown_as_given(tmp_path: Path) -> None:
    patch = "*** Begin Patch\n*** Add File: n.txt\n+x\n*** End Patch"
    assert asked(tmp_path, "apply_patch", {"command": patch}).proposal == patch
    other = asked(tmp_path, "mcp__db__query", {"sql": "DROP TABLE x"})
    assert other.proposes == "text"
    assert '"sql": "DROP TABLE x"' in other.proposal


def test_the_strictest_of_several_rules_counts(tmp_path: Path) -> None:
    rules = (rule(timeout="2h", preview="first"), rule(risk="high", timeout="4h"), rule(risk="low", preview="last"))
    question = asked(tmp_path, "Bash", {"command": "x"}, *rules)
    assert (question.risk, question.timeout, question.preview) == ("high", 7_200_000, "first")


@pytest.mark.parametrize(
    ("tool", "given", "why"),
    [
        ("Bash", {"command": "x" * 300_000}, "too long"),
        ("Bash", {"command": "a\0b"}, "NUL"),
        ("Bash", {"command": "\ud800"}, "half of a pair"),
        ("Write", {"file_path": "/", "content": "x"}, "no plain file"),
        ("Edit", {"file_path": "a.txt", "old_string": "nowhere", "new_string": ""}, "does not hold the text"),
        ("Write", {"file_path": "big", "content": "x"}, "more than 2,097,152 bytes"),
    ],
)
def test_what_cannot_be_shown_is_not_asked(tmp_path: Path, tool: str, given: dict[str, Any], why: str) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "big").write_bytes(b"x" * 3_000_000)
    with pytest.raises(Unreadable, match=why):
        asked(tmp_path, tool, given)


def test_control_characters_are_shown_and_never_obeyed(tmp_path: Path) -> None:
    question = asked(tmp_path, "Bash", {"command": "echo \x1b[2K\x07\u202e\ue123 x\nrm -rf y"})
    assert question.title.isprintable()
    assert question.proposal == "echo \x1b[2K\x07\u202e\ue123 x\nrm -rf y"


def test_a_command_may_be_changed_where_a_rule_says_so(tmp_path: Path) -> None:
    assert asked(tmp_path, "Bash", {"command": "x"}, rule(edit=True)).form["command"].default == "x"
    assert asked(tmp_path, "Bash", {"command": "x"}).form == {}


def elicitation(schema: Any) -> Call:
    given = {"message": "Publish?", "mode": "form", "requested_schema": schema}
    return Call("claude", "Elicitation", "elicitation", "s", "", "Elicitation", given, "/", server="shop")


def test_what_a_server_wants_to_know_becomes_a_form() -> None:
    fields = {
        "n": {"type": "integer", "minimum": 1, "maximum": 9},
        "c": {"type": "string", "enum": ["a", "b"], "title": "Channel", "default": "a"},
        "ok": {"type": "boolean", "description": "Sure?"},
    }
    question = question_of(elicitation({"properties": fields, "required": ["ok"]}), (rule(),), key="k", redirects=True)
    assert question.title == "shop asks through claude: Publish?"
    assert (question.form["n"].type, question.form["n"].max) == ("integer", 9)
    assert question.form["c"].options == ("a", "b")
    assert question.form["ok"].required


@pytest.mark.parametrize(
    "schema", [7, {"properties": 7}, {"properties": {"x": {"type": "object"}}}, {"properties": {"x y": {"type": "string"}}}, []]
)
def test_a_form_that_cannot_be_filled_in_is_not_asked(schema: Any) -> None:
    with pytest.raises(Unreadable, match="the server shop"):
        question_of(elicitation(schema), (rule(),), key="k", redirects=True)
