"""Whether a run of which nothing runs goes on by itself, found in all its rows."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.store.queries.runs import rests
from oyama_tui.store.tables import RoundTable
from tests.store.scene import START, Scene

Attempts = tuple[tuple[int, str, dict[str, Any]], ...]


@pytest.mark.parametrize(
    ("attempts", "goes_on"),
    [
        ((), False),
        (((1, "completed", {}),), False),
        (((1, "retrying", {}),), True),
        (((1, "waiting", {"kind": "wait"}),), True),
        (((1, "waiting", {"kind": "steps"}),), True),
        (((1, "waiting", {"kind": "gate"}),), False),
        (((1, "interrupted", {}),), True),
        (((1, "interrupted", {}), (2, "completed", {})), False),
        (((1, "failed", {}), (2, "interrupted", {})), True),
    ],
)
@pytest.mark.parametrize("node", ["test", "fan[1234].copy"])
def test_what_waits_for_time_alone_goes_on(scene: Scene, node: str, attempts: Attempts, goes_on: bool) -> None:
    run = scene.run(scene.workflow("release"), 1)
    scene.attempt(run, "other", "completed")
    for number, status, columns in attempts:
        scene.attempt(run, node, status, number, **columns)
    assert scene.read(rests, run) is goes_on


def test_an_attempt_that_was_cut_off_before_its_step_began_anew_does_not_go_on(scene: Scene) -> None:
    run = scene.run(scene.workflow("release"), 1)
    scene.attempt(run, "test", "interrupted")
    scene.add(RoundTable(run=run, node="test", round=2, source="publish", opened_at=START))
    assert scene.read(rests, run) is False
