"""A run as it was, and what lies between two of its moments, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from oyama_tui.cli import documents
from oyama_tui.cli.block_output import STYLES, node_name
from oyama_tui.cli.printing import Part, clock, to_json
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.format import compact
from oyama_tui.core.views import AttemptView, Difference, MomentView, SnapshotView

if TYPE_CHECKING:
    from oyama_tui.studio import Studio


async def show_past(terminal: Terminal, studio: Studio, ref: str, point: str, *, as_json: bool) -> None:
    """Print a run as it was at a point.

    Args:
        terminal: Where to print.
        studio: Opened.
        ref: The run, as people name it.
        point: The point, likewise.
        as_json: Print one JSON document.
    """
    past = await studio.moments.open(ref)
    try:
        seq = await studio.moments.resolve(past.run_id, point)
        moment = await past.at(seq)
        begun = [node.key for node in moment.run.nodes if node.attempt and not node.is_around]
        found = [await past.attempt(key, None, seq) for key in begun]
        asked = await past.approvals(seq)
    finally:
        past.close()
    attempts = [attempt for attempt in found if attempt is not None]
    if as_json:
        terminal.out.document(documents.moment(moment, attempts, asked))
    else:
        _print_moment(terminal, moment, attempts)


def _print_moment(terminal: Terminal, moment: MomentView, attempts: Sequence[AttemptView]) -> None:
    out, row, event = terminal.out, moment.run.row, moment.event
    when = f"after event {moment.seq} of {moment.last}, {clock(event.at)}"
    out.line(("THE PAST", "ask"), f"  {row.run_way} as it was {when}")
    out.line((row.run_way, "bold"), "  ", (row.word, STYLES.get(row.word, "")), (f"  {row.id}", "dim"))
    if row.reason:
        out.line(f"  {row.reason}")
    for words in moment.run.fork_words:
        out.line((f"  {words}", "dim"))
    out.line(("event", "dim"), f"  {event.node}{': ' if event.node else ''}{event.text}")
    out.table(
        ("STEP", "STATUS", "TOOK", "NOTE"), [_cells(node_name(node), node.word, node.duration_ms, node.note) for node in moment.run.nodes]
    )
    if moment.context:
        out.line(("context", "dim"))
    for variable in moment.context:
        changed = ("  set by this event", "dim") if variable.name in moment.changed else ""
        out.line(f"  {variable.name}: {_text(variable.value)}", changed)
    kept = {variable.name for variable in moment.context}
    for variable in moment.was:
        if variable.name not in kept:
            out.line(f"  {variable.name}: {_text(variable.value)}", ("  removed by this event", "dim"))
    values = [(f"{attempt.node}.{name}", value) for attempt in attempts for name, value in attempt.outputs.items()]
    values += list(moment.run.outputs.items())
    if values:
        out.line(("outputs", "dim"))
    for name, value in values:
        out.line(f"  {name}: {_text(value)}")
    out.line((f"Now:    {terminal.command('show', row.id)}", "dim"))


def _cells(name: str, word: str, took: int | None, note: str) -> tuple[Part, ...]:
    return (name, (word, STYLES.get(word, "")), compact(took), note)


def _text(value: object) -> str:
    return value if isinstance(value, str) else to_json(value, indent=None)


def print_points(terminal: Terminal, points: Sequence[SnapshotView]) -> None:
    """Print points of a run, one in each line.

    Args:
        terminal: Where to print.
        points: The points.
    """
    rows = [(str(point.seq), clock(point.at), point.node, (point.status, STYLES.get(point.status, "")), point.name) for point in points]
    terminal.out.table(("EVENT", "WHEN", "STEP", "STATUS", "NAME"), rows)


def print_differences(terminal: Terminal, found: Sequence[Difference]) -> None:
    """Print what two moments do not have in common, one thing in each line; what there was not is left out.

    Args:
        terminal: Where to print.
        found: What differs.
    """
    rows: list[tuple[Part, ...]] = []
    for each in found:
        before, after = ("" if value is None else _text(value) for value in (each.before, each.after))
        styles = [STYLES.get(text, "") if each.kind == "step" else "" for text in (before, after)]
        rows.append((each.kind, each.name, (before, styles[0]), (after, styles[1])))
    terminal.out.table(("WHAT", "NAME", "BEFORE", "AFTER"), rows)
