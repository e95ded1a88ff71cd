"""The history of a run: the run as it was after any of its events, with a line of time to move along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from oyama_tui.core.views import Change, MomentView, SnapshotView
from oyama_tui.studio.past import Past
from oyama_tui.tui import messages
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as every
from oyama_tui.tui.commands import past_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.snapshot import SnapshotDialog
from oyama_tui.tui.render.past import difference_lines, moment_lines
from oyama_tui.tui.render.run import attempt_lines
from oyama_tui.tui.render.tree import of_interest
from oyama_tui.tui.screens.past_moves import PastDetail, PastMoves
from oyama_tui.tui.widgets.detail_tabs import DetailTabs
from oyama_tui.tui.widgets.frame import TopLine
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.panes import Beside, Stacked
from oyama_tui.tui.widgets.past_banner import PastBanner
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.run_header import RunHeader
from oyama_tui.tui.widgets.run_tree import RunTree
from oyama_tui.tui.widgets.time_line import TimeLine
from oyama_tui.tui.wording import utc_now

MOMENT, VALUES, DIFFERENCE = range(3)
"""The panes, in their order."""
CHANGES: Final[Mapping[str, type[messages.ForkFrom | messages.UndoTo]]] = {"fork": messages.ForkFrom, "undo": messages.UndoTo}
"""What is asked of the app, by what the keys ask for."""


def can_undo_to(moment: MomentView) -> bool:
    """Whether something has happened since, in a run that goes on here.

    Args:
        moment: What is shown.
    """
    return moment.seq < moment.last and not moment.run.row.imported


class PastTree(RunTree, inherit_bindings=False):
    """The tree as it was: left and right move in time, so that enter alone opens and folds."""


class PastScreen(PastMoves, inherit_bindings=False):
    """A run as it was.

    Args:
        context: What all screens share.
        run_id: The run.
    """

    DEFAULT_CLASSES = "past-screen"
    PLACE = "runs"
    BINDINGS = bindings(
        c.EventBack,
        c.EventOn,
        c.ForkHere,
        c.UndoTo,
        c.NextMark,
        c.PreviousMark,
        c.FirstEvent,
        c.NewestEvent,
        c.PlayPast,
        c.CompareMoments,
        c.NameMoment,
        c.BackToNow,
        every.PreviousTab,
        every.NextTab,
        every.NextPane,
        every.PreviousPane,
        every.CopyId,
        every.CopyCommand,
        every.TryAgain,
        every.UndoHint,
        every.CancelHint,
    )

    def __init__(self, context: AppContext, run_id: str) -> None:
        super().__init__(context)
        self.run_id = run_id
        self.marked: int | None = None
        """The event that is marked."""
        self._pair: tuple[int, int] | None = None
        self._past: Past | None = None

    def compose_head(self) -> ComposeResult:
        """That it is the past, and the run's own lines."""
        yield TopLine(self.context)
        yield PastBanner()
        yield RunHeader(self.context, self._then)

    def compose_body(self) -> ComposeResult:
        """Tree and panes above the line of time."""
        panes = (("Moment", "moment"), ("In/Out", "values"), ("Difference", "difference"))
        with Stacked():
            with Beside():
                yield PastTree(self.context.icons, self._then)
                with Stacked(id="right"):
                    yield DetailTabs([(title, Pager(id=id, classes="right")) for title, id in panes], id="detail")
            yield TimeLine(self.context.icons)

    def on_unmount(self) -> None:
        """Forget the past."""
        if self._past is not None:
            self._past.close()

    def _then(self) -> datetime:
        return self.view.moment.event.at if self.view is not None else utc_now()

    @property
    def _tree(self) -> PastTree:
        return self.query_one(PastTree)

    def subject_id(self) -> str:
        """The run's id."""
        return self.run_id

    def subject_command(self) -> tuple[str, ...]:
        """How to see the same from a shell."""
        return ("show", self.run_id, "--at", str(self.seq))

    def concerns(self, change: Change) -> bool:
        """That it goes on."""
        return self.run_id in change.runs

    async def read(self) -> PastDetail:
        """The moment that is wanted, and what the pane in sight needs."""
        if self._past is None:
            self._past = await self.context.studio.moments.open(self.run_id)
        past, pane = self._past, self.query_one(DetailTabs).pane.id
        last = await past.catch_up()
        self.seq = min(self.seq, last) or last
        seq = self.seq
        moment = await past.at(seq, self._tree.opening)
        marks = await past.marks()
        node = self._tree.rows.cursor_key or of_interest(moment.run.nodes)
        attempt = await past.attempt(node, None, seq) if pane == "values" and node else None
        found = await past.difference(*self._pair) if pane == "difference" and self._pair is not None else None
        return PastDetail(moment=moment, marks=marks, attempt=attempt, difference=found)

    def paint(self, view: PastDetail) -> None:
        """Patch the tree, the lines and the pane in sight."""
        moment, icons = view.moment, self.context.icons
        self.query_one(PastBanner).show(moment, self.marked, plays=self.plays)
        self.query_one(RunHeader).show(moment.run)
        self._tree.show(moment.run.nodes)
        self.query_one(TimeLine).show(moment, view.marks, self.marked)
        pane, node = self.query_one(DetailTabs).pane, self._tree.node
        assert isinstance(pane, Pager)
        if pane.id == "moment":
            pane.show(lambda width: moment_lines(moment, (), width))
        elif pane.id == "values":
            colours = not self.app.no_color
            pane.show(lambda width: attempt_lines(node, view.attempt, moment.run, width, icons, colours=colours))
        else:
            one, other = self._pair or (0, 0)
            pane.show(lambda width: difference_lines(view.difference, one, other, width, icons))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what there is something for."""
        if action == "change_from_here":
            return self.view is not None and (parameters[0] != "undo" or can_undo_to(self.view.moment))
        moves = ("go_by", "go_to_mark", "go_to_end", "play_past", "compare_moments", "name_moment")
        return self.view is not None if action in moves else super().check_action(action, parameters)

    def action_compare_moments(self) -> None:
        """Mark this moment; or compare it with the one that is marked."""
        self.stop()
        if self.marked is None or self.marked == self.seq:
            self.marked = None if self.marked == self.seq else self.seq
        else:
            self._pair, self.marked = (min(self.marked, self.seq), max(self.marked, self.seq)), None
            self.query_one(DetailTabs).show_pane(DIFFERENCE)
            self.add_class("-inside")
        self.reload()

    def action_name_moment(self) -> None:
        """Give it a name; a dialog comes first."""
        self.stop()
        if self.view is not None:
            moment = self.view.moment
            what = f"{moment.event.node}: {moment.event.text}" if moment.event.node else moment.event.text
            self.app.push_screen(SnapshotDialog(self.context, moment.run.row, moment.seq, what), self._named)

    def _named(self, point: SnapshotView | None) -> None:
        if point is not None:
            self.say(f"Event {point.seq} is called {point.name}.")

    def action_change_from_here(self, how: str) -> None:
        """Ask for a fork from here, or for an undo to here."""
        self.post_message(CHANGES[how](self.run_id, self.seq))

    def action_back_to_now(self) -> None:
        """From the panes to the tree where there is no room for both, else back to the run as it is."""
        if not (self.has_class("-narrow") and self.go_back()):
            self.dismiss()

    def action_turn_tab(self, step: int) -> None:
        """Another pane."""
        self.query_one(DetailTabs).turn(step)

    @on(Rows.Moved)
    @on(DetailTabs.Changed)
    @on(RunTree.Turned)
    def _look_elsewhere(self, event: Message) -> None:
        if self.view is not None:
            self.reload()

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        self.query_one(DetailTabs).show_pane(VALUES)
        self.go_in()
