"""The frame of every screen, its panes, and what can be copied from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.text import safe_text
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.frames import Paced
from oyama_tui.tui.sizes import LEAST_COLUMNS, LEAST_ROWS
from oyama_tui.tui.widgets.frame import Banner, KeyLine, Notice, Rule, Tabs, TooSmall, TopLine
from oyama_tui.tui.widgets.panes import Pane
from oyama_tui.tui.wording import line_of


def left_pane(screen: FramedScreen) -> Widget | None:
    """Of what can stand on the left of a screen, what does.

    Args:
        screen: Has it.
    """
    panes = list(screen.query(screen.AUTO_FOCUS).results(Widget))
    return next((pane for pane in panes if pane.display), panes[0] if panes else None)


class FramedScreen(Paced[None], inherit_bindings=False):
    """A screen with the frame around it; one or two panes.

    Args:
        context: What all screens share.
    """

    BINDINGS = bindings(c.Leave, c.NextPane, c.PreviousPane, c.CopyId, c.CopyCommand, c.TryAgain, c.UndoHint, c.CancelHint)
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (LEAST_COLUMNS, "-narrow"), (80, "-normal"), (120, "-wide"), (150, "-huge")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_ROWS, "-low"), (24, "-tall")]
    AUTO_FOCUS: ClassVar[str] = ".left"
    PLACE = ""
    """The mode it stands for."""
    questions_of = ""
    """The run whose questions can be seen here; `*` for every run."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context
        self.key_words: Mapping[str, str] = {}
        """What keys do here in other words than elsewhere, by the ids of their bindings."""
        self.set_class(context.icons.ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """The frame around the body."""
        yield from self.compose_head()
        yield Banner()
        yield Notice()
        with Pane(id="body"):
            yield from self.compose_body()
        yield KeyLine()
        yield TooSmall()

    def compose_head(self) -> ComposeResult:
        """The lines on top."""
        yield TopLine(self.context)
        yield Tabs(self.context, self.PLACE)
        yield from self.compose_rule()

    def compose_rule(self) -> ComposeResult:
        """The rule below the places."""
        yield Rule()

    def compose_body(self) -> ComposeResult:
        """What is the screen's own."""
        yield from ()

    def say_notice(self, content: Content | None) -> None:
        """Show words instead of the body, or the body again."""
        self.set_class(content is not None, "-notice")
        notice = self.query_one(Notice)
        if content is not None:
            notice.say(content)
        self._hand_focus(notice, content is not None)

    def _hand_focus(self, notice: Notice, there: bool) -> None:
        """See to it that something in sight has the focus: the words instead of the body, or what is left in the body."""
        body = self.query_one("#body")
        if there and (self.focused is None or body in self.focused.ancestors):
            self.set_focus(notice)
        elif not there and (self.focused is None or self.focused is notice):
            self.set_focus(left_pane(self))

    def report(self, error: OyamaError) -> None:
        """Show a failure as a toast."""
        words = f"{safe_text(error.sentence)} {safe_text(error.hint)}".strip()
        self.notify(words, title=error.title, severity="error", timeout=8, markup=False)

    def say(self, words: str) -> None:
        """Show a few words as a toast, in place of those before."""
        self.app.clear_notifications()
        self.notify(line_of(words), timeout=4, markup=False)

    def subject_id(self) -> str:
        """The id of what is selected; empty when nothing is."""
        return ""

    def subject_command(self) -> tuple[str, ...]:
        """The words of the command that shows from a shell what is selected here."""
        return ()

    def go_in(self) -> None:
        """From the left pane into the right one; it fills the screen where there is no room for both."""
        self.add_class("-inside")
        right = next(iter(self.query(".right")), None)
        if right is not None:
            self.set_focus(right)

    def go_back(self) -> bool:
        """From the right pane to the left one; false when that is where one is."""
        left = left_pane(self)
        was_inside = self.has_class("-inside", "-narrow") or (self.focused is not None and self.focused.has_class("right"))
        self.remove_class("-inside")
        if left is not None and was_inside:
            self.set_focus(left)
        return was_inside

    def action_leave(self) -> None:
        """Close, clear or go back."""
        self.go_back()

    def action_copy_id(self) -> None:
        """Copy the id of what is selected."""
        self._copy(self.subject_id())

    def action_copy_command(self) -> None:
        """Copy the command that does the same."""
        self._copy(self.context.command(*self.subject_command()))

    def _copy(self, text: str) -> None:
        if not text:
            self.say("Nothing is selected.")
            return
        self.app.copy_to_clipboard(text)
        self.say(f"Copied: {text}")

    def action_next_pane(self) -> None:
        """Go to the next pane; where there is no room for both, it fills the screen."""
        if self.has_class("-narrow") and not self.has_class("-inside") and self.query(".right"):
            self.go_in()
        else:
            self.focus_next()

    def action_previous_pane(self) -> None:
        """Go to the previous pane."""
        self.focus_previous()
