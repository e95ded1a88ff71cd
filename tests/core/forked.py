"""Forks of runs that are played against the pure core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.events.base import round_of
from oyama_tui.core.fork import Fork, planned_fork
from oyama_tui.core.fork_source import outer_step, source_after
from tests.core.play import ANA, Play
from tests.core.world import Fated

PlayT = TypeVar("PlayT", bound=Play)


def fork_of(
    graph: Graph, journal: Sequence[e.Event], target: Graph | None = None, *, by: e.Principal = ANA, asked: Sequence[str] = (), **wish: Any
) -> Fork:
    """What a fork takes over of a run, after the last of these events."""
    new = target or graph
    source = source_after("play-1", graph, journal, number=1, wanted_items=new.kept_items)
    source = type(source)(**{name: getattr(source, name) for name in source.__slots__} | {"asked_below": frozenset(asked)})
    return planned_fork(source, new, c.ForkWish(**wish), by=by, label="then")


def does(fork: Fork) -> dict[str, str]:
    """By step, what becomes of it."""
    return {step.step: step.does for step in fork.plan.steps}


def begun(play: PlayT, fork: Fork) -> PlayT:
    """A new run that begins as a fork."""
    play.send(c.StartRun(at=play.at, by=ANA, inputs=fork.plan.inputs, revision=play.graph.revision, fork=fork.part))
    play.plan()
    return play


@dataclass
class FatedFork(Fated):
    """A fork in the world of the run that it was forked from."""

    fork: Fork | None = None

    def start(self) -> None:
        """Begin with what is taken over."""
        assert self.fork is not None
        begun(self, self.fork)


def nothing_is_released_by_an_answer_of_another_run(graph: Graph, journal: Sequence[e.Event]) -> None:
    """Fail if something begins behind a question that nobody answered in this run.

    Args:
        graph: Of the run.
        journal: Of a fork.
    """
    questions = [event.node for event in journal if isinstance(event, e.StepReused) and event.asked]
    behind = {key: {graph.body.nodes[index].step.id for index in graph.body.depending_on(graph.spec_of(key).index)} for key in questions}
    asked: dict[str, str] = {}
    yes: set[str] = set()
    for event in journal:
        if isinstance(event, e.StepsRestarted):
            # What begins once more is asked once more.
            behind = {key: steps for key, steps in behind.items() if key not in event.nodes}
        if isinstance(event, e.ApprovalRequested):
            asked[event.id] = event.node
        elif isinstance(event, e.GatePassed):
            assert event.id in asked, f"{event.node} was let pass by a question that this run did not ask"
            yes.add(round_of(event.node)[0])
        if isinstance(event, e.StepScheduled | e.StepSuspended | e.BlockOpened):
            if graph.spec_of(event.node).own_gate is not None:
                assert f"{round_of(event.node)[0]}.gate" in yes, f"{event.node} began without a yes of this run"
            for key, steps in behind.items():
                assert outer_step(event.node) not in steps, f"{event.node} began behind {key}"
