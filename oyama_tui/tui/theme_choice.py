"""The theme of the screens: those that there are, the one that was chosen, and one that is only looked at."""

from __future__ import annotations

import asyncio
from typing import Final

from textual.app import App
from textual.theme import BUILTIN_THEMES, Theme

from oyama_tui.settings import Settings
from oyama_tui.tui.kept_theme import keep_theme, kept_theme
from oyama_tui.tui.legible import legible
from oyama_tui.tui.own_themes import OwnThemes, own_themes, themes_folder
from oyama_tui.tui.themes import HOUSE_DARK, THEMES
from oyama_tui.tui.wording import line_of

SECONDS: Final = 12
"""For which it is shown what is wrong with a theme."""


class ThemeChoice:
    """Chooses the theme of the screens.

    Args:
        app: The screens.
        settings: Name the theme to start with.
    """

    def __init__(self, app: App[int], settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._written = {theme.name: theme for theme in (*BUILTIN_THEMES.values(), *THEMES)}
        """All themes as they are written, by name."""
        self._own: set[str] = set()
        """The names of own themes."""
        self._made: set[str] = set()
        """The names of those that are legible by now: all of them at once would take longer than the first screen."""
        self._told: set[str] = set()
        """What is wrong with own themes, and has been said."""
        self.chosen = HOUSE_DARK
        """What the screens go back to when another one has only been looked at."""

    def begin(self) -> None:
        """Show the theme that was chosen."""
        for theme in THEMES:
            self._app.register_theme(theme)
        self._offer(own_themes(themes_folder()))
        wanted = kept_theme(self._settings.home, self._settings.theme)
        if wanted not in self._written:
            self._say(f"There is no theme {wanted}; this is {HOUSE_DARK}.")
            wanted = HOUSE_DARK
        self.chosen = wanted
        self.look_at(wanted)

    async def read_again(self) -> None:
        """Offer own themes as they are now."""
        self._offer(await asyncio.to_thread(own_themes, themes_folder()))

    def _offer(self, found: OwnThemes) -> None:
        """Offer own themes, which may have the name of another one; what is on the screen changes with its file."""
        for theme in found.themes:
            self._own.add(theme.name)
            if self._written.get(theme.name) != theme:
                self._written[theme.name] = theme
                self._made.discard(theme.name)
                if theme.name == self._app.theme:
                    self.look_at(theme.name)
        for problem in found.problems:
            if problem not in self._told:
                self._say(problem)
        self._told = set(found.problems)

    def entry_words(self) -> dict[str, str]:
        """The names of all themes, each with what stands beside it.

        The one in use is the first, so that the list begins with no change; then come the house's own, and those of this person.
        """
        first = [self.chosen, *(theme.name for theme in THEMES), *sorted(self._own)]
        names = dict.fromkeys([*first, *sorted(self._written)])
        return {name: self._words(self._written[name]) for name in names}

    def _words(self, theme: Theme) -> str:
        kind = "the terminal's own colours" if theme.ansi else "dark" if theme.dark else "light"
        whose = "yours, " if theme.name in self._own else ""
        return f"{whose}{kind}{', in use' if theme.name == self.chosen else ''}"

    def look_at(self, name: str) -> None:
        """Show a theme, or the chosen one again when it is none that there is."""
        name = name if name in self._written else self.chosen
        if name not in self._made:
            self._made.add(name)
            self._app.register_theme(legible(self._written[name]))
            if name == self._app.theme:
                self._app.mutate_reactive(App.theme)
        self._app.theme = name

    def choose(self, name: str) -> None:
        """Change the theme, and start with it from now on."""
        self.chosen = name
        self.look_at(name)
        try:
            keep_theme(self._settings.home, name, self._settings.theme)
        except OSError as error:
            self._say(f"The choice cannot be kept: {error.strerror}.")

    def _say(self, words: str) -> None:
        self._app.notify(line_of(words), severity="warning", timeout=SECONDS, markup=False)
