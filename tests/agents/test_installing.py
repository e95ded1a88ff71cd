from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.agents.scenes import Desk

OWN = {
    "model": "opus",
    "hooks": {"PreToolUse": [{"matcher": "Edit", "hooks": [{"type": "command", "command": "lint"}]}], "Stop": []},
    "x": [1.5, "é"],
}


def user_file(desk: Desk, agent: str) -> Path:
    return Path(desk.oyama.env["HOME"]) / f".{agent}" / {"claude": "settings.json", "codex": "hooks.json"}[agent]


def ours(path: Path, event: str) -> list[Any]:
    groups = json.loads(path.read_text(encoding="utf-8"))["hooks"][event]
    return [hook for group in groups for hook in group["hooks"] if "hook " in hook["command"]]


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_hooks_are_installed_once_and_nothing_is_lost(desk: Desk, agent: str) -> None:
    path = user_file(desk, agent)
    path.parent.mkdir()
    path.write_text(json.dumps(OWN, indent=4, ensure_ascii=False), encoding="utf-8")
    path.chmod(0o640)
    assert "Installed in" in desk.oyama("hook", "install", agent, code=0).out
    first = path.read_bytes()
    assert "so already" in desk.oyama("hook", "install", agent, code=0).out
    assert path.read_bytes() == first
    kept = json.loads(first)
    assert kept["x"] == OWN["x"]
    assert kept["hooks"]["PreToolUse"][0] == OWN["hooks"]["PreToolUse"][0]  # type: ignore[index]
    assert "\n    " in first.decode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name]
    [hook] = ours(path, "PreToolUse")
    assert hook["timeout"] == 86400
    assert hook.get("onFailure") == ("block" if agent == "claude" else None)
    assert hook["statusMessage"]
    assert hook["command"].endswith(f" hook {agent}")


def test_hooks_of_a_project_stand_at_its_root(desk: Desk) -> None:
    (desk.oyama.folder / ".git").mkdir()
    desk.oyama("hook", "install", "claude", "--project", code=0)
    assert ours(desk.oyama.folder / ".claude" / "settings.json", "PermissionRequest")


def test_printing_changes_nothing(desk: Desk) -> None:
    printed = desk.oyama("hook", "install", "codex", "--print", code=0)
    assert set(json.loads(printed.out)["hooks"]) == {"PreToolUse", "PermissionRequest", "PostToolUse"}
    assert not user_file(desk, "codex").parent.exists()


def test_a_link_to_the_settings_stays_one(desk: Desk) -> None:
    path, real = user_file(desk, "claude"), desk.oyama.folder / "dotfiles.json"
    path.parent.mkdir()
    real.write_text("{}")
    path.symlink_to(real)
    desk.oyama("hook", "install", "claude", code=0)
    assert path.is_symlink()
    assert ours(real, "PreToolUse")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{\n  // mine\n  "a": 1}', ":2:3: "),
        ('{"a": 1,}', ":1:"),
        ("[]", "no JSON object"),
        ('{"hooks": []}', "'hooks' is no map"),
        ('{"hooks": {"PreToolUse": {}}}', "'hooks.PreToolUse'"),
        ('{"a": 1, "a": 2}', "stands twice"),
    ],
)
def test_a_file_that_would_lose_something_is_refused(desk: Desk, text: str, where: str) -> None:
    path = user_file(desk, "claude")
    path.parent.mkdir()
    path.write_text(text)
    ended = desk.oyama("hook", "install", "claude", code=2)
    assert str(path) in ended.err
    assert where in ended.err
    assert path.read_text() == text


def test_a_hook_from_before_is_brought_up_to_date_in_its_place(desk: Desk) -> None:
    path = user_file(desk, "claude")
    path.parent.mkdir()
    old = {"type": "command", "command": "/gone/oyama hook claude", "timeout": 60}
    path.write_text(json.dumps({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [old]}, {"hooks": []}]}}))
    status = desk.oyama("hook", "status", code=1).out
    assert "there is no program '/gone/oyama'" in status
    assert "timeout of 60 seconds" in status
    assert "onFailure" in status
    desk.oyama("hook", "install", "claude", code=0)
    [hook] = ours(path, "PreToolUse")
    assert (hook["timeout"], hook["onFailure"]) == (86400, "block")


def test_status_says_where_and_which_rules_count(desk: Desk) -> None:
    assert "nothing is gated" in desk.oyama("hook", "status", code=0).out
    desk.oyama("hook", "install", "claude", code=0)
    desk.oyama.home.mkdir(exist_ok=True)
    rules = desk.oyama.home / "gates.yaml"
    rules.write_text("- {match: A}\n- {match: B}\n")
    told = desk.oyama("hook", "status", "--json", code=0).json()
    assert told["status"] == "installed"
    assert [(one["id"], one["rules"]) for one in told["gates"]] == [(str(rules), 2)]
    assert {one["id"]: one["status"] for one in told["agents"]}["claude-user"] == "installed"
    rules.write_text("- {match: A, rsik: x}\n")
    broken = desk.oyama("hook", "status", code=1).out
    assert f"{rules}:1:14: unknown key 'rsik'" in broken
    assert "every call of an agent is denied" in broken


def test_a_file_that_may_not_be_written_is_named(desk: Desk) -> None:
    if os.getuid() == 0:
        pytest.skip("root may write everything")
    path = user_file(desk, "claude")
    path.parent.mkdir()
    path.parent.chmod(0o500)
    assert str(path) in desk.oyama("hook", "install", "claude", code=2).err
