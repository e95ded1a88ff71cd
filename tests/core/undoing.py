"""Generated workflows whose steps say what undoes them, and runs of them that people take back."""

from __future__ import annotations

import random
from typing import Any

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import IllegalTransition
from oyama_tui.core.evolve.undo import is_stopped
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.undo import context_at
from tests.core.generated import nested
from tests.core.play import ANA
from tests.core.world import Fated

ACTS = ("run", "python", "workflow", "task", "for_each", "steps", "parallel", "switch")
BY: tuple[Any, ...] = (
    {"run": "undo"},
    {"run": ["rm", "${{ result.output }}", "${{ context.count }}"]},
    {"python": "m:undo", "with": {"left": "${{ result.outputs }}"}},
    {"run": "undo", "when": "finished"},
    {"run": "undo", "retry": {"max_attempts": 2, "interval": "1s", "jitter": False}},
    {"run": ["rm", "${{ result.outputs.absent }}"]},
)


def undoable(seed: int, **values: Any) -> Workflow:
    """A generated workflow in which most steps say what undoes them, some that nothing does, and some undo the run when they fail.

    Args:
        seed: Fixes it.
        values: As for `nested`.
    """
    chosen = random.Random(seed)
    data = nested(seed, **values).model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def decorate(step: dict[str, Any]) -> None:
        kind = next((name for name in ACTS if name in step), "")
        fate = chosen.random()
        if kind and fate < 0.7:
            by = chosen.choice(BY if kind in ("run", "python") else BY[:1])
            step["compensate"] = dict(by)
        elif kind and fate < 0.8:
            step["effect"] = chosen.choice(["none", "permanent"])
        if "on_failure" not in step and chosen.random() < 0.1:
            step["on_failure"] = "undo"
        if isinstance(step.get("gate"), dict) and "on_reject" not in step["gate"] and chosen.random() < 0.2:
            step["gate"]["on_reject"] = "undo"
        lists = [step.get("steps"), step.get("parallel"), *(branch["steps"] for branch in step.get("switch", ()))]
        for inner in (inner for steps in lists for inner in steps or ()):
            decorate(inner)

    for step in data["steps"]:
        decorate(step)
    return Workflow.model_validate(data)


def undos(run: Fated) -> list[e.UndoStarted]:
    """How the run was taken back by people."""
    return [event for event in run.journal if isinstance(event, e.UndoStarted) and event.error is None]


def wish(run: Fated, number: int) -> c.Undo:
    """How people take the run back for this time: to its beginning, or to some event."""
    fate = run.draw("undo", number)
    to = 0 if fate < 30 else run.state.seq * fate // 100
    return c.Undo(at=run.at, by=ANA, to=to, label=f"to event {to}", context=context_at(run.journal, run.state, to))


def send_undo(run: Fated, command: c.Undo) -> bool:
    """Take the run back, whatever cannot be undone; whether there was something to undo."""
    for _ in range(2):
        try:
            run.send(command)
        except IllegalTransition as refused:
            if "--force" not in refused.hint:
                return False
            command = command.model_copy(update={"force": tuple(refused.hint.partition(": ")[2].replace("--force ", "").split())})
        else:
            return True
    raise AssertionError("what was named still stands in the way")


def live_and_take_back(run: Fated, times: int = 2, most: int = 3_000) -> None:
    """Go on to the end, take the run back, let it go on, and so on; what cannot be undone is tried again, left or done by hand."""
    for _ in range(most):
        state = run.state
        if state.status.ended:
            number = len(undos(run))
            run.at = max(run.at, state.at) + 1
            if number >= times or state.status is RunStatus.UNDONE or not send_undo(run, wish(run, number)):
                return
        elif state.status is RunStatus.PAUSED and is_stopped(state):
            failed = next(node for node in state.undo.scope.nodes if node in state.undo.scope.failures) if state.undo else None
            assert failed is not None
            fate = run.draw("not undone", failed.key)
            outcome = None if fate < 60 else "skipped" if fate < 80 else "done"
            supplied = () if outcome is None and failed.round < 3 else (c.Supply(step=failed.key, outcome=outcome or "skipped"),)
            run.at += 1
            run.send(c.Recover(at=run.at, by=ANA, supplied=supplied))
        else:
            moves = run.ranked()
            if not moves:
                raise AssertionError(f"the run rests for ever: {run.state.status}")
            run.at += 1
            min(moves, key=lambda move: move[:2])[2]()
        run.plan()
    raise AssertionError("the run has no end")
