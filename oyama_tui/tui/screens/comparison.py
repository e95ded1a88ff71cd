"""Two runs of a workflow beside each other: what they do not have in common."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from oyama_tui.core.views import Change, ComparedStep, RunComparison
from oyama_tui.core.views.runs import ASKED
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import workflow_commands as w
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.render.comparison import comparison_head, detail_lines, step_line, step_titles
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.frame import TopLine
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.panes import Stacked
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.wording import count_of


class ComparisonScreen(StudioScreen[RunComparison]):
    """Two runs.

    Args:
        context: What all screens share.
        one: The first run's id.
        other: The second one's.
    """

    DEFAULT_CLASSES = "comparison-screen"
    PLACE = "workflows"
    BINDINGS = bindings(w.TurnSides, w.EveryStep)

    def __init__(self, context: AppContext, one: str, other: str) -> None:
        super().__init__(context)
        self._pair = one, other
        self._all = False
        """Steps that came to the same are shown too."""

    def compose_head(self) -> ComposeResult:
        """The line on top, and which runs they are."""
        yield TopLine(self.context)
        yield Static("", id="compared", markup=False)

    def compose_body(self) -> ComposeResult:
        """Steps above what is different of one."""
        icons = self.context.icons
        self.steps: Rows[ComparedStep] = Rows(
            lambda step: step.key, lambda step, width: step_line(step, self._longest, width, icons), id="steps", classes="left"
        )
        with Stacked():
            yield ColumnTitles(lambda width: step_titles(self.view, width) if self.view is not None else BLANK)
            yield self.steps
            yield Static("", id="rest", markup=False)
            yield Pager(id="different", classes="right")

    @property
    def _longest(self) -> int:
        # What people took is of another size.
        steps = [step for step in self.view.steps if step.kind not in ASKED] if self.view is not None else []
        return max((abs(step.slower_ms) for step in steps if step.slower_ms is not None), default=1)

    def concerns(self, change: Change) -> bool:
        """One of them goes on."""
        return bool({*self._pair} & {*change.runs})

    async def read(self) -> RunComparison:
        """Both runs."""
        return await self.context.studio.comparing.compare(*self._pair)

    def paint(self, view: RunComparison) -> None:
        """Show the steps, and what is different of the one under the cursor."""
        self.query_one("#compared", Static).update(Content("\n").join(comparison_head(view, self.size.width, self.context.icons)))
        shown = [step for step in view.steps if self._all or not step.alike]
        alike = sum(step.alike for step in view.steps)
        self.steps.forget_drawn()
        self.steps.show_rows(shown)
        self.steps.styles.height = max(min(len(shown), self.size.height // 2 - 3), 1)
        words = f"{count_of(alike, 'step')} came to the same" if not self._all and alike else ""
        self.query_one("#rest", Static).update(Content.styled(f" {words or 'all steps are shown'}", "$text-muted"))
        self.query_one(ColumnTitles).refresh()
        self._tell()

    def _tell(self, *, from_top: bool = False) -> None:
        step, view = self.steps.selected, self.view
        if view is not None:
            self.query_one(Pager).show(lambda width: detail_lines(step, view, width), from_top=from_top)

    def on_resize(self) -> None:
        """Fit the head."""
        if self.view is not None:
            self.paint(self.view)

    @on(Rows.Moved)
    def _moved(self) -> None:
        self._tell(from_top=True)

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        """Look at the whole step in the second run, else in the first."""
        step, view = self.steps.selected, self.view
        if step is not None and view is not None:
            run, outcome = (view.other, step.other) if step.other is not None else (view.one, step.one)
            self.post_message(RunOpened(run.id, node=outcome.node if outcome is not None else ""))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only when they are there."""
        return self.view is not None if action in ("turn_sides", "every_step") else super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The second run's id."""
        return self._pair[1]

    def subject_command(self) -> tuple[str, ...]:
        """How to see the same from a shell."""
        return ("compare", *self._pair)

    def action_turn_sides(self) -> None:
        """The second run first."""
        self._pair = self._pair[1], self._pair[0]
        self.reload()

    def action_every_step(self) -> None:
        """Show steps that came to the same too, or no more."""
        self._all = not self._all
        # What is said instead of steps goes, or comes.
        self.view = self.view

    def action_leave(self) -> None:
        """From what is different to the steps; from those to where one came from."""
        if not self.go_back():
            self.dismiss()

    def empty_words(self, view: RunComparison) -> Content | None:
        """Nothing is different."""
        if self._all or view.values or view.definition or not all(step.alike for step in view.steps):
            return None
        return notices.empty(
            "Both runs came to the same: steps, times, what they wrote, values.",
            "v every step   esc back",
            self.context.command("compare", *self._pair),
        )
