"""What one transition costs does not depend on how many steps the run has, counted in operations instead of seconds."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, SupportsIndex

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core.scope import NodeState
from oyama_tui.core.summary import summarise
from tests.core.play import Play, workflow

SMALL, LARGE = 100, 10_000
TRANSITIONS = 20


class Operations:
    """Counts every instruction of Python code that runs in a block, and which functions are called."""

    def __init__(self) -> None:
        self.count = 0
        self.called: Counter[str] = Counter()

    def __enter__(self) -> Operations:
        # Some versions of Python count instructions only where somebody has asked for it before the trace begins.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "call":
            self.called[frame.f_code.co_name] += 1
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif event == "opcode":
            self.count += 1
        return self._trace


class Watched(list[NodeState]):
    """The nodes of a run; counts how many of them are looked at, also from C code."""

    looks = 0

    def __getitem__(self, index: Any) -> Any:
        self.looks += len(range(*index.indices(len(self)))) if isinstance(index, slice) else 1
        return super().__getitem__(index)

    def __iter__(self) -> Iterator[NodeState]:
        self.looks += len(self)
        return super().__iter__()

    def __contains__(self, item: object) -> bool:
        self.looks += len(self)
        return super().__contains__(item)

    def index(self, value: NodeState, start: SupportsIndex = 0, stop: SupportsIndex = sys.maxsize) -> int:
        self.looks += len(self)
        return super().index(value, start, stop)


def chain(count: int) -> dict[str, object]:
    """Each step uses what the one before gave, and every tenth has a gate."""
    steps: list[dict[str, object]] = []
    for number in range(count):
        used = f"${{{{ steps.s{number - 1}.output }}}}" if number else "start"
        gate = {"gate": {"title": f"After {used}?"}} if number % 10 == 9 else {}
        steps.append({"id": f"s{number}", "run": ["work", used], "if": "run.number > 0", **gate})
    return {"type": "sequential", "steps": steps}


def fan_in(count: int) -> dict[str, object]:
    """All start together, and one step waits for all of them."""
    branches: list[dict[str, object]] = [{"id": f"s{number}", "run": ["work", "${{ inputs.n }}"]} for number in range(count - 1)]
    join = {"id": "join", "run": "work", "needs": [f"s{number}" for number in range(count - 1)]}
    return {"type": "parallel", "inputs": {"n": {"default": "1"}}, "steps": [*branches, join]}


def layers(count: int) -> dict[str, object]:
    """Rows of ten; each step needs two of the row before and uses one of them."""
    steps: list[dict[str, object]] = []
    for number in range(count):
        above = [] if number < 10 else [number - 10, number - number % 10 - 10 + (number + 3) % 10]
        used = f"${{{{ steps.s{above[0]}.output }}}}" if above else "start"
        steps.append({"id": f"s{number}", "run": ["work", used], "needs": [f"s{other}" for other in above]})
    return {"type": "graph", "steps": steps}


def transition(run: Play) -> None:
    """The outcome or the answer that is due next: decided, folded, planned and summed up."""
    run.at += 1
    if run.state.running:
        node, attempt = next(iter(run.state.running.items()))
        run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node=node.key, attempt=attempt, status="succeeded", output="done")))
    else:
        run.decide(next(iter(run.state.open)))
    run.plan()
    summarise(run.state)


def cost(shape: Callable[[int], dict[str, object]], count: int) -> tuple[float, float, Counter[str]]:
    """Instructions and looks at nodes for one transition in a run of so many steps, half of which are over or three thousand."""
    run = Play(workflow(**shape(count)))
    run.start()
    for _ in range(min(count // 2, 3_000)):
        transition(run)
    nodes = run.state.root.nodes = Watched(run.state.root.nodes)
    with Operations() as operations:
        for _ in range(TRANSITIONS):
            transition(run)
    return operations.count / TRANSITIONS, nodes.looks / TRANSITIONS, operations.called


def loop(count: int) -> dict[str, object]:
    """The same two steps for so many items, fifty of them at once."""
    steps = [{"id": "a", "set": {"x": "${{ item }}"}}, {"id": "b", "run": "true"}]
    return {"steps": [{"id": "fan", "for_each": {"items": list(range(count)), "concurrency": 50}, "steps": steps}]}


@pytest.mark.parametrize("shape", [chain, fan_in, layers, loop])
def test_a_transition_costs_the_same_in_a_large_run_as_in_a_small_one(shape: Callable[[int], dict[str, object]]) -> None:
    few, few_looks, _ = cost(shape, SMALL)
    many, many_looks, called = cost(shape, LARGE)
    assert many <= 1.2 * few
    assert many_looks <= 1.2 * few_looks
    assert called["advance"] == TRANSITIONS
    assert {"compile_graph", "workflow_references", "implied_needs", "model_dump_json", "parse"} & set(called) == set()


def test_what_the_world_asks_of_a_run_that_ends_is_paid_once() -> None:
    run = Play(workflow(**fan_in(100)))
    run.start()
    run.state.root.nodes = Watched(run.state.root.nodes)
    with Operations() as operations:
        run.run()
    assert operations.called["compile_graph"] == 0
    assert operations.called["settle"] == 100


def test_the_count_notices_work_that_grows_with_the_run() -> None:
    def unmet(nodes: list[NodeState]) -> int:
        return sum(node.unmet for node in nodes)

    looks = Watched(list(Play(workflow(**chain(10))).state.nodes.values())[:10])
    with Operations():
        # From its second call on, every version of Python counts a function's instructions.
        unmet(looks[:5])
        unmet(looks)
    looks.looks = 0
    with Operations() as small:
        unmet(looks[:5])
    assert looks.looks == 5
    with Operations() as large:
        unmet(looks)
    assert looks.looks == 15
    assert large.count > 1.2 * small.count > 20


def winding_down(count: int) -> float:
    """Instructions for one outcome in a loop whose items all run at once, after one of them was answered with no."""
    steps = [{"id": "a", "run": "true"}, {"id": "ask", "if": "index == 0", "gate": "Go on?"}]
    fan = {"id": "fan", "type": "parallel", "for_each": {"items": list(range(count)), "concurrency": count}, "steps": steps}
    run = Play(workflow(steps=[fan]), verdict=lambda node, opening: "reject")
    run.start()
    run.decide(next(iter(run.state.open)))
    run.plan()
    with Operations() as operations:
        for _ in range(TRANSITIONS):
            transition(run)
    assert not run.state.status.ended
    return operations.count / TRANSITIONS


def test_the_items_that_an_ending_run_waits_for_do_not_look_at_each_other() -> None:
    few, many = winding_down(50), winding_down(500)
    assert many <= 10 * few
