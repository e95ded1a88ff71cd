"""Commands that answer gates and tasks: approvals, approve, reject."""

from __future__ import annotations

from typing import Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.answer import Answer
from oyama_tui.cli.approval_history import Status, asks_in_line, print_history, read_history, statuses_of
from oyama_tui.cli.completing import complete_approvals, complete_workflows
from oyama_tui.cli.error_output import refuse_damaged
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import clock
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, Limit, Offset, examples, say_rest
from oyama_tui.core.answer_words import ApprovalKind
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.views import ApprovalCard, ApprovalFilter, ApprovalRow, way_within

app = typer.Typer()
Ref = Annotated[
    str,
    typer.Argument(
        metavar="[ID|RUN]",
        help="An approval's id or its start, or a run with one open gate; on a terminal it may be left out when one is open.",
        autocompletion=complete_approvals,
    ),
]
Form = Annotated[list[str] | None, typer.Option("--form", metavar="NAME=VALUE", help="A value of the gate's form; may be repeated.")]
Digest = Annotated[str, typer.Option("--digest", metavar="HEX", help="What was shown; refused when it is not what is asked now.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needs an id, and at high risk --digest.")]
Full = Annotated[bool, typer.Option("--full", help="Print the whole card at once, not page by page.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, and do not ask.")]
Typed = Annotated[str, typer.Option("--target", metavar="TEXT", help="The target, typed out, where the gate asks for it.")]


@app.command(
    epilog=examples(
        "oyama approvals",
        "oyama approvals --by ana --since 7d --json",
        "oyama approvals --status rejected --workflow release --since last-month --until last-month --csv",
        "oyama approvals --show ID",
    )
)
def approvals(
    status: Annotated[
        Status | None, typer.Option(help="Which approvals; pending unless --by, --since or --until ask for others.", show_default=False)
    ] = None,
    workflow: Annotated[str, typer.Option(metavar="ID", help="Only approvals of this workflow.", autocompletion=complete_workflows)] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Only what this person has answered, be it with others.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="Only what was over since then; of what is open, asked: 7d, 2026-01-31.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Only what was over until then, such as yesterday or last-week.")] = "",
    kind: Annotated[ApprovalKind | None, typer.Option(help="Only approvals of this kind.", show_default=False)] = None,
    risk: Annotated[Risk | None, typer.Option(help="Only approvals of this risk.", show_default=False)] = None,
    shown: Annotated[
        str, typer.Option("--show", metavar="ID", help="Show all of one approval instead.", autocompletion=complete_approvals)
    ] = "",
    limit: Limit = 100,
    offset: Offset = 0,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values with a line of names.")] = False,
) -> Work:
    """List what waits for a person, or who decided what, when and how."""
    if as_csv and (as_json or shown):
        raise typer.BadParameter(f"--csv prints a list; it goes without {'--json' if as_json else '--show'}.")
    if not (by or since or until or kind or risk or as_csv or status not in (None, "pending")):
        return _queue_or_card(workflow, shown, limit, offset, as_json=as_json)

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            if shown:
                return _show(terminal, await studio.approvals.get(shown), as_json=as_json)
            wanted = ApprovalFilter(
                statuses=statuses_of(status, past=bool(by or since or until)),
                workflow=workflow,
                by=by,
                kinds=(kind,) if kind else (),
                risks=(risk,) if risk else (),
                since=studio.approval_history.since(since, f"--since {since}") if since else None,
                until=studio.approval_history.until(until, f"--until {until}") if until else None,
            )
            rows = await read_history(studio, wanted, limit, offset)
        print_history(terminal, rows, as_json=as_json, as_csv=as_csv)
        say_rest(terminal, len(rows) + len(rows.damaged), rows.total, offset)
        refuse_damaged(rows.damaged)
        return Exit.OK

    return work


@app.command(
    epilog=examples(
        "oyama approve", "oyama approve release#12 --comment 'looks good'", "oyama approve ID --digest HEX --form reason=hotfix"
    )
)
def approve(
    ref: Ref = "",
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Kept with the answer.")] = "",
    form: Form = None,
    digest: Digest = "",
    target: Typed = "",
    yes: Yes = False,
    full: Full = False,
    as_json: Json = False,
) -> Work:
    """Show what a gate asks, and say yes to it; or that a task is done."""
    return Answer("approve", ref, comment, form, digest, target, yes=yes, full=full, as_json=as_json).give


@app.command(epilog=examples("oyama reject --comment 'tests are red'", "oyama reject ID -m 'wrong version'"))
def reject(
    ref: Ref = "",
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Why; required.")] = "",
    digest: Digest = "",
    yes: Yes = False,
    full: Full = False,
    as_json: Json = False,
) -> Work:
    """Say no to what a gate asks, and why; or that a task could not be done."""
    return Answer("reject", ref, comment, None, digest, "", yes=yes, full=full, as_json=as_json).give


def _queue_or_card(workflow: str, shown: str, limit: int, offset: int, *, as_json: bool) -> Work:
    """Print what waits, or all of one approval."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            if shown:
                return _show(terminal, await studio.approvals.get(shown), as_json=as_json)
            rows = await studio.approvals.list(workflow=workflow, limit=limit, offset=offset)
        if as_json:
            terminal.out.document([row.model_dump(mode="json") for row in rows])
        elif rows:
            _print_rows(terminal, rows)
        elif not rows.total:
            terminal.err.line("Nothing waits for an answer.")
        say_rest(terminal, len(rows) + len(rows.damaged), rows.total, offset)
        refuse_damaged(rows.damaged)
        return Exit.OK

    return work


def _show(terminal: Terminal, card: ApprovalCard, *, as_json: bool) -> int:
    """Print one approval whole."""
    from oyama_tui.cli.card import card_sheet

    if as_json:
        terminal.out.document(documents.card(card))
    else:
        card_sheet(terminal, card).print()
    return Exit.OK


def _print_rows(terminal: Terminal, rows: tuple[ApprovalRow, ...]) -> None:
    """Print approvals as a list."""
    terminal.out.table(
        ("ID", "STATUS", "RUN", "RISK", "ASKED", "UNTIL", "TITLE"),
        [
            (
                row.id,
                (row.word, "ask"),
                way_within(terminal.out.width // 3, row.path, row.run_label),
                ("by hand", "") if row.kind == "task" else (row.risk, "danger" if row.risk == "high" else ""),
                clock(row.requested_at),
                clock(row.deadline),
                asks_in_line(row),
            )
            for row in rows
        ],
    )
