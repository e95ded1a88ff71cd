"""A run told as it goes: for people, or as one JSON line for each event."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from oyama_tui.cli import documents
from oyama_tui.cli.live_output import LiveOutput
from oyama_tui.cli.printing import Part, Printer, clock
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.events import ApprovalContent
from oyama_tui.core.format import compact, moment
from oyama_tui.core.views import WAY, EventView, NodeView, RunView

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

_SIGNS = {
    **{"start": ("●", ">"), "ok": ("✓", "+"), "bad": ("✗", "x"), "skip": ("–", "-"), "stop": ("⊘", "x"), "ask": ("◆", "?")},
    **{"wait": ("◇", "~"), "retry": ("↻", "^"), "pause": ("‖", "="), "undo": ("↶", "<"), "note": ("!", "!")},
}
_SIGN_OF = {"steps_reopened": ("retry", "ask"), "steps_restarted": ("retry", "ask"), "undo_started": ("undo", "ask")}
GLYPHS = {name: sign for name, (sign, _) in _SIGNS.items()}
ASCII = {name: sign for name, (_, sign) in _SIGNS.items()}
CHILDREN = tuple(name for name, kind in KINDS.items() if kind.is_child)
"""The kinds of steps that are runs of their own."""
TOLD = 20
"""So many open questions of a run that is joined late are told whole."""
RUN_STATUS = {
    "run_paused": "paused",
    "run_resumed": "running",
    "run_completed": "completed",
    "run_cancelled": "cancelled",
    "run_undone": "undone",
    "undo_started": "undoing",
    "steps_restarted": "running",
}


class RunReporter(Protocol):
    """Tells events of a run."""

    async def join(self, view: RunView) -> None:
        """Begin to tell a run that is as the view shows it."""

    async def tell(self, event: EventView) -> None:
        """Tell one event."""

    async def pump(self) -> bool:
        """Tell what came without an event; whether more may come."""

    async def below(self, view: RunView, replay: int) -> RunReporter:
        """What tells a run that a step of this one has started.

        Args:
            view: That run as it is now.
            replay: Number of its newest event that is old news.
        """


class JsonReporter:
    """One JSON line for each event, or none at all; open gates are told on standard error.

    Args:
        terminal: Where it is told.
        run_id: The run.
        silent: Print no lines, only open gates.
        way: The way to the run, when a step of another one has started it.
    """

    def __init__(self, terminal: Terminal, run_id: str, *, silent: bool = False, way: str = "") -> None:
        self._terminal = terminal
        self._run_id = run_id
        self._silent = silent
        self._way = way
        self._status = "running"

    async def join(self, view: RunView) -> None:
        """There is nothing but events."""

    async def tell(self, event: EventView) -> None:
        """Print the event."""
        await self._terminal.out.room()
        self._status = RUN_STATUS.get(event.type, self._status)
        if event.type == "run_failed":
            error = event.payload.get("error")
            self._status = "rejected" if isinstance(error, dict) and error.get("kind") == "rejected" else "failed"
        if not self._silent:
            self._terminal.out.json_line(documents.event(event, self._run_id, self._status))
        if event.type == "approval_requested":
            _tell_opening(self._terminal, self._terminal.err, event, self._way)

    async def pump(self) -> bool:
        """There is nothing but events."""
        return False

    async def below(self, view: RunView, replay: int) -> RunReporter:
        """The same for a run that a step has started; its lines name it."""
        return JsonReporter(self._terminal, view.row.id, silent=self._silent, way=view.row.run_way)


class TextReporter:
    """Tells a run to people: starts and ends of steps, their output, and what waits for a person.

    Args:
        studio: The open studio.
        terminal: Where it is told.
        view: The run as it is now.
        parallel: Several steps may speak at once, so each line says whose it is.
        replay: Number of the newest event that is old news: its output is not shown again.
        asked: The approvals that are open now; of those that old news tell, only these are told.
        way: What names of its steps begin with, when a step of another run has started it.
    """

    def __init__(
        self,
        studio: Studio,
        terminal: Terminal,
        view: RunView,
        *,
        parallel: bool,
        replay: int = 0,
        asked: Collection[str] = frozenset(),
        way: str = "",
    ) -> None:
        self._studio = studio
        self._way = way
        self._terminal = terminal
        self._out = terminal.out
        self._nodes: dict[str, NodeView] = {node.key: node for node in view.nodes}
        self._parallel = parallel
        self._replay = replay
        self._asked = asked
        self._glyphs = GLYPHS if terminal.glyphs else ASCII
        self._output = LiveOutput(studio, view.row.id, terminal.out, self._show)
        self._run_id = view.row.id
        self._label = view.row.run_way if way else view.row.label
        """What people call it; with the way to it where its parent is told too."""

    async def join(self, view: RunView) -> None:
        """Read on the output of what runs."""
        if self._way and view.row.status == "paused":
            self._line("pause", "ask", f"{self._label} is paused; go on with: {self._terminal.command('resume', self._run_id)}")
        for attempt in await self._studio.runs.attempts(view.row.id, running=True):
            # Those that have begun since are told by their events.
            if attempt.seq <= view.seq:
                self._output.begin(attempt.node, attempt.attempt, late=True)

    async def pump(self) -> bool:
        """Show new output."""
        await self._output.pump()
        return self._output.active

    async def below(self, view: RunView, replay: int) -> TextReporter:
        """What tells a run that a step of this one has started: the names of its steps have the way to them."""
        workflow = await self._studio.workflows.revision_type(view.revision)
        beside = self._parallel or workflow in ("parallel", "graph")
        way = f"{self._name(view.row.parent_node)}{WAY}"
        return TextReporter(self._studio, self._terminal, view, parallel=beside, replay=replay, way=way)

    async def tell(self, event: EventView) -> None:
        """Tell one event."""
        await self._out.room()
        told = getattr(self, f"_{event.type}", None)
        if told is not None:
            if event.node and event.node not in self._nodes and (node := _new_node(event)) is not None:
                self._nodes[event.node] = node
            await told(event, self._nodes.get(event.node))

    def _line(self, glyph: str, style: str, *parts: Part) -> None:
        """Print one line with its sign."""
        self._out.line((self._glyphs[glyph], style), " ", *parts)

    def _show(self, key: str, line: str) -> None:
        """Print one line of a step's output."""
        bar = "│" if self._terminal.glyphs else "|"
        self._out.output_line(line, (f"{self._name(key)} {bar} " if self._parallel else f"  {bar} ", "dim"))

    def _name(self, key: str) -> str:
        """How people call a node."""
        node = self._nodes.get(key)
        return self._way + (node.name if node is not None and node.name and node.depth == 0 else key)

    async def _run_started(self, event: EventView, _: NodeView | None) -> None:
        self._out.line((self._label, "bold"), (f"  {self._run_id}", "dim"))

    async def _step_scheduled(self, event: EventView, node: NodeView | None) -> None:
        # An event does not write out what is so unless it says otherwise.
        attempt = _number(event, "attempt") or 1
        due = _number(event, "due")
        awaited = str(event.payload.get("waits_for", ""))
        if node is not None and (due or awaited):
            what = f" waits for event {awaited}" if awaited else ""
            self._line("wait", "dim", self._name(event.node), (f"{what}{f' until {clock(moment(due))}' if due else ''}", "dim"))
        if awaited and event.seq > self._replay:
            self._out.line(("    " + self._terminal.command("send", self._run_id, awaited, "-d", "{}"), "dim"))
        if due or awaited or node is None or not _speaks(node):
            return
        self._line("start", "", self._name(event.node), (f"  attempt {attempt}" if attempt > 1 else "", "dim"))
        if event.seq > self._replay:
            self._output.begin(event.node, attempt)

    _step_suspended = _step_scheduled

    async def _step_succeeded(self, event: EventView, node: NodeView | None) -> None:
        await self._output.finish(event.node)
        if node is not None and not node.is_asked:
            took = f"  {compact(_number(event, 'duration'))}" if _speaks(node) or node.kind in CHILDREN else ""
            self._line("ok", "good", self._name(event.node), (took, "dim"))

    async def _step_failed(self, event: EventView, _: NodeView | None) -> None:
        await self._output.finish(event.node)
        self._line("bad", "bad", self._name(event.node), f"  {event.payload.get('message') or event.text}")

    async def _retry_scheduled(self, event: EventView, _: NodeView | None) -> None:
        due = clock(moment(_number(event, "due")))
        self._line("retry", "ask", self._name(event.node), (f"  attempt {_number(event, 'attempt')} at {due}", "dim"))

    async def _step_skipped(self, event: EventView, node: NodeView | None) -> None:
        if node is None or not node.is_own_gate:
            self._line("skip", "dim", (f"{self._name(event.node)}  skipped: {event.payload.get('why') or ''}", "dim"))

    async def _step_cancelled(self, event: EventView, _: NodeView | None) -> None:
        await self._output.finish(event.node)
        self._line("stop", "dim", (f"{self._name(event.node)}  cancelled", "dim"))

    async def _step_interrupted(self, event: EventView, node: NodeView | None) -> None:
        await self._output.finish(event.node)
        if node is not None and not node.is_asked:
            self._line(
                "note", "ask", self._name(event.node), "  interrupted" if event.payload.get("asks") else "  interrupted; it runs again"
            )

    async def _approval_requested(self, event: EventView, _: NodeView | None) -> None:
        if event.seq > self._replay or event.payload.get("id") in self._asked:
            _tell_opening(self._terminal, self._out, event, self._label if self._way else "")

    async def _approval_decided(self, event: EventView, _: NodeView | None) -> None:
        yes = event.payload.get("verdict") == "approve"
        by = event.payload.get("by")
        who = str(by.get("name")) if isinstance(by, dict) else ""
        words = answer_words(str(event.payload.get("kind", "gate")))
        comment = event.payload.get("comment")
        said = f"{words.said('approved' if yes else 'rejected', who)}{f': {comment}' if comment else ''}"
        self._line("ok" if yes else "stop", "good" if yes else "bad", f"{self._way}{said}")

    async def _other(self, event: EventView, _: NodeView | None) -> None:
        sign, style = _SIGN_OF.get(event.type, ("note", "dim"))
        self._line(sign, style, f"{self._way}{event.text}")

    _approval_expired = _approval_cancelled = _handler_started = _cancel_requested = _context_changed = _pause_requested = _other
    _run_resumed = _event_received = _steps_reopened = _steps_restarted = _undo_started = _other

    async def _run_paused(self, event: EventView, _: NodeView | None) -> None:
        hint = (await self._studio.runs.get(self._run_id)).row.hint or ("resume", self._run_id)
        self._line("pause", "ask", f"{self._way}paused; go on with: {self._terminal.command(*hint)}")


def _new_node(event: EventView) -> NodeView | None:
    """A node that has come into being since the run was looked at, as far as its first event tells; none when that is no such event."""
    kind, step = event.payload.get("step_kind"), event.payload.get("step")
    if not isinstance(kind, str):
        return None
    return NodeView(
        key=event.node,
        step_id=step if isinstance(step, str) else event.node,
        name="",
        kind=kind,
        depth=event.node.count("."),
        status="ready",
        attempt=0,
        note="",
        approval="",
        started_at=None,
        duration_ms=None,
    )


def _speaks(node: NodeView) -> bool:
    """Whether a node has output."""
    kind = KINDS.get(node.kind)
    return kind is not None and kind.retryable


def _number(event: EventView, name: str) -> int:
    """A whole number out of an event; 0 when it has none."""
    value = event.payload.get(name)
    return int(value) if isinstance(value, int | float) else 0


def tell_gate(
    terminal: Terminal,
    printer: Printer,
    approval: str,
    content: ApprovalContent,
    deadline: datetime | None,
    *,
    again: bool = False,
    way: str = "",
) -> None:
    """Say what waits for a person, who can answer and how.

    Args:
        terminal: Where the command runs.
        printer: Where to print.
        approval: The approval's id.
        content: What is asked.
        deadline: When the answer is due; none for ever.
        again: There was a yes, and what it was for has changed since.
        way: The way to the run that asks, when a step of another one has started it.
    """
    glyph = (GLYPHS if terminal.glyphs else ASCII)["ask"]
    target = f" -> {content.target}" if content.target else ""
    printer.line((f"{glyph} {content.title}{target}", "ask"), ("  high risk" if content.risk == "high" else "", "danger"))
    if way:
        printer.line((f"  {way}", "dim"))
    for line in content.action.splitlines():
        printer.line(f"    {line}")
    if again:
        printer.line(("  Asked again: something may have changed since. `approve` shows what is different now.", "ask"))
    until = f" until {clock(deadline)}" if deadline else ""
    by_hand = content.kind == "task"
    waits = "To be done by hand" if by_hand else "Waits for a person"
    answers = "say what became of it" if by_hand else "answer"
    printer.line(f"  {waits}{until}. Anyone with access to this database can {answers}, in any terminal:")
    printer.line(("    " + terminal.command("approve", approval), "bold"), ("  done" if by_hand else "", "dim"))
    printer.line(("    " + terminal.command("reject", approval, "--comment", "WHY"), "bold"), ("  could not do" if by_hand else "", "dim"))


async def tell_open_gates(studio: Studio, terminal: Terminal, printer: Printer, view: RunView) -> None:
    """Say what a run that is joined late waits for, and those below it: the first questions whole, of more how many there are."""
    opened = await studio.approvals.of_run(view.row.id, pending=True, below=True)
    for row in opened[:TOLD]:
        card = await studio.approvals.get(row.id)
        way = row.run_way if row.path else ""
        tell_gate(terminal, printer, row.id, card.content, card.row.deadline, again=bool(card.reopened), way=way)
    if len(opened) > TOLD:
        glyph = (GLYPHS if terminal.glyphs else ASCII)["ask"]
        words = f"{glyph} {len(opened) - TOLD:,} more questions wait"
        printer.line((words, "ask"), f": {terminal.command('approvals')}")


def _tell_opening(terminal: Terminal, printer: Printer, event: EventView, way: str = "") -> None:
    """Say that a gate has opened."""
    due = _number(event, "deadline")
    content = ApprovalContent.model_validate(event.payload["content"])
    again = bool(event.payload.get("previous"))
    tell_gate(terminal, printer, str(event.payload["id"]), content, moment(due) if due else None, again=again, way=way)
