"""The rows of the history of approvals."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from oyama_tui.core.format import ago, date_and_time, spoken
from oyama_tui.core.views import PastApproval
from oyama_tui.tui.render.approval import question_icon
from oyama_tui.tui.render.run import run_name
from oyama_tui.tui.render.ways import way_down
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import columns, plain
from oyama_tui.tui.wording import line_of

HOW = {"screen": "screen", "tty": "terminal", "command": "command", "hook": "hook", "token": "token"}
LEAST_OF_TITLE = 14
"""Cells of what is asked, below which the run is left to the card."""


def past_approval_columns(width: int) -> dict[str, int]:
    """How many cells each column gets; 0 leaves it out."""
    wide, huge = width >= 80, width >= 104
    state, when, waited, by = 14, 19 if huge else 9, 9 if wide else 0, 12 if wide else 8
    how, run = (9, 24 if huge else 18) if width >= 92 else (0, 0)
    fixed = [state, by, when, waited, how, run]
    title = max(width - 2 - sum(fixed) - 2 * sum(1 for size in fixed if size), LEAST_OF_TITLE)
    return {"state": state, "title": title, "run": run, "by": by, "when": when, "waited": -waited, "how": how}


def past_approval_titles(width: int) -> Content:
    """The titles above the list."""
    titles = {"state": "answer", "title": "question", "run": "run", "by": "by", "when": "when", "waited": "waited", "how": "how"}
    sizes = past_approval_columns(width)
    return Content(" ") + columns([(Content.styled(titles[name], "$text-disabled"), size) for name, size in sizes.items()])


def past_approval_row(row: PastApproval, width: int, now: datetime, icons: StatusIcons) -> Content:
    """One approval in the list."""
    sizes = past_approval_columns(width)
    icon = question_icon(row, icons)
    at = row.decided_at or row.requested_at
    target = f" {icons.arrow} {line_of(row.target)}" if row.target else ""
    cells = {
        "state": icon.full if row.status == "pending" else icon.saying(row.word).full,
        "title": Content.assemble(plain(row.title), (target, "$text-accent")).truncate(sizes["title"], ellipsis=True),
        "run": way_down(row.path, run_name(row.workflow_id, row.run_number, sizes["run"], "$text-muted"), sizes["run"], icons),
        "by": plain(row.decided_by or ("nobody" if row.status == "expired" else ""), "$foreground"),
        "when": Content.styled(date_and_time(at) if sizes["when"] > 9 else ago(at, now), "$text-muted"),
        "waited": Content.styled(spoken(row.waited_ms), "$text-muted"),
        "how": Content.styled(HOW[row.origin.how] if row.origin else "", "$text-muted"),
    }
    return Content(" ") + columns([(cells[name], size) for name, size in sizes.items()])
