"""The steps of a workflow as a tree of lines: what `run --dry-run` and `validate` print of them."""

from __future__ import annotations

from collections.abc import Sequence

from oyama_tui.cli.printing import Part
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.text import first_line
from oyama_tui.core.views import PlannedStep

_INDENT = "   "
_SAID = 100
"""So many characters of an action stand in the line of its step."""


def print_plan(terminal: Terminal, steps: Sequence[PlannedStep]) -> None:
    """Print what each step would do, in the order of the file.

    Args:
        terminal: Where to.
        steps: The steps, those of a block after it.
    """
    branches: dict[tuple[str, ...], str] = {}
    for place, step in enumerate(steps, 1):
        indent = _INDENT * step.depth
        if step.branch and branches.get(step.block) != step.branch:
            branches[step.block] = step.branch
            terminal.out.line(f"{indent}{step.branch}:")
        needs = f"  after {', '.join(step.needs)}" if step.needs else ""
        terminal.out.line((f"{indent}{place}. {step.name or step.step_id}", "bold"), (f"  {step.kind}{needs}", "dim"))
        terminal.out.line(f"{indent}   {' -> '.join(step.order)}")
        for line in step.action.splitlines():
            terminal.out.line(f"{indent}     {line}")
        for way in step.back:
            terminal.out.line(f"{indent}   {way}")
        if step.note:
            terminal.out.line((f"{indent}   {step.note}", "dim"))


def print_tree(terminal: Terminal, steps: Sequence[PlannedStep]) -> None:
    """Print one line for each step.

    Args:
        terminal: Where to.
        steps: The steps, those of a block after it.
    """
    for step in steps:
        branch = f"{step.branch}: " if step.branch else ""
        action = f"  {first_line(step.action, _SAID)}" if step.action else ""
        parts: list[Part] = [f"{_INDENT * (step.depth + 1)}{branch}", (step.step_id, "bold"), (f"  {step.kind}{action}", "dim")]
        terminal.out.line(*parts)
