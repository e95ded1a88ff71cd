"""Steps that were cut off and are not begun again by themselves: what a person is asked, and what the answers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.answer_words import ApprovalKind
from oyama_tui.core.definition.base import InputField
from oyama_tui.core.definition.kinds.task import TASK
from oyama_tui.core.definition.step import KINDS, kind_of
from oyama_tui.core.format import time_in_zone
from oyama_tui.core.order_text import command_text
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import ApprovalState, RunState

ANSWER: Final = "answer"
AGAIN: Final = "run it again"
DONE: Final = "it was done"
FORM: Final[Mapping[str, InputField]] = {
    ANSWER: InputField.model_validate(
        {"type": "string", "options": [AGAIN, DONE], "required": True, "description": "Look first at what it has left."}
    )
}
"""What the person fills in with a yes."""


def kind_of_approval(approval: ApprovalState) -> ApprovalKind:
    """What an approval asks for."""
    if approval.cut:
        return "rerun"
    if approval.asker is not None:
        return approval.asker.kind
    return "task" if approval.node.spec.kind == TASK.name else "gate"


def rerun_content(state: RunState, node: NodeState, no: str, then: str) -> e.ApprovalContent:
    """What a person is asked about an action that was cut off.

    Args:
        state: The run.
        node: The action.
        no: What happens after a no, in words.
        then: What follows the step, as the rest of a sentence.
    """
    step, order = node.spec.step, dict(node.given or {})
    folder = order.get("cwd")
    asked = state.started.inputs["title"] if state.started is not None and state.started.asker is not None else ""
    return e.ApprovalContent(
        title=f"{asked or step.label} was cut off: was it done?",
        prompt=(
            f"Attempt {node.cut} began at {time_in_zone(node.begun_at, 0)} UTC and did not come to its end, so that nobody knows how "
            "far it came. What it wrote until then is in its output. It is begun again only if you say so."
        ),
        risk="high" if step.effect == "permanent" else "normal",
        action=command_text(order) or KINDS[kind_of(step)].name,
        kind=node.spec.kind,
        cwd=folder if isinstance(folder, str) else "",
        directory=state.started.directory if state.started is not None else "",
        order=order,
        yes=f"as you say: {step.label} runs again, or it counts as done, without outputs{then}",
        no=no,
        form=dict(FORM),
    )
