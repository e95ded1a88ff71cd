"""Commands of single screens."""

from __future__ import annotations

from oyama_tui.tui.commands.base import Command


class RunAgain(Command):
    """Start a new run with the same inputs; a form comes first."""

    key, label, room, shown = "r", "run again", "runs", True
    does = "take_up('again')"


class FilterRows(Command):
    """Show only what has these words."""

    key, label, room, shown = "slash", "filter", "list", True


class KeepWords(Command):
    """Keep the words, and go on among what has them."""

    key, label, room, shown = "enter,down,tab", "keep the words", "list", True


class ForgetWords(Command):
    """Forget the words, and show everything again."""

    key, label, room, shown = "escape", "forget them", "list", True


class SortRows(Command):
    """Sort by something else."""

    key, label, room, shown = "s", "sort", "list", True


class PauseRun(Command):
    """Start no new step, or let steps start again when it is paused."""

    key, label, room, shown = "p", "pause/resume", "runs", True


class PauseHere(Command):
    """Pause once, when the step under the cursor is about to begin; on a step that has this mark, take it back."""

    key, label, room, shown = "P", "pause here", "run", True
    does = "take_up('pause')"


class EditContext(Command):
    """Change the run's variables while it goes on; a dialog shows each change before it is made."""

    key, label, room, shown = "C", "change", "run", True
    does = "take_up('context')"


class CancelRun(Command):
    """End the run now; a dialog says what happens."""

    key, label, room, shown = "X", "cancel", "runs", True


class MarkRun(Command):
    """Mark the run, to be paused or cancelled together with others; once more takes the mark away."""

    key, label, room = "space", "mark", "runs"


class MarkAllRuns(Command):
    """Mark all runs that are not over and fit the filter; once more takes the marks away."""

    key, label, room, display = "asterisk", "mark all", "runs", "*"


class PinRun(Command):
    """Keep the run whatever is cleaned up, or let it go again when it is pinned."""

    key, label, room, shown = "K", "pin", "keep", True
    does = "take_up('pin')"


class DeleteRun(Command):
    """Remove the run for good, with its journal and output; a dialog comes first."""

    key, label, room, shown = "D", "delete", "keep", True
    does = "take_up('delete')"


class TakeUp(Command):
    """Take a run up anew that did not complete, after a look at what begins once more; of a step that pauses, end the pause."""

    key, label, room, shown = "R", "recover", "runs", True
    does = "take_up('anew')"


class UndoRun(Command):
    """Take back what the run has done, to its beginning; its plan comes first."""

    key, label, room, shown = "U", "undo", "runs", True
    does = "take_up('undo')"


class ForkRun(Command):
    """Start a new run that takes over what this one had done, with other inputs; its plan comes first."""

    key, label, room, shown = "F", "fork", "runs", True
    does = "take_up('fork')"


class ExportRun(Command):
    """Write the run into a file that `oyama verify` checks anywhere; a dialog asks for its name."""

    key, label, room, shown = "E", "export", "runs", True
    does = "take_up('file')"


class AnswerGate(Command):
    """Look at the question that the run asks, and answer it."""

    key, label, room, shown = "a", "answer", "runs", True


class SendEvent(Command):
    """Send the event that the step under the cursor waits for; a dialog comes first."""

    key, label, room, shown = "S", "send event", "run", True
    does = "take_up('event')"


class Follow(Command):
    """Keep to the end of the output as it grows."""

    key, label, room, shown = "f", "follow", "run", True
    does = "read_output('follow')"


class WrapLines(Command):
    """Break long lines, or let them run out of sight."""

    key, label, room = "w", "wrap", "run"
    does = "read_output('wrap')"


class OpenBlock(Command):
    """Open the block, item or round; in an open one, go to its first step; in a long one, turn the page."""

    key, label, room = "right", "open", "run"


class FoldBlock(Command):
    """Fold the block, item or round; from a step, go to what it stands in."""

    key, label, room = "left", "fold", "run"


class TurnShape(Command):
    """Show the run as a tree, as a graph, or along time."""

    key, label, room, shown = "v", "graph", "run", True


class ToFollowing(Command):
    """Along an edge, to the step that follows."""

    key, label, room = "l,right", "to what follows", "run"


class ToFollowed(Command):
    """Along an edge, to the step that it follows."""

    key, label, room = "h,left", "to what it follows", "run"


class CopyPath(Command):
    """Copy the path of the file with the output that is read."""

    key, label, room = "y", "copy path", "run"


class OpenLog(Command):
    """Read the whole output in `$PAGER`, or in less; the screens come back when it ends."""

    key, label, room, shown = "o", "pager", "run", True


class EditLog(Command):
    """Open a copy of the output in `$VISUAL` or `$EDITOR`; the screens come back when it ends."""

    key, label, room, shown = "e", "editor", "run", True


class FindText(Command):
    """Find words in the text."""

    key, label, room = "slash", "find", "run"


class FindNext(Command):
    """To the next place with the words, or make a workflow when nothing is looked for."""

    key, label, room = "n", "next found", "run"


class FindPrevious(Command):
    """To the previous place with the words."""

    key, label, room = "N", "previous found", "run"


class Approve(Command):
    """Say yes; a dialog comes first."""

    key, label, room, shown = "a", "approve", "approvals", True


class Reject(Command):
    """Say no, with a comment; a dialog comes first."""

    key, label, room, shown = "r", "reject", "approvals", True
    does = "act('reject')"


class SendBack(Command):
    """Have an earlier step done once more, with what you say about it; a dialog comes first."""

    key, label, room, shown = "b", "send back", "approvals", True
    does = "act('send_back')"


class EditThenApprove(Command):
    """Change values that its gate lets be changed, see what is different, then say yes to that."""

    key, label, room, shown = "e", "edit", "approvals", True


class CommentOn(Command):
    """Say something about it without answering."""

    key, label, room = "c", "comment", "approvals"
    does = "act('comment')"


class LookAgain(Command):
    """Have preview and files looked at anew, and be asked once more."""

    key, label, room = "ctrl+l", "look again", "approvals"
    does = "act('look')"


class Delegate(Command):
    """Ask somebody else to answer it; whoever could before still can."""

    key, label, room = "at", "hand on", "approvals"
    does = "act('delegate')"


class Snooze(Command):
    """Do not want to see it for a while; its deadline stays."""

    key, label, room = "z", "put off", "approvals"
    does = "act('snooze')"


class Extend(Command):
    """Give it more time."""

    key, label, room = "plus", "more time", "approvals"
    does = "act('extend')"


class Withdraw(Command):
    """Ask it no more: its run ends as cancelled, which is no rejection."""

    key, label, room = "X", "ask no more", "approvals"
    does = "act('withdraw')"


class MarkQuestion(Command):
    """Mark the question, or all of its group, to be answered together with others; once more takes the mark away."""

    key, label, room, shown = "space", "mark", "approvals", True


class MarkAll(Command):
    """Mark all questions that fit the filter; once more takes the marks away."""

    key, label, room, display = "asterisk", "mark all", "approvals", "*"


class FoldGroup(Command):
    """Fold the group of questions that are the same but for their target; enter unfolds it."""

    key, label, room = "h,left", "fold", "approvals"


class Compare(Command):
    """See what is different since the last yes, line by line; since the round before where it was sent back."""

    key, label, room, shown = "d", "diff", "approvals", True
    does = "act('difference')"


class TurnColumns(Command):
    """Both sides beside each other, or one below the other."""

    key, label, room, shown = "d", "columns", "difference", True


class NextPart(Command):
    """To the next part."""

    key, label, room, shown = "right_square_bracket", "next part", "difference", True
    does = "turn_part(1)"


class PreviousPart(Command):
    """To the part before."""

    key, label, room = "left_square_bracket", "part before", "difference"
    does = "turn_part(-1)"


class CompareOtherwise(Command):
    """Compare it with something else: the yes that it had, the round before, the last yes in an earlier run."""

    key, label, room, shown = "v", "since another one", "difference", True


class ReadOn(Command):
    """Read on in the card."""

    key, label, room, shown = "ctrl+d,pagedown", "read on", "approvals", True
    does = "read_card(1)"


class ReadBack(Command):
    """Read back in the card."""

    key, label, room = "ctrl+u,pageup", "read back", "approvals"
    does = "read_card(-1)"


class TryDemo(Command):
    """One minute, offline, only touches a temporary folder."""

    key, label, room, shown = "enter", "try the demo", "first", True


class OpenRun(Command):
    """Look at the run that asks."""

    key, label, room, shown = "o", "open the run", "approvals", True


class OpenPastRun(Command):
    """Look at the run whole: its tree, output and events."""

    key, label, room, shown = "o", "open the run", "history", True


class OpenAskingRun(Command):
    """Look at the run that asked."""

    key, label, room, shown = "o", "open the run", "history", True
    does = "act('run')"


class ShowPastApprovals(Command):
    """Go to the history of approvals."""

    key, label, room, shown = "right_square_bracket,left_square_bracket", "approvals", "history", True
    does = "app.show_place('past_approvals')"


class ShowPastRuns(Command):
    """Go to the history of runs."""

    key, label, room, shown = "right_square_bracket,left_square_bracket", "runs", "history", True
    does = "app.show_place('history')"


class DayOrWeek(Command):
    """Look at the last week instead of the last day, or at the day again."""

    key, label, room, shown = "w", "day, week", "home", True
