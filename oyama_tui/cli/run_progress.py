"""How a followed run is told, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oyama_tui.cli.exits import Exit, code_of_status
from oyama_tui.cli.following import Following
from oyama_tui.cli.line_notes import LineNotes
from oyama_tui.cli.run_reporters import ASCII, GLYPHS, JsonReporter, RunReporter, TextReporter
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.format import compact
from oyama_tui.core.views import NEEDS_YOU, RunView

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

SIGNS = {
    "completed": ("ok", "good"),
    "failed": ("bad", "bad"),
    "rejected": ("stop", "bad"),
    "cancelled": ("stop", "dim"),
    "undone": ("undo", "bad"),
    "undoing": ("undo", "ask"),
    "paused": ("pause", "ask"),
    NEEDS_YOU: ("ask", "ask"),
}


async def follow(
    studio: Studio,
    terminal: Terminal,
    run_id: str,
    reporter: RunReporter,
    *,
    after: int = 0,
    replay: int = 0,
    leave_waiting: bool = False,
) -> RunView:
    """Tell a run and those below it until it is over, this process cannot drive it, or Oyama itself has paused it.

    Args:
        studio: The open studio.
        terminal: Where it is noted why the run stands still: nobody may use the database, or others are before it in the line for a place.
        run_id: The run.
        reporter: Told every event above `after`.
        after: Number of the newest event that is known.
        replay: Number of the newest event that is old news.
        leave_waiting: Stop as soon as only people are waited for, or the run is paused.

    Returns:
        The run as it is at the end.
    """
    line = LineNotes(studio, terminal, run_id, joined=after > 0)
    following = Following(studio, leave_waiting=leave_waiting, note=terminal.note, line=line)
    await following.follow(run_id, reporter, after=after, replay=replay)
    return await studio.runs.get(run_id)


async def choose_reporter(
    studio: Studio, terminal: Terminal, view: RunView, *, as_json: bool, as_lines: bool, replay: int = 0, answers: bool = False
) -> RunReporter:
    """How a run is told: to people, as JSON lines, or in silence until its one document at the end.

    Args:
        studio: The open studio.
        terminal: Where it is told.
        view: The run as it is now.
        as_json: One document at the end.
        as_lines: One line for each event.
        replay: Number of the newest event that is old news.
        answers: Let a person who is there answer gates.
    """
    if as_json or as_lines:
        return JsonReporter(terminal, view.row.id, silent=not as_lines)
    parallel = await studio.workflows.revision_type(view.revision) in ("parallel", "graph")
    asked = {row.id for row in await studio.approvals.of_run(view.row.id, pending=True)} if replay else set[str]()
    reporter = TextReporter(studio, terminal, view, parallel=parallel, replay=replay, asked=asked)
    if not answers or not terminal.interactive or studio.principal.kind != "human":
        return reporter
    from oyama_tui.cli.answering_here import AnsweringReporter

    return AnsweringReporter(studio, terminal, reporter)


def tell_end(terminal: Terminal, view: RunView) -> Exit:
    """Print how a run ended, or why it is left, and give the exit code."""
    row = view.row
    glyphs = GLYPHS if terminal.glyphs else ASCII
    sign, style = SIGNS.get(row.word, ("wait", "ask"))
    took = f" in {compact(row.duration_ms)}" if row.duration_ms is not None else ""
    why = f": {row.reason}" if row.reason else ""
    terminal.out.line((f"{glyphs[sign]} {row.label} {row.word}", style), f"{took}, {row.completed} of {row.total} steps{why}")
    if row.live:
        hint = row.hint if row.status == "paused" and row.hint else ("resume", row.id)
        terminal.out.line(f"  It goes on with: {terminal.command(*hint)}")
    return code_of_status(row.status)
