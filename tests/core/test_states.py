"""The tables of states: whole, and shown in the docs as they are."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.statuses import APPROVAL_TABLE, RUN_TABLE, STEP_TABLE, ApprovalStatus, RunStatus, StepStatus
from tests.core.generated import workflows
from tests.core.states_page import PAGE, page
from tests.core.world import Fated


def test_the_page_of_states_is_the_one_that_the_tables_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.core.states_page"


@pytest.mark.parametrize("table", [RUN_TABLE, STEP_TABLE, APPROVAL_TABLE], ids=["runs", "steps", "approvals"])
def test_nothing_leaves_a_status_in_which_nothing_follows(table: dict[tuple[object, type[e.EventBase]], tuple[object, ...]]) -> None:
    over = {status for status in (*RunStatus, *StepStatus) if getattr(status, "ended", False) or getattr(status, "settled", False)}
    over |= set(ApprovalStatus) - {ApprovalStatus.PENDING}
    assert {status for status, event in table if event not in (e.StepsRestarted, e.UndoStarted)} & over == set()
    assert not {(RunStatus.COMPLETED, e.StepsRestarted), (RunStatus.UNDONE, e.StepsRestarted), (RunStatus.UNDONE, e.UndoStarted)} & set(
        table
    )


def test_every_status_can_be_reached() -> None:
    tables = ((RUN_TABLE, RunStatus), (STEP_TABLE, StepStatus), (APPROVAL_TABLE, ApprovalStatus))
    for table, statuses in tables:
        reached = {target for targets in table.values() for target in targets}
        assert set(statuses) - reached <= {RunStatus.PENDING, StepStatus.PENDING, ApprovalStatus.PENDING}


@settings(deadline=None, print_blob=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(workflows(limited=True), st.integers(0, 2**32))
def test_nodes_and_approvals_move_only_as_the_tables_say(workflow: Workflow, seed: int) -> None:
    run = Fated(workflow, seed=seed, pauses=True)
    run.start()
    run.live()
    state = new_state(run.run_id, run.graph, 1)
    for event in run.journal:
        nodes = {key: node.status for key, node in state.nodes.items()}
        asked = {key: approval.status for key, approval in state.approvals.items()}
        status = state.status
        evolve(state, event)
        if state.status is not status:
            assert state.status in RUN_TABLE[status, type(event)]
        for key, before in nodes.items():
            node = state.nodes.get(key)
            if node is None:
                # It has a successor, or its scope is over.
                assert isinstance(
                    event, e.StepsReopened | e.StepsRestarted | e.ScopeSettled | e.StepSucceeded | e.StepFailed | e.StepCancelled
                )
                assert before.settled or before in (StepStatus.READY, StepStatus.PENDING)
                continue
            released = before is StepStatus.PENDING and node.status is StepStatus.READY
            # What begins anew soon does not begin now.
            held_back = before is StepStatus.READY and node.status is StepStatus.PENDING and node.scope.holds_back(node.spec.index)
            if node.status is not before and not released and not held_back:
                assert node.status in STEP_TABLE[before, type(event)]
        for key, earlier in asked.items():
            if state.approvals[key].status is not earlier:
                assert state.approvals[key].status in APPROVAL_TABLE[earlier, type(event)]
