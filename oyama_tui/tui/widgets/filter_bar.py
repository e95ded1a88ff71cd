"""The line in which a list is filtered; the only field on a list screen."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual import on
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widgets import Input, Static

from oyama_tui.core.text import folded, has_words
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.widgets.frame import rule
from oyama_tui.tui.widgets.writing import OneLine
from oyama_tui.tui.wording import line_of

KEY = " / "
"""Before the words."""


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

    BINDINGS = bindings(c.KeepWords, c.ForgetWords)
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
            # Said at once: what fits can be read while the keys go back to the list.
            with self.prevent(Input.Changed):
                self.value = ""
            self.post_message(self.Wanted(""))
        return there

    def action_keep_words(self) -> None:
        """Give the keys back to the list."""
        self.set_class(bool(self.value), "-there")
        self.post_message(self.Closed())

    def action_forget_words(self) -> None:
        """Give the keys back to the list, which shows everything again."""
        self.clear_words()
        self.post_message(self.Closed())

    def render_lines(self, crop: Region) -> list[Strip]:
        """The field behind its key."""
        key = self._drawn(Content.styled(KEY, "bold $text-accent"))
        return [Strip.join([key, strip.crop(len(KEY))]) for strip in super().render_lines(crop)]

    def _drawn(self, content: Content) -> Strip:
        return Strip([Segment(text, style.rich_style) for text, style in content.render(self.visual_style, "", self._get_style)])

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Wanted(self.value))


class FilterRule(FilterBar):
    """The words in the rule above a list: a rule while there are none, so that nothing moves when somebody writes in it."""

    def allow_focus(self) -> bool:
        """Nobody comes to a rule; `open` makes it a field first."""
        return super().allow_focus() and self.has_class("-there")

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rule, or the field."""
        return super().render_lines(crop) if self.has_class("-there") else [self._drawn(rule(crop.width))] * crop.height
