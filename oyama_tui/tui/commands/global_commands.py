"""Commands that are valid on every screen, and those of lists and texts."""

from __future__ import annotations

from oyama_tui.tui.commands.base import Command


class ShowHome(Command):
    """Go to what needs you, what goes on, and how the last day was."""

    key, label, does = "0", "Home", "show_place('home')"


class ShowWorkflows(Command):
    """Go to the workflows."""

    key, label, does = "1", "Workflows", "show_place('workflows')"


class ShowRuns(Command):
    """Go to what is going on now."""

    key, label, does = "2", "Runs", "show_place('runs')"


class ShowApprovals(Command):
    """Go to the questions that wait for an answer."""

    key, label, does = "3", "Approvals", "show_place('approvals')"


class ShowHistory(Command):
    """Go to past runs."""

    key, label, does = "4", "History", "show_place('history')"


class NextGate(Command):
    """Go to the next question that waits for you."""

    key, label = "exclamation_mark", "next gate for me"


class ShowHelp(Command):
    """List every key that is valid now; type to filter, enter runs it."""

    key, label, shown, display = "question_mark,f1", "all keys", True, "?"


class ShowPalette(Command):
    """Find a screen, a workflow, a run, an approval or a theme by typing."""

    key, label = "colon,ctrl+p", "find anything"


class QuitScreens(Command):
    """Leave; runs go on in the background."""

    key, label, shown, display = "q,ctrl+q", "quit", True, "q"


class CopySelected(Command):
    """Copy the selected text; without any, say how to quit."""

    key, label, first = "ctrl+c", "copy selected text", True


class SaveScreen(Command):
    """Keep a picture of the screen as it is, as an SVG file; also while a dialog is open."""

    key, label, first = "ctrl+s", "picture of the screen", True


class SuspendProcess(Command):
    """Go back to the shell; `fg` there brings the screens back."""

    key, label, first = "ctrl+z", "to the shell", True


class Leave(Command):
    """Close, clear or go back."""

    key, label = "escape,h", "back"


class NextPane(Command):
    """Go to the next pane."""

    key, label = "tab", "next pane"


class PreviousPane(Command):
    """Go to the previous pane."""

    key, label = "shift+tab", "previous pane"


class CopyId(Command):
    """Copy the id of what is selected."""

    key, label = "y", "copy id"


class CopyCommand(Command):
    """Copy the command that does the same from a shell."""

    key, label = "Y", "copy the command"


class TryAgain(Command):
    """Read the database again after trouble."""

    key, label, shown = "ctrl+r", "try again", True


class UndoHint(Command):
    """Nothing: a reminder that undo is upper case."""

    key, label, does = "u", "(free)", "app.hint('u')"


class CancelHint(Command):
    """Nothing: a reminder that cancel is upper case."""

    key, label, does = "x", "(free)", "app.hint('x')"


class MoveDown(Command):
    """One line down."""

    key, label, room = "j,down", "down", "list"


class MoveUp(Command):
    """One line up."""

    key, label, room = "k,up", "up", "list"


class MoveTop(Command):
    """To the first line."""

    key, label, room = "g,home", "first", "list"


class MoveBottom(Command):
    """To the last line."""

    key, label, room = "G,end", "last", "list"


class PageDown(Command):
    """Half a page down."""

    key, label, room = "ctrl+d,pagedown", "page down", "list"


class PageUp(Command):
    """Half a page up."""

    key, label, room = "ctrl+u,pageup", "page up", "list"


class Choose(Command):
    """Look into what is selected."""

    key, label, room, shown, display = "enter,l", "open", "list", True, "enter"


class MoveLeft(Command):
    """To the left."""

    key, label, room = "left", "left", "list"


class MoveRight(Command):
    """To the right."""

    key, label, room = "right", "right", "list"


class NextTab(Command):
    """To the next tab."""

    key, label, does, shown = "right_square_bracket", "next tab", "turn_tab(1)", True


class PreviousTab(Command):
    """To the previous tab."""

    key, label, does = "left_square_bracket", "previous tab", "turn_tab(-1)"
