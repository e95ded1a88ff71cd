from __future__ import annotations

import os
from pathlib import Path

import pytest

from oyama_tui.agents.call import Call
from oyama_tui.agents.gates import BrokenGates, load_gates, read_gates
from tests.agents.scenes import Desk, decision, told


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    path = folder / "gates.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BrokenGates) as broken:
        read_gates(path, str(folder))
    return [str(mistake).removeprefix(f"{path}:") for mistake in broken.value.mistakes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("match: x\n", "1:1: the file must be a list of rules"),
        ("- x\n", "1:3: a rule must be a map"),
        ("- {risk: high}\n", "1:3: 'match' is missing"),
        ("- match: Bash\n  rsik: high\n", "2:3: unknown key 'rsik'"),
        ("- match: Bash\n  risk: huge\n", "2:9: risk must be one of low, normal, high, not 'huge'"),
        ("- match: Bash\n  timeout: soon\n", "2:12: timeout must be a duration"),
        ("- match: Bash\n  timeout: 0s\n", "2:12: timeout must be a duration"),
        ("- match: Bash\n  when: never\n", "2:9: when must be one of call, permission"),
        ("- match: Bash\n  edit: yes please\n", "2:9: edit must be true or false"),
        ("- match: Bash\n  edit: 'true'\n", "2:9: edit must be true or false"),
        ("- match: Bash\n  preview: ''\n", "2:12: preview is empty"),
        ("- match: Bash\n  preview: [a]\n", "2:12: preview must be text"),
        ("- match:\n", "1:9: match must be text"),
        ("- match: Bash\n  match: Edit\n", "2:3: the key 'match' stands twice"),
        ("- match: Bash(git push\n", "1:10: match must be a tool"),
        ("- {match: Bash(git push *)\n", "this is not YAML"),
        ("a: b: c\n", "1:5: this is not YAML"),
        (b"- match: \xff\n", "1:1: this is not UTF-8"),
        (b"x" * 300_000, "the file has more than"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert expected in mistakes(tmp_path, text)[0].removeprefix(" ")


def test_all_mistakes_are_named(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, "- {match: A, risk: x}\n- {match: '('}\n- 7\n")) == 3


def test_an_empty_file_and_one_with_comments_hold_no_rules(tmp_path: Path) -> None:
    path = tmp_path / "gates.yaml"
    for text in ("", "# nothing yet\n", "[]\n", "\ufeff- {match: Bash}\n"):
        path.write_text(text, encoding="utf-8")
        assert len(read_gates(path, "/")) == ("match" in text)


def test_rules_of_all_folders_upwards_and_of_the_person_count(tmp_path: Path) -> None:
    home, inner = tmp_path / "home", tmp_path / "shop" / "src" / "deep"
    inner.mkdir(parents=True)
    for place, tool in ((home, "User"), (tmp_path / "shop" / ".oyama", "Project"), (tmp_path / "shop" / "src" / ".oyama", "Inner")):
        place.mkdir(parents=True)
        (place / "gates.yaml").write_text(f"- {{match: {tool}}}\n")
    assert [rule.match for rule in load_gates([str(inner)], home).rules] == ["Inner", "Project", "User"]
    # The agent has gone elsewhere: where it was started counts still.
    assert [rule.match for rule in load_gates(["/", str(inner)], home).rules] == ["Inner", "Project", "User"]


def test_whoever_is_gated_is_asked_before_the_rules_change(tmp_path: Path) -> None:
    (tmp_path / ".oyama").mkdir()
    (tmp_path / ".oyama" / "gates.yaml").write_text("- {match: Bash(x)}\n")
    gates = load_gates([str(tmp_path)], tmp_path / "home")
    call = Call("claude", "PreToolUse", "call", "s", "t", "Write", {"file_path": ".oyama/gates.yaml", "content": ""}, str(tmp_path))
    assert [rule.risk for rule in gates.meaning(call)] == ["high"]
    assert not gates.meaning(call._replace(input={"file_path": "other.yaml", "content": ""}))


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize("broken", ["- {match: }\n", "{", None])
def test_a_broken_file_lets_nothing_pass(desk: Desk, agent: str, broken: str | None) -> None:
    path = desk.rules(broken or "")
    if broken is None:
        path.unlink()
        path.mkdir()
    ended = desk.heard(desk.call("ls"), agent)
    assert ended.code == 0, ended.told
    said = decision(told(ended))
    assert said["permissionDecision"] == "deny"
    assert str(path) in said["permissionDecisionReason"]
    assert not (desk.oyama.home / "oyama.db").exists()


def test_a_pipe_in_place_of_the_rules_holds_nobody_up(desk: Desk) -> None:
    path = desk.rules("")
    path.unlink()
    os.mkfifo(path)
    assert "no plain file" in decision(told(desk.heard(desk.call("ls"))))["permissionDecisionReason"]


def test_a_rule_out_of_range_is_a_no_that_names_its_place(desk: Desk) -> None:
    path = desk.rules("- {match: Bash, timeout: 900000d}\n")
    assert f"{path}:1: timeout" in decision(told(desk.heard(desk.call("ls"))))["permissionDecisionReason"]
