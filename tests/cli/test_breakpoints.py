"""`oyama pause RUN --at STEP`: a run pauses once, when a step is about to begin."""

from __future__ import annotations

import pytest

from tests.cli.program import Oyama
from tests.cli.test_completion import offered

FLOW = """
id: flow
steps:
  - {id: ask, gate: Go on?}
  - {id: build, name: Build it, run: echo built}
  - {id: publish, run: echo published}
handlers:
  exit: [{id: tidy, run: "true"}]
"""


@pytest.fixture
def flow(oyama: Oyama) -> Oyama:
    """A run that waits at its gate."""
    oyama("run", oyama.file("flow.yaml", FLOW), "--no-wait", code=5)
    return oyama


def test_the_run_pauses_before_the_step_and_says_so_everywhere(flow: Oyama) -> None:
    done = flow("pause", "flow#1", "--at", "publish", code=0)
    assert done.out == "flow #1 pauses before publish\n"
    assert "--clear" in done.err
    shown = flow("show", "flow#1").out
    assert "pauses before: publish" in shown
    assert [line.split()[0] for line in shown.splitlines() if line.endswith("pauses here")] == ["publish"]
    flow("approve", flow("approvals", "--json").json()[0]["id"], "--yes", code=0)
    ended = flow("resume", "flow#1", "--no-wait", code=5)
    assert "published" not in ended.out
    row = flow("runs", "--json").json()[0]
    assert (row["status"], row["reason"]) == ("paused", "before publish")
    assert flow("show", "flow#1", "--json").json()["breakpoints"] == []
    flow("resume", "flow#1", code=0)
    assert flow("show", "flow#1", "--json").json()["status"] == "completed"


def test_the_journal_tells_who_wanted_it(flow: Oyama) -> None:
    flow("pause", "flow#1", "--at", "publish", "--at", "build", code=0)
    flow("pause", "flow#1", "--at", "build", "--clear", code=0)
    shown = flow("show", "flow#1", "--at", "now", "--json").json()
    assert shown["breakpoints"] == ["publish"]
    assert "wants no pause before build any more" in shown["event"]["text"]
    marks = {node["key"]: node["breakpoint"] for node in shown["nodes"]}
    assert marks == {"ask": False, "build": False, "publish": True}


def test_it_is_taken_back_for_one_step_or_for_all(flow: Oyama) -> None:
    made = flow("pause", "flow#1", "--at", "publish", "--at", "build", "--json", code=0).json()
    assert (made["breakpoints"], made["status"]) == (["publish", "build"], "waiting")
    assert flow("pause", "flow#1", "--at", "publish", "--clear", code=0).out == "flow #1 pauses before build\n"
    assert flow("pause", "flow#1", "--clear", code=0).out == "flow #1 pauses at no step\n"
    assert flow("pause", "flow#1", "--clear", code=0).out == "flow #1 pauses at no step\n"
    assert "pauses" not in flow("show", "flow#1").out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--at", "publsh"], 4, "Did you mean publish?"),
        (["--at", "publish", "--at", "nobody"], 4, "has no step 'nobody'"),
        (["--at", "tidy"], 4, "belongs to a handler"),
        (["--at", "ask"], 7, "has begun already"),
        (["--at", "publish", "--clear"], 4, "is not to pause before 'publish'"),
        (["--at", "publish", "--now"], 2, "--now and --at exclude each other"),
        (["--clear", "--now"], 2, "--now and --clear exclude each other"),
        (["--at", "publish", "--reason", "why"], 2, "--reason is that of a pause at once"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(flow: Oyama, words: list[str], code: int, says: str) -> None:
    refused = flow("pause", "flow#1", *words, code=code)
    assert says in " ".join(refused.err.split())
    assert flow("show", "flow#1", "--json").json()["breakpoints"] == []


def test_a_shell_offers_the_steps_that_there_are(flow: Oyama) -> None:
    assert offered(flow, "pause", "flow#1", "--at", "") == ["ask", "build", "publish"]
    flow("pause", "flow#1", "--at", "publish", code=0)
    assert offered(flow, "pause", "flow#1", "--at", "") == ["ask", "build"]
    assert offered(flow, "pause", "flow#1", "--clear", "--at", "") == ["publish"]
