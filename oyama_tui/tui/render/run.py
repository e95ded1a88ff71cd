"""A run: its header, its tree, and what is known of one step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import JsonValue
from textual.content import Content

from oyama_tui.core.format import between, date_and_time, spoken, stopwatch, time_of_day
from oyama_tui.core.text import one_line, safe_text
from oyama_tui.core.views import AttemptView, ContextView, EventView, NodeView, RunRow, RunView
from oyama_tui.tui.render.ways import way_down
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, cell, joined, labelled, plain, spread, text_lines, wrapped
from oyama_tui.tui.widgets.program_output import output_lines
from oyama_tui.tui.wording import display_text, line_of, reason_in

LEAST_OF_NAME = 8
"""Cells of a run's name in its header, however much there is to say of it."""


def elapsed(row: RunRow, now: datetime) -> float:
    """How long a run has taken so far, or took, in milliseconds."""
    if row.duration_ms is not None:
        return row.duration_ms
    return between(row.started_at, row.ended_at or now)


def run_state(row: RunRow, icons: StatusIcons, now: datetime) -> Content:
    """Glyph and word of a run's state; `needs you` comes first."""
    icon = icons.moving(row.word, now)
    if row.status == "draining":
        icon = icon.saying(f"draining {row.running}")
    return icon.full


def run_name(workflow_id: str, number: int, width: int, style: str = "", number_style: str = "$text-muted") -> Content:
    """`release #12` in so many cells: a long id is cut, the number never, since it tells the runs apart."""
    suffix = f" #{number}"
    return Content.assemble(plain(one_line(workflow_id, max(width - len(suffix), 1)), style), (suffix, number_style))


def run_header(view: RunView, width: int, now: datetime, icons: StatusIcons) -> list[Content]:
    """Label, state, progress and times, in one or two lines."""
    row = view.row
    state = run_state(row, icons, now)
    steps = Content.styled(f"{row.completed}/{row.total} {'undone' if row.status == 'undoing' else 'steps'}", "$foreground")
    times = Content.styled(stopwatch(elapsed(row, now)), "$foreground")
    if view.left_ms is not None and not row.ended:
        times = Content.assemble(times, (f"  ~{stopwatch(view.left_ms)} left", "$text-muted"))
    if view.time_left:
        times = Content.assemble(times, (f"  at most {view.time_left}", "$text-muted"))
    by = plain(f"started by {row.started_by} ", "$text-muted")
    done = {"completed": "$text-success", "failed": "$text-error", "rejected": "$text-error"}.get(row.status, "$text-accent")
    others = joined([state, steps, times])
    room = max(width - others.cell_length - 4, LEAST_OF_NAME)
    name = way_down(row.path, run_name(row.workflow_id, row.number, room, "bold", "bold"), room, icons)
    label = Content.assemble(" ", name, "   ", state)
    bar_width = max(min(width - label.cell_length - steps.cell_length - times.cell_length - 12, 32), 0)
    bar = icons.bar(row.completed, row.total, bar_width, done) if bar_width >= 8 else BLANK
    first = joined([label, steps, bar, times])
    lines = [spread(first, by, width) if first.cell_length + by.cell_length + 3 <= width else cell(first, width)]
    why = (view.error if row.ended else "") or row.reason
    if view.breakpoints and row.live and not why:
        why = f"pauses before {', '.join(view.breakpoints)}"
    why = why or next(iter(view.fork_words), "")
    if row.place == "queued" and row.hint and not row.needs_you:
        why = f"{why}   sooner: oyama {' '.join(row.hint)}"
    tail = plain(row.id, "$text-disabled") + Content(" ")
    left = width - 1 - (tail.cell_length + 1 if width >= 100 else 0)
    head = Content.assemble(" ", plain(reason_in(why, left), "$text-error" if row.status in ("failed", "rejected") else "$text-muted"))
    lines.append(spread(head, tail, width) if width >= 100 or not why else cell(head, width))
    return lines


def value_lines(title: str, values: dict[str, JsonValue], width: int) -> Iterator[Content]:
    """Named values, each with its own lines."""
    if not values:
        return
    yield Content.styled(title, "bold $text-muted")
    column = min(max(len(name) for name in values) + 4, 24)
    for name, value in values.items():
        yield from labelled(f"  {name}"[: column - 1], Content(display_text(value)), width, column)
    yield BLANK


def attempt_lines(
    node: NodeView | None, attempt: AttemptView | None, run: RunView, width: int, icons: StatusIcons, *, colours: bool = True
) -> list[Content]:
    """What went into a step and what came out, then those of the run; output in its own colours where they are wanted."""
    lines: list[Content] = []
    if node is not None:
        lines.append(Content.assemble(plain(node.name or node.step_id, "bold"), plain(f"   {node.kind}", "$text-muted")))
        if node.kind in ("item", "round", "earlier", "handler"):
            lines += _scope(node, width, icons)
        elif attempt is None:
            lines += [Content.styled("It has not started.", "$text-muted"), BLANK]
        else:
            lines += _attempt(attempt, width, icons, colours)
    for words in run.fork_words:
        lines += wrapped(plain(words, "$text-muted"), width)
    lines += [BLANK] if run.fork_words else []
    lines += value_lines("Inputs of the run", run.inputs, width)
    lines += value_lines("Outputs of the run", run.outputs, width)
    place = {"workflow file": run.source, "directory": run.directory, "revision": run.revision}
    lines += value_lines("Where", {name: value for name, value in place.items() if value}, width)
    return lines


def _scope(node: NodeView, width: int, icons: StatusIcons) -> Iterator[Content]:
    """How an item of a loop or a round of a repetition stands."""
    yield joined([icons.of(node.word).full, plain(node.key, "$text-muted"), Content(spoken(node.duration_ms))])
    if node.started_at:
        yield Content.styled(f"began {date_and_time(node.started_at)}", "$text-muted")
    if node.note:
        yield from wrapped(plain(node.note, "$text-error"), width)
    yield BLANK


def _attempt(attempt: AttemptView, width: int, icons: StatusIcons, colours: bool) -> Iterator[Content]:
    icon = icons.of(attempt.status)
    exit_code = f"exit {attempt.exit_code}" if attempt.exit_code is not None else ""
    facts = [icon.full, Content(f"attempt {attempt.attempt}"), plain(exit_code), Content(spoken(attempt.duration_ms))]
    yield joined(facts)
    if attempt.started_at:
        until = f" – {date_and_time(attempt.ended_at)}" if attempt.ended_at else ""
        yield Content.styled(f"{date_and_time(attempt.started_at)}{until}", "$text-muted")
    if attempt.error:
        yield from wrapped(
            Content.assemble((f"{attempt.error_kind}  ", "bold $text-error"), (safe_text(attempt.error), "$text-error")), width
        )
    yield BLANK
    if isinstance(attempt.input, dict):
        yield from value_lines("Input", attempt.input, width)
    elif attempt.input is not None:
        yield from value_lines("Input", {"value": attempt.input}, width)
    yield from value_lines("Outputs", attempt.outputs, width)
    if attempt.result is not None:
        yield Content.styled("Result", "bold $text-muted")
        yield from text_lines(display_text(attempt.result), width, indent=2)
        yield BLANK
    if attempt.output:
        yield Content.styled("Output" + (", head and tail" if attempt.truncated else ""), "bold $text-muted")
        yield from output_lines(attempt.output, width, colours=colours, indent=2)
        yield BLANK


def context_lines(context: Sequence[ContextView], width: int) -> list[Content]:
    """The run's variables."""
    if not context:
        return [Content.styled("No variables are set. Steps set them with `set:`, people with C.", "$text-muted")]
    column = min(max(len(item.name) for item in context) + 3, 24)
    lines: list[Content] = []
    for item in context:
        lines += labelled(item.name[: column - 1], Content(display_text(item.value)), width, column)
        lines.append(Content.styled(f"event {item.seq}, {date_and_time(item.at)}", "$text-disabled").pad_left(column))
    return lines


def event_lines(events: Sequence[EventView], width: int) -> list[Content]:
    """The journal as people read it, oldest first."""
    lines: list[Content] = []
    for event in events:
        head = Content.assemble((f"{event.seq:>4}  ", "$text-disabled"), (f"{time_of_day(event.at)}  ", "$text-muted"))
        node = (f"{line_of(event.node)}  ", "bold") if event.node else ""
        text = wrapped(Content.assemble(node, plain(event.text)), width - 16)
        lines.append(head + text[0])
        lines += [line.pad_left(16) for line in text[1:]]
    return lines
