"""What is going on now, and what has just ended."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import RunRow
from oyama_tui.resources import styles_path
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import places as c
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.pages.lists import run_row, run_titles
from oyama_tui.tui.screens.filtered import FilteredScreen
from oyama_tui.tui.screens.run_commands import RunCommands
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.wording import utc_now

ENDED_SHOWN = 20
"""Runs that have ended and are still shown."""
ORDERS = ("what needs you first", "newest first", "by workflow")


class RunsView(Frozen):
    """What the screen shows."""

    live: tuple[RunRow, ...]
    ended: tuple[RunRow, ...]


class RunsScreen(RunCommands[RunsView], FilteredScreen[RunsView]):
    """Runs that are not over, those that need somebody first; below, those that ended lately."""

    CSS_PATH = styles_path() / "screens" / "runs.tcss"
    DEFAULT_CLASSES = "runs-screen"
    PLACE = "runs"
    FILTER_HINT = "words that a run must have"
    BINDINGS = bindings(c.SortRows)
    _order = 0

    def compose_body(self) -> ComposeResult:
        """Titles and list."""
        signs = self.desk.signs
        with Vertical():
            yield ColumnTitles(run_titles)
            yield Rows[RunRow](
                lambda row: row.id,
                lambda row, width: run_row(row, width, utc_now(), signs),
                lambda row: Content.styled(" Ended lately" if row.ended else " Now", "$text-muted"),
                id="runs",
                classes="left",
            )

    @property
    def runs(self) -> Rows[RunRow]:
        """The list."""
        return self.query_one("#runs", Rows)

    @property
    def subject(self) -> RunRow | None:
        """The selected run."""
        return self.runs.selected if self.is_mounted and not self.has_class("-notice") else None

    @property
    def slid_at(self) -> float:
        """When another run came under the cursor by itself."""
        return self.runs.slid_at

    async def read(self) -> RunsView:
        """Live runs, and the newest of the others."""
        runs = self.desk.studio.runs
        live = await runs.list(live=True)
        newest = await runs.list(limit=len(live) + ENDED_SHOWN)
        self.damaged = newest.damaged or live.damaged
        return RunsView(live=live, ended=tuple(row for row in newest if row.ended)[:ENDED_SHOWN])

    def empty_words(self, view: RunsView) -> Content | None:
        """No run yet."""
        if view.live or view.ended:
            return None
        return notices.empty(
            "No run yet. A run is one execution of a workflow; while it is under way, it is here, with why it waits.",
            "1 workflows: r runs the selected one",
            self.desk.command("run", "FILE"),
        )

    def paint(self, view: RunsView) -> None:
        """Patch the list."""
        live = list(view.live)
        if self._order == 1:
            live.sort(key=lambda row: row.started_at, reverse=True)
        elif self._order == 2:
            live.sort(key=lambda row: (row.workflow_id, -row.number))
        rows = [row for row in (*live, *view.ended) if self.matches(row.label, row.workflow_name, row.reason, row.word, row.started_by)]
        self.runs.show_rows(rows)
        hidden = len(view.live) + len(view.ended) - len(rows)
        self.query_one(ColumnTitles).note(Content.styled(f"{hidden} hidden by the filter" if hidden else "", "$text-accent"), urgent=True)

    def tick(self) -> None:
        """Running times are longer."""
        self.runs.forget_drawn()

    @on(Rows.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        self.post_message(RunOpened(event.key))

    def action_sort_rows(self) -> None:
        """The next order."""
        self._order = (self._order + 1) % len(ORDERS)
        self.say(f"Sorted: {ORDERS[self._order]}.")
        self.filter_changed()
