"""Work by hand, told and answered on the command line."""

from __future__ import annotations

import pytest

from tests.cli.program import Oyama

VALVE = """
id: valve
steps:
  - id: close
    task: Close valve 7
    prompt: It is the red one.
    form: {pressure: {type: number, required: true}}
    outputs: {pressure: "${{ steps.close.decision.form.pressure }}"}
  - {id: after, run: ["echo", "at ${{ steps.close.outputs.pressure }}"]}
"""


def test_a_task_waits_in_the_queue_and_done_lets_the_run_go_on(oyama: Oyama) -> None:
    told = oyama("run", oyama.file("valve.yaml", VALVE), "--no-wait", code=5)
    assert "Close valve 7" in told.out
    assert "To be done by hand. Anyone with access to this database can say what became of it" in told.out
    (asked,) = oyama("approvals", "--json", code=0).json()
    assert (asked["kind"], asked["title"], asked["status"], asked["step_id"]) == ("task", "Close valve 7", "pending", "close")
    assert "by hand" in oyama("approvals", code=0).out
    assert "a person does it by hand" in oyama("show", "valve@latest", code=0).out
    card = oyama("approvals", "--show", asked["id"], code=0).out
    assert "Done: the run goes on, then after" in card
    assert "Could not do: close fails and the run stops here" in card
    refused = oyama("approve", asked["id"], "--yes", code=2)
    assert "pressure" in refused.err
    done = oyama("approve", asked["id"], "--yes", "--form", "pressure=2.5", code=0)
    assert done.out.startswith("done by ")
    ended = oyama("resume", "valve@latest", code=0)
    assert "at 2.5" in ended.out
    assert "done by " in oyama("show", "valve@latest", code=0).out
    (row,) = oyama("approvals", "--status", "approved", "--json", code=0).json()
    assert (row["kind"], row["status"], row["form"]) == ("task", "approved", {"pressure": 2.5})
    assert " done " in oyama("approvals", "--status", "all", code=0).out


def test_could_not_do_fails_the_step_with_the_reason(oyama: Oyama) -> None:
    oyama("run", oyama.file("valve.yaml", VALVE), "--no-wait", code=5)
    (asked,) = oyama("approvals", "--json", code=0).json()
    silent = oyama("reject", asked["id"], code=2)
    assert "Work that could not be done needs a comment" in silent.err
    said = oyama("reject", asked["id"], "-m", "it is stuck", code=0)
    assert "could not do it" in said.out
    ended = oyama("resume", "valve@latest", code=1)
    assert "it is stuck" in ended.out
    run = oyama("show", "valve@latest", "--json", code=0).json()
    assert (run["status"], run["error_node"], run["error"]) == ("failed", "close", "it is stuck")
    (close, _) = run["nodes"]
    assert close["status"] == "failed"
    assert close["note"].endswith("could not do it: it is stuck")
    assert oyama("verify", code=0)
    again = oyama("approve", asked["id"], "--yes", code=7)
    assert "has said already" in again.err


@pytest.mark.parametrize("command", ["approve", "reject"])
def test_an_agent_cannot_say_what_became_of_a_task(oyama: Oyama, command: str) -> None:
    oyama("run", oyama.file("valve.yaml", VALVE), "--no-wait", code=5)
    (asked,) = oyama("approvals", "--json", code=0).json()
    refused = oyama(command, asked["id"], "-m", "x", code=77, env={"CLAUDECODE": "1"})
    assert "person" in refused.err


def test_a_dry_run_and_validate_show_what_is_done_by_hand(oyama: Oyama) -> None:
    file = oyama.file("valve.yaml", VALVE)
    assert "by hand: Close valve 7" in oyama("run", file, "--dry-run", code=0).out
    assert oyama("validate", file, code=0)
