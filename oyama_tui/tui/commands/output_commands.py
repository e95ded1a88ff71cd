"""Commands of a step's output."""

from __future__ import annotations

from oyama_tui.tui.commands.base import Command


class NextProblem(Command):
    """To the next line of the output that tells of an error or a warning; after the last one comes the first."""

    key, label, room, shown, display = "right_curly_bracket", "problem", "run", True, "{ }"
    does = "screen.read_output('next')"


class PreviousProblem(Command):
    """To the line before with an error or a warning; before the first one comes the last."""

    key, label, room = "left_curly_bracket", "previous problem", "run"
    does = "screen.read_output('previous')"


class EarlierAttempt(Command):
    """Read the output of the attempt before; after the first one, that of the newest again."""

    key, label, room, shown = "P", "earlier attempt", "output", True
    does = "screen.read_output('earlier')"
