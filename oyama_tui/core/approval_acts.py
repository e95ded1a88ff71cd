"""What people do with an open question besides answering it: comment, hand on, put off, give it more time, ask it no more."""

from __future__ import annotations

from typing import Final

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.answer_checks import MAX_COMMENT
from oyama_tui.core.approval_decisions import require_open, require_own_run
from oyama_tui.core.approvers import require_approver, rule_of
from oyama_tui.core.errors import IllegalTransition, InvalidForm, InvalidInput, NotAllowed, Problem
from oyama_tui.core.format import time_in_zone
from oyama_tui.core.persons import require_person
from oyama_tui.core.state import ApprovalState, RunState
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.storable import check_storable

MAX_NAME: Final = 100
"""Characters of the name of an account or a group."""
MAX_ASSIGNED: Final = 50
"""To how many one question is handed on."""
FARTHEST: Final = 10 * 366 * 24 * 3_600_000
"""Milliseconds from now up to which something is put off or given more time."""


def comment_on(state: RunState, command: c.CommentOn) -> list[e.Event]:
    """Keep what somebody says about a question.

    Raises:
        Refused: It is not open, or nothing is said.
    """
    approval = _asked(state, command)
    if not command.comment.strip():
        raise InvalidForm([Problem("is required; say something", "comment")])
    return [e.ApprovalCommented(at=command.at, **_act(approval, command))]


def look_again(state: RunState, command: c.LookAgain) -> list[e.Event]:
    """Have the evidence of a question gathered anew, so that it is asked once more with what is found.

    Refused where that could not begin at once, so that no question is away for longer than the look takes.

    Raises:
        Refused: It is not open, has no evidence, whoever wants it may not answer it, or its run cannot look now.
    """
    approval = _asked(state, command)
    require_approver(approval, command.by, command.groups)
    node = approval.node
    gate, scope = node.spec.gate, node.scope
    if approval.cut or gate is None or not (gate.preview or gate.files):
        raise IllegalTransition("Nothing was looked at for this question: it has neither preview nor files.")
    why = ""
    if state.status is not RunStatus.RUNNING or state.pause is not None:
        why = "its run is paused; let it go on first"
    elif state.place not in ("", "held"):
        why = "its run has given its place up to others while it waits for an answer"
    elif scope.body.max_parallel is not None and scope.slots >= scope.body.max_parallel:
        why = "as many steps beside it run as may at once; try again when one is over"
    elif scope.holds_back(node.spec.index):
        why = "the run goes back to an earlier step"
    if why:
        raise IllegalTransition(f"This cannot be looked at again now: {why}.")
    return [e.LookWanted(at=command.at, **_act(approval, command))]


def delegate(state: RunState, command: c.Delegate) -> list[e.Event]:
    """Let somebody else answer a question.

    Raises:
        Refused: It is not open, whoever wants it may not answer it, or the other one may not be asked.
    """
    approval = _asked(state, command)
    require_approver(approval, command.by, command.groups)
    to = command.to.strip()
    _check_name(to)
    if to == rule_of(approval).not_by:
        raise NotAllowed(f"{to} started this run, so somebody else must answer.")
    if to in approval.assigned:
        return []
    if len(approval.assigned) >= MAX_ASSIGNED:
        raise IllegalTransition(f"This was handed on to {MAX_ASSIGNED} others already, and that is as often as it can be.")
    return [e.ApprovalDelegated(at=command.at, to=to, **_act(approval, command))]


def snooze(state: RunState, command: c.Snooze) -> list[e.Event]:
    """Put a question off for whoever wants that; it stays open, and others see it.

    Raises:
        Refused: It is not open, or the time is out of reach.
    """
    approval = _asked(state, command)
    _check_time(command, command.until)
    return [e.ApprovalSnoozed(at=command.at, until=command.until, **_act(approval, command))]


def extend(state: RunState, command: c.Extend) -> list[e.Event]:
    """Give a question more time.

    Raises:
        Refused: It is not open, has no deadline, or the new one is no later than the old one.
    """
    approval = _asked(state, command)
    require_approver(approval, command.by, command.groups)
    if approval.deadline is None:
        raise IllegalTransition("This waits as long as it takes, so it needs no more time.")
    _check_time(command, command.deadline)
    if command.deadline <= approval.deadline:
        raise InvalidInput(f"It can be answered until {time_in_zone(approval.deadline, command.zone)} already.", "Name a later time.")
    return [e.ApprovalExtended(at=command.at, deadline=command.deadline, **_act(approval, command))]


def why_withdrawn(state: RunState, command: c.Withdraw) -> str:
    """Why a run is cancelled whose question somebody withdraws.

    Raises:
        Refused: The question is not open, or a step of another run wants it.
    """
    require_open(state, command.id, command.zone)
    require_own_run(state, command.by)
    _check_comment(command.comment)
    return f"its question was withdrawn{f': {command.comment}' if command.comment else ''}"


def _asked(state: RunState, command: c.OnApproval) -> ApprovalState:
    require_person(command.by)
    _check_comment(command.comment)
    return require_open(state, command.id, command.zone)


def _act(approval: ApprovalState, command: c.OnApproval) -> dict[str, object]:
    return {"id": approval.id, "by": command.by, "comment": command.comment, "origin": command.origin}


def _check_comment(comment: str) -> None:
    if len(comment) > MAX_COMMENT:
        raise InvalidForm([Problem(f"is longer than {MAX_COMMENT} characters", "comment")])
    try:
        check_storable(comment)
    except ValueError as error:
        raise InvalidForm([Problem(str(error), "comment")]) from None


def _check_name(name: str) -> None:
    if not name.removeprefix("group:") or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidInput(f"{name[:40]!r} is no account and no group.", "For example: ana, or group:release.")


def _check_time(command: c.OnApproval, until: int) -> None:
    if not 0 <= until <= command.at + FARTHEST:
        raise InvalidInput("That time is out of reach: at most ten years from now.")
