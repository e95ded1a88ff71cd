"""What the person at a gate is asked: everything that a yes covers, and the digest that names it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.asker_text import yes_and_no
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.definition.graph import CONDITION_WORDS, Body
from oyama_tui.core.definition.kinds.task import TASK
from oyama_tui.core.definition.step import KINDS, kind_of
from oyama_tui.core.edits import as_if, editable_values
from oyama_tui.core.evolve.rounds import may_go_back
from oyama_tui.core.evolve.settling import stops, tolerated
from oyama_tui.core.orders import OrderMaker, action_order, action_text, evidence_order, longest_attempt
from oyama_tui.core.rerun import rerun_content
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import ApprovalState, RunState

_LATER: Final[Mapping[str, Any]] = {"proposal": "", "proposes": "", "approvers": None, "back": "", "editable": {}}
"""Parts that a digest of an earlier version does not know: left out where they say nothing, so that a yes from before still counts."""
NAMED: Final = 3
"""How many of the steps that follow are named."""


def what_follows(body: Body, step_id: str, most: int) -> list[str]:
    """The steps that come after a step which did not fail, as a card names them, in the order of the definition.

    What is there for failures does not come then, but what stands behind it does. Only the definition tells, so that the words stay the
    same as long as the question is open.

    Args:
        body: The steps among which it stands.
        step_id: The step.
        most: How many are wanted at the most.
    """
    following: list[str] = []
    todo = list(body.nodes[body.steps[step_id]].dependents)
    seen = set(todo)
    while todo and len(following) < most:
        step = body.nodes[heappop(todo)].step
        if step.if_ != "failure":
            certain = step.if_ is None or step.if_ in CONDITION_WORDS
            following.append(step.label if certain else f"{step.label} if its condition holds")
            continue
        for index in body.nodes[body.steps[step.id]].dependents:
            if index not in seen:
                seen.add(index)
                heappush(todo, index)
    return following


def approval_content(state: RunState, node: NodeState, gate: Gate, evidence: e.Evidence) -> e.ApprovalContent:
    """Everything that the person at a gate is shown.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    spec = node.spec
    step, text = spec.step, OrderMaker(state, node).text
    action = None if spec.represents_step else node.scope.nodes[node.scope.body.steps[step.id]]
    order, from_answer = action_order(state, action) if action is not None else ({}, ())
    yes, no = _outcomes(state, node, gate, runs=action is not None)
    return e.ApprovalContent(
        title=text(gate.title).strip() or step.label,
        prompt=text(gate.prompt),
        target=text(gate.target),
        risk=gate.risk,
        confirm=gate.confirm,
        action="" if action is None else action_text(state, node),
        kind=spec.kind if action is None else action.spec.kind,
        cwd=text(KINDS[kind_of(step)].folder(step) or ""),
        directory=state.started.directory if state.started is not None else "",
        order=order,
        preview_order=dict(node.given or {}),
        timeout=None if action is None else longest_attempt(state, action),
        yes=yes,
        no=no,
        form=gate.form,
        evidence=evidence,
        from_answer=from_answer,
        approvers=_rule(state, gate, text),
        back=_after_sending_back(node, gate),
        editable=editable_values(node, gate),
        **_proposal(state),
    )


def edited_content(state: RunState, approval: ApprovalState, changed: Mapping[str, JsonValue]) -> e.ApprovalContent:
    """What is asked once values are others: the same question, and the action as it is made with them.

    What was found out stays as it is. Where a preview was made with the old values, the run makes it once more after the yes, and asks
    anew.

    Args:
        state: The run.
        approval: An open approval of a gate.
        changed: Values by name, besides what was changed before.

    Raises:
        ExpressionError: Something cannot be made with them.
    """
    content, gate = approval.content, approval.node.spec.gate
    assert content is not None
    assert gate is not None
    edited = {**content.edited, **changed}
    with as_if(approval.node, edited):
        made = approval_content(state, approval.node, gate, content.evidence)
    return made.model_copy(update={"editable": content.editable, "edited": edited})


def looks_again(state: RunState, approval: ApprovalState, content: e.ApprovalContent) -> bool:
    """Whether evidence must be gathered anew with the values that were changed.

    Args:
        state: The run.
        approval: An open approval of a gate.
        content: What is asked with them.

    Raises:
        ExpressionError: Something cannot be made with them.
    """
    node, gate = approval.node, approval.node.spec.gate
    if gate is None or not (gate.preview or gate.files):
        return False
    with as_if(node, content.edited):
        return evidence_order(state, node, gate) != node.given


def _outcomes(state: RunState, node: NodeState, gate: Gate, *, runs: bool) -> tuple[str, str]:
    """What happens after a yes and after a no, in words."""
    if state.started is not None and state.started.asker is not None:
        return yes_and_no(state.started.asker, runs=runs)
    then = _then(node)
    yes = f"{node.spec.step.label} runs{then}" if runs else f"the run goes on{then}"
    return yes, _after_failure(node, then) if node.spec.kind == TASK.name else _after_no(node, gate, then)


def _rule(state: RunState, gate: Gate, text: Callable[[str], str]) -> e.ApproverRule | None:
    """Who may answer, with the names as they are now; none where anybody may, alone."""
    given = gate.approvers
    if given is None:
        return None
    starter = "" if given.allow_self or state.started is None else state.started.by.name
    return e.ApproverRule(
        any_of=names_in(given.any_of, text), quorum=given.quorum, not_by=starter, min_wait=given.min_wait or 0, veto=given.veto
    )


def names_in(words: Iterable[str], text: Callable[[str], str]) -> tuple[str, ...]:
    """The names that a definition says, commas between several in one text; each once.

    Args:
        words: As they are written.
        text: Fills in expressions.
    """
    found = [name.strip() for word in words for name in text(word).split(",")]
    return tuple(dict.fromkeys(name for name in found if name))


def escalation_steps(state: RunState, node: NodeState, gate: Gate, asked: int) -> tuple[e.EscalationStep, ...]:
    """Whom to tell when nobody answers, and when, in the order of their times.

    Args:
        state: The run.
        node: The gate.
        gate: What the definition says.
        asked: When it opens, by the wall clock, in milliseconds since 1970 UTC.
    """
    text = OrderMaker(state, node).text
    steps = [e.EscalationStep(due=asked + step.after, to=names_in(step.to, text)) for step in gate.escalate]
    return tuple(sorted(steps, key=lambda step: step.due))


def _after_sending_back(node: NodeState, gate: Gate) -> str:
    """What happens when a gate is sent back, in words; empty where it cannot be."""
    back = gate.send_back
    if back is None:
        return ""
    left = back.max + 1 - node.round if may_go_back(node, back.way) else 0
    if not left:
        return "counts as a no: it was sent back as often as it may be" if back.then == "reject" else ""
    target = node.scope.nodes[node.scope.body.steps[back.to]]
    often = "once more" if left == 1 else f"{left} times more"
    return f"{target.spec.step.label} begins again with what you say; possible {often}"


def _proposal(state: RunState) -> dict[str, Any]:
    """What a program from outside will do itself after a yes."""
    asker = None if state.started is None else state.started.asker
    return {} if asker is None else {"proposal": asker.proposal, "proposes": asker.proposes}


def cut_off_content(state: RunState, node: NodeState) -> e.ApprovalContent:
    """Everything that a person is shown who says what became of an action that was cut off."""
    then = _then(node)
    return rerun_content(state, node, _after_failure(node, then), then)


def _then(node: NodeState) -> str:
    """What comes after a step, as the rest of a sentence; empty when nothing does."""
    following = what_follows(node.scope.body, node.spec.step.id, NAMED + 1)
    return f", then {', '.join(following[:NAMED])}{' ...' if len(following) > NAMED else ''}" if following else ""


def _back_to(node: NodeState, goto: object) -> str:
    """That a run goes back, in words; empty when it does not."""
    if not (isinstance(goto, Goto) and may_go_back(node, goto)):
        return ""
    target = node.scope.nodes[node.scope.body.steps[goto.goto]]
    return f"the run goes back to {target.spec.step.label}"


def _after_failure(node: NodeState, then: str) -> str:
    """What happens when a person lets a step fail, in words."""
    label = node.spec.step.label
    if back := _back_to(node, node.spec.step.on_failure):
        return back
    if tolerated(node):
        return f"{label} fails, and the run goes on{then}"
    ends = "" if not stops(node) else " and the run stops here" if node.scope.opener is None else " and with it its block"
    return f"{label} fails{ends}"


def _after_no(node: NodeState, gate: Gate, then: str) -> str:
    """What happens after a no to a gate, in words."""
    label = node.spec.step.label
    if back := _back_to(node, gate.on_reject):
        return back
    return f"{label} is skipped{then}" if gate.on_reject == "skip" else "the run stops here"


def content_digest(content: e.ApprovalContent) -> str:
    """SHA-256 of what is shown, without the time at which evidence was gathered: the first 32 hexadecimal digits."""
    shown = content.model_dump(mode="json", exclude={"evidence": {"at"}, "editable": True, "edited": True})
    shown["editable"] = content.values_now
    for name, empty in _LATER.items():
        if shown[name] == empty:
            del shown[name]
    return hashlib.sha256(json.dumps(shown, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]
