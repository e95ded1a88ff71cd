"""What an answer says: that its comment, form and values fit what is asked, and that nothing forbids a yes."""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.asking import edited_content
from oyama_tui.core.definition.expressions import ExpressionError
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.edits import checked_edits
from oyama_tui.core.errors import IllegalTransition, InvalidForm, Problem, StaleDigest
from oyama_tui.core.evolve.rounds import may_go_back
from oyama_tui.core.format import sentence, time_in_zone
from oyama_tui.core.inputs import coerce
from oyama_tui.core.orders import filled_in
from oyama_tui.core.rerun import kind_of_approval
from oyama_tui.core.scope import ApprovedOrder
from oyama_tui.core.state import ApprovalState, RunState
from oyama_tui.core.storable import check_storable

MAX_COMMENT: Final = 10_000
"""Characters of a comment."""


def checked_answer(approval: ApprovalState, content: e.ApprovalContent, command: c.Decide) -> dict[str, JsonValue]:
    """Check an answer against what is asked.

    Args:
        approval: What is answered.
        content: What is asked.
        command: The answer.

    Returns:
        The values of the form.

    Raises:
        Refused: The answer does not count.
    """
    require_seen(approval, command)
    if len(command.comment) > MAX_COMMENT:
        raise InvalidForm([Problem(f"is longer than {MAX_COMMENT} characters", "comment")])
    for name, value in (("comment", command.comment), ("metadata", command.metadata), ("client key", command.client_key)):
        try:
            check_storable(value)
        except ValueError as error:
            raise InvalidForm([Problem(str(error), name)]) from None
    if command.verdict == "send_back":
        _check_sending_back(approval, command)
        return {}
    if command.verdict == "reject":
        if not command.comment.strip():
            whens = {"task": "when work could not be done", "rerun": "when a step is to fail"}
            when = whens.get(kind_of_approval(approval), "with a rejection")
            raise InvalidForm([Problem(f"is required {when}; say why", "comment")])
        return {}
    obstacle = approve_obstacle(content)
    if obstacle:
        raise IllegalTransition(f"This cannot be approved: {obstacle}.", "Reject it, or mend the cause and run the workflow again.")
    if content.risk == "high" and not command.digest:
        raise InvalidForm([Problem("is required: this is of high risk and cannot be approved unseen, so look at it first", "digest")])
    _check_patience(approval, content, command)
    form, problems = _form_of(approval, content, command)
    if must_type_target(content) and command.confirmed != content.target:
        problems.append(Problem(f"type {content.target} to confirm", "confirm"))
    if problems:
        raise InvalidForm(problems)
    return form


def _check_sending_back(approval: ApprovalState, command: c.Decide) -> None:
    """Refuse to send back what cannot be, or without a word."""
    gate = approval.node.spec.gate
    back = gate.send_back if gate is not None and not approval.cut else None
    if back is None:
        raise IllegalTransition("This cannot be sent back: its gate does not say where to.", "Approve or reject it.")
    if way_back(approval) is None and back.then == "refuse":
        often = "once" if back.max == 1 else f"{back.max} times"
        raise IllegalTransition(f"This was sent back {often}, which is as often as it may be.", "Approve or reject it.")
    if not command.comment.strip():
        raise InvalidForm([Problem("is required when something is sent back; say what is to be different", "comment")])


def _check_patience(approval: ApprovalState, content: e.ApprovalContent, command: c.Decide) -> None:
    """Refuse a yes that comes too soon."""
    rule = content.approvers
    if rule is not None and rule.min_wait and command.at < approval.asked + rule.min_wait:
        raise IllegalTransition(f"This can be approved from {time_in_zone(approval.asked + rule.min_wait, command.zone)} on.")


def _form_of(approval: ApprovalState, content: e.ApprovalContent, command: c.Decide) -> tuple[dict[str, JsonValue], list[Problem]]:
    """The values of the form; where several must say yes, all say yes to the same ones."""
    before = next((vote for name, vote in approval.votes.items() if vote.verdict == "approve" and name != command.by.name), None)
    if before is None:
        return coerce(content.form, command.form, noun="field")
    if not command.form:
        return dict(before.form), []
    form, problems = coerce(content.form, command.form, noun="field")
    for name, value in form.items():
        if not problems and value != before.form.get(name):
            problems.append(Problem(f"{before.principal.name} has said yes with another value; leave it out to agree, or reject", name))
    return form, problems


def require_seen(approval: ApprovalState, command: c.Decide) -> None:
    """Refuse an answer to something else than what is asked now.

    Args:
        approval: What is answered.
        command: The answer; one that does not say what was seen passes here.

    Raises:
        StaleDigest: It has changed.
    """
    if command.digest and command.digest != approval.digest:
        raise StaleDigest("What is asked has changed since you looked, so your answer was not taken.", "Look again, then answer.")


def with_edits(state: RunState, approval: ApprovalState, command: c.Decide) -> tuple[dict[str, JsonValue], e.ApprovalContent]:
    """The values that an answer changes, and what is asked with them.

    Args:
        state: The run.
        approval: What is answered.
        command: The answer.

    Raises:
        InvalidForm: They cannot be changed, or do not fit.
    """
    content = approval.content
    assert content is not None
    if not command.edits:
        return {}, content
    if command.verdict != "approve":
        raise InvalidForm([Problem("can be changed with a yes only", name) for name in command.edits])
    changed, problems = checked_edits(content, command.edits)
    others = [name for name, vote in approval.votes.items() if vote.verdict == "approve" and name != command.by.name]
    if changed and others:
        because = f"cannot be changed any more: {', '.join(others)} said yes to it as it is; reject it, or leave it"
        problems.extend(Problem(because, name) for name in changed)
    if problems:
        raise InvalidForm(problems)
    try:
        return changed, edited_content(state, approval, changed) if changed else content
    except ExpressionError as error:
        raise InvalidForm([Problem(f"cannot be used: {error}", ", ".join(changed))]) from None


def check_fit(content: e.ApprovalContent, approval: ApprovalState, command: c.Decide, form: dict[str, JsonValue]) -> None:
    """Refuse a yes whose values do not fit where the action is to use them: it could not start.

    Args:
        content: What is asked, with the values that the answer changes.
        approval: What is answered.
        command: The answer.
        form: Its values.

    Raises:
        InvalidForm: They do not.
    """
    if command.verdict != "approve" or not content.from_answer:
        return
    decision: dict[str, JsonValue] = {
        "verdict": "approve",
        "by": command.by.name,
        "comment": command.comment,
        "form": form,
        "edits": dict(content.edited),
    }
    step = approval.node.spec.step
    try:
        filled_in(ApprovedOrder(content.order, content.from_answer), step.id, decision)
    except ExpressionError as error:
        raise InvalidForm([Problem(f"cannot be used in the action: {error}", "form")]) from None


def way_back(approval: ApprovalState) -> Goto | None:
    """Where an approval may be sent back to; none where it cannot be, or was as often as it may be.

    Args:
        approval: It.
    """
    gate = approval.node.spec.gate
    back = gate.send_back if gate is not None and not approval.cut else None
    return back.way if back is not None and may_go_back(approval.node, back.way) else None


def must_type_target(content: e.ApprovalContent) -> bool:
    """Whether a yes needs the target typed out: `confirm` counts at high risk only.

    Args:
        content: What is asked.
    """
    return content.confirm and content.risk == "high" and bool(content.target)


def approve_obstacle(content: e.ApprovalContent) -> str:
    """Why approval is blocked, as a clause without a full stop; empty when it is not.

    Args:
        content: What is asked.
    """
    evidence = content.evidence
    if evidence.problem:
        return evidence.problem.rstrip(".")
    return f"the preview ended with exit code {evidence.exit_code}" if evidence.exit_code else ""


def obstacle_sentence(content: e.ApprovalContent) -> str:
    """Why approval is blocked, as a sentence of its own; empty when it is not.

    Args:
        content: What is asked.
    """
    return content.evidence.problem or sentence(approve_obstacle(content))
