from __future__ import annotations

from pathlib import Path

import pytest

from oyama_tui.agents.call import Call
from oyama_tui.agents.matching import Seen, means, pattern_of
from oyama_tui.agents.shell import commands_of


def meant(rule: str, tool: str, given: dict[str, object], directory: str = "/work/shop", folder: str = "/work/shop") -> bool:
    call = Call("claude", "PreToolUse", "call", "s", "t", tool, dict(given), directory)
    return means(pattern_of(rule, folder), Seen(call))


def runs(rule: str, command: str) -> bool:
    return meant(rule, "Bash", {"command": command})


@pytest.mark.parametrize(
    "command",
    [
        "git push",
        "git push origin main",
        "cd shop && git push",
        "make test; git push --force",
        "true || git push",
        "echo y | git push",
        "sleep 1 & git push",
        "(git push)",
        "{ git push; }",
        "if make; then git push; fi",
        "for b in a b; do git push origin $b; done",
        "! git push",
        "GIT_SSH=x git push",
        "/usr/bin/git push",
        "git -C ../other push",
        "git -c user.name=x --no-pager push",
        "'git' \"push\"",
        "g\\it pu\\\nsh",
        "git $'pu\\x73h'",
        'sh -c "git push"',
        "bash -lc 'cd x && git push'",
        "bash -c \"sh -c 'git push'\"",
        'eval "git push"',
        "eval git push",
        "sudo git push",
        "env A=b git push",
        "timeout 5 git push",
        "nohup nice -n 5 git push &",
        "echo main | xargs git push origin",
        "find . -name x -exec git push {} \\;",
        "ssh host 'git push'",
        "echo $(git push)",
        'echo "done: $(git push)"',
        "echo `git push`",
        "diff <(git push) b",
        "echo ${X:-$(git push)}",
        "cat <<EOF | sh\ngit push\nEOF",
        "sh <<< 'git push'",
        "echo git push | sh",
        "cat <<'EOF'\nit isn't\nEOF\ngit push",
        "git $SUB origin",
        "$GIT push",
        "git push >/dev/null 2>&1",
        "2>&1 git push",
        "git push # in a comment",
        "echo 'open quote\ngit push",
    ],
)
def test_any_part_of_a_command_gates_the_whole(command: str) -> None:
    assert runs("Bash(git push *)", command)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "git status",
        "git log push",
        "echo git push",
        "echo 'git push'",
        "# git push",
        "git commit -m 'then git push'",
        "gitpush",
        "cat push",
        "git pushy",
        "ls; pwd",
        "git commit -m \"$(cat <<'EOF'\nPrepare\nEOF\n)\"",
    ],
)
def test_what_only_speaks_of_it_passes(command: str) -> None:
    assert not runs("Bash(git push *)", command)


@pytest.mark.parametrize(
    ("rule", "command", "expected"),
    [
        ("Bash(terraform apply)", "terraform apply -auto-approve", True),
        ("Bash(rm -rf *)", "rm -r -f build", True),
        ("Bash(rm -rf *)", "rm -fr build", True),
        ("Bash(rm -rf *)", "rm build -rf", True),
        ("Bash(rm -rf *)", "rm -r build", False),
        ("Bash(git push --force)", "git push origin main --force", True),
        ("Bash(git push --force)", "git push origin main", False),
        ("Bash(kubectl * delete)", "kubectl -n prod --context x delete pod y", True),
        ("Bash(npm run *)", "npm test", False),
        ("Bash(*)", "anything", True),
        ("Bash", "anything", True),
        ("*", "anything", True),
        ("Bash(deploy*)", "./deploy-all.sh now", True),
        ("Bash(* --prod)", "run --prod", True),
    ],
)
def test_words_of_a_rule_begin_a_command(rule: str, command: str, expected: bool) -> None:
    assert runs(rule, command) is expected


def test_too_much_to_be_looked_through_counts_by_its_words() -> None:
    long = "echo x\n" * 60_000
    assert runs("Bash(git push *)", long + "git   push")
    assert not runs("Bash(git push *)", long)


def test_deep_nesting_ends() -> None:
    assert not commands_of("$(" * 5000).clear
    assert runs("Bash(git push)", "$(" * 50 + "git push" + ")" * 50)


@pytest.mark.parametrize(
    ("rule", "path", "expected"),
    [
        ("Edit(src/**)", "/work/shop/src/a/b.py", True),
        ("Edit(src/*)", "/work/shop/src/a/b.py", False),
        ("Edit(src/*)", "/work/shop/src/a.py", True),
        ("Edit(./src/a.py)", "/work/shop/src/../src/a.py", True),
        ("Edit(*.env)", "/anywhere/else/x.env", True),
        ("Edit(**/secret/*)", "/a/b/secret/c", True),
        ("Edit(/etc/**)", "/etc/ssh/sshd_config", True),
        ("Edit(/etc/**)", "/work/shop/etc/x", False),
        ("Edit(src/**)", "src/a.py", True),
        ("Edit(src/**)", "/work/other/src/a.py", False),
        ("Edit", "/a", True),
        ("Edit(a[1].py)", "/work/shop/a[1].py", True),
    ],
)
def test_paths_of_files_that_are_changed(rule: str, path: str, expected: bool) -> None:
    for tool in ("Edit", "Write", "MultiEdit"):
        assert meant(rule, tool, {"file_path": path, "content": ""}) is expected
    assert meant(rule, "NotebookEdit", {"notebook_path": path}) is expected
    assert meant(rule, "apply_patch", {"command": f"*** Begin Patch\n*** Update File: {path}\n@@\n*** End Patch"}) is expected


def test_a_rule_for_write_means_no_edit() -> None:
    assert meant("Write(*.py)", "Write", {"file_path": "/a.py"})
    assert not meant("Write(*.py)", "Edit", {"file_path": "/a.py"})


def test_the_file_behind_a_link_counts(tmp_path: Path) -> None:
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod" / "config").write_text("x")
    (tmp_path / "innocent").symlink_to(tmp_path / "prod" / "config")
    assert meant("Edit(prod/**)", "Edit", {"file_path": "innocent"}, directory=str(tmp_path), folder=str(tmp_path))


def test_other_tools_are_meant_by_name_and_by_what_they_are_given() -> None:
    assert meant("mcp__db__*", "mcp__db__query", {"sql": "SELECT 1"})
    assert meant("mcp__db__query(*DROP*)", "mcp__db__query", {"deep": [{"sql": "x; DROP TABLE y"}]})
    assert not meant("mcp__db__query(*DROP*)", "mcp__db__query", {"sql": "SELECT 1"})
    assert meant("WebFetch(https://example.org/*)", "WebFetch", {"url": "https://example.org/a"})


@pytest.mark.parametrize("rule", ["", "Bash(git push", "Bash()", "Bash(git 'push)", "two words", "Bash(--force)", "Edit(src/)"])
def test_a_rule_that_cannot_be_read_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r"must be|has|begins|ends"):
        pattern_of(rule, "/")
