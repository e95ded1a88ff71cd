"""The history of approvals on the command line: as a table, as JSON, and as comma-separated values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from oyama_tui.cli import documents
from oyama_tui.cli.csv_output import Value, print_csv
from oyama_tui.cli.printing import clock, timestamp
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.events import Origin
from oyama_tui.core.format import as_text, compact
from oyama_tui.core.rows import Rows
from oyama_tui.core.text import first_line
from oyama_tui.core.views import ApprovalFilter, ApprovalRow, PastApproval, way_within

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

Status = Literal["pending", "approved", "rejected", "expired", "cancelled", "all"]
PAGE: Final = 1_000
"""Approvals that are read at once."""
HOW: Final = {"screen": "screen", "tty": "terminal", "command": "command", "hook": "hook", "token": "token"}
SHORT: Final = 8
"""Digits of a digest in a table."""
COLUMNS: Final = (
    *("id", "status", "kind", "risk", "title", "target", "workflow", "run", "step", "asked_at", "deadline", "decided_at", "decided_by"),
    *("waited_ms", "how", "terminal", "digest", "seen_digest", "comment", "form"),
)


def statuses_of(status: Status | None, *, past: bool) -> tuple[str, ...]:
    """Which approvals are meant; none means all.

    Args:
        status: As said; none when nothing was said.
        past: Something else was said that only approvals can have that are over.
    """
    status = status or ("all" if past else "pending")
    return () if status == "all" else (status,)


async def read_history(studio: Studio, wanted: ApprovalFilter, limit: int, offset: int) -> Rows[PastApproval]:
    """Read so many approvals page by page, newest first.

    Args:
        studio: Where to ask.
        wanted: Which approvals.
        limit: The most.
        offset: How many to pass over first.
    """
    page = await studio.approval_history.page(wanted, offset=offset, limit=min(limit, PAGE))
    rows, damaged = list(page.rows), dict.fromkeys(page.damaged)
    while page.rows and len(page.rows) + len(page.damaged) >= PAGE and len(rows) + len(damaged) < limit:
        page = await studio.approval_history.page(wanted, before=rows[-1].key, limit=min(limit - len(rows) - len(damaged), PAGE))
        rows += page.rows
        damaged |= dict.fromkeys(page.damaged)
    return Rows(rows, damaged, page.total)


def print_history(terminal: Terminal, rows: Rows[PastApproval], *, as_json: bool, as_csv: bool) -> None:
    """Print approvals, newest first.

    Args:
        terminal: Where to print.
        rows: The approvals.
        as_json: As one JSON document.
        as_csv: As comma-separated values.
    """
    if as_json:
        terminal.out.document([documents.past_approval(row) for row in rows])
    elif as_csv:
        print_csv(terminal.out, COLUMNS, (_values(row) for row in rows))
    elif rows:
        header = ("ID", "STATUS", "BY", "WHEN", "WAITED", "HOW", "SEEN", "RUN", "TITLE")
        terminal.out.table(header, [_cells(row, terminal.out.width // 3) for row in rows])
    elif not rows.total:
        terminal.err.line("There are no such approvals.")


def asks_in_line(row: ApprovalRow) -> str:
    """What an approval asks, and what was written and filled in with its answer, in one line.

    Args:
        row: The approval.
    """
    from oyama_tui.cli.card import form_text

    said = "; ".join([*([first_line(row.comment)] if row.comment else []), *form_text(row.form).splitlines()])
    target = f" -> {row.target}" if row.target else ""
    return f"{row.title}{target}" + (f" ({said})" if said else "")


def _cells(row: PastApproval, cells: int) -> tuple[str | tuple[str, str], ...]:
    """One line of the table, with a name of the run that takes so many cells."""
    answered = bool(row.decided_by)
    return (
        row.id,
        (row.word, "ask" if row.status == "pending" else ""),
        row.decided_by or ("nobody" if row.status == "expired" else ""),
        clock(row.decided_at or row.requested_at),
        compact(row.waited_ms),
        _how(row.origin),
        ((row.seen[:SHORT] or "unseen") if answered else "", "" if row.seen == row.digest else "dim"),
        way_within(cells, row.path, row.run_label),
        asks_in_line(row),
    )


def _how(origin: Origin | None) -> str:
    """How an answer was given, in one word."""
    return HOW[origin.how] if origin else ""


def _values(row: PastApproval) -> tuple[Value, ...]:
    """One line of comma-separated values."""
    return (
        *(row.id, row.status, row.kind, row.risk, row.title, row.target, row.workflow_id, row.run_id, row.way),
        timestamp(row.requested_at),
        timestamp(row.deadline) if row.deadline else None,
        timestamp(row.decided_at) if row.decided_at else None,
        *(row.decided_by, row.waited_ms, _how(row.origin), row.origin.tty if row.origin else ""),
        *(row.digest, row.seen, row.comment, as_text(row.form) if row.form else ""),
    )
