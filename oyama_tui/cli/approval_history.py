"""The history of approvals on the command line: as a table, as JSON, and as comma-separated values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_workflows
from oyama_tui.cli.csv_output import Value, print_csv
from oyama_tui.cli.error_output import refuse_damaged
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import clock, timestamp
from oyama_tui.cli.terminal import Terminal
from oyama_tui.cli.words import say_rest
from oyama_tui.core.answer_words import ApprovalKind
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.events import Origin, Seen
from oyama_tui.core.format import as_text, compact
from oyama_tui.core.rows import Rows
from oyama_tui.core.text import first_line
from oyama_tui.core.views import ApprovalFilter, ApprovalRow, PastApproval, way_within

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

Status = Literal["pending", "approved", "rejected", "sent_back", "expired", "cancelled", "all"]
_STATUS = "Which approvals; pending unless --by, --since or --until ask for others."
StatusOf = Annotated[Status | None, typer.Option("--status", help=_STATUS, show_default=False)]
WorkflowOf = Annotated[
    str, typer.Option("--workflow", metavar="ID", help="Only approvals of this workflow.", autocompletion=complete_workflows)
]
ByPerson = Annotated[str, typer.Option("--by", metavar="NAME", help="Only what this person has answered, be it with others.")]
_SINCE = "Only what was over since then; of what is open, asked: 7d, 2026-01-31."
Since = Annotated[str, typer.Option("--since", metavar="TIME", help=_SINCE)]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help="Only what was over until then, such as yesterday or last-week.")]
KindOf = Annotated[ApprovalKind | None, typer.Option("--kind", help="Only approvals of this kind.", show_default=False)]
RiskOf = Annotated[Risk | None, typer.Option("--risk", help="Only approvals of this risk.", show_default=False)]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values with a line of names.")]
PAGE: Final = 1_000
"""Approvals that are read at once."""
HOW: Final = {"screen": "screen", "tty": "terminal", "command": "command", "hook": "hook", "token": "token"}
SHORT: Final = 8
"""Digits of a digest in a table."""
COLUMNS: Final = (
    *("id", "status", "kind", "risk", "title", "target", "workflow", "run", "step", "asked_at", "deadline", "decided_at", "decided_by"),
    *("waited_ms", "how", "terminal", "digest", "seen_digest", "seen_how", "seen_parts", "read_parts", "seen_ms", "typed"),
    *("comment", "form"),
)


@dataclass(frozen=True, slots=True)
class PastList:
    """The list of approvals that a command line asks for, other than what waits."""

    status: Status | None
    workflow: str
    by: str
    since: str
    until: str
    kind: ApprovalKind | None
    risk: Risk | None
    limit: int
    offset: int
    as_json: bool = field(kw_only=True)
    as_csv: bool = field(kw_only=True)

    @property
    def given(self) -> dict[str, object]:
        """What was said that the queue does not know, by option."""
        status = self.status if self.status != "pending" else None
        named = {
            "--status": status,
            "--by": self.by,
            "--since": self.since,
            "--until": self.until,
            "--kind": self.kind,
            "--risk": self.risk,
        }
        return {**named, "--csv": self.as_csv}

    def refuse_misfits(self, shown: str) -> None:
        """Refuse what cannot be comma-separated.

        Args:
            shown: The approval that is wanted alone; empty when none is.

        Raises:
            BadParameter: It is a card, or something else is asked for beside.
        """
        if self.as_csv and (self.as_json or shown):
            raise typer.BadParameter(f"--csv prints a list; it goes without {'--json' if self.as_json else '--show'}.")

    async def show(self, terminal: Terminal) -> int:
        """Print it."""
        past = bool(self.by or self.since or self.until)
        status = self.status or ("all" if past else "pending")
        async with terminal.studio() as studio:
            wanted = ApprovalFilter(
                statuses=() if status == "all" else (status,),
                workflow=self.workflow,
                by=self.by,
                kinds=(self.kind,) if self.kind else (),
                risks=(self.risk,) if self.risk else (),
                since=studio.approval_history.since(self.since, f"--since {self.since}") if self.since else None,
                until=studio.approval_history.until(self.until, f"--until {self.until}") if self.until else None,
            )
            rows = await read_history(studio, wanted, self.limit, self.offset)
        print_history(terminal, rows, as_json=self.as_json, as_csv=self.as_csv)
        say_rest(terminal, len(rows) + len(rows.damaged), rows.total, self.offset)
        refuse_damaged(rows.damaged)
        return Exit.OK


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
        (row.word, "ask" if row.status == "pending" and not row.asks_others else ""),
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
        *(row.digest, row.seen, *_looked(row.looked), row.comment, as_text(row.form) if row.form else ""),
    )


def _looked(seen: Seen | None) -> tuple[Value, ...]:
    """What whoever decided had before their eyes; parts are those of a card on the screens."""
    if seen is None:
        return ("", None, None, None, "")
    parts = (seen.parts, seen.read) if seen.how == "card" else (None, None)
    return (seen.how, *parts, seen.milliseconds, seen.typed)
