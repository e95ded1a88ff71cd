"""Workflows as lines: what is going on in each, and how its newest runs went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from textual.content import Content

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.format import ago, spoken
from oyama_tui.core.text import one_line
from oyama_tui.core.views import ENDED_PHASES, Lately, PastRun, WorkflowRow, word_of
from oyama_tui.studio.times import NEWEST
from oyama_tui.tui.render.lists import RESULT_STYLES
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, cell, columns, joined, plain, spread
from oyama_tui.tui.wording import progress_in, reason_in

GOOD: Final = 0.9
"""From this rate on a workflow does well."""


class WorkflowLine(Frozen):
    """One workflow, and how it has done lately."""

    row: WorkflowRow
    lately: Lately

    @property
    def id(self) -> str:
        """The workflow's id."""
        return self.row.id


def workflow_columns(width: int) -> dict[str, int]:
    """How many cells each column gets; 0 leaves it out.

    Args:
        width: Cells of a line.
    """
    name = 18 if width < 80 else 24 if width < 130 else 34
    now = 18 if width < 100 else 22
    runs = NEWEST if width >= 66 else 0
    good, usually, last = (5 if width >= 84 else 0), (10 if width >= 96 else 0), (8 if width >= 76 else 0)
    fixed = [name, now, runs, good, usually, last]
    what = max(width - 2 - sum(fixed) - 2 * sum(1 for size in fixed if size), 0)
    return {
        "workflow": name,
        "now": now,
        f"last {NEWEST} runs": -runs,
        "good": -good,
        "usually": -usually,
        "last": -last,
        "what": what if what >= 10 else 0,
    }


def workflow_titles(width: int) -> Content:
    """The titles above the lines.

    Args:
        width: Cells.
    """
    sizes = workflow_columns(width)
    return Content(" ") + columns([(Content.styled(title, "$text-disabled"), size) for title, size in sizes.items()])


def workflow_line(line: WorkflowLine, width: int, now: datetime, icons: StatusIcons) -> Content:
    """One workflow.

    Args:
        line: The workflow.
        width: Cells.
        now: The present.
        icons: How states are drawn.
    """
    row, lately = line.row, line.lately
    sizes = list(workflow_columns(width).values())
    rate = lately.success_rate
    badge = Content.styled(
        "file is gone  " if row.missing else "changed  " if row.changed else "", "$text-error" if row.missing else "$text-accent"
    )
    why = plain(reason_in(row.newest_reason, max(sizes[6] - badge.cell_length, 0)), "$text-muted") if sizes[6] else BLANK
    cells = (
        plain(one_line(row.name or row.id, sizes[0])),
        _state(row, sizes[1], now, icons),
        last_runs(lately.runs, icons),
        Content.styled(f"{rate:.0%}", "$text-success" if rate >= GOOD else "$text-error") if rate is not None else _nothing(),
        plain(spoken(lately.usual_ms)) if lately.usual_ms is not None else _nothing(),
        Content.styled(ago(row.newest_at, now).removesuffix(" ago"), "$text-muted"),
        badge + why,
    )
    return Content(" ") + columns(list(zip(cells, sizes, strict=True)))


def _nothing() -> Content:
    return Content.styled("–", "$text-disabled")


def _state(row: WorkflowRow, width: int, now: datetime, icons: StatusIcons) -> Content:
    """What its newest run is at, and how far that is while it goes on."""
    state = icons.moving(row.word, now).full
    if not row.newest_run or row.status in ENDED_PHASES:
        return state
    done = progress_in(row.newest_completed, row.newest_total, max(width - state.cell_length - 2, 3))
    return spread(state, Content.styled(done, "$text-muted"), width)


def last_runs(runs: Sequence[PastRun], icons: StatusIcons) -> Content:
    """One sign for each run, the newest one at the right: as high as it worked long, in the colour of its result.

    Args:
        runs: Oldest first.
        icons: How states are drawn.
    """
    longest = max((run.worked_ms for run in runs if run.status == "completed"), default=0)
    signs = []
    for run in runs:
        if run.status == "completed":
            signs.append(Content.styled(icons.column(run.worked_ms, longest), RESULT_STYLES["completed"]))
        else:
            signs.append(icons.of(word_of(run.status, run.needs_you)).mark)
    return Content("").join(signs)


def about(line: WorkflowLine, width: int) -> Content:
    """What is known of the workflow under the cursor: its name, what it is for, what it consists of, and where it comes from.

    Args:
        line: The workflow.
        width: Cells.
    """
    row = line.row
    steps = f"{row.type}, {row.steps} {'step' if row.steps == 1 else 'steps'}"
    # Of a path the end tells most.
    source = "/".join(row.source.replace("\\", "/").rsplit("/", 2)[-2:]) if row.source else "stored here"
    end = joined([plain(steps, "$text-muted"), plain(source, "$text-disabled")])
    state = "the file is gone" if row.missing else "the file has changed since" if row.changed else ""
    head = joined([plain(row.name or row.id, "bold"), plain(row.description, "$text-muted"), plain(state, "$text-accent")])
    return cell(Content.assemble(" ", spread(head, end, width - 2)), width)
