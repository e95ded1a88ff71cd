"""What taking a run back would do, and whether it should be done."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import RunRow, UndoPlan
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import LOW, Dialog
from oyama_tui.tui.render.undo import afterwards, plan_lines
from oyama_tui.tui.widgets.buttons import ButtonRow, DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import OneLine
from oyama_tui.tui.work import work

UNDO, LOOK_ANEW = "Undo it", "Look at the plan anew"


class UndoDialog(Dialog[RunRow]):
    """Shows the plan, and does what was shown.

    Args:
        context: What all screens share.
        run: The run.
        to: The point after which everything is undone, as the studio takes it.
        plan: What would be done.
        before: Its variables as they are now.
    """

    DEFAULT_CLASSES = "dialog undo-dialog"

    def __init__(self, context: AppContext, run: RunRow, to: str, plan: UndoPlan, before: Mapping[str, JsonValue]) -> None:
        super().__init__(context)
        self._run, self._to, self._plan, self._before = run, to, plan, before
        self._stale = False
        """The studio has refused what was shown: before anything is done, somebody looks at the plan anew."""

    def heading(self) -> str:
        """The question."""
        return f"Take {self._run.label} back {self._plan.label}?"

    def compose_fields(self) -> ComposeResult:
        """The plan, what follows, and a place for the names of what cannot be undone."""
        yield Static(plan_lines(self._plan, self._before, self.context.icons), id="undoing", markup=False)
        yield Static(plain(self._consequence(), "$text-muted"), id="afterwards", markup=False)
        with Vertical(id="forcing", classes="-there" if self._plan.obstacles else ""):
            yield Static(self._asked(), id="asked", markup=False)
            yield OneLine(id="forced", compact=True, classes="control")

    def compose_buttons(self) -> ComposeResult:
        """Do it, or leave it."""
        yield DialogButton(UNDO, id="yes", classes="-reject")
        yield DialogButton("Leave it", id="no")

    def first_focus(self) -> Widget | None:
        """What changes nothing where something cannot be undone, else the answer."""
        return self.query_one("#no" if self._plan.obstacles else "#yes")

    def _consequence(self) -> str:
        other = "" if self._plan.to or self.app.size.height < LOW else " To another point: look back, and undo to there."
        return f"{afterwards(self._plan)}{other}"

    def _asked(self) -> Content:
        """What must be typed, and what that means."""
        names = " ".join(self._plan.obstacles)
        stay = "this cannot be undone and stays" if len(self._plan.obstacles) == 1 else "these cannot be undone and stay"
        return Content.assemble("type ", plain(names, "bold $text-accent"), f" to go on all the same: {stay}")

    @on(Button.Pressed, "#no")
    def _leave(self) -> None:
        self.action_close_dialog()

    @on(Button.Pressed, "#yes")
    def _answer(self) -> None:
        if self.busy:
            return
        typed = set(self.query_one("#forced", OneLine).value.replace(",", " ").split())
        missing = [step for step in self._plan.obstacles if step not in typed]
        if self._stale:
            self.busy = True
            work(self, self._look_anew, group="undo")
        elif missing:
            self.complain(f"Type {' '.join(missing)} to go on, or leave it.")
            self.query_one("#forced").focus()
        else:
            self.busy = True
            work(self, self._undo, group="undo")

    async def _undo(self) -> None:
        plan = self._plan
        try:
            row = await self.context.studio.undoing.undo(self._run.id, to=self._to, force=plan.obstacles, seen=plan.seq)
        except OyamaError as error:
            self.refuse(error)
            self._set_stale(True)
        else:
            self.dismiss(row)
        finally:
            self.busy = False

    async def _look_anew(self) -> None:
        try:
            _, plan, before = await read_plan(self.context, self._run.id, self._to)
        except OyamaError as error:
            self.refuse(error)
        else:
            self._show(plan, before)
        finally:
            self.busy = False

    def _show(self, plan: UndoPlan, before: Mapping[str, JsonValue]) -> None:
        """Show another plan: what is done is what was seen."""
        self._plan, self._before = plan, before
        self.query_one("#undoing", Static).update(plan_lines(plan, before, self.context.icons))
        self.query_one("#afterwards", Static).update(plain(self._consequence(), "$text-muted"))
        self.query_one("#asked", Static).update(self._asked())
        self.query_one("#forcing").set_class(bool(plan.obstacles), "-there")
        self.query_one("#forced", OneLine).value = ""
        self.query_one("#fields").scroll_home(animate=False)
        self._set_stale(False)
        self._disarm()
        self.complain("This is the plan as it is now: look at it, then undo.", "bold $foreground")

    def _set_stale(self, stale: bool) -> None:
        """Have the answer be another look, or the deed."""
        self._stale = stale
        self.query_one("#yes", DialogButton).say(LOOK_ANEW if stale else UNDO)
        self.query_one(ButtonRow).line_up()


async def read_plan(context: AppContext, run_id: str, to: str) -> tuple[RunRow, UndoPlan, dict[str, JsonValue]]:
    """A run, what taking it back would do, and its variables as they are now.

    Args:
        context: What all screens share.
        run_id: The run.
        to: The point after which everything is undone.

    Raises:
        OyamaError: It cannot be taken back now, and why.
    """
    studio = context.studio
    plan = await studio.undoing.plan(run_id, to=to)
    before = {variable.name: variable.value for variable in await studio.runs.context(run_id)}
    return (await studio.runs.get(run_id)).row, plan, before
