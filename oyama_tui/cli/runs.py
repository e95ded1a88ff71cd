"""Commands that look at runs: runs, show, history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.block_output import STYLES, is_in, node_name, part_of, partly_shown, print_block, refuse_misfit
from oyama_tui.cli.completing import complete_blocks, complete_points, complete_runs, complete_workflows
from oyama_tui.cli.error_output import refuse_damaged
from oyama_tui.cli.exits import Exit, code_of_status
from oyama_tui.cli.past_output import show_past
from oyama_tui.cli.printing import Part, Printer, beside_and_below, clock, to_json
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import POINT_HELP, AsJson, Limit, Offset, RunRef, examples, say_rest
from oyama_tui.core.format import compact
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalRow, NodeView, RunRow, RunView, way_within

app = typer.Typer()
TOLD = 20
"""So many answers and so many open questions of a run are printed."""


@app.command(epilog=examples("oyama runs --live", "oyama runs --workflow release --json", "oyama runs --parent release#12"))
def runs(
    workflow: Annotated[str, typer.Option(metavar="ID", help="Only runs of this workflow.", autocompletion=complete_workflows)] = "",
    live: Annotated[bool, typer.Option("--live", help="Only runs that are not over, those that need a person first.")] = False,
    parent: Annotated[
        str, typer.Option(metavar="RUN", help="Only runs that steps of this run have started.", autocompletion=complete_runs)
    ] = "",
    limit: Limit = 50,
    offset: Offset = 0,
    as_json: AsJson = False,
) -> Work:
    """List runs, the newest first."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            rows = await studio.runs.list(workflow=workflow, live=live or None, limit=limit, offset=offset, parent=parent)
            known = live and not rows.total and await studio.runs.list(workflow=workflow, limit=1, parent=parent)
        if as_json:
            terminal.out.document([documents.run_row(row) for row in rows])
        elif rows:
            header = ("RUN", "STATUS", "STEPS", "STARTED", "TOOK", "ID", "WHY")
            terminal.out.table(header, [_cells(row, terminal.out.width // 3) for row in rows])
        elif live and known:
            terminal.err.line(f"No run is live, all are over. See them: {terminal.command('runs')}")
        elif parent:
            terminal.err.line("No step of that run has started another one.")
        elif not rows.total:
            terminal.err.line(f"There are no runs yet. Start one: {terminal.command('run', 'FILE')}")
        say_rest(terminal, len(rows) + len(rows.damaged), rows.total, offset)
        refuse_damaged(rows.damaged)
        return Exit.OK

    return work


@app.command(
    epilog=examples(
        "oyama show release#12",
        "oyama show release@latest --exit-code",
        "oyama show fleet#3 --block fan --failed",
        "oyama show fleet#3 --block 'fan[17]'",
        "oyama show release#12 --at test",
    )
)
def show(
    ref: RunRef,
    block: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            help="Only this block, page by page, or one item or round of it: fan, 'fan[3]', 'poll#2'.",
            autocompletion=complete_blocks,
        ),
    ] = "",
    failed: Annotated[bool, typer.Option("--failed", help="With --block: only the items that failed.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, max=100_000, help="With --block: the most items or rounds; 50 unless said.")] = None,
    offset: Annotated[int | None, typer.Option(min=0, max=1_000_000_000, help="With --block: items or rounds to pass over first.")] = None,
    at: Annotated[str, typer.Option(metavar="POINT", help=f"As it was at a point. {POINT_HELP}", autocompletion=complete_points)] = "",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Tell by the exit code how the run ended, 5 while it goes on.")] = False,
    as_json: AsJson = False,
) -> Work:
    """Show one run with its steps, or one block of it with its items."""
    if at and (block or exit_code):
        raise typer.BadParameter(f"--at shows the whole run as it was; it goes without {'--block' if block else '--exit-code'}.")

    async def work(terminal: Terminal) -> int:
        if at:
            async with terminal.studio() as studio:
                await show_past(terminal, studio, ref, at, as_json=as_json)
            return Exit.OK
        part = part_of(block, failed=failed, limit=limit, offset=offset)
        async with terminal.studio() as studio:
            view = await studio.runs.get(ref, part)
            asked = await studio.approvals.of_run(view.row.id)
        if part is not None:
            refuse_misfit(view, part)
            asked = Rows(row for row in asked if is_in(row.node, part.key))
        if as_json:
            terminal.out.document({**documents.run_view(view), "approvals": [row.model_dump(mode="json") for row in asked]})
        elif part is not None:
            print_block(terminal, view, part)
        else:
            print_run(terminal, view, asked)
        return code_of_status(view.row.status) if exit_code else Exit.OK

    return work


@app.command(
    epilog=examples("oyama history status:failed since:7d", "oyama history workflow:release by:ana since:last-week until:last-week --json")
)
def history(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORDS]...", help="Filter words.")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
    as_json: AsJson = False,
) -> Work:
    """Search past runs by words such as status:failed workflow:release by:ana since:last-week until:last-week."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            page = await studio.history.page(studio.history.parse(" ".join(words or ())), offset=offset or None, limit=limit)
        say_rest(terminal, len(page.rows) + len(page.damaged), page.total, offset)
        if as_json:
            terminal.out.document([{**row.model_dump(mode="json"), "label": row.label} for row in page.rows])
            refuse_damaged(page.damaged)
            return Exit.OK
        if not page.rows:
            refuse_damaged(page.damaged)
            if not page.total:
                terminal.err.line("No past run fits." if words else "There is no history yet.")
            return Exit.OK
        header = ("RUN", "STATUS", "STARTED", "TOOK", "BY", "DECIDED BY", "ID", "WHY")
        terminal.out.table(
            header,
            [
                (
                    row.label,
                    (row.word, STYLES.get(row.word, "")),
                    clock(row.started_at),
                    compact(row.duration_ms),
                    row.started_by,
                    row.decided_by,
                    (row.id, "dim"),
                    row.reason,
                )
                for row in page.rows
            ],
        )
        refuse_damaged(page.damaged)
        return Exit.OK

    return work


def _cells(row: RunRow, cells: int) -> tuple[Part, ...]:
    """One line of the list, with a name of the run that takes so many cells."""
    progress = f"{row.completed}/{row.total}"
    status: Part = (row.word, STYLES.get(row.word, ""))
    name = way_within(cells, row.path, row.label)
    return (name, status, progress, clock(row.started_at), compact(row.duration_ms), (row.id, "dim"), row.why)


def print_run(terminal: Terminal, view: RunView, asked: Sequence[ApprovalRow] = ()) -> None:
    """Print one run with its steps and values, and what was answered and can be answered.

    Args:
        terminal: Where to print.
        view: The run.
        asked: Its approvals.
    """
    row, out = view.row, terminal.out
    out.line((row.run_way, "bold"), "  ", (row.word, STYLES.get(row.word, "")), (f"  {row.id}", "dim"))
    if row.why:
        out.line(f"  {row.why}")
    took = f", took {compact(row.duration_ms)}" if row.duration_ms is not None else ""
    people = f", people took {compact(row.human_wait_ms)}" if row.human_wait_ms else ""
    out.line((f"  started {clock(row.started_at)} by {row.started_by}{took}{people}", "dim"))
    for words in view.fork_words:
        out.line((f"  {words}", "dim"))
    if view.time_left:
        out.line((f"  time left: {view.time_left}", "dim"))
    if view.breakpoints and row.live:
        out.line((f"  pauses before: {', '.join(view.breakpoints)}", "dim"))
    if row.live:
        driven = {"here": "this process", "elsewhere": "another process", "nobody": "nobody"}[row.owner]
        out.line((f"  driven by {driven}", "dim"))
    out.table(("STEP", "STATUS", "TOOK", "NOTE"), [_node_cells(node) for node in view.nodes])
    for key in partly_shown(view.nodes):
        out.line((f"All of {key}: {terminal.command('show', row.id, '--block', key)}", "dim"))
    _print_values(out, "inputs", view.inputs)
    _print_values(out, "outputs", view.outputs)
    if view.error:
        at = f" at {view.error_node}" if view.error_node else ""
        out.line(("error", "bad"), f"{at}: {view.error}")
    _print_asked(terminal, view, asked)
    nodes = view.nodes if not row.imported else ()
    for name in dict.fromkeys(node.waits_for for node in nodes if node.waits_for):
        out.line(f"Send:   {terminal.command('send', row.id, name, '-d', '{}')}")
    for node in nodes:
        if node.pauses:
            out.line(f"Now:    {terminal.command('retry', row.id, node.key)}")
    if row.owner == "nobody" and row.live and row.hint[:1] != ("recover",):
        out.line(f"Go on:  {terminal.command('resume', row.id)}")
    elif row.hint and row.hint[0] != "approve":
        out.line(f"{'Sooner:' if row.place == 'queued' else 'Go on: '} {terminal.command(*row.hint)}")


def _print_asked(terminal: Terminal, view: RunView, asked: Sequence[ApprovalRow]) -> None:
    """Print what was answered and what can be; of more than a few the last answers and the first questions."""
    out, ref = terminal.out, view.row.id
    answered = [approval for approval in asked if approval.status != "pending" or _overdue(approval)]
    opened = [approval for approval in asked if approval.status == "pending" and view.row.live and not _overdue(approval)]
    if len(answered) > TOLD:
        out.line((f"answers: the last {TOLD} of {len(answered):,}; all of them: {terminal.command('show', ref, '--json')}", "dim"))
    for approval in answered[-TOLD:]:
        _print_answer(terminal, approval)
    for approval in opened[:TOLD]:
        out.line(f"Answer: {terminal.command('approve', approval.id)}")
    if len(opened) > TOLD:
        out.line(f"{len(opened) - TOLD:,} more wait: {terminal.command('approvals', '--workflow', view.row.workflow_id)}")


def _overdue(approval: ApprovalRow) -> bool:
    """Whether its time is over, though no engine has noted it yet."""
    return approval.status == "pending" and approval.deadline is not None and approval.deadline <= datetime.now(UTC)


def _print_answer(terminal: Terminal, approval: ApprovalRow) -> None:
    """Print who answered a gate, with what was written and filled in; nothing for one that is open."""
    out, title = terminal.out, approval.title
    if _overdue(approval):
        out.line(("answer", "dim"), f"  {title}: its time is over since {clock(approval.deadline)}; the run follows on_timeout when driven")
    elif approval.status in ("approved", "rejected"):
        comment, below = beside_and_below(approval.comment)
        out.line(("answer", "dim"), f"  {title}: {approval.said} at {clock(approval.decided_at)}{comment}")
        for line in below.splitlines():
            out.line(f"    {line}")
        _print_values(out, "", {name: value for name, value in approval.form.items() if value is not None})
    elif approval.status == "expired":
        out.line(
            ("answer", "dim"), f"  {title}: nobody {'did it' if approval.kind == 'task' else 'answered'} until {clock(approval.deadline)}"
        )


def _node_cells(node: NodeView) -> tuple[Part, ...]:
    """One line of the tree."""
    return (node_name(node), (node.word, STYLES.get(node.word, "")), compact(node.duration_ms), node.note)


def _print_values(out: Printer, title: str, values: Mapping[str, object]) -> None:
    """Print named values, one line each."""
    if values and title:
        out.line((title, "dim"))
    for name, value in values.items():
        out.line(f"  {name}: {value if isinstance(value, str) else to_json(value, indent=None)}")
