"""What counts as an answer on the command line: seen on a terminal, or named; and never given by an agent."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from oyama_tui.studio.principal import AGENT_VARIABLES
from tests.cli.program import GATED, Oyama, read_until, until

GRAVE = """
id: grave
steps:
  - id: drop
    gate: {title: Drop it, target: production, risk: high, confirm: true, form: {why: {required: true}}}
    run: echo dropped
"""
TWO = "id: two\ntype: parallel\nsteps:\n  - {id: a, gate: {title: First}}\n  - {id: b, gate: {title: Second}}\n"


def waiting(oyama: Oyama, definition: str = GATED) -> dict[str, str]:
    """Start a run that waits at its gate; the open approval."""
    oyama("run", oyama.file("waiting.yaml", definition), "--no-wait", code=5)
    row: dict[str, str] = oyama("approvals", "--json", code=0).json()[-1]
    return row


def still_open(oyama: Oyama, approval: str) -> bool:
    return bool(oyama("approvals", "--show", approval, "--json", code=0).json()["status"] == "pending")


@pytest.mark.parametrize("redirected", ["| cat", "< /dev/null", "> told.txt", "2>/dev/null | cat", "--json", "--json < /dev/null"])
def test_a_yes_that_nobody_was_asked_for_names_what_was_seen(oyama: Oyama, redirected: str) -> None:
    row = waiting(oyama)
    program = shlex.join(oyama.argv("approve"))
    digest = f"--digest {row['digest']}"
    for words in ("", row["id"], "--yes", digest, "--target production", f"--yes {digest}"):
        command = f"set -o pipefail; {program} {words} {redirected}"
        terminal = ["script", "-qec", f"bash -c {shlex.quote(command)}", "/dev/null"]
        done = subprocess.run(
            terminal, env=oyama.env, cwd=oyama.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 2, (words, done.stdout)
        assert still_open(oyama, row["id"]), words


def test_at_high_risk_a_yes_without_a_question_needs_the_digest(oyama: Oyama) -> None:
    row = waiting(oyama, GRAVE)
    said = ("--target", "production", "--form", "why=because")
    assert "--digest" in oyama("approve", row["id"], "--yes", *said, code=2).err
    oyama("approve", row["id"], *said, code=2)
    assert still_open(oyama, row["id"])
    oyama("approve", row["id"], "--digest", "0" * 32, *said, code=7)
    oyama("approve", row["id"], "--digest", row["digest"], *said, code=0)


def test_a_yes_unseen_is_kept_as_unseen_and_a_seen_one_is_not(oyama: Oyama) -> None:
    oyama("approve", waiting(oyama)["id"], "--yes", code=0)
    row = waiting(oyama)
    oyama("approve", row["id"], "--digest", row["digest"], code=0)
    votes = [
        oyama("approvals", "--show", found["id"], "--json", code=0).json()["votes"][0]
        for found in oyama("approvals", "--status", "approved", "--json", code=0).json()
    ]
    assert [bool(vote["digest"]) for vote in votes] == [True, False]
    assert {vote["origin"]["how"] for vote in votes} == {"command"}
    assert all(vote["origin"]["processes"] for vote in votes)


def test_a_no_that_nobody_was_asked_for_names_its_gate_and_says_why(oyama: Oyama) -> None:
    row = waiting(oyama, GRAVE)
    oyama("reject", code=2)
    oyama("reject", "--comment", "no", code=2)
    oyama("reject", "--yes", "--comment", "no", code=2)
    oyama("reject", row["id"], code=2)
    assert still_open(oyama, row["id"])
    oyama("reject", row["id"], "--comment", "no", code=0)


@pytest.mark.parametrize("variable", AGENT_VARIABLES)
def test_no_answer_from_an_agents_environment_counts(oyama: Oyama, variable: str) -> None:
    row = waiting(oyama)
    env = {variable: "1"}
    for words in (["approve", row["id"], "--digest", row["digest"]], ["reject", row["id"], "-m", "no"], ["approve"]):
        assert variable in oyama(*words, env=env, code=77).err
    card = oyama("approvals", "--show", row["id"], "--json", env=env, code=0).json()
    assert (card["can_decide"], card["can_approve"], variable in card["obstacle"]) == (False, False, True)
    assert still_open(oyama, row["id"])
    oyama("approve", row["id"], "--digest", row["digest"], env={variable: ""}, code=0)


def test_a_run_with_one_open_gate_names_it(oyama: Oyama) -> None:
    for ref in ("gated#1", "gated@latest"):
        row = waiting(oyama)
        assert oyama("approvals", "--show", ref, "--json", code=0).json()["id"] == row["id"]
        assert oyama("approvals", "--show", row["run_id"], "--json", code=0).json()["id"] == row["id"]
        oyama("approve", ref, "--digest", row["digest"], code=0)
        assert "open" in oyama("approve", ref, "--yes", code=4).err
    waiting(oyama, TWO)
    told = oyama("approve", "two@latest", "--yes", code=2)
    assert "First" in told.err
    assert "Second" in told.err


def test_resume_of_a_run_that_is_over_ends_as_the_run_did(oyama: Oyama) -> None:
    row = waiting(oyama)
    oyama("approve", row["id"], "--digest", row["digest"], code=0)
    oyama("resume", "gated@latest", code=0)
    again = oyama("resume", "gated@latest", code=0)
    assert again.out.startswith("✓ gated #1 completed")
    assert "published" not in again.out
    assert oyama("resume", "gated@latest", "--json", code=0).json()["status"] == "completed"
    row = waiting(oyama)
    oyama("reject", row["id"], "-m", "no", code=0)
    oyama("resume", "gated@latest", code=6)
    oyama("resume", "gated@latest", code=6)


def test_every_shape_of_an_approval_has_its_digest(oyama: Oyama) -> None:
    row = waiting(oyama)
    shown = oyama("show", "gated@latest", "--json", code=0).json()["approvals"]
    assert [one["digest"] for one in shown] == [row["digest"]]
    assert oyama("approvals", "--show", row["id"], "--json", code=0).json()["digest"] == row["digest"]
    assert oyama("approve", row["id"], "--digest", row["digest"], "--json", code=0).json()["digest"] == row["digest"]


def test_what_was_filled_in_is_shown_wherever_the_answer_is(oyama: Oyama) -> None:
    row = waiting(oyama, GRAVE)
    oyama("approve", row["id"], "--digest", row["digest"], "--target", "production", "--form", "why=a hotfix", "-m", "go", code=0)
    for words in (["show", "grave@latest"], ["approvals", "--show", row["id"]], ["approvals", "--status", "all"]):
        assert "why: a hotfix" in oyama(*words, code=0).out
    listed = oyama("approvals", "--status", "all", code=0).out.splitlines()
    assert listed[0].split()[2] == "BY"
    assert listed[1].split()[2] == oyama("approvals", "--status", "all", "--json", code=0).json()[0]["decided_by"]


def test_a_late_answer_is_a_conflict_and_is_not_offered(oyama: Oyama) -> None:
    running = oyama.start("run", oyama.file("late.yaml", GATED.replace("target: production", "timeout: 5s")))
    approval = read_until(running, r"oyama reject (\w+) --comment WHY")[1]
    running.kill()
    until(lambda: "its time is over" in oyama("show", "gated@latest", code=0).out, "the time is over")
    assert "Answer:" not in oyama("show", "gated@latest", code=0).out
    for words in (["approve", approval, "--yes"], ["approve", approval], ["reject", approval, "-m", "no"]):
        assert "ran out" in oyama(*words, code=7).err
    oyama("resume", "gated@latest", code=6)
    listed = oyama("approvals", "--status", "all", code=0).out
    assert "(:" not in listed
    assert listed.splitlines()[1].split()[1:3] == ["expired", "nobody"]


def test_a_preview_is_shown_whole(oyama: Oyama) -> None:
    row = waiting(oyama, GATED.replace("target: production", "preview: seq 1 3000"))
    shown = [line.strip() for line in oyama("approvals", "--show", row["id"], code=0).out.splitlines()]
    assert [line for line in shown if line.isdigit()] == [str(number) for number in range(1, 3001)]
    assert "$ seq 1 3000" in shown


TRICKS = {
    "plainly": "",
    "without the variable": "env -u OYAMA_RUN_ID ",
    "with an empty variable": "env OYAMA_RUN_ID= ",
    "as another run": "env OYAMA_RUN_ID=$(OTHER) ",
    "without any environment": 'env -i PATH="$PATH" PYTHONPATH="$PYTHONPATH" OYAMA_HOME="$OYAMA_HOME" ',
    "in a session of its own": "setsid -w env -u OYAMA_RUN_ID ",
    "without hanging up": "nohup env -u OYAMA_RUN_ID ",
}


def stepped(oyama: Oyama, script: str) -> str:
    """What a step's script writes."""
    folder = Path(oyama.folder)
    (folder / "script.sh").write_text(script)
    oyama("run", oyama.file("steps.yaml", "id: steps\nsteps:\n  - {id: try, run: bash script.sh}\n"), "--no-wait")
    return oyama("logs", "steps@latest", code=0).out


@pytest.mark.parametrize("trick", TRICKS)
def test_a_step_answers_no_gate_and_steers_no_other_run(oyama: Oyama, trick: str) -> None:
    row = waiting(oyama)
    wishes = (f"approve {row['id']} --yes", f"reject {row['id']} -m no", "cancel gated@latest", "pause gated@latest")
    program = TRICKS[trick].replace("$(OTHER)", row["run_id"]) + shlex.join(oyama.argv())
    told = stepped(oyama, "\n".join(f"{program} {wish} < /dev/null; echo code=$?" for wish in wishes))
    assert told.count("code=77") == len(wishes), told
    assert oyama("show", "gated@latest", "--json", code=0).json()["status"] == "waiting"


def test_a_process_of_a_step_whose_parent_has_ended_answers_no_gate(oyama: Oyama) -> None:
    row = waiting(oyama)
    answer = shlex.join(oyama.argv("approve", row["id"], "--yes"))
    script = (
        f"(env -u OYAMA_RUN_ID bash -c 'sleep 0.2; {answer}; echo code=$? > code' &)\nuntil test -s code; do sleep 0.05; done; cat code\n"
    )
    assert "code=77" in stepped(oyama, script)
    assert still_open(oyama, row["id"])


def test_a_step_may_start_look_and_steer_its_own_run(oyama: Oyama) -> None:
    oyama.file("linear.yaml", "id: linear\nsteps:\n  - {id: a, run: echo a}\n")
    program = shlex.join(oyama.argv())
    told = stepped(
        oyama, f"{program} run linear.yaml; echo code=$?; {program} runs; echo code=$?; {program} pause $OYAMA_RUN_ID; echo code=$?\n"
    )
    assert told.count("code=0") == 3, told
    assert oyama("show", "steps@latest", "--json", code=0).json()["status"] == "paused"
