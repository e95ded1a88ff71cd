from __future__ import annotations

import json
from pathlib import Path

from tests.cli.program import GATED, LINEAR, Oyama, finish, read_until

PARALLEL = """
id: both
type: parallel
steps:
  - id: left
    name: Left side
    run: echo from the left
  - id: right
    run: echo from the right
"""
FAILING = """
id: failing
steps:
  - id: breaks
    run: echo about to break; exit 3
  - id: never
    run: echo no
"""


def test_run_tells_steps_and_output_and_ends_with_a_summary(oyama: Oyama) -> None:
    file = oyama.file("linear.yaml", LINEAR)
    told = oyama("run", file, "-i", "word=hey", code=0)
    lines = told.out.splitlines()
    assert any("hey there" in line for line in lines), told.told
    order = [
        next(i for i, line in enumerate(lines) if word in line) for word in ("● first", "hey there", "✓ first", "✓ second", "completed")
    ]
    assert order == sorted(order), told.told
    assert lines[-1].startswith("✓ linear #1 completed"), told.told
    assert "\x1b" not in told.out + told.err

    run = oyama("show", "linear@latest", "--json", "--exit-code", code=0).json()
    assert run["status"] == "completed"
    assert run["id"].startswith("linear-")
    assert run["inputs"] == {"word": "hey"}
    assert [node["status"] for node in run["nodes"]] == ["completed", "completed"]
    assert run["started_at"].endswith("Z")
    shown = oyama("show", "linear#1", code=0).out
    assert "linear #1" in shown
    assert "word: hey" in shown


def test_parallel_output_says_whose_it_is(oyama: Oyama) -> None:
    told = oyama("run", oyama.file("both.yaml", PARALLEL), code=0)
    assert "Left side │ from the left" in told.out
    assert "right │ from the right" in told.out


def test_a_failed_run_ends_with_1_and_says_where(oyama: Oyama) -> None:
    told = oyama("run", oyama.file("failing.yaml", FAILING), code=1)
    assert "about to break" in told.out
    assert "✗ breaks" in told.out
    assert "failed" in told.out.splitlines()[-1]
    oyama("show", "failing@latest", "--exit-code", code=1)


def test_json_is_one_document_and_jsonl_one_line_for_each_event(oyama: Oyama) -> None:
    file = oyama.file("linear.yaml", LINEAR)
    run = oyama("run", file, "--json", code=0).json()
    assert (run["state"], run["status"], run["completed"], run["total"]) == ("completed", "completed", 2, 2)
    told = oyama("run", file, "--jsonl", code=0)
    events = [json.loads(line) for line in told.out.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {event["run_id"] for event in events} == {events[0]["run_id"]}
    assert events[0]["type"] == "run_started"
    assert (events[-1]["type"], events[-1]["status"]) == ("run_completed", "completed")
    assert all(event["id"] and event["status"] and event["at"].endswith("Z") for event in events)


def test_a_gate_that_asks_again_says_why(oyama: Oyama) -> None:
    steps = "steps:\n  - id: publish\n    gate: {title: Publish it, preview: cat plan.txt}\n    run: echo published\n"
    oyama.file("plan.txt", "two files\n")
    told = oyama("run", oyama.file("moving.yaml", steps), "--no-wait", code=5)
    assert "Publish it" in told.out
    assert "Asked again" not in told.out
    oyama("approve", "moving@latest", "--yes", code=0)
    oyama.file("plan.txt", "two hundred files\n")
    again = oyama("resume", "moving@latest", "--no-wait", code=5)
    assert "Asked again: something may have changed since." in again.out, again.told
    card = oyama("approvals", "--json", code=0).json()[0]
    assert card["status"] == "pending"
    oyama("approve", card["id"], "--digest", card["digest"], code=0)
    assert "published" in oyama("resume", "moving@latest", code=0).out


def test_dry_run_prints_the_plan_and_starts_nothing(oyama: Oyama) -> None:
    file = oyama.file("gated.yaml", GATED)
    told = oyama("run", file, "--dry-run", code=0)
    assert "gate" in told.out
    assert "echo published" in told.out
    steps = oyama("run", file, "--dry-run", "--json", code=0).json()
    assert [(step["id"], step["status"]) for step in steps] == [("build", "planned"), ("publish", "planned")]
    assert oyama("runs", "--json", code=0).json() == []


def test_two_terminals_one_runs_and_the_other_approves(oyama: Oyama) -> None:
    running = oyama.start("run", oyama.file("gated.yaml", GATED))
    approval = read_until(running, r"oyama reject (\w+) --comment WHY")[1]
    answer = oyama("approve", approval, "--yes", "--comment", "fine", "--json", code=0).json()
    assert (answer["id"], answer["status"], answer["already"]) == (approval, "approved", False)
    assert answer["workflow_id"] == "gated"
    assert answer["step_id"] == "publish"
    told = finish(running)
    assert told.code == 0, told.told
    assert "approved by" in told.out
    assert "published" in told.out

    again = oyama("approve", approval, "--comment", "fine", code=0)
    assert "already" in again.out
    other = oyama("reject", approval, "--comment", "no", code=7)
    assert "Already decided" in other.err


def test_no_wait_leaves_and_the_answer_waits_for_an_engine(oyama: Oyama) -> None:
    left = oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    assert "oyama resume gated-" in left.out
    assert "oyama approve " in left.out
    oyama("show", "gated@latest", "--exit-code", code=5)
    answered = oyama("approve", "gated@latest", "--yes", code=0)
    assert "oyama resume gated-" in answered.err
    resumed = oyama("resume", "gated@latest", code=0)
    assert "published" in resumed.out
    assert "built" not in resumed.out, "a step ran twice"


def test_a_rejection_ends_the_run_with_6(oyama: Oyama) -> None:
    file = oyama.file("gated.yaml", GATED)
    oyama("run", file, "--no-wait", code=5)
    assert "needs a comment" in oyama("reject", "gated@latest", code=2).err
    oyama("reject", "gated@latest", "--comment", "not today", code=0)
    told = oyama("resume", "gated@latest", code=6)
    assert "rejected" in told.out.splitlines()[-1]
    oyama("show", "gated@latest", "--exit-code", code=6)
    assert "not today" in oyama("approvals", "--status", "rejected", code=0).out


def test_several_open_gates_must_be_named(oyama: Oyama) -> None:
    file = oyama.file("gated.yaml", GATED)
    assert "Nothing waits" in oyama("approve", code=4).err
    oyama("run", file, "--no-wait", code=5)
    oyama("run", file, "--no-wait", code=5)
    rows = oyama("approvals", "--json", code=0).json()
    told = oyama("approve", code=2)
    assert all(row["id"] in told.err for row in rows)
    assert json.loads(oyama("approve", "--json", code=2).err)["status"] == "error"
    oyama("approve", rows[1]["id"], "--digest", "0" * 32, code=7)
    card = oyama("approvals", "--show", rows[1]["id"], "--json", code=0).json()
    assert card["digest"]
    oyama("approve", rows[1]["id"], "--digest", card["digest"], code=0)
    assert [row["id"] for row in oyama("approvals", "--json", code=0).json()] == [rows[0]["id"]]


def test_pause_resume_and_cancel_from_another_terminal(oyama: Oyama) -> None:
    marker = Path(oyama.folder) / "go"
    script = f"echo begun; until test -e {marker}; do sleep 0.05; done"
    slow = f"id: slow\nsteps:\n  - id: waits\n    run: {script}\n  - id: after\n    run: echo after\n"
    running = oyama.start("run", oyama.file("slow.yaml", slow))
    read_until(running, "begun")
    assert oyama("pause", "slow@latest", "--json", code=0).json()["id"].startswith("slow-")
    assert "Not possible now" in oyama("pause", "slow@latest", code=7).err
    marker.touch()
    read_until(running, "paused; go on with: oyama resume slow-")
    resumed = oyama("resume", "slow@latest", code=0)
    assert "after" in resumed.out
    assert finish(running).code == 0
    oyama("cancel", "slow@latest", code=7)

    marker.unlink()
    running = oyama.start("run", "slow")
    read_until(running, "begun")
    oyama("cancel", "slow@latest", "--reason", "enough", code=0)
    told = finish(running)
    assert told.code == 1, told.told
    assert "cancelled" in told.out.splitlines()[-1]


def test_detach_returns_at_once_and_a_background_engine_drives(oyama: Oyama) -> None:
    began = oyama("run", oyama.file("linear.yaml", LINEAR), "--detach", code=0)
    run_id = began.out.strip()
    assert run_id.startswith("linear-")
    assert "oyama watch" in began.err
    watched = oyama("watch", run_id, code=0)
    assert "completed" in watched.out.splitlines()[-1]
    assert oyama("show", run_id, "--json", code=0).json()["status"] == "completed"
    detached = oyama("run", "linear", "--detach", "--json", code=0).json()
    assert detached["id"] != run_id
    assert detached["status"]


def test_logs_print_what_steps_wrote(oyama: Oyama) -> None:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    told = oyama("logs", "linear@latest", code=0)
    assert [line for line in told.out.splitlines() if line] == ["== first", "hello there", "== second", "done"]
    assert oyama("logs", "linear@latest", "--step", "second", code=0).out == "done\n"
    assert oyama("logs", "linear@latest", "--step", "second", "--attempt", "9", code=4).out == ""
    oyama("logs", "linear@latest", "--step", "nowhere", code=4)
    attempts = oyama("logs", "linear@latest", "--json", code=0).json()
    assert [(one["step_id"], one["status"], one["exit_code"]) for one in attempts] == [
        ("first", "completed", 0),
        ("second", "completed", 0),
    ]
    assert all(one["id"] for one in attempts)


def test_logs_print_every_attempt_unless_one_is_named(oyama: Oyama) -> None:
    flaky = """
id: flaky
steps:
  - id: tries
    run: echo "try $OYAMA_ATTEMPT"; test $OYAMA_ATTEMPT = 2
    retry: {max_attempts: 2, interval: 10ms}
"""
    oyama("run", oyama.file("flaky.yaml", flaky), code=0)
    whole = ["== tries", "try 1", "== tries (attempt 2)", "try 2"]
    for words in ((), ("--step", "tries")):
        assert oyama("logs", "flaky@latest", *words, code=0).out.splitlines() == whole
        assert [one["attempt"] for one in oyama("logs", "flaky@latest", *words, "--json", code=0).json()] == [1, 2]
    assert oyama("logs", "flaky@latest", "--step", "tries", "--attempt", "2", code=0).out == "try 2\n"


def test_logs_follow_a_run_that_another_process_drives(oyama: Oyama) -> None:
    marker = Path(oyama.folder) / "go"
    slow = f"id: slow\nsteps:\n  - id: waits\n    run: echo begun; until test -e {marker}; do sleep 0.05; done; echo over\n"
    running = oyama.start("run", oyama.file("slow.yaml", slow))
    read_until(running, "begun")
    following = oyama.start("logs", "slow@latest", "-f")
    assert following.stdout is not None
    assert following.stdout.readline() == "== waits\n"
    assert following.stdout.readline() == "begun\n"
    marker.touch()
    told = finish(following)
    assert told.code == 0
    assert told.out == "over\n"
    assert finish(running).code == 0
