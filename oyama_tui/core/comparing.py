"""Setting runs of a workflow beside each other, step by step."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import JsonValue

from oyama_tui.core.events.base import round_of
from oyama_tui.core.terminal_output import OutputLines, spans
from oyama_tui.core.views.comparison import ComparedStep, ComparedValue, RunMatrix, StepOutcome, StepRow
from oyama_tui.core.views.runs import NodeView, RunView

Where = Literal["inputs", "context", "outputs"]
ALIKE_MS: Final = 1_000
"""Two times that are no further apart are alike, however short both are."""
ALIKE_SHARE: Final = 0.25
"""So are two that differ by no greater part of the longer one."""


def matrix_of(workflow_id: str, views: Sequence[RunView], total: int, damaged: Sequence[str] = ()) -> RunMatrix:
    """Set runs beside each other.

    Args:
        workflow_id: Their workflow.
        views: The runs with their trees, the oldest first.
        total: How many runs the workflow has.
        damaged: A sentence about each run that could not be read.
    """
    found = [_outermost(view.nodes) for view in views]
    return RunMatrix(
        workflow_id=workflow_id,
        runs=tuple(view.row for view in views),
        steps=tuple(_row(key, [nodes.get(key) for nodes in found]) for key in _in_order(found)),
        total=total,
        damaged=tuple(damaged),
    )


def steps_beside(one: RunView, other: RunView) -> Iterator[tuple[str, NodeView | None, NodeView | None]]:
    """The outermost steps of two runs, each with its key in its first round.

    Args:
        one: A run with its tree.
        other: Another one.
    """
    found = [_outermost(one.nodes), _outermost(other.nodes)]
    for key in _in_order(found):
        yield key, found[0].get(key), found[1].get(key)


def compared_step(
    key: str, one: NodeView | None, other: NodeView | None, outputs: tuple[str, str], results: tuple[Any, Any]
) -> ComparedStep:
    """One step of two runs.

    Args:
        key: Its node's key in its first round.
        one: The node in the first run; none where there is none.
        other: In the second one.
        outputs: What its newest attempt wrote in each.
        results: What it left in each, to be compared.
    """
    node = other or one
    assert node is not None
    first, second = _outcome(one), _outcome(other)
    outputs = as_shown(outputs[0]), as_shown(outputs[1])
    slower = _slower(first, second)
    same = (
        (first is None) == (second is None)
        and (first is None or second is None or (first.word == second.word and first.attempt == second.attempt))
        and outputs[0] == outputs[1]
        and results[0] == results[1]
    )
    return ComparedStep(
        key=key,
        name=_name(node),
        kind=node.kind,
        one=first,
        other=second,
        slower_ms=slower,
        one_output=outputs[0],
        other_output=outputs[1],
        alike=same and (slower is None or _is_usual(slower, first, second)),
    )


def as_shown(output: str) -> str:
    """What of a program's output stands on a terminal in the end, without colours.

    Args:
        output: As it was written.
    """
    lines = OutputLines()
    return "\n".join("".join(piece for piece, _ in spans(line)) for line in (*lines.feed(output), *lines.finish()))


def different_values(where: Where, one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> tuple[ComparedValue, ...]:
    """The named values that two runs do not have in common, by their names.

    Args:
        where: What they are of.
        one: Those of the first run.
        other: Those of the second one.
    """
    names = [name for name in sorted({*one, *other}) if (name in one) != (name in other) or one[name] != other[name]]
    return tuple(ComparedValue(where=where, name=name, one=one.get(name), other=other.get(name)) for name in names)


def _outermost(nodes: Sequence[NodeView]) -> dict[str, NodeView]:
    """The nodes that stand in no block, and the gates before them, by their keys in the first round."""
    found = {round_of(node.key)[0]: node for node in nodes if node.depth == 0 or (node.depth == 1 and node.is_own_gate)}
    return {key: node for key, node in found.items() if "[" not in key}


def _in_order(found: Sequence[Mapping[str, NodeView]]) -> list[str]:
    """All keys in the order of the last run; those of earlier runs alone after what stood before them there."""
    order: list[str] = []
    for nodes in reversed(found):
        place = 0
        for key in nodes:
            if key in order:
                place = order.index(key) + 1
            else:
                order.insert(place, key)
                place += 1
    return order


def _row(key: str, nodes: Sequence[NodeView | None]) -> StepRow:
    node = next(node for node in reversed(nodes) if node is not None)
    outcomes = [_outcome(node) for node in nodes]
    there = [outcome for outcome in outcomes if outcome is not None]
    times = [outcome.duration_ms for outcome in there if outcome.word in ("completed", "approved") and outcome.duration_ms is not None]
    asked = node.is_asked or node.is_own_gate
    return StepRow(
        key=key,
        name=_name(node),
        kind=node.kind,
        outcomes=tuple(outcomes),
        asked=asked,
        median_ms=round(statistics.median(times)) if times else None,
        slowest_ms=max(times, default=None),
        failed=sum(outcome.word == "failed" for outcome in there),
        # A question that is asked once more has been sent back, or lost its time: nothing was tried twice.
        retried=0 if asked else sum(outcome.attempt > 1 for outcome in there),
    )


def _name(node: NodeView) -> str:
    return f"{node.step_id}, gate" if node.is_own_gate else node.name or node.step_id


def _outcome(node: NodeView | None) -> StepOutcome | None:
    if node is None:
        return None
    return StepOutcome(
        node=node.key,
        word=node.word,
        attempt=node.attempt,
        duration_ms=node.duration_ms,
        note=node.note,
        started_at=node.started_at,
    )


def _slower(one: StepOutcome | None, other: StepOutcome | None) -> int | None:
    if one is None or other is None or one.duration_ms is None or other.duration_ms is None:
        return None
    return other.duration_ms - one.duration_ms


def _is_usual(slower: int, one: StepOutcome | None, other: StepOutcome | None) -> bool:
    """Whether times are no further apart than those of two runs usually are."""
    longer = max(outcome.duration_ms or 0 for outcome in (one, other) if outcome is not None)
    return abs(slower) <= max(ALIKE_MS, longer * ALIKE_SHARE)
