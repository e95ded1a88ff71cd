"""Commands of a run's past: most of them move in time, whatever has the focus."""

from __future__ import annotations

from oyama_tui.tui.commands.base import Command


class LookBack(Command):
    """See the run as it was after any of its events."""

    key, label, room, shown = "t", "look back", "run", True


class EventBack(Command):
    """One event back."""

    key, label, room, shown, first, display = "left,h", "event back", "past", True, True, "←"
    does = "go_by(-1)"


class EventOn(Command):
    """One event on."""

    key, label, room, shown, first, display = "right,l", "event on", "past", True, True, "→"
    does = "go_by(1)"


class PreviousMark(Command):
    """To the last failure or question before this event."""

    key, label, room, first, does = "H", "previous failure or gate", "past", True, "go_to_mark(-1)"


class NextMark(Command):
    """To the next failure or question after this event."""

    key, label, room, shown, first, does = "L", "next failure or gate", "past", True, True, "go_to_mark(1)"


class FirstEvent(Command):
    """To the first event."""

    key, label, room, first, does = "home", "first event", "past", True, "go_to_end(-1)"


class NewestEvent(Command):
    """To the newest event."""

    key, label, room, first, does = "end", "newest event", "past", True, "go_to_end(1)"


class PlayPast(Command):
    """Let it happen once more, ten times a second; again, or any move, stops it."""

    key, label, room, shown, first = "space", "play", "past", True, True


class CompareMoments(Command):
    """Mark this moment; at another one, show what differs between the two."""

    key, label, room, shown = "d", "mark, compare", "past", True


class NameMoment(Command):
    """Give this moment a name, under which it is listed and found."""

    key, label, room, shown = "s", "name it", "past", True


class ForkHere(Command):
    """Start a new run that reuses what was done up to this moment; its plan comes first."""

    key, label, room, shown = "F", "fork from here", "past", True
    does = "change_from_here('fork')"


class UndoTo(Command):
    """Take back what was done since this moment; the plan comes first."""

    key, label, room, shown = "U", "undo to here", "past", True
    does = "change_from_here('undo')"


class BackToNow(Command):
    """Back to the run as it is."""

    key, label, room, shown = "escape", "now", "past", True
