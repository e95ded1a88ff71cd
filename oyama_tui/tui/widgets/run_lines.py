"""The list of runs, of which several can be marked to be paused or cancelled together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import RunRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.render.lists import run_row, run_titles
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.panes import Stacked
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.wording import utc_now
from oyama_tui.tui.work import work


class RunLines(Stacked):
    """Runs below their titles; those that are not over can be marked.

    Args:
        context: What all screens share.
        group: The heading that a run stands under.
    """

    @dataclass
    class Marked(Message):
        """Other runs are marked, or those that were to be could not be read."""

        error: OyamaError | None = None

    BINDINGS = bindings(c.MarkRun, c.MarkAllRuns)

    def __init__(self, context: AppContext, group: Callable[[RunRow], Content]) -> None:
        super().__init__()
        self._app_context, self._group = context, group
        self.usual: Mapping[str, int | None] = {}
        """How long runs of a workflow usually work, in milliseconds."""
        self.marked: dict[str, RunRow] = {}
        """By id: as they were seen last."""
        self._live: Sequence[RunRow] = ()
        self._words, self._total, self._hidden = "", 0, 0

    def compose(self) -> ComposeResult:
        """Titles and list."""
        icons = self._app_context.icons
        yield ColumnTitles(run_titles)
        yield Rows[RunRow](
            lambda row: row.id,
            lambda row, width: run_row(row, width, utc_now(), icons, self.usual.get(row.workflow_id), marked=row.id in self.marked),
            self._group,
            id="runs",
            classes="left",
        )

    @property
    def rows(self) -> Rows[RunRow]:
        """The list."""
        return self.query_one("#runs", Rows)

    def show(self, live: Sequence[RunRow], ended: Sequence[RunRow], *, unread: int, hidden: int, words: str) -> None:
        """Patch the list; a run that is over is marked no more.

        Args:
            live: Those that are not over, as far as they have been read.
            ended: Those that ended lately.
            unread: How many more live ones there are.
            hidden: How many the filter hides.
            words: The filter.
        """
        self._live, self._words, self._total, self._hidden = live, words, len(live) + unread, hidden
        read = {row.id: row for row in live}
        kept = {key: read.get(key, row) for key, row in self.marked.items() if key in read or unread}
        gone, self.marked = len(kept) != len(self.marked), kept
        self.rows.show_rows([*live, *ended], {len(live): unread})
        self._note()
        if gone:
            self.post_message(self.Marked())

    def _note(self) -> None:
        words = f"{len(self.marked):,} marked" if self.marked else f"{self._hidden:,} hidden by the filter" if self._hidden else ""
        self.query_one(ColumnTitles).note(Content.styled(words, "$text-accent"), urgent=True)

    def mark(self, runs: Sequence[RunRow]) -> None:
        """Mark these runs; when all of them are marked, none of them.

        Args:
            runs: As they are seen; none to forget all marks.
        """
        live = {row.id: row for row in runs if row.live}
        if not live:
            self.marked = {}
        elif live.keys() <= self.marked.keys():
            self.marked = {key: row for key, row in self.marked.items() if key not in live}
        else:
            self.marked = {**self.marked, **live}
        self.rows.forget_drawn()
        self._note()
        self.post_message(self.Marked())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is not over can be marked."""
        if action == "mark_run":
            selected = self.rows.selected
            return selected is not None and selected.live
        return bool(self._live) if action == "mark_all_runs" else True

    def action_mark_run(self) -> None:
        """Mark the run under the cursor, or take its mark away."""
        if self.rows.selected is not None:
            self.mark([self.rows.selected])

    def action_mark_all_runs(self) -> None:
        """Mark all that fit the filter, those too that have not been read."""
        work(self, self._mark_all, group="mark", exclusive=True)

    async def _mark_all(self) -> None:
        try:
            found = await self._app_context.studio.runs.list(live=True, words=self._words, limit=max(self._total, 1))
        except OyamaError as error:
            self.post_message(self.Marked(error))
        else:
            self.mark(found)
