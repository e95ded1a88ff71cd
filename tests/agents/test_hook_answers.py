from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from tests.agents.scenes import SESSION, Desk, ana, answer_of, decision, told
from tests.cli.program import finish, until

ECHO = '- {match: "Bash(echo *)"}\n'
UNREADABLE = ("", "  \n", "hello", "[]", "7", "{}", '{"hook_event_name": 7}', "[" * 100_000, '{"a": "' + "x" * 10_000_000)


def test_the_card_says_who_asks_and_what_it_wants(desk: Desk) -> None:
    desk.own_rules('- {match: "Bash(echo *)", risk: high, preview: "echo looked at", timeout: 1h}\n')
    process = desk.asks(desk.call("echo hi"))
    card = desk.card(desk.opened()["id"])
    text = json.dumps(card)
    assert card["risk"] == "high"
    for part in ("claude wants to run echo hi", SESSION, str(desk.shop), "looked at", "Do it"):
        assert part in text
    desk.no("use staging")
    assert decision(answer_of(process))["permissionDecisionReason"] == f"rejected by {ana()}: use staging"


def test_what_a_project_names_does_not_run_before_somebody_has_seen_it(desk: Desk) -> None:
    desk.rules('- {match: "Bash(echo *)", preview: "touch ran"}\n')
    process = desk.asks(desk.call("echo hi"))
    card = desk.card(desk.opened()["id"])
    desk.no("no")
    answer_of(process)
    assert not (desk.shop / "ran").exists()
    assert "touch ran" not in json.dumps(card)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_an_agent_that_no_longer_waits_withdraws_the_question(desk: Desk, number: int) -> None:
    desk.rules(ECHO)
    process = desk.asks(desk.call("echo hi"))
    desk.opened()
    process.send_signal(number)
    finish(process)
    assert desk.open() == []
    assert "no longer waits" in desk.oyama("show", "agents@latest").out


def test_a_question_is_withdrawn_when_nobody_reads_the_answer_any_more(desk: Desk) -> None:
    desk.rules(ECHO)
    process = desk.asks(desk.call("echo hi"))
    desk.opened()
    assert process.stdout is not None
    process.stdout.close()
    until(lambda: desk.open() == [], "the question is withdrawn")
    process.wait(20)
    process.stdout = None


def test_the_end_of_a_session_withdraws_its_question(desk: Desk) -> None:
    desk.rules(ECHO)
    process = desk.asks(desk.call("echo hi"))
    desk.opened()
    assert desk.heard({"session_id": "another", "cwd": str(desk.shop), "hook_event_name": "SessionEnd"}).code == 0
    assert len(desk.open()) == 1
    assert desk.heard({"session_id": SESSION, "cwd": str(desk.shop), "hook_event_name": "SessionEnd"}).code == 0
    assert "session is over" in decision(answer_of(process))["permissionDecisionReason"]


def test_a_session_has_one_open_question(desk: Desk) -> None:
    desk.rules(ECHO)
    first = desk.asks(desk.call("echo hi"))
    desk.opened()
    second = decision(answer_of(desk.asks(desk.call("echo ho", tool_use_id="toolu_2"))))
    assert second["permissionDecision"] == "deny"
    assert "one gated action at a time, ask again" in second["permissionDecisionReason"]
    # Another session is another agent.
    third = desk.asks(desk.call("echo ha", session_id="other", tool_use_id="toolu_3"))
    until(lambda: len(desk.open()) == 2, "two questions")
    for row in desk.open():
        desk.oyama("reject", row["id"], "--comment", "no", code=0)
    assert decision(answer_of(first))["permissionDecision"] == "deny"
    assert decision(answer_of(third))["permissionDecision"] == "deny"


def test_of_calls_at_the_same_time_one_is_asked(desk: Desk) -> None:
    desk.rules(ECHO)
    processes = [desk.asks(desk.call(f"echo {number}", tool_use_id=f"toolu_{number}")) for number in range(4)]
    until(lambda: sum(process.poll() is not None for process in processes) == 3, "three of four are denied", 60)
    desk.yes()
    assert desk.open() == []
    answers = [decision(answer_of(process))["permissionDecision"] for process in processes]
    assert sorted(answers) == ["allow", "deny", "deny", "deny"]


def test_a_yes_does_not_count_for_a_script_that_has_changed_since(desk: Desk) -> None:
    desk.rules('- {match: "Bash(*)"}\n')
    script = desk.shop / "deploy.sh"
    script.write_text("#!/bin/sh\necho staging\n")
    process = desk.asks(desk.call("./deploy.sh"))
    desk.opened()
    script.write_text("#!/bin/sh\necho production\n")
    desk.yes()
    said = decision(answer_of(process))
    assert said["permissionDecision"] == "deny"
    assert "changed" in said["permissionDecisionReason"]


def test_the_same_call_again_is_a_new_question(desk: Desk) -> None:
    desk.rules(ECHO)
    process = desk.asks(desk.call("echo hi"))
    first = desk.yes()
    assert decision(answer_of(process))["permissionDecision"] == "allow"
    again = desk.asks(desk.call("echo hi", tool_use_id="toolu_2"))
    assert desk.no("once is enough") != first
    assert decision(answer_of(again))["permissionDecision"] == "deny"


def test_nobody_in_time_is_a_no(desk: Desk) -> None:
    desk.rules("- {match: Bash, timeout: 1s}\n")
    said = decision(answer_of(desk.asks(desk.call("echo hi"))))
    assert (said["permissionDecision"], said["permissionDecisionReason"]) == ("deny", "nobody answered in time, so it does not run")


def test_a_deferred_call_is_answered_when_it_is_taken_up(desk: Desk) -> None:
    desk.rules(ECHO)
    for _ in range(2):
        assert decision(told(desk.heard(desk.call("echo hi"), "claude", "--defer")))["permissionDecision"] == "defer"
    # The agent ends when it has deferred; its question stays.
    desk.heard({"session_id": SESSION, "cwd": str(desk.shop), "hook_event_name": "SessionEnd"}, "claude", "--defer")
    desk.no("use staging")
    until(
        lambda: decision(told(desk.heard(desk.call("echo hi"), "claude", "--defer")))["permissionDecision"] == "deny", "the answer is there"
    )
    other = told(desk.heard(desk.call("echo hi", tool_use_id="toolu_2"), "claude", "--defer"))
    assert decision(other)["permissionDecision"] == "defer"


def test_a_deferred_call_that_has_changed_is_denied(desk: Desk) -> None:
    desk.rules(ECHO)
    desk.heard(desk.call("echo hi"), "claude", "--defer")
    said = decision(told(desk.heard(desk.call("echo ho"), "claude", "--defer")))
    assert said["permissionDecision"] == "deny"
    assert desk.open() == []


def test_a_no_to_a_server_is_a_decline(desk: Desk) -> None:
    desk.rules("- {match: Elicitation}\n")
    process = desk.asks(desk.recorded("claude-2.1.332/elicitation-accept/in-elic.json"))
    desk.no("not now")
    assert answer_of(process) == {"hookSpecificOutput": {"hookEventName": "Elicitation", "action": "decline"}}


def test_a_server_that_nobody_answers_in_time_is_told_nothing(desk: Desk) -> None:
    desk.rules("- {match: Elicitation, timeout: 1s}\n")
    process = desk.asks(desk.recorded("claude-2.1.332/elicitation-accept/in-elic.json"))
    assert answer_of(process) == {"hookSpecificOutput": {"hookEventName": "Elicitation", "action": "cancel"}}


def test_rules_that_change_meanwhile_count_for_the_next_call(desk: Desk) -> None:
    path = desk.rules(ECHO)
    process = desk.asks(desk.call("echo hi"))
    desk.opened()
    path.write_text("{ broken")
    desk.yes()
    assert decision(answer_of(process))["permissionDecision"] == "allow"
    assert decision(told(desk.heard(desk.call("ls"))))["permissionDecision"] == "deny"
    path.write_text("[]\n")
    assert told(desk.heard(desk.call("echo hi"))) is None


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize(
    "raw", ["", "  \n", "hello", "[]", "7", "{}", '{"hook_event_name": 7}', "[" * 100_000, '{"a": "' + "x" * 10_000_000]
)
def test_what_cannot_be_read_is_a_no_for_both_agents(desk: Desk, agent: str, raw: str) -> None:
    ended = desk.heard(raw, agent)
    assert ended.code == 2, ended.told
    assert ended.err.startswith("Oyama has not let this run: ")
    assert decision(told(ended))["permissionDecision"] == "deny"


@pytest.mark.parametrize("event", ["SessionStart", "Notification", "Stop", "TotallyNew"])
def test_an_event_that_means_nothing_passes(desk: Desk, event: str) -> None:
    desk.rules("- {match: '*'}\n")
    ended = desk.heard({"hook_event_name": event, "session_id": "s", "cwd": "/"})
    assert (ended.code, ended.out, ended.err) == (0, "", "")


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize("field", ["session_id", "cwd", "tool_name", "tool_input", "tool_use_id"])
@pytest.mark.parametrize("value", [None, 7])
def test_a_field_that_is_missing_or_wrong_is_a_no(desk: Desk, agent: str, field: str, value: Any) -> None:
    (desk.oyama.home).mkdir(exist_ok=True)
    (desk.oyama.home / "gates.yaml").write_text(ECHO)
    ended = desk.heard(desk.call("ls", **{field: value}), agent)
    assert ended.code == 0, ended.told
    said = decision(told(ended))
    assert said["permissionDecision"] == "deny"
    assert field in said["permissionDecisionReason"]


def test_a_call_of_ten_megabytes_passes_or_is_refused_in_a_sentence(desk: Desk) -> None:
    desk.rules('- {match: "Write(*.txt)"}\n- {match: "Bash(git push)"}\n')
    given = {"file_path": "a.bin", "content": "x" * 10_000_000}
    assert told(desk.heard(desk.call("", tool_name="Write", tool_input=given))) is None
    said = decision(told(desk.heard(desk.call("", tool_name="Write", tool_input={**given, "file_path": "a.txt"}))))
    assert "too long for a person" in said["permissionDecisionReason"]
    assert told(desk.heard(desk.call("x" * 10_000_000))) is None


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize("trouble", ["database", "settings", "directory"])
def test_trouble_of_our_own_is_a_no(desk: Desk, agent: str, trouble: str) -> None:
    desk.rules(ECHO)
    said = desk.call("echo hi")
    desk.oyama.home.mkdir(exist_ok=True)
    if trouble == "database":
        (desk.oyama.home / "oyama.db").write_text("this is no database at all" * 100)
    elif trouble == "settings":
        (desk.oyama.home / "config.toml").write_text("nonsense = [")
    else:
        (desk.oyama.home / "gates.yaml").write_text(ECHO)
        said["cwd"] = str(desk.shop / "gone")
    answer = decision(told(desk.heard(said, agent)))
    assert answer["permissionDecision"] == "deny"
    assert answer["permissionDecisionReason"].startswith("Oyama has not let this run: ")


def test_terminal_sequences_of_an_agent_reach_nobodys_terminal(desk: Desk) -> None:
    desk.rules(ECHO)
    process = desk.asks(desk.call("echo \x1b[2J\x1b]0;owned\x07 \u202e", session_id="s\x1b[2J"))
    answer = process
    said = until(lambda: desk.open() or answer.poll() is not None, "asked or refused", 40)
    shown = desk.oyama("approvals").out if said is not True else ""
    assert "\x1b" not in shown
    if said is not True:
        assert "\x1b" not in desk.oyama("approvals", "--show", desk.opened()["id"]).out
        desk.no("no")
    assert decision(answer_of(process))["permissionDecision"] == "deny"


@pytest.mark.parametrize(
    "words", [("approve",), ("claude", "codex"), ("install",), ("install", "gemini"), ("claude", "--project"), ("codex", "--defer")]
)
def test_wrong_words_are_refused(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.oyama("hook", *words, code=2).err.startswith("Usage: ")
