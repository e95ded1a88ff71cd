"""Finding something by typing: what help and palette share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.text import folded, has_words
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import CloseDialog
from oyama_tui.tui.frames import Paced
from oyama_tui.tui.sizes import LEAST_COLUMNS, LEAST_ROWS
from oyama_tui.tui.widgets.frame import TooSmall
from oyama_tui.tui.widgets.layout import cell, plain, spread
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.writing import OneLine
from oyama_tui.tui.wording import line_of
from oyama_tui.tui.work import work

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
    also: str = ""
    """More words that find it."""


@dataclass(frozen=True)
class Found:
    """What has been sought elsewhere, in place of the group's entries before."""

    group: str
    entries: Sequence[Entry]
    note: str
    """What stands beside the group's name; empty for nothing."""


Search = Callable[[str], Awaitable[Found]]
"""Looks for words where not everything can be listed."""


class FinderDialog(Paced[Entry], ModalScreen[Entry], inherit_bindings=False):
    """A field above a list; enter runs what is selected.

    Args:
        context: What all screens share.
        entries: Everything that can be found, in order.
        title: What is listed.
        search: Looks for what is not among the entries.
        look: Called with what comes under the cursor, and with none when nothing was chosen.
    """

    BINDINGS = bindings(CloseDialog)
    DEFAULT_CLASSES = "finder"
    AUTO_FOCUS = "Input"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (LEAST_COLUMNS, "-narrow")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_ROWS, "-low")]

    def __init__(
        self,
        context: AppContext,
        entries: Sequence[Entry],
        title: str,
        search: Search | None = None,
        look: Callable[[Entry | None], object] = lambda _entry: None,
    ) -> None:
        super().__init__()
        self.context = context
        self.set_class(context.icons.ascii_only, "-ascii")
        self._entries = list(entries)
        self._title = title
        self._search = search
        self._look = look
        self._notes: dict[str, str] = {}
        self._moved_by_hand = False
        """Somebody has moved the cursor since these words were typed: what is found late leaves it there."""

    def compose(self) -> ComposeResult:
        """Field above list."""
        with Vertical(id="frame"):
            yield Static(Content.styled(line_of(self._title), "bold"), id="heading", markup=False)
            yield OneLine(placeholder="type to filter, enter runs it, esc closes", compact=True)
            yield Rows[Entry](lambda entry: entry.key, self._paint, self._heading, id="found")
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

    def take(self, found: Found, words: str) -> None:
        """Take in what has been found for some words, in place of what the group had; nothing when other words stand there by now."""
        if words != self.query_one(Input).value:
            return
        groups = list(dict.fromkeys([*(entry.group for entry in self._entries), found.group]))
        kept = [entry for entry in self._entries if entry.group != found.group]
        self._entries = sorted([*kept, *found.entries], key=lambda entry: groups.index(entry.group))
        self._notes[found.group] = found.note
        self.show_matching(words)

    def _heading(self, entry: Entry) -> Content:
        note = self._notes.get(entry.group, "")
        return Content.assemble((f" {entry.group}", "$text-disabled"), (f"  {note}" if note else "", "$text-muted"))

    def _paint(self, entry: Entry, width: int) -> Content:
        detail = plain(entry.detail, "$text-muted")
        mark = cell(plain(entry.mark, "bold $text-accent" if entry.explains else ""), 12 if entry.explains else 3)
        if entry.explains:
            return cell(Content.assemble(" ", mark, cell(plain(entry.title), 20), " ", detail), width)
        head = Content.assemble(" ", mark, plain(entry.title))
        room = max(width - 3 - head.cell_length, width // 3)
        return cell(spread(head, detail.truncate(room, ellipsis=True), width - 1), width)

    def show_matching(self, text: str) -> None:
        """Show what has all these words; what begins with them comes first in its group, and what is called so gets the cursor."""
        words = folded(text).split()
        matching = [entry for entry in self._entries if has_words(words, self._haystack(entry))]
        if words:
            name, groups = " ".join(words), list(dict.fromkeys(entry.group for entry in matching))
            matching.sort(key=lambda entry: (groups.index(entry.group), not folded(entry.title).startswith(name)))
        self.found.show_rows(matching)
        self.set_class(not matching, "-none")
        if words and not self._moved_by_hand:
            called = next((entry for entry in matching if folded(entry.title) == name), None)
            if called is None or not self.found.select_key(called.key):
                self.found.action_move_top()

    def _haystack(self, entry: Entry) -> str:
        return f"{entry.mark} {entry.title} {entry.detail} {entry.group} {entry.also}"

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._moved_by_hand = False
        self.show_matching(event.value)
        if self._search is not None:
            work(self, partial(self._seek, self._search, event.value), group="search", exclusive=True)

    async def _seek(self, search: Search, words: str) -> None:
        try:
            found = await search(words)
        except OyamaError as error:
            self.notify(line_of(error.sentence), title=error.title, severity="error", timeout=8, markup=False)
        else:
            self.take(found, words)

    @on(Input.Submitted)
    @on(Rows.Chosen)
    def _run(self) -> None:
        self._close_with(self.found.selected)

    @on(Rows.Moved)
    def _moved(self) -> None:
        if self.is_current:
            self._look(self.found.selected)

    def _close_with(self, entry: Entry | None) -> None:
        """Close it once, however often that is asked."""
        if self.is_current:
            if entry is None:
                self._look(None)
            self.dismiss(entry)

    def on_key(self, event: events.Key) -> None:
        """Move through the list while the field has the keys."""
        step = MOVES.get(event.key)
        if step is not None:
            self._moved_by_hand = True
            self.found.move_to(self.found.cursor + step, 1 if step > 0 else -1)
            event.stop()
            event.prevent_default()

    def on_click(self) -> None:
        """A click may have moved the cursor."""
        self._moved_by_hand = True

    def action_close_dialog(self) -> None:
        """Close it."""
        self._close_with(None)
