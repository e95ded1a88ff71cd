"""How one gets from a screen to what one wants to look at, and back."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.app import App
from textual.screen import Screen

from oyama_tui.tui import messages
from oyama_tui.tui.app_actions import AppActions
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.comparison import ComparisonScreen
from oyama_tui.tui.screens.past import PastScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.workflow import WorkflowScreen

Goal = messages.RunOpened | messages.ApprovalOpened | messages.WorkflowOpened | messages.RunsCompared
DETAILS = (RunScreen, PastScreen, WorkflowScreen, ComparisonScreen)
"""What one goes into from the list of a place."""


async def leave_details(app: App[Any]) -> None:
    """Go back to the list of the place, from however deep one has gone into what is in it.

    Args:
        app: Whose screens they are.
    """
    while isinstance(app.screen, DETAILS):
        await app.pop_screen()


async def go(app: AppActions, goal: Goal) -> None:
    """Show what somebody wants to look at.

    Args:
        app: Whose screens they are.
        goal: A run, an approval, a workflow, or two runs beside each other.
    """
    if isinstance(goal, messages.RunOpened):
        await _to_run(app, goal)
    elif isinstance(goal, messages.ApprovalOpened):
        await app.switch_mode("approvals")
        if isinstance(app.screen, ApprovalsScreen):
            app.screen.select(goal.approval_id, goal.come_from)
    elif isinstance(goal, messages.WorkflowOpened):
        came_from = app.current_mode
        await app.switch_mode("workflows")
        await leave_details(app)
        await _push(app, WorkflowScreen(app.context, goal.workflow_id), came_from)
    else:
        await app.push_screen(ComparisonScreen(app.context, goal.one, goal.other))


async def _to_run(app: AppActions, goal: messages.RunOpened) -> None:
    if goal.past:
        await app.push_screen(PastScreen(app.context, goal.run_id))
        return
    came_from = app.current_mode
    await app.switch_mode("runs")
    if isinstance(app.screen, RunScreen) and app.screen.run_id == goal.run_id and not goal.node:
        return
    if not goal.below:
        await leave_details(app)
    await _push(app, RunScreen(app.context, goal.run_id, goal.node), came_from)


async def _push(app: AppActions, screen: Screen[None], came_from: str) -> None:
    """Show a screen; whoever leaves it by its own key is where they came from."""
    here = app.current_mode
    await app.push_screen(screen, None if came_from == here else partial(_go_back, app, came_from))


async def _go_back(app: AppActions, mode: str, _left: None) -> None:
    await app.switch_mode(mode)
