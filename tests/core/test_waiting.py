"""Why a run waits, in one line, and the command that would change it."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from oyama_tui.core.views import ENDED_PHASES, Phase
from oyama_tui.core.waiting import Ahead, Standing, in_line, why_waits

NOW = 1_770_127_512_000
RUNS = Standing(
    "release-1",
    "release",
    "running",
    "",
    needs_you=False,
    driven=True,
    left=False,
    answered=False,
    obstacle="",
    ahead=None,
    due=None,
    now=NOW,
)
RESUME, APPROVE = ("resume", "release-1"), ("approve", "release-1")
SITUATIONS = {
    "it simply runs": (RUNS, "", ()),
    "a secret is missing": (replace(RUNS, driven=False, obstacle="TOKEN is not set."), "left alone: TOKEN is not set.", RESUME),
    "no engine yet": (replace(RUNS, phase="queued", driven=False), "waits for an engine", RESUME),
    "its engine died": (replace(RUNS, driven=False, left=True), "left: its engine has ended", RESUME),
    "answered without an engine": (replace(RUNS, driven=False, answered=True), "answered, waits for an engine", RESUME),
    "a time without an engine": (replace(RUNS, phase="waiting", driven=False, due=NOW), "waits for an engine", RESUME),
    "a gate": (replace(RUNS, phase="waiting", reason="Publish v1?", needs_you=True), "Publish v1?", APPROVE),
    "a gate without an engine": (
        replace(RUNS, phase="waiting", reason="Publish v1?", needs_you=True, driven=False),
        "Publish v1?",
        APPROVE,
    ),
    "a gate of a run that queues": (
        replace(RUNS, phase="queued", reason="Publish v1?", needs_you=True, ahead=Ahead(1, 3)),
        "Publish v1?",
        APPROVE,
    ),
    "paused": (replace(RUNS, phase="paused", reason="lunch"), "lunch", RESUME),
    "paused in the line": (replace(RUNS, phase="paused", reason="lunch", ahead=Ahead(1, 3)), "lunch", RESUME),
    "draining": (replace(RUNS, phase="draining", reason="by ana"), "by ana", ()),
    "others are before it": (
        replace(RUNS, phase="queued", ahead=Ahead(2, 11)),
        "waiting: queue release, 2 before it",
        ("cancel", "release#11"),
    ),
    "it is next": (replace(RUNS, phase="queued", ahead=Ahead(0, 11)), "waiting: queue release, after #11", ("cancel", "release#11")),
    "whoever has the place stands still": (
        replace(RUNS, phase="queued", ahead=Ahead(0, 11, "which is paused")),
        "waiting: queue release, after #11, which is paused",
        ("resume", "release#11"),
    ),
    "it is about to get a free place": (replace(RUNS, phase="queued", ahead=Ahead(0, None)), "waiting: queue release, next", ()),
    "it queues and has no engine": (
        replace(RUNS, phase="queued", driven=False, ahead=Ahead(2, 11)),
        "waits for an engine",
        RESUME,
    ),
    "failed": (replace(RUNS, phase="failed", reason="test: exit code 1", driven=False), "test: exit code 1", ()),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_reason_is_said_with_the_command_that_changes_it(situation: str) -> None:
    run, why, hint = SITUATIONS[situation]
    assert why_waits(run) == (why, hint)


def test_a_time_is_told_where_only_time_is_left() -> None:
    why, hint = why_waits(replace(RUNS, phase="waiting", due=NOW + 60_000))
    assert why.startswith("waits until ")
    assert hint == ()


@pytest.mark.parametrize("phase", get_args(Phase))
@pytest.mark.parametrize("driven", [True, False])
def test_no_run_that_stands_still_is_left_without_a_reason(phase: Phase, driven: bool) -> None:
    run = replace(RUNS, phase=phase, driven=driven, ahead=Ahead(0, None) if phase == "queued" else None, due=NOW)
    if phase not in ENDED_PHASES and phase not in ("running", "paused", "draining", *(["undoing"] if driven else [])):
        assert why_waits(run)[0]


@pytest.mark.parametrize(("ahead", "short"), [(Ahead(2, 11), "2 before it"), (Ahead(0, 11), "after #11"), (Ahead(0, None), "next")])
def test_beside_the_name_of_the_workflow_the_line_is_told_in_a_few_words(ahead: Ahead, short: str) -> None:
    assert in_line(why_waits(replace(RUNS, phase="queued", ahead=ahead))[0]) == short
    assert in_line("Publish v1, and the notes?") == "Publish v1, and the notes?"
