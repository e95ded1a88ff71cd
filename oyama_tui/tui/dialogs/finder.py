"""Finding something by typing: what help and palette share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.desk import Desk
from oyama_tui.tui.dialogs.base import CloseDialog
from oyama_tui.tui.sizes import LEAST_COLUMNS, LEAST_ROWS
from oyama_tui.tui.widgets.frame import TooSmall
from oyama_tui.tui.widgets.layout import cell, plain, spread
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.wording import line_of

MOVES = {"down": 1, "up": -1, "ctrl+n": 1, "ctrl+p": -1, "pagedown": 8, "pageup": -8, "ctrl+d": 8, "ctrl+u": -8}


@dataclass(frozen=True)
class Entry:
    """Something that can be found and run."""

    key: str
    """Identity."""
    group: str
    title: str
    detail: str
    mark: str
    """A key or a glyph before the title."""
    run: Callable[[], object]
    explains: bool = False
    """The detail is a sentence about the title, not a name beside it."""


class FinderDialog(ModalScreen[Entry], inherit_bindings=False):
    """A field above a list; enter runs what is selected.

    Args:
        desk: What all screens share.
        entries: Everything that can be found, in order.
        title: What is listed.
    """

    BINDINGS = bindings(CloseDialog)
    DEFAULT_CLASSES = "finder"
    AUTO_FOCUS = "Input"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (LEAST_COLUMNS, "-narrow")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_ROWS, "-low")]

    def __init__(self, desk: Desk, entries: Sequence[Entry], title: str) -> None:
        super().__init__()
        self.desk = desk
        self.set_class(desk.signs.ascii_only, "-ascii")
        self._entries = list(entries)
        self._title = title

    def compose(self) -> ComposeResult:
        """Field above list."""
        with Vertical(id="frame"):
            yield Static(Content.styled(line_of(self._title), "bold"), id="heading", markup=False)
            yield Input(placeholder="type to filter, enter runs it, esc closes", compact=True)
            yield Rows[Entry](
                lambda entry: entry.key, self._paint, lambda entry: Content.styled(f" {entry.group}", "$text-disabled"), id="found"
            )
            yield Static(Content.styled("Nothing has these words.", "$text-muted"), id="none", markup=False)
        yield TooSmall()

    def on_mount(self) -> None:
        """Show everything."""
        self.found.can_focus = False
        self.show_matching("")

    @property
    def found(self) -> Rows[Entry]:
        """The list."""
        return self.query_one("#found", Rows)

    def add(self, entries: Sequence[Entry]) -> None:
        """Take in more, which took time to read."""
        self._entries += entries
        self.show_matching(self.query_one(Input).value)

    def _paint(self, entry: Entry, width: int) -> Content:
        detail = plain(entry.detail, "$text-muted")
        mark = cell(plain(entry.mark, "bold $text-accent" if entry.explains else ""), 12 if entry.explains else 3)
        if entry.explains:
            return cell(Content.assemble(" ", mark, cell(plain(entry.title), 20), " ", detail), width)
        head = Content.assemble(" ", mark, plain(entry.title))
        room = max(width - 3 - head.cell_length, width // 3)
        return cell(spread(head, detail.truncate(room, ellipsis=True), width - 1), width)

    def show_matching(self, text: str) -> None:
        """Show what has all these words; what begins with them comes first in its group."""
        words = text.casefold().split()
        matching = [entry for entry in self._entries if all(word in self._haystack(entry) for word in words)]
        self.found.show_rows(matching)
        self.set_class(not matching, "-none")
        if words:
            self.found.action_move_top()

    def _haystack(self, entry: Entry) -> str:
        return f"{entry.mark} {entry.title} {entry.detail} {entry.group}".casefold()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.show_matching(event.value)

    @on(Input.Submitted)
    @on(Rows.Chosen)
    def _run(self) -> None:
        self._close_with(self.found.selected)

    def _close_with(self, entry: Entry | None) -> None:
        """Close it once, however often that is asked."""
        if self.is_current:
            self.dismiss(entry)

    def on_key(self, event: events.Key) -> None:
        """Move through the list while the field has the keys."""
        step = MOVES.get(event.key)
        if step is not None:
            self.found.move_to(self.found.cursor + step, 1 if step > 0 else -1)
            event.stop()
            event.prevent_default()

    def action_close_dialog(self) -> None:
        """Close it."""
        self._close_with(None)
