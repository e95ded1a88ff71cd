"""Commands that answer gates and tasks: approvals, approve, reject."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.answer import Answer, Given, Metadata
from oyama_tui.cli.approval_history import (
    AsCsv,
    ByPerson,
    KindOf,
    PastList,
    RiskOf,
    Since,
    StatusOf,
    Until,
    WorkflowOf,
    asks_in_line,
)
from oyama_tui.cli.completing import complete_approvals
from oyama_tui.cli.error_output import refuse_damaged
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import clock
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import Limit, Offset, examples, say_rest
from oyama_tui.core.views import Against, ApprovalCard, ApprovalRow, way_within

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
Edit = Annotated[
    list[str] | None,
    typer.Option("--edit", metavar="STEP.NAME=VALUE", help="Change a value that the gate lets be changed, then say yes; may be repeated."),
]
EditFile = Annotated[
    list[str] | None,
    typer.Option("--edit-file", metavar="STEP.NAME=FILE", help="The same with the value from a file, or - for standard input."),
]
Digest = Annotated[str, typer.Option("--digest", metavar="HEX", help="What was shown; refused when it is not what is asked now.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needs an id, and at high risk --digest.")]
Full = Annotated[bool, typer.Option("--full", help="Print the whole card at once, not page by page.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, and do not ask.")]
_ASK_NO_MORE = "Ask no more: a question, or all of a workflow. Their runs end as cancelled."
Words = Annotated[list[str] | None, typer.Argument(metavar="[cancel ID|clear WORKFLOW]", help=_ASK_NO_MORE)]
_SHOW = "Show all of one approval instead."
Shown = Annotated[str, typer.Option("--show", metavar="ID", help=_SHOW, autocompletion=complete_approvals)]
_EXEC = "With --watch: run it for each new approval, told by OYAMA_APPROVAL_* variables."
Exec = Annotated[str, typer.Option("--exec", metavar="CMD", help=_EXEC)]
_EXEC_TIMEOUT = "When a command of --exec is killed."
ExecTimeout = Annotated[float, typer.Option("--exec-timeout", metavar="SECONDS", min=0.1, max=3600, help=_EXEC_TIMEOUT)]
Lines = Annotated[bool, typer.Option("--json", help="Print one JSON document; with --watch one on each line.")]
_COUNT = "Print only how many wait for you; with --watch again whenever that changes."
Counted = Annotated[bool, typer.Option("--count", help=_COUNT)]
Typed = Annotated[str, typer.Option("--target", metavar="TEXT", help="The target, typed out, where the gate asks for it.")]
_DIFF = "With --show: what is different from what was asked before at this gate."
Diff = Annotated[bool, typer.Option("--diff", help=_DIFF)]
_AGAINST = (
    "With --diff, from what: the yes that this question had, the round before in this run, or the last yes in an earlier run;"
    " what is nearest unless said."
)
AgainstOf = Annotated[Against | None, typer.Option("--against", help=_AGAINST, show_default=False)]


@app.command(
    epilog=examples(
        "oyama approvals",
        "oyama approvals --by ana --since 7d --json",
        "oyama approvals --status rejected --workflow release --since last-month --until last-month --csv",
        "oyama approvals --show ID",
        "oyama approvals --show ID --diff",
        "oyama approvals --watch",
        "oyama approvals --watch --count",
        "oyama approvals --watch --exec 'notify-send Oyama'",
        "oyama approvals clear release --yes",
    )
)
def approvals(
    words: Words = None,
    status: StatusOf = None,
    workflow: WorkflowOf = "",
    by: ByPerson = "",
    since: Since = "",
    until: Until = "",
    kind: KindOf = None,
    risk: RiskOf = None,
    shown: Shown = "",
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="With cancel and clear: why.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With clear: do not ask.")] = False,
    limit: Limit = 100,
    offset: Offset = 0,
    watch: Annotated[bool, typer.Option("--watch", help="Print a line for each change as it happens, until it is interrupted.")] = False,
    count: Annotated[
        bool, typer.Option("--count", help="Print only how many wait for you; with --watch again whenever that changes.")
    ] = False,
    command: Exec = "",
    seconds: ExecTimeout = 30,
    as_json: Lines = False,
    as_csv: AsCsv = False,
    diff: Diff = False,
    against: AgainstOf = None,
) -> Work:
    """List what waits for a person, or who decided what, when and how; or ask it no more."""
    if words:
        from oyama_tui.cli.approval_acts import withdrawing

        return withdrawing(words, comment, yes=yes, as_json=as_json)
    past = PastList(status, workflow, by, since, until, kind, risk, limit, offset, as_json=as_json, as_csv=as_csv)
    past.refuse_misfits(shown)
    if diff or against:
        refuse_diff_misfits(diff=diff, shown=shown, others=[*past.given.values(), watch, count, command])
        from oyama_tui.cli.difference_output import show_difference

        return show_difference(shown, against, as_json=as_json)
    if watch or count or command:
        others = {"--show": shown, **past.given, "--limit": limit != 100, "--offset": offset}
        refuse_beside_watch(watch=watch, count=count, command=command, others=[name for name, said in others.items() if said])
    if watch:
        from oyama_tui.cli.watching import QueueWatch

        return QueueWatch(workflow, count=count, as_json=as_json, command=command, limit=seconds).follow
    if not shown and any(past.given.values()):
        return past.show
    return _queue_or_card(workflow, shown, limit, offset, count=count, as_json=as_json)


@app.command(
    epilog=examples(
        "oyama approve", "oyama approve release#12 --comment 'looks good'", "oyama approve ID --digest HEX --form reason=hotfix"
    )
)
def approve(
    ref: Ref = "",
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Kept with the answer.")] = "",
    form: Form = None,
    edit: Edit = None,
    edit_file: EditFile = None,
    digest: Digest = "",
    target: Typed = "",
    metadata: Metadata = None,
    yes: Yes = False,
    full: Full = False,
    as_json: Json = False,
) -> Work:
    """Show what a gate asks, and say yes to it; or that a task is done."""
    given = Given(comment, form, edit, edit_file, metadata, target)
    return Answer("approve", ref, given, digest, yes=yes, full=full, as_json=as_json).give


@app.command(epilog=examples("oyama reject --comment 'tests are red'", "oyama reject ID -m 'wrong version'"))
def reject(
    ref: Ref = "",
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Why; required.")] = "",
    digest: Digest = "",
    metadata: Metadata = None,
    yes: Yes = False,
    full: Full = False,
    as_json: Json = False,
) -> Work:
    """Say no to what a gate asks, and why; or that a task could not be done."""
    return Answer("reject", ref, Given(comment, metadata=metadata), digest, yes=yes, full=full, as_json=as_json).give


def _queue_or_card(workflow: str, shown: str, limit: int, offset: int, *, count: bool, as_json: bool) -> Work:
    """Print what waits, or how much, or all of one approval."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            if shown:
                return _show(terminal, await studio.approvals.get(shown), as_json=as_json)
            rows = await studio.approvals.list(workflow=workflow, limit=1 if count else limit, offset=offset, mine=count)
        if count:
            from oyama_tui.cli.watching import count_document

            terminal.out.document(count_document(rows.total)) if as_json else terminal.out.line(str(rows.total))
            return Exit.OK
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


def refuse_beside_watch(*, watch: bool, count: bool, command: str, others: list[str]) -> None:
    """Refuse options that mean nothing together.

    Args:
        watch: Changes are wanted.
        count: Only a number is wanted.
        command: What is to be run for each new approval.
        others: Further options that were given.

    Raises:
        BadParameter: Some do.
    """
    if command and not watch:
        raise typer.BadParameter("--exec goes with --watch.")
    if others:
        raise typer.BadParameter(f"{'--watch' if watch else '--count'} is about what waits now: it does not go with {', '.join(others)}.")


def refuse_diff_misfits(*, diff: bool, shown: str, others: Iterable[object]) -> None:
    """Refuse a difference of nothing in particular.

    Args:
        diff: A difference is asked for.
        shown: The approval.
        others: What else was said.

    Raises:
        BadParameter: No approval is named, or a list is asked for as well.
    """
    if not diff:
        raise typer.BadParameter("--against goes with --diff.")
    if not shown or any(others):
        raise typer.BadParameter("--diff is about one approval: it goes with --show ID, and with nothing that asks for a list.")


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
                (row.word, "" if row.asks_others else "ask"),
                way_within(terminal.out.width // 3, row.path, row.run_label),
                ("by hand", "") if row.kind == "task" else (row.risk, "danger" if row.risk == "high" else ""),
                clock(row.requested_at),
                clock(row.deadline),
                asks_in_line(row),
            )
            for row in rows
        ],
    )
