"""Commands of workflows, and of their runs beside each other."""

from __future__ import annotations

from oyama_tui.tui.commands.base import Command


class RunWorkflow(Command):
    """Start a run of what is selected; a form comes first."""

    key, label, room, shown = "r", "run", "workflows", True


class TurnCards(Command):
    """Show the workflows as cards, or as lines with their newest runs."""

    key, label, room, shown = "v", "cards", "workflows", True


class OpenCard(Command):
    """Look into the workflow of the card."""

    key, label, room, shown = "enter", "open", "cards", True
    does = "choose"


class CardBefore(Command):
    """To the card before it."""

    key, label, room = "h,left", "card before", "cards"
    does = "move_left"


class CardAfter(Command):
    """To the card after it."""

    key, label, room = "l,right", "card after", "cards"
    does = "move_right"


class NewWorkflow(Command):
    """Make a workflow from a template."""

    key, label, room, shown = "n", "new", "workflows", True
    does = "begin('new')"


class OpenFile(Command):
    """Keep a workflow's file."""

    key, label, room, shown = "o", "open a file", "workflows", True
    does = "begin('file')"


class DeleteWorkflow(Command):
    """Take the workflow out of the list, with its runs or without; a dialog comes first."""

    key, label, room = "D", "delete", "workflows"


class OpenWorkflow(Command):
    """Look into the workflow: its runs step by step, its graph, its text and what that was before, how it does."""

    key, label, room, shown = "i", "inside", "workflows", True


class EditSource(Command):
    """Change the workflow's text in `$VISUAL` or `$EDITOR`; it is checked when the editor ends."""

    key, label, room, shown = "e", "edit", "workflows", True


class ShowMatrix(Command):
    """Look into the workflow of the run: its runs beside each other, step by step."""

    key, label, room, shown = "v", "step by step", "history", True
    does = "take_up('workflow')"


class ToLaterRun(Command):
    """To the run after it."""

    key, label, room = "l,right", "later run", "matrix"


class ToEarlierRun(Command):
    """To the run before it."""

    key, label, room = "h,left", "earlier run", "matrix"


class MarkRun(Command):
    """Mark the run, to be compared with another one; once more takes the mark away."""

    key, label, room, shown = "space", "mark", "matrix", True


class CompareRuns(Command):
    """See what the run does not have in common with the one that is marked; with the one before it where none is."""

    key, label, room, shown = "d", "compare", "matrix", True


class TurnSides(Command):
    """Put the second run first."""

    key, label, room, shown = "t", "swap", "comparison", True


class EveryStep(Command):
    """Show the steps that came to the same too, or leave them out again."""

    key, label, room, shown = "v", "all steps", "comparison", True
