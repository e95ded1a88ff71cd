"""Runs beside each other: which steps stand where, what is told of each, and what counts as the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oyama_tui.core.comparing import as_shown, compared_step, different_values, matrix_of, steps_beside
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition_text import definition_lines
from oyama_tui.core.views import ComparedStep, NodeView, RunRow, RunView

AT = datetime(2026, 11, 28, tzinfo=UTC)


def node(key: str, status: Any = "completed", **told: Any) -> NodeView:
    given = {"step_id": key, "name": key, "kind": "run", "depth": 0, "attempt": 1, "note": "", "approval": "", "started_at": AT}
    return NodeView(key=key, status=status, **{"duration_ms": 1000, **given, **told})


def run(number: int, *nodes: NodeView) -> RunView:
    row = RunRow(
        id=f"w-{number}",
        workflow_id="w",
        workflow_name="w",
        number=number,
        status="completed",
        state="completed",
        reason="",
        needs_you=False,
        current_step="",
        completed=len(nodes),
        total=len(nodes),
        running=0,
        started_at=AT,
        ended_at=AT,
        duration_ms=1,
        human_wait_ms=0,
        started_by="ana",
        owner="nobody",
    )
    return RunView(
        row=row, nodes=nodes, inputs={}, outputs={}, error="", error_node="", revision="r", directory="/", source="", left_ms=None,
        pausing=False, seq=1,
    )  # fmt: skip


def test_steps_that_only_earlier_runs_had_stand_after_what_stood_before_them() -> None:
    matrix = matrix_of("w", [run(1, node("a"), node("gone"), node("b")), run(2, node("a"), node("new"), node("b"))], 2)
    assert [step.key for step in matrix.steps] == ["a", "gone", "new", "b"]
    assert [[outcome is not None for outcome in step.outcomes] for step in matrix.steps] == [
        [True, True],
        [True, False],
        [False, True],
        [True, True],
    ]


def test_a_block_is_one_step_and_its_gate_stands_below_the_step() -> None:
    gate = node("ship.gate", step_id="ship", name="gate", kind="gate", depth=1, approval="x")
    matrix = matrix_of("w", [run(1, node("fan", kind="for_each"), node("fan[0].copy", depth=2), node("ship"), gate)], 1)
    assert [(step.key, step.name, step.asked) for step in matrix.steps] == [
        ("fan", "fan", False),
        ("ship", "ship", False),
        ("ship.gate", "ship, gate", True),
    ]


def test_a_later_round_of_a_step_stands_in_its_line() -> None:
    matrix = matrix_of("w", [run(1, node("a")), run(2, node("a#2", step_id="a", name="a"))], 2)
    assert [step.key for step in matrix.steps] == ["a"]
    assert [outcome.node for outcome in matrix.steps[0].outcomes if outcome] == ["a", "a#2"]


def test_only_what_completed_tells_how_long_it_takes() -> None:
    nodes = [node("a", duration_ms=ms) for ms in (1000, 3000, 2000)] + [node("a", "failed", duration_ms=90_000)]
    (step,) = matrix_of("w", [run(at, each) for at, each in enumerate(nodes)], 9).steps
    assert (step.median_ms, step.slowest_ms, step.failed, step.retried) == (2000, 3000, 1, 0)
    (never,) = matrix_of("w", [run(1, node("a", "failed"))], 1).steps
    assert (never.median_ms, never.slowest_ms) == (None, None)


def test_a_second_attempt_counts_and_a_question_that_is_asked_again_does_not() -> None:
    gate = node("ship.gate", step_id="ship", name="gate", kind="gate", depth=1, attempt=2)
    retried = {step.key: step.retried for step in matrix_of("w", [run(1, node("ship", attempt=2), gate)], 1).steps}
    assert retried == {"ship": 1, "ship.gate": 0}


def compared(one: NodeView | None, other: NodeView | None, outputs: tuple[str, str] = ("", ""), **results: Any) -> ComparedStep:
    return compared_step("a", one, other, outputs, results.get("results", (None, None)))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (node("a"), node("a", duration_ms=1900), True),
        (node("a"), node("a", duration_ms=2001), False),
        (node("a", duration_ms=80_000), node("a", duration_ms=99_000), True),
        (node("a", duration_ms=80_000), node("a", duration_ms=120_000), False),
        (node("a"), node("a", "failed"), False),
        (node("a"), node("a", attempt=2), False),
        (node("a"), None, False),
        (node("a", "pending", duration_ms=None, attempt=0), node("a", "pending", duration_ms=None, attempt=0), True),
    ],
)
def test_steps_are_alike_when_they_came_to_the_same_in_about_the_same_time(
    one: NodeView | None, other: NodeView | None, alike: bool
) -> None:
    assert compared(one, other).alike is alike
    assert compared(other, one).alike is alike


def test_other_output_or_another_result_makes_a_step_different() -> None:
    assert not compared(node("a"), node("a"), ("3 rows\n", "0 rows\n")).alike
    assert not compared(node("a"), node("a"), results=({"exit": 0}, {"exit": 1})).alike


def test_output_is_compared_as_a_terminal_shows_it_in_the_end() -> None:
    step = compared(node("a"), node("a"), ("\x1b[32mok\x1b[0m\n", "10%\r100%\rok\n"))
    assert (step.one_output, step.other_output, step.alike) == ("ok", "ok", True)
    assert as_shown("no end") == "no end"


def test_how_much_slower_is_told_only_where_both_are_over() -> None:
    assert compared(node("a"), node("a", duration_ms=500)).slower_ms == -500
    assert compared(node("a"), node("a", "running", duration_ms=None)).slower_ms is None


def test_values_that_one_lacks_differ_from_those_that_are_null() -> None:
    found = different_values("inputs", {"a": 1, "same": [1], "null": None}, {"b": None, "same": [1]})
    assert [(value.name, value.one, value.other) for value in found] == [("a", 1, None), ("b", None, None), ("null", None, None)]


def test_each_step_of_either_run_comes_once() -> None:
    pairs = [(key, bool(one), bool(other)) for key, one, other in steps_beside(run(1, node("a"), node("b")), run(2, node("b"), node("c")))]
    assert pairs == [("a", True, False), ("b", True, True), ("c", False, True)]


def test_definitions_differ_in_lines_that_people_read() -> None:
    one = Workflow.model_validate({"id": "w", "steps": [{"id": "a", "run": "echo 1"}]})
    other = Workflow.model_validate({"id": "w", "steps": [{"id": "a", "run": "echo 2"}]})
    assert [line for line in definition_lines(one, other) if line[0] in "+-"] == ["-   run: echo 1", "+   run: echo 2"]
    assert definition_lines(one, one) == ()
