"""What undoing a run would do, as people read it before they say yes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue
from textual.content import Content

from oyama_tui.core.text import one_line
from oyama_tui.core.views import UNDO_WORDS, UndoDoes, UndoPlan, UndoStep
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import cell, plain
from oyama_tui.tui.wording import display_line

MOST: Final = 200
"""Steps that are listed, and variables; further ones are counted."""
LONGEST_NAME: Final = 24
"""Cells of a step's name, so that what undoes it begins in sight in the narrowest dialog."""
LONGEST_WORDS: Final = 1_000
"""Characters of what undoes a step; where there is no room for them, the line is cut before."""
LONGEST_VALUE: Final = 30
"""Characters of a variable's value."""
_STYLES: Final[Mapping[UndoDoes, str]] = {
    "undone": "$foreground",
    "impossible": "$text-error",
    "permanent": "$text-warning",
    "undeclared": "$text-warning",
    "failed": "$text-muted",
    "nothing": "$text-muted",
}
_SIGNS: Final[Mapping[UndoDoes, str]] = {"undone": "undone", "impossible": "failed", "permanent": "expired", "undeclared": "expired"}
"""The state whose sign a step gets; those of which nothing stays get none."""


def plan_lines(plan: UndoPlan, before: Mapping[str, JsonValue], icons: StatusIcons) -> Content:
    """A plan: what undoes, in order; what stays, and why; what becomes of the variables; what follows.

    Args:
        plan: What would be done.
        before: The variables as they are now.
        icons: How states are drawn.
    """
    shown = plan.steps[:MOST]
    widest = max((plain(_name(step)).cell_length for step in shown), default=0)
    first = len(str(sum(step.action != "" or step.does == "impossible" for step in shown)))
    lines = [_row(step, number, first, widest, icons) for number, step in enumerate(shown, 1)]
    if len(plan.steps) > MOST:
        lines.append(plain(f"and {len(plan.steps) - MOST:,} more", "$text-muted"))
    if not any(step.does in ("undone", "impossible") for step in plan.steps):
        lines.insert(0, plain("No step says what undoes it: nothing is run.", "$text-muted"))
    return Content("\n").join([*lines, *_variables(plan, before)])


def _name(step: UndoStep) -> str:
    """A step's name; of one of several nodes of a step, the node that tells it from the others."""
    return one_line(step.label if step.node == step.step else step.node, LONGEST_NAME)


def _row(step: UndoStep, number: int, first: int, widest: int, icons: StatusIcons) -> Content:
    """One step: its place in the order when something undoes it, and by what; else why it stays."""
    style = _STYLES[step.does]
    place = f"{number:>{first}}" if step.does in ("undone", "impossible") else " " * first
    sign = icons.of(_SIGNS[step.does]).glyph if step.does in _SIGNS else " "
    words = UNDO_WORDS[step.does]
    if step.does == "undone":
        words = one_line(step.action, LONGEST_WORDS)
    elif step.why:
        words = f"{words}: {one_line(step.why, LONGEST_WORDS)}"
    times = f"{step.count:,} times; " if step.count > 1 else ""
    return Content.assemble((f"{place} {sign} ", style), cell(plain(_name(step), "bold"), widest), "  ", plain(times + words, style))


def _variables(plan: UndoPlan, before: Mapping[str, JsonValue]) -> Iterator[Content]:
    """Each variable that changes: its name, and its value now and then."""
    changes = [(name, _short(value)) for name, value in plan.set.items()] + [(name, "gone") for name in plan.unset]
    for name, after in changes[:MOST]:
        now = f"{_short(before[name])} → " if name in before else "→ "
        yield Content.assemble((one_line(name, LONGEST_NAME), "bold"), ": ", plain(f"{now}{after}", "$text-accent"))
    if len(changes) > MOST:
        yield plain(f"and {len(changes) - MOST:,} more variables", "$text-muted")


def _short(value: JsonValue) -> str:
    return one_line(display_line(value), LONGEST_VALUE) or "empty"


def afterwards(plan: UndoPlan) -> str:
    """What becomes of the run once all that is done, in one sentence.

    Args:
        plan: What would be done.
    """
    if plan.ends:
        return "Then the run ends as undone."
    names = ", ".join(one_line(label, LONGEST_NAME) for label in plan.again[:MOST])
    more = f" and {len(plan.again) - MOST:,} more" if len(plan.again) > MOST else ""
    return f"Then the run pauses there. When it goes on, these begin anew: {names}{more}." if names else "Then the run pauses there."
