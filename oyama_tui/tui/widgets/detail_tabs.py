"""Panes that share one place, with a line of tabs above them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from oyama_tui.tui.widgets.panes import Stacked


class TabTitles(Static):
    """The line of tabs."""

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def show(self, titles: Mapping[int, str], current: int, notes: tuple[Content, Content]) -> None:
        """Show the titles, the current one bold, and the first note that fits at the end."""
        parts = []
        for index, title in titles.items():
            style = "bold $foreground underline" if index == current else "$text-muted"
            parts.append(Content.styled(title, style).stylize(Style.from_meta({"tab": index})))
        line = Content("   ").join(parts)
        room = self.size.width - line.cell_length - 3
        note = next((note for note in notes if note.cell_length <= room), Content(""))
        self.update(line + note.pad_left(max(self.size.width - line.cell_length - note.cell_length, 0)) if note else line)


class DetailTabs(Stacked):
    """Several panes of which one is shown.

    Args:
        panes: Title and pane; each pane has an id.
        withheld: The ids of panes that are not offered at first.
    """

    @dataclass
    class Changed(Message):
        """Another pane is shown."""

    def __init__(self, panes: list[tuple[str, Widget]], *, id: str, withheld: Collection[str] = ()) -> None:
        super().__init__(id=id)
        self._panes = panes
        self._current = 0
        self._withheld: frozenset[str | None] = frozenset(withheld)
        """The ids of the panes that are not offered now."""
        self._notes = (Content(""), Content(""))

    def compose(self) -> ComposeResult:
        """Tabs above panes."""
        yield TabTitles()
        with ContentSwitcher(initial=self._panes[0][1].id):
            for _title, pane in self._panes:
                yield pane

    @property
    def pane(self) -> Widget:
        """The pane that is shown."""
        return self._panes[self._current][1]

    def note(self, content: Content, brief: Content | None = None) -> None:
        """Say something at the end of the line of tabs.

        Args:
            content: What to say.
            brief: What to say where there is less room.
        """
        notes = (content, brief or content)
        if [note.plain for note in notes] != [note.plain for note in self._notes]:
            self._notes = notes
            self._show_titles()

    def turn(self, step: int) -> None:
        """Show the next pane that is offered, or the one before."""
        place = self._current
        while (place := (place + step) % len(self._panes)) != self._current:
            if self._panes[place][1].id not in self._withheld:
                self.show_pane(place)
                return

    def offer(self, id: str, there: bool) -> None:
        """Offer a pane, or no more: it takes the place of the first one, and gives it back.

        Args:
            id: The pane's.
            there: Whether there is something to show in it.
        """
        if there is (id not in self._withheld):
            return
        self._withheld = self._withheld - {id} if there else self._withheld | {id}
        place = next(place for place, (_title, pane) in enumerate(self._panes) if pane.id == id)
        if there and self._current == 0:
            self.show_pane(place)
        elif not there and self._current == place:
            self.show_pane(0)
        else:
            self._show_titles()

    def show_pane(self, index: int) -> None:
        """Show a pane."""
        had_focus = self.pane.has_focus or self.screen.focused in self.pane.walk_children()
        self._current = index
        self.query_one(ContentSwitcher).current = self.pane.id
        if had_focus:
            self.screen.set_focus(next((each for each in (self.pane, *self.pane.query(Widget)) if each.can_focus), None))
        self._show_titles()
        self.post_message(self.Changed())

    def _show_titles(self) -> None:
        titles = {place: title for place, (title, pane) in enumerate(self._panes) if pane.id not in self._withheld}
        self.query_one(TabTitles).show(titles, self._current, self._notes)

    def on_resize(self) -> None:
        """Fit the line of tabs."""
        self.call_after_refresh(self._show_titles)

    def on_click(self, event: events.Click) -> None:
        """Show the pane whose title is clicked."""
        index = event.style.meta.get("tab")
        if isinstance(index, int):
            self.show_pane(index)
