"""One run: its tree on the left; output, values, context and events on the right."""

from __future__ import annotations

from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from oyama_tui.core.views import RunRow
from oyama_tui.tui.commands import bindings, output_commands, past_commands
from oyama_tui.tui.commands import global_commands as every
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.render.approval import card_lines
from oyama_tui.tui.render.first_run import coach
from oyama_tui.tui.render.output import output_place
from oyama_tui.tui.render.run import attempt_lines, context_lines, event_lines
from oyama_tui.tui.render.tree import of_interest
from oyama_tui.tui.run_reading import RunDetail, RunReading
from oyama_tui.tui.screens.context_editing import edit_context
from oyama_tui.tui.screens.finding import FindingScreen
from oyama_tui.tui.screens.hastening import can_hasten, hasten
from oyama_tui.tui.screens.reading_output import read_output
from oyama_tui.tui.screens.run_commands import RunCommands
from oyama_tui.tui.widgets.detail_tabs import DetailTabs
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.frame import TopLine
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.widgets.output_foot import OutputFoot
from oyama_tui.tui.widgets.output_pane import OutputPane
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.panes import Beside, Stacked
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.run_header import RunHeader
from oyama_tui.tui.widgets.run_shapes import RunShapes
from oyama_tui.tui.widgets.run_tree import RunTree
from oyama_tui.tui.wording import utc_now

PANES: Final = {"Question": "question", "In/Out": "values", "Context": "context", "Events": "events"}
"""The panes beside the output, by their titles."""


class RunScreen(RunCommands[RunDetail], FindingScreen[RunDetail]):
    """One run.

    Args:
        context: What all screens share.
        run_id: The run.
        node: The node to look at first; what goes on in it when empty.
    """

    DEFAULT_CLASSES = "run-screen"
    PLACE = "runs"
    BINDINGS = bindings(
        *(c.TurnShape, past_commands.LookBack, c.PauseHere, c.EditContext, c.Follow, c.WrapLines),
        *(output_commands.NextProblem, output_commands.PreviousProblem, every.PreviousTab, every.NextTab),
    )

    def __init__(self, context: AppContext, run_id: str, node: str = "") -> None:
        super().__init__(context)
        self.run_id = self.questions_of = self.looks_at = run_id
        self._watching = not node
        self._watched = node
        self._coach = self._coached = BLANK
        self._as_looked_at = RunReading(context.studio, run_id)

    def compose_head(self) -> ComposeResult:
        """The line on top and the run's own."""
        yield TopLine(self.context)
        yield RunHeader(self.context)
        yield Static("", id="coach", markup=False)

    def compose_body(self) -> ComposeResult:
        """Tree and panes."""
        output = OutputPane(self.context.studio, self.context.icons.log, id="output")
        panes: list[tuple[str, Widget]] = [("Output", output)]
        panes += [(title, Pager(id=id, classes="right")) for title, id in PANES.items()]
        with Beside():
            yield RunShapes(self.context.icons, self._watched)
            with Stacked(id="right"):
                yield DetailTabs(panes, id="detail", withheld=("question",))
                yield OutputFoot(output, self.context.icons)
                yield FilterBar("words to find")

    @property
    def text(self) -> Pager:
        """The pane in sight."""
        pane = self.query_one(DetailTabs).pane
        assert isinstance(pane, Pager)
        return pane

    @property
    def nodes(self) -> RunShapes:
        """The left side."""
        return self.query_one(RunShapes)

    @property
    def subject(self) -> RunRow | None:
        """The run."""
        return self.view.run.row if self.view is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What fits the run, and the step under the cursor."""
        if action == "take_up" and self.subject is not None and can_hasten(self.subject, self.nodes.node, parameters[0]):
            return True
        if action == "take_up" and parameters == ("context",):
            return self.subject is not None and self.subject.live and self.query_one(DetailTabs).pane.id == "context"
        if action == "read_output" and parameters[0] in ("next", "previous", "earlier"):
            return self.view is not None and isinstance(self.query_one(DetailTabs).pane, OutputPane)
        if action == "take_up" and parameters in (("event",), ("pause",)):
            return False
        return super().check_action(action, parameters)

    async def read(self) -> RunDetail:
        """The run, and what the pane in sight needs."""
        nodes = self.nodes
        detail = await self._as_looked_at.read(
            nodes.opening, self.query_one(DetailTabs).pane.id, nodes.rows.cursor_key, times=nodes.shape == "time"
        )
        if self.run_id == self.context.demo_run:
            asked = [node.approval for node in detail.run.nodes if node.approval]
            card = await self.context.studio.approvals.get(asked[0]) if asked else None
            self._coach = coach(detail.run, card.row if card else None, self.context.icons)
        return detail

    def paint(self, view: RunDetail) -> None:
        """Patch the tree, the header and the pane in sight."""
        self.query_one(RunHeader).show(view.run)
        self.looks_below = frozenset(node.child for node in view.run.nodes if node.child)
        if not self._coach.is_same(self._coached):
            # A text that is said anew has the whole screen laid out anew.
            self._coached = self._coach
            words = self.query_one("#coach", Static)
            words.update(self._coach)
            words.set_class(bool(self._coach), "-there")
        # After the demo, `n` makes one's own.
        self.begins_new = bool(self._coach)
        self.nodes.show_run(view.run, view.spans, view.usual)
        if self._watching and self.query_one(OutputPane).follow:
            self._watched = of_interest(view.run.nodes)
            self.nodes.rows.select_key(self._watched)
            self._watching = not view.run.row.ended
        self._paint_pane(view)

    def _paint_pane(self, view: RunDetail) -> None:
        node, icons = self.nodes.node, self.context.icons
        detail = self.query_one(DetailTabs)
        detail.offer("question", node is not None and bool(node.approval))
        pane = detail.pane
        if isinstance(pane, OutputPane):
            pane.show_node(self.run_id, node.key if node else "", node.attempt if node else 0)
            self.key_words = {} if pane.newest > 1 else {output_commands.EarlierAttempt.id(): ""}
        elif isinstance(pane, Pager) and pane.id == "values":
            colours = not self.app.no_color
            pane.show(lambda width: attempt_lines(node, view.attempt, view.run, width, icons, colours=colours))
        elif isinstance(pane, Pager) and pane.id == "question":
            pane.show(lambda width: card_lines(view.card, width, utc_now(), icons) if view.card is not None else [])
        elif isinstance(pane, Pager) and pane.id == "context":
            pane.show(lambda width: context_lines(view.context, width))
        elif isinstance(pane, Pager):
            pane.show(lambda width: event_lines(view.events, width))
        self.show_place()

    @on(Pager.ReadFurther)
    def show_place(self) -> None:
        """Say beside the tabs which of the places was gone to, else how the output goes on."""
        detail, node = self.query_one(DetailTabs), self.nodes.node
        self.query_one(OutputFoot).show(node, there=isinstance(detail.pane, OutputPane))
        if not isinstance(detail.pane, OutputPane):
            place, places = self.text.found
            detail.note(Content.styled(f"{place} of {places}" if place else "", "$text-muted"))
            return
        words, brief = output_place(detail.pane, node)
        detail.note(Content.styled(words, "$text-muted"), Content.styled(brief, "$text-muted"))

    def tick(self) -> None:
        """Running times are longer."""
        if self.view is not None and not self.view.run.row.ended:
            self.query_one(RunHeader).refresh()
            self.nodes.let_time_pass()

    @on(Rows.Moved)
    @on(DetailTabs.Changed)
    @on(RunTree.Turned)
    def _look_elsewhere(self, event: Message) -> None:
        """Who moves, opens or folds looks for something, and is not taken elsewhere."""
        if isinstance(event, RunTree.Turned) or self.nodes.rows.cursor_key != self._watched:
            self._watching = False
        if self.nodes.shape == "graph":
            self.nodes.graph.let_time_pass()
        if self.view is not None:
            self._paint_pane(self.view)
        if not isinstance(event, Rows.Moved) or self.query_one(DetailTabs).pane.id in ("values", "question"):
            self.reload()

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        node = self.nodes.node
        if node is not None and node.child:
            self.post_message(RunOpened(node.child, below=True))
            return
        self.add_class("-inside")
        self.set_focus(self.query_one(DetailTabs).pane)

    def action_take_up(self, how: str) -> None:
        """Send the event or end the pause that the step under the cursor waits for, or pause before it; else run once more."""
        run, node = self.subject, self.nodes.node
        if run is not None and node is not None and can_hasten(run, node, how):
            hasten(self, run, node, how)
        elif run is not None and how == "context":
            edit_context(self, run)
        elif how not in ("event", "pause"):
            super().action_take_up(how)

    def action_leave(self) -> None:
        """Stop a search; from the panes to the tree, from the tree to where one came from."""
        log = self.query_one(OutputPane)
        if log.stop_search():
            self.say(f"The search was stopped after {log.share}% of the log; n goes on with it.")
            self.show_place()
        elif not self.go_back():
            self.dismiss()

    def action_read_output(self, how: str) -> None:
        """Follow it or stay, break long lines or not, go to a problem, or read an earlier attempt's."""
        log = self.query_one(OutputPane)
        read_output(self, log, how)
        if how == "follow":
            self._watching = log.follow and self.view is not None and not self.view.run.row.ended
        self.show_place()

    def action_turn_shape(self) -> None:
        """As a tree, as a graph, or along time."""
        self.nodes.turn()
        self.remove_class("-inside")
        self.reload()

    def action_look_back(self) -> None:
        """See it as it was."""
        self.post_message(RunOpened(self.run_id, past=True))

    def action_turn_tab(self, step: int) -> None:
        """Another pane."""
        self.query_one(DetailTabs).turn(step)
