"""The line in which a list is filtered; the only field on a list screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input, Static

from oyama_tui.core.text import folded, has_words
from oyama_tui.tui.widgets.writing import OneLine
from oyama_tui.tui.wording import line_of


class Misfit(Static):
    """What is wrong with the words; not there while nothing is."""

    def __init__(self) -> None:
        super().__init__("", id="misfit", markup=False)

    def say(self, words: str) -> None:
        """Say what is wrong; nothing when it is right."""
        self.update(Content.styled(f" {line_of(words)}", "$text-error"))
        self.set_class(bool(words), "-there")


class FilterBar(OneLine):
    """Words that rows must have; hidden while there are none."""

    virtual_size = Reactive(Size(0, 0))
    """Cells of the words; the bar is as wide as its place, so that no letter lays out the screen anew."""

    @dataclass
    class Wanted(Message):
        """The words are different."""

        text: str

    class Closed(Message):
        """The keys go back to the list."""

    def __init__(self, hint: str) -> None:
        super().__init__(placeholder=hint, compact=True, id="filter")

    def matches(self, *texts: str) -> bool:
        """Whether every word occurs in one of these texts, in any case of letters."""
        return has_words(tuple(folded(self.value).split()), *texts)

    def open(self) -> None:
        """Take the keys."""
        self.add_class("-there")
        self.screen.set_focus(self)

    def clear_words(self) -> bool:
        """Forget the words and go away; false when there was nothing to forget."""
        there = self.has_class("-there")
        self.remove_class("-there")
        if self.value:
            self.value = ""
        return there

    def on_key(self, event: events.Key) -> None:
        """Enter and down keep the words, escape forgets them."""
        if event.key in ("enter", "down", "tab"):
            self.set_class(bool(self.value), "-there")
        elif event.key == "escape":
            self.clear_words()
        else:
            return
        event.stop()
        event.prevent_default()
        self.post_message(self.Closed())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Wanted(self.value))
