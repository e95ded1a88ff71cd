"""All workflows as cards; without any, the beginning."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from oyama_tui.core.text import folded
from oyama_tui.core.views import NEEDS_YOU, WorkflowRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.messages import DemoWanted, FileWanted, NewWanted, RunOpened, StartWanted
from oyama_tui.tui.render.first_run import welcome
from oyama_tui.tui.render.lists import CARD_LINES, workflow_card
from oyama_tui.tui.screens.filtered import FilteredScreen
from oyama_tui.tui.screens.keeping import delete_workflow
from oyama_tui.tui.widgets.card_grid import let_time_pass
from oyama_tui.tui.widgets.card_keys import Cards
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.panes import Stacked
from oyama_tui.tui.wording import utc_now

ORDERS = ("newest activity first", "by name", "what needs you first")
Rows = tuple[WorkflowRow, ...]


class WorkflowsScreen(FilteredScreen[Rows]):
    """A card for each workflow."""

    DEFAULT_CLASSES = "workflows-screen"
    PLACE = "workflows"
    FILTER_HINT = "words that a workflow must have"
    BINDINGS = bindings(c.TryDemo, c.RunWorkflow, c.NewWorkflow, c.OpenFile, c.DeleteWorkflow, c.SortRows)
    _order = 0
    _wanted = ""

    def compose_body(self) -> ComposeResult:
        """The cards."""
        icons = self.context.icons
        with Stacked():
            yield Cards[WorkflowRow](
                lambda row: row.id,
                lambda row, width: workflow_card(row, width, utc_now(), icons),
                CARD_LINES,
                id="cards",
                classes="left",
                mark=icons.cursor,
            )

    @property
    def cards(self) -> Cards[WorkflowRow]:
        """The cards."""
        return self.query_one("#cards", Cards)

    @property
    def selected(self) -> WorkflowRow | None:
        """The workflow under the cursor."""
        return self.cards.selected if self.view else None

    async def read(self) -> Rows:
        """All of them."""
        rows = await self.context.studio.workflows.list()
        self.damaged = rows.damaged
        return rows

    def empty_words(self, view: Rows) -> Content | None:
        """The beginning."""
        return None if view else welcome(self.size.width)

    def paint(self, view: Rows) -> None:
        """Patch the cards."""
        matches = self.query_one(FilterBar).matches
        rows = [row for row in view if matches(row.id, row.name, row.description, row.type, row.source, row.word)]
        if self._order == 1:
            rows.sort(key=lambda row: folded(row.name or row.id))
        elif self._order == 2:
            rows.sort(key=lambda row: row.word != NEEDS_YOU)
        self.cards.show_rows(rows)
        if self._wanted and self.cards.select_key(self._wanted):
            self._wanted = ""

    def tick(self) -> None:
        """Ages are greater."""
        let_time_pass(self.cards)

    def select(self, workflow_id: str) -> None:
        """Go to a workflow as soon as it is here."""
        self._wanted = workflow_id
        self.reload()

    def on_resize(self) -> None:
        """Fit the words of the beginning."""
        if self.view is not None and not self.view:
            self.say_notice(self.empty_words(self.view))

    @on(Cards.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(Cards.Chosen)
    def _chosen(self) -> None:
        row = self.selected
        if row is None:
            return
        if row.newest_run:
            self.post_message(RunOpened(row.newest_run))
        else:
            self.action_run_workflow()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The demo only at the beginning; a run only of something."""
        if action == "try_demo":
            return self.view is not None and not self.view
        if action in ("run_workflow", "delete_workflow"):
            return bool(self.view)
        return super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The workflow's id."""
        return self.selected.id if self.selected is not None else ""

    def subject_command(self) -> tuple[str, ...]:
        """How to run it from a shell."""
        return ("run", self.selected.id) if self.selected is not None else ("list",)

    def action_try_demo(self) -> None:
        """Start the demo."""
        self.post_message(DemoWanted())

    def action_run_workflow(self) -> None:
        """Fill in its form."""
        if self.selected is not None:
            self.post_message(StartWanted(self.selected.id))

    def action_begin(self, what: str) -> None:
        """Make one, or keep a file."""
        self.post_message(NewWanted() if what == "new" else FileWanted())

    def action_delete_workflow(self) -> None:
        """Say what there is of it, then take it away."""
        if self.selected is not None:
            delete_workflow(self, self.selected)

    def action_sort_rows(self) -> None:
        """The next order."""
        self._order = (self._order + 1) % len(ORDERS)
        self.say(f"Sorted: {ORDERS[self._order]}.")
        self.filter_changed()
