"""The variables of a run, and a change of one of them that is looked at before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pydantic import JsonValue
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from oyama_tui.core.errors import NotFound, OyamaError
from oyama_tui.core.storable import differ
from oyama_tui.core.text import one_line
from oyama_tui.core.variable_text import read_variables
from oyama_tui.core.variables import require_variables
from oyama_tui.core.views import ContextView, RunRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import OneLine
from oyama_tui.tui.wording import display_text
from oyama_tui.tui.work import work

MOST = 100
"""Variables that are listed; further ones are counted."""
LONGEST = 60
"""Characters of a value in a line."""


class VariablesDialog(Dialog[str]):
    """Lists them; a button shows what it would change, and once more does it.

    Args:
        context: What all screens share.
        run: One that goes on.
        variables: As they are.
    """

    def __init__(self, context: AppContext, run: RunRow, variables: Sequence[ContextView]) -> None:
        super().__init__(context)
        self._run = run
        self._known = {variable.name: variable for variable in variables}
        self._shown: tuple[str, str, str] | None = None
        """Button, name and text of the change that was shown last: only this one can be made."""

    def heading(self) -> str:
        """Whose they are."""
        return f"Variables of {self._run.label}"

    def compose_fields(self) -> ComposeResult:
        """Those that are there, and the fields for a change."""
        yield Static(self._lines(), id="plan", markup=False)
        yield Static(Content("name"), classes="label", markup=False)
        yield OneLine(id="name", compact=True, classes="control")
        yield Static(Content("value, as JSON or text"), classes="label", markup=False)
        yield OneLine(id="value", compact=True, classes="control")

    def compose_buttons(self) -> ComposeResult:
        """Set it, remove it, or leave all as it is."""
        yield DialogButton("Set", id="set", classes="-approve")
        yield DialogButton("Remove", id="unset")
        yield DialogButton("Leave it", id="no")

    def first_focus(self) -> Widget | None:
        """The name."""
        return self.query_one("#name")

    def _lines(self) -> Content:
        """A line for each variable."""
        lines = [
            Content.assemble((one_line(name, LONGEST), "bold"), f"  {_brief(known.value)}", (f"  event {known.seq}", "$text-muted"))
            for name, known in list(self._known.items())[:MOST]
        ]
        if len(self._known) > MOST:
            lines.append(plain(f"and {len(self._known) - MOST:,} more", "$text-muted"))
        return Content("\n").join(lines or [plain("No variables are set.", "$text-muted")])

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        if event.button.id == "no":
            self.action_close_dialog()
        elif event.button.id in ("set", "unset") and not self.busy:
            self.busy = True
            name, text = self.query_one("#name", Input).value.strip(), self.query_one("#value", Input).value
            work(self, partial(self._change, (event.button.id, name, text)), group="send")

    async def _change(self, wish: tuple[str, str, str]) -> None:
        does, name, _ = wish
        runs = self.context.studio.runs
        try:
            now = {variable.name: variable for variable in await runs.context(self._run.id)}
            moved = _seq(now, name) != _seq(self._known, name)
            self._known = now
            self.query_one("#plan", Static).update(self._lines())
            value, words = _look(wish, now)
            if moved or self._shown != wish:
                self._shown = wish
                self._disarm()
                self.complain(f"{'It has changed meanwhile. ' if moved else ''}{words} Press again to do it.", "bold $foreground")
                return
            await (
                runs.change_context(self._run.id, set={name: value}) if does == "set" else runs.change_context(self._run.id, unset=[name])
            )
        except OyamaError as error:
            self._shown = None
            self.refuse(error)
        else:
            self.dismiss(words)
        finally:
            self.busy = False


def _look(wish: tuple[str, str, str], now: dict[str, ContextView]) -> tuple[JsonValue, str]:
    """The new value and the change in words.

    Raises:
        InvalidInput: A name or a value cannot be that of a variable.
        NotFound: What is to be removed is not there.
    """
    does, name, text = wish
    old = now.get(name)
    if does == "unset":
        require_variables({}, [name])
        if old is None:
            raise NotFound(f"There is no variable {name[:LONGEST]!r}.", "Type the name of one that is listed.")
        return None, f"{name}: {_brief(old.value)} is removed."
    value = read_variables({name: text}, {each.name: each.value for each in now.values()})[name]
    require_variables({name: value}, [])
    if old is None:
        return value, f"{name}: {_brief(value)} is new."
    return value, f"{name}: {_brief(old.value)} → {_brief(value)}." if differ(old.value, value) else f"{name} is {_brief(value)} already."


def _brief(value: JsonValue) -> str:
    """A value in one line."""
    return one_line(display_text(value), LONGEST)


def _seq(variables: dict[str, ContextView], name: str) -> int:
    """The event that has set a variable; 0 for none."""
    return variables[name].seq if name in variables else 0
