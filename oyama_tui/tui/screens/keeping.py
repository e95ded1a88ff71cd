"""What can be done about keeping the run that a list has selected: pin it, or delete it for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from oyama_tui.core.errors import OyamaError
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.dialogs.confirm import ConfirmDialog
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.wording import count_of
from oyama_tui.tui.work import work

ViewT = TypeVar("ViewT")


@dataclass(frozen=True)
class Keepable:
    """The selected run, as far as keeping goes."""

    id: str
    label: str
    ended: bool
    pinned: bool


class KeepCommands(StudioScreen[ViewT]):
    """A list with a selected run that can be kept or deleted."""

    BINDINGS = bindings(c.PinRun, c.DeleteRun)

    @property
    def keepable(self) -> Keepable | None:
        """The selected run."""
        return None

    def means_selected(self) -> bool:
        """Whether a key can have meant the selected run."""
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What fits the run's state."""
        if action in ("pin_run", "delete_run"):
            run = self.keepable
            return run is not None and (action == "pin_run" or run.ended)
        return super().check_action(action, parameters)

    def action_pin_run(self) -> None:
        """Keep it whatever is cleaned up, or let it go again."""
        run, keeping = self.keepable, self.context.studio.keeping
        if run is None or not self.means_selected():
            return
        if run.pinned:
            self._do(keeping.unpin, run, f"{run.label} is no longer pinned.")
        else:
            self._do(keeping.pin, run, f"{run.label} is pinned: no cleanup removes it.")

    def action_delete_run(self) -> None:
        """Say what goes, then remove it."""
        run = self.keepable
        if run is None or not self.means_selected():
            return
        if run.pinned:
            self.say(f"{run.label} is pinned, so it is kept: {c.PinRun.key_said(self.app)} lets it go first.")
            return
        work(self, lambda: self._ask(run), group="command")

    async def _ask(self, run: Keepable) -> None:
        try:
            below = await self.context.studio.keeping.family(run.id) - 1
        except OyamaError as error:
            self.report(error)
            return
        more = f" {count_of(below, 'run')} that its steps have started {'goes' if below == 1 else 'go'} with it." if below else ""
        words = f"Its journal, its answers and its output are removed for good.{more} Its number is given to no other run."
        dialog = ConfirmDialog(self.context, f"Delete {run.label}?", words, yes=f"Delete {run.label}", no="Keep it")

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(self.context.studio.keeping.delete_run, run, f"{run.label} is deleted.")

        self.app.push_screen(dialog, answered)

    def _do(self, doing: Callable[[str], Awaitable[object]], run: Keepable, words: str) -> None:
        async def carry_out() -> None:
            try:
                await doing(run.id)
            except OyamaError as error:
                self.report(error)
            else:
                self.say(words)
            self.reload()

        work(self, carry_out, group="command")
