"""Rollback and recovery: take runs back, take failed ones up anew."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from oyama_tui.api.access import Acting
from oyama_tui.api.models.rollback import (
    Back,
    Compensations,
    Manual,
    Recover,
    RecoverFromError,
    Retry,
    RollbackToLastSuccess,
    RollbackToStep,
    RolledBack,
    Rolling,
    Skip,
    Undo,
)
from oyama_tui.api.naming import StateIdQuery, exactly, table_word
from oyama_tui.api.paging import Cursor, Limit
from oyama_tui.api.problems import Failure
from oyama_tui.api.routes.executions import attempts_of
from oyama_tui.core import commands as c
from oyama_tui.core.errors import Refused
from oyama_tui.core.views import RecoverPlan, RunRow, UndoPlan
from oyama_tui.studio import Studio
from oyama_tui.studio.moments import START

router = APIRouter(prefix="/api/workflows/rollback", tags=["rollback"])


@router.post("", summary="Take a run back, or take it up anew")
async def roll_back(studio: Acting, wanted: Rolling) -> RolledBack:
    """Undo what steps have done (`rollbackToStep`, `rollbackToLastSuccess`), or take up a run that did not complete (`recoverFromError`).

    What is done is durable before the answer, and goes on by itself. With `plan` nothing is changed: the answer says what would be done;
    its `seq`, given as `seen`, has just that done or nothing. Steps that cannot be undone refuse it, unless each is named in `force`.
    """
    run_id = await exactly(studio, wanted.state_id)
    if isinstance(wanted, RollbackToStep):
        index = wanted.target_step_index
        return await _back(studio, run_id, wanted, START if index < 0 else await _step_at(studio, run_id, index), wanted.comment)
    if isinstance(wanted, RollbackToLastSuccess):
        return await _back(studio, run_id, wanted, await studio.undoing.last_success(run_id), wanted.comment)
    strategy = wanted.recovery_strategy
    if isinstance(strategy, Back):
        if wanted.failed_step is not None:
            raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, "The strategy `rollback` takes no `failedStep`: it undoes the last steps.")
        return await _back(studio, run_id, wanted, await studio.undoing.steps_back(run_id, strategy.rollback_steps), strategy.comment)
    if wanted.force:
        raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, f"Nothing is undone by the strategy `{strategy.type}`, so `force` means nothing.")
    return await _anew(studio, run_id, wanted, strategy)


@router.get("", summary="List compensation actions")
async def list_compensations(studio: Acting, state_id: StateIdQuery, cursor: Cursor = None, limit: Limit = 100) -> Compensations:
    """What going back to the beginning would do now, and what has been undone before, or is being undone."""
    run_id = await exactly(studio, state_id)
    compensations = await attempts_of(studio, run_id, cursor, limit, undoing=True)
    plan, refused = None, ""
    try:
        plan = Undo.model_validate(await studio.undoing.plan(run_id))
    except Refused as why:
        refused = why.sentence
    row = (await studio.runs.get(run_id)).row
    return Compensations(
        state_id=run_id,
        status=table_word(row.status),
        shown=row.status,
        plan=plan,
        refused=refused,
        compensations=compensations,
    )


async def _step_at(studio: Studio, run_id: str, index: int) -> str:
    """The id of the step at a place in the run's definition."""
    steps = (await studio.workflows.kept((await studio.runs.get(run_id)).revision)).steps
    if index >= len(steps):
        raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, f"The workflow has {len(steps)} steps, and so none with the index {index}.")
    return steps[index].id


async def _back(
    studio: Studio, run_id: str, wanted: RollbackToStep | RollbackToLastSuccess | RecoverFromError, to: str, why: str
) -> RolledBack:
    """Take a run back to a point."""
    plan = await studio.undoing.plan(run_id, to=to, force=wanted.force)
    if wanted.plan:
        return _answer(wanted, (await studio.runs.get(run_id)).row, plan)
    seen = plan.seq if wanted.seen is None else wanted.seen
    return _answer(wanted, await studio.undoing.undo(run_id, to=to, force=wanted.force, why=why, seen=seen), plan)


async def _anew(studio: Studio, run_id: str, wanted: RecoverFromError, strategy: Retry | Skip | Manual) -> RolledBack:
    """Take up a run that did not complete."""
    step = wanted.failed_step
    if isinstance(step, int):
        step = await _step_at(studio, run_id, step)
    steps: tuple[str, ...] = ()
    supplied: tuple[c.Supply, ...] = ()
    attempts, delay = None, 0
    if isinstance(strategy, Retry):
        steps = (step,) if step is not None else ()
        attempts, delay = strategy.max_retries, strategy.retry_delay
    else:
        step = step or (await studio.runs.get(run_id)).error_node
        if not step:
            raise Failure(HTTPStatus.UNPROCESSABLE_ENTITY, "No step is known that made the run end.", "Name one as `failedStep`.")
        outcome = "done" if isinstance(strategy, Manual) else "skipped"
        supplied = (c.Supply(step=step, outcome=outcome, outputs=strategy.outputs),)
    plan = await studio.recovery.plan(run_id, steps=steps, supplied=supplied, attempts=attempts, delay=delay)
    if wanted.plan:
        return _answer(wanted, (await studio.runs.get(run_id)).row, plan)
    seen = plan.seq if wanted.seen is None else wanted.seen
    row = await studio.recovery.recover(
        run_id, steps=steps, supplied=supplied, attempts=attempts, delay=delay, why=strategy.comment, seen=seen
    )
    return _answer(wanted, row, plan)


def _answer(wanted: RollbackToStep | RollbackToLastSuccess | RecoverFromError, row: RunRow, plan: UndoPlan | RecoverPlan) -> RolledBack:
    """What was done, or would be."""
    return RolledBack(
        state_id=row.id,
        action=wanted.action,
        done=not wanted.plan,
        status=table_word(row.status),
        shown=row.status,
        reason=row.reason,
        undo=Undo.model_validate(plan) if isinstance(plan, UndoPlan) else None,
        recover=Recover.model_validate(plan) if isinstance(plan, RecoverPlan) else None,
    )
