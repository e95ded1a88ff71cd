"""The frame around every screen: the line on top, the tabs, the banner and the keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from oyama_tui.core.views import Change, SystemView
from oyama_tui.tui.commands.base import name_of_key
from oyama_tui.tui.commands.global_commands import Leave, QuitScreens, ShowHelp, TryAgain
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.sizes import LEAST_COLUMNS, LEAST_ROWS
from oyama_tui.tui.status_icons import NEEDS_YOU
from oyama_tui.tui.widgets.layout import joined, plain, spread, wrapped
from oyama_tui.tui.wording import line_of

PLACES: Final = (("home", "Home"), ("workflows", "Workflows"), ("runs", "Runs"), ("approvals", "Approvals"), ("history", "History"))
"""Mode and title of each place, in the order of their number keys, from 0."""
TITLE_CUTS: Final = (16, 4, 0)
"""Letters of the titles of other places than the one that is shown: as many as there is room for."""


class FrameLine(Widget):
    """One line that shows the whole's state.

    Args:
        context: Where the state comes from.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.auto_links = False
        self.context = context
        self._lost = ""

    def on_mount(self) -> None:
        """Follow the state."""
        self.context.whole.subscribe(self, self._on_whole)
        self.context.changed.subscribe(self, self._on_change)

    def _on_whole(self, _system: SystemView) -> None:
        self.refresh()

    def _on_change(self, change: Change) -> None:
        if change.lost != self._lost:
            self._lost = change.lost
            self.refresh()


class TopLine(FrameLine):
    """Name, database, counts and engine."""

    def render(self) -> Content:
        """The line."""
        system, icons = self.context.system, self.context.icons
        name = Content.styled(" oyama", "bold $text-accent")
        if system is None:
            return name
        file = system.database.replace("\\", "/").rsplit("/", 1)[-1]
        left = Content.assemble(name, "  ", plain(file, "$text-muted"))
        running = Content.styled(
            f"{icons.of('running').glyph} {system.running} running", "$text-accent" if system.running else "$text-muted"
        )
        need = Content.styled(
            f"{icons.of('needs you').glyph} {system.waiting} need{'s' if system.waiting == 1 else ''} you",
            NEEDS_YOU if system.waiting else "$text-muted",
        )
        engine = "no engine" if system.engine == "none" else "engine on"
        if self.context.lost:
            right = Content.styled("database lost ", "bold $text-error")
        elif self.size.width >= 72:
            right = joined([running, need, Content.styled(f"{engine} ", "$text-muted")])
        else:
            right = joined([running, need, Content(" ")], "  ")
        return spread(left, right, self.size.width)


class Tabs(FrameLine):
    """The places, with what waits in them.

    Args:
        context: Where the state comes from.
        place: The mode that is shown.
    """

    def __init__(self, context: AppContext, place: str) -> None:
        super().__init__(context)
        self.place = place

    def render(self) -> Content:
        """The line."""
        help_key = Content.styled(f"{ShowHelp.key_said(self.app)} help ", "$text-muted") if self.size.width >= 72 else Content("")
        room = self.size.width - help_key.cell_length
        lines = [Content("").join(self._tab(number, cut) for number in range(len(PLACES))) for cut in TITLE_CUTS]
        return spread(next((line for line in lines if line.cell_length <= room), lines[-1]), help_key, self.size.width)

    def _tab(self, number: int, cut: int) -> Content:
        mode, title = PLACES[number]
        here = mode == self.place
        name = title if here else title[:cut]
        label = Content.styled(f" {number} {name}".rstrip(), "bold $foreground" if here else "$text-muted")
        tab = Content.assemble(label, self._badge(mode), " ")
        if here:
            tab = tab.stylize("$block-cursor-foreground on $block-cursor-background", 0, len(tab))
        return tab.stylize(Style.from_meta({"@click": f"app.show_place('{mode}')"}))

    def _badge(self, mode: str) -> Content:
        system = self.context.system
        if system is None:
            return Content("")
        if mode == "approvals" and system.waiting:
            return Content.styled(f" {self.context.icons.of('needs you').glyph}{system.waiting}", NEEDS_YOU)
        if mode == "runs" and system.running:
            return Content.styled(f" {system.running}", "$text-accent")
        return Content("")


def rule(width: int) -> Content:
    """The rule below the places.

    Args:
        width: Its cells.
    """
    return Content.styled("─" * width, "$border-blurred")


class Rule(Widget):
    """Parts the places from what is shown."""

    def render(self) -> Content:
        """The line."""
        return rule(self.size.width)


def label_of(screen: Screen[Any], binding: Binding) -> str:
    """What a key does, in the words of what is in sight; empty where it is not worth a place in the footer.

    Args:
        screen: May have words of its own for a binding, by its id.
        binding: The key's.
    """
    own: Mapping[str, str] = getattr(screen, "key_words", {})
    return own.get(binding.id or "", binding.description)


BEHIND = 0.03
"""Seconds after which the key line follows what can be done now."""


class KeyLine(Widget):
    """The few keys that matter here; it derives from the bindings that are valid now."""

    def __init__(self) -> None:
        super().__init__()
        self.auto_links = False
        self._said: Content | None = None
        """What was drawn last."""
        self._drafted: tuple[int, Content] | None = None
        """What is to be drawn in so many cells."""
        self._asked = False
        """Bindings are different, and nobody has looked how."""

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._on_bindings)

    def _on_bindings(self, _screen: object) -> None:
        # One key changes them several times, and what it has done is painted first.
        if not self._asked:
            self._asked = True
            self.set_timer(BEHIND, self._look)

    def _look(self) -> None:
        self._asked = False
        line = self._line()
        # Painting what is there already would put off by a frame what is really new.
        self._drafted = (self.size.width, line) if line != self._said else None
        if self._drafted is not None:
            self.refresh()

    def render(self) -> Content:
        """The line: as many keys as fit, the one for all keys always."""
        width, line = self._drafted or (-1, Content(""))
        self._said = line if width == self.size.width else self._line()
        self._drafted = None
        return self._said

    def _line(self) -> Content:
        shown: dict[str, tuple[str, Content]] = {}
        ranks: dict[object, int] = {self.screen.focused: 0, self.screen: 1, self.app: 3}
        # What is done here comes before what a part of the screen has for looking on.
        for active in sorted(self.screen.active_bindings.values(), key=lambda active: ranks.get(active.node, 2)):
            binding = active.binding
            words = label_of(self.screen, binding)
            key = _key_said(binding, self.screen.focused)
            if not binding.show or not active.enabled or not words or not key or (binding.id or binding.action) in shown:
                continue
            shown[binding.id or binding.action] = binding.action, _key_label(key, words, binding.key)
        last = next((label for action, label in shown.values() if action == "show_help"), Content(""))
        if leads := _leads_to(self.screen):
            last = Content.assemble(_key_label(Leave.key_said(self.app), leads, "escape"), " ", last)
        line, width = Content(""), self.size.width - last.cell_length
        for action, label in shown.values():
            if action != "show_help" and line.cell_length + label.cell_length + 1 <= width:
                line = Content.assemble(line, label, " ")
        return Content.assemble(line, last)


def _key_said(binding: Binding, focused: Widget | None) -> str:
    """How a key is written; empty where it would be a letter in the field that has the keys."""
    ways = (binding.key_display or name_of_key(binding.key), name_of_key(binding.key))
    return next((said for said in ways if focused is None or len(said) > 1 or not focused.check_consume_key(said, said)), "")


def _leads_to(screen: Screen[object]) -> str:
    """What the key that leads back does, where somebody could look for it: where a screen, or its right pane, lies over something else, and
    where words keep something from sight; empty elsewhere.
    """
    lies_over = screen in screen.app.screen_stack[1:]
    if lies_over or (screen.has_class("-inside") and not any(map(_has_room, screen.query(".left").results(Widget)))):
        return Leave.label
    filters = (each for each in screen.children if each.id == "filter")
    return "all again" if any(each.has_class("-there") and not each.has_focus for each in filters) else ""


def _has_room(pane: Widget) -> bool:
    """Whether a pane, and all that it stands in, is shown."""
    return all(each.display for each in pane.ancestors_with_self if isinstance(each, Widget))


def _key_label(said: str, words: str, key: str) -> Content:
    """A key and what it does; a click does it too."""
    label = Content.assemble((f" {said}", "bold $text-accent"), (f" {words} ", "$text-muted"))
    return label.stylize(Style.from_meta({"@click": f"app.press('{key}')"}))


class Banner(Widget):
    """What keeps everything from going on: no database, or no engine; not there while all is well."""

    INDENT = 3
    """Cells before the words, of which the mark takes one."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""

    def say(self, words: str) -> None:
        """Show these words, or go away when there are none; the same ones again cost nothing, because each piece of news says them."""
        if words == self._words:
            return
        self._words = words
        self.set_class(bool(words), "-there")
        self.refresh(layout=True)

    def render(self) -> Content:
        """The words in a column of their own, and the key that may help."""
        return Content("\n").join(self._lines(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the words need."""
        return len(self._lines(width))

    def _lines(self, width: int) -> list[Content]:
        words = Content.assemble(line_of(self._words), (f"   {TryAgain.key_said(self.app)}  try again ", "bold"))
        first, *others = wrapped(words, width, self.INDENT)
        return [Content.assemble((" ! ", "bold"), first[self.INDENT :]), *others]


class TooSmall(Widget):
    """Covers a screen in a window in which nothing can be shown whole."""

    def render(self) -> Content:
        """What is needed, and the key that still has an effect."""
        return Content(f"Too small: {LEAST_COLUMNS}x{LEAST_ROWS} is needed. {QuitScreens.key_said(self.app)} quits.")


class Notice(Static, can_focus=True):
    """What a list says when it has nothing to show: empty, loading or in trouble; it has the focus then, for keys need one."""

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def say(self, content: Content) -> None:
        """Show these words."""
        self.update(content)
