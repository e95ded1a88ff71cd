"""Every recording of the real programs, played once more: what they said on standard input, and the answer that they took then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.agents.scenes import RECORDINGS, Desk, ana, answer_of, told

CLAUDE = "claude-2.1.332"
CODEX = "codex-0.169.0"
TOUCH = '- {match: "Bash(touch *)"}\n'
ECHO = '- {match: "Bash(echo *)"}\n'
AT_THE_DIALOG = '- {match: "Bash(echo *)", when: permission}\n'

ANSWERED: dict[str, tuple[str, tuple[str, ...], Callable[[Desk], object]]] = {
    "auto-pre-allow/pre": (TOUCH, (), lambda desk: desk.yes("--comment", "xeu7w3")),
    "elicitation-accept/elic": (
        '- {match: "Elicitation(oyama)"}\n',
        (),
        lambda desk: desk.yes("--form", "approve=true", "--form", "reason=looks right"),
    ),
    "perm-allow/perm": (AT_THE_DIALOG, (), lambda desk: desk.yes()),
    "perm-deny/perm": (AT_THE_DIALOG, (), lambda desk: desk.no("use staging")),
    "pre-defer/pre": (ECHO, ("--defer",), lambda desk: None),
    "pre-deny/pre": (ECHO, (), lambda desk: desk.no("use staging")),
    "pre-edit/pre": ('- {match: "Bash(echo *)", edit: true}\n', (), lambda desk: desk.yes("--form", "command=echo EDITED > out.txt")),
    "pre-resume-allow/pre": (ECHO, ("--defer",), lambda desk: desk.yes("--comment", "xeu7w3")),
}
"""The rules, the options of the hook and what the person does, for each recording that has an answer."""
SAID = sorted(str(path.relative_to(RECORDINGS)) for path in RECORDINGS.rglob("in-*.json"))
WITH_ANSWER = {name: name.replace("in-", "out-") for name in SAID if (RECORDINGS / name.replace("in-", "out-")).exists()}


def scene(name: str) -> str:
    return name.removeprefix(f"{CLAUDE}/").replace("in-", "").removesuffix(".json")


def meaning(said: Any) -> Any:
    """An answer without what differs from one answer to the next: who gave it, and the reason of a yes that a person was shown anyway."""
    if isinstance(said, dict):
        return {key: meaning(value) for key, value in said.items() if not (key == "permissionDecisionReason" and is_plain_yes(said))}
    return said.replace(f"by {ana()}", "by ana") if isinstance(said, str) else said


def is_plain_yes(said: dict[str, Any]) -> bool:
    return said.get("permissionDecision") == "defer" or (said.get("permissionDecision") == "allow" and "updatedInput" in said)


def test_every_recording_with_an_answer_is_played() -> None:
    assert sorted(ANSWERED) == sorted(map(scene, WITH_ANSWER))
    assert len(SAID) > len(WITH_ANSWER) > 0


@pytest.mark.parametrize("name", sorted(WITH_ANSWER))
def test_an_answer_is_the_one_that_the_program_took(desk: Desk, name: str) -> None:
    rules, options, person = ANSWERED[scene(name)]
    desk.rules(rules)
    said = desk.recorded(name)
    if scene(name) == "pre-resume-allow/pre":
        # The session that was deferred before.
        assert answer_of(desk.asks(desk.recorded(f"{CLAUDE}/pre-defer/in-pre.json"), "claude", *options))
        person(desk)
        answer = answer_of(desk.asks(said, "claude", *options))
    else:
        process = desk.asks(said, "claude", *options)
        person(desk)
        answer = answer_of(process)
    assert meaning(answer) == meaning(desk.recorded(WITH_ANSWER[name]))


@pytest.mark.parametrize("name", SAID)
def test_what_no_rule_means_passes_in_silence(desk: Desk, name: str) -> None:
    desk.rules('- {match: "Bash(git push *)", risk: high}\n')
    ended = desk.heard(desk.recorded(name), "codex" if name.startswith(CODEX) else "claude")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert not (desk.oyama.home / "oyama.db").exists()


def test_a_refusal_of_the_classifier_withdraws_the_question(desk: Desk) -> None:
    desk.rules(TOUCH)
    waiting = desk.asks(desk.recorded(f"{CLAUDE}/auto-denied/in-pre.json"))
    desk.opened()
    assert told(desk.heard(desk.recorded(f"{CLAUDE}/auto-denied/in-denied.json"))) is None
    said = answer_of(waiting)["hookSpecificOutput"]
    assert said["permissionDecision"] == "deny"
    assert "withdrawn" in said["permissionDecisionReason"]
    assert desk.open() == []


def test_an_answer_at_the_agents_own_dialog_withdraws_the_question(desk: Desk) -> None:
    desk.rules(AT_THE_DIALOG)
    waiting = desk.asks(desk.recorded(f"{CLAUDE}/perm-allow/in-perm.json"))
    desk.opened()
    assert told(desk.heard(desk.recorded(f"{CLAUDE}/perm-allow/in-post.json"))) is None
    assert desk.open() == []
    assert answer_of(waiting)["hookSpecificOutput"]["decision"]["behavior"] == "deny"


@pytest.mark.parametrize(("event", "yes"), [("in-pre.json", True), ("in-pre.json", False), ("in-perm.json", True), ("in-perm.json", False)])
def test_codex_gets_what_it_understands(desk: Desk, event: str, yes: bool) -> None:
    desk.rules(ECHO)
    process = desk.asks(desk.recorded(f"{CODEX}/{event}"), "codex")
    if yes:
        desk.yes()
    else:
        desk.no("use staging")
    answer = answer_of(process)
    if event == "in-pre.json":
        # It takes silence for a yes, and knows no other one.
        reason = {"permissionDecision": "deny", "permissionDecisionReason": f"rejected by {ana()}: use staging"}
        assert answer == (None if yes else {"hookSpecificOutput": {"hookEventName": "PreToolUse", **reason}})
    else:
        behaves = {"behavior": "allow"} if yes else {"behavior": "deny", "message": f"rejected by {ana()}: use staging"}
        assert answer == {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": behaves}}
