"""Commands that set runs of a workflow beside each other: stats, compare."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.block_output import STYLES
from oyama_tui.cli.completing import complete_workflows
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import Part, clock, to_json
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, RunRef, examples
from oyama_tui.core.format import compact
from oyama_tui.core.views import ComparedStep, FiguresPage, RunComparison, RunMatrix, Spread, StepOutcome, WorkflowFigures
from oyama_tui.core.views.runs import ASKED

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

app = typer.Typer()
RUN_COLUMN = 9
"""Cells of a run's column, and the blanks beside it."""
OTHER_COLUMNS = 50
"""Cells of all other columns, about."""


@app.command(epilog=examples("oyama stats", "oyama stats release --since 30d", "oyama stats release --json"))
def stats(
    workflow: Annotated[
        str,
        typer.Argument(metavar="[WORKFLOW]", help="A workflow; all of them when none is named.", autocompletion=complete_workflows),
    ] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="Only runs that were started since then: 7d, yesterday, 2026-11-01.")] = "",
    runs: Annotated[int, typer.Option(min=1, max=60, help="With a workflow: the most runs to set beside each other.")] = 16,
    as_json: AsJson = False,
) -> Work:
    """Tell how workflows do: how many of their runs are good, how long they work, how long people take; of one, step by step."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            begin = studio.history.parse(f"since:{since}").since if since else None
            if not workflow:
                pages = [page async for page in _all_figures(studio, begin)]
                rows = [row for page in pages for row in page.rows]
                if as_json:
                    terminal.out.document([documents.figures(row) for row in rows])
                else:
                    _print_all(terminal, rows)
                return Exit.OK
            figures = await studio.history.figures(workflow, begin)
            matrix = await studio.comparing.matrix(workflow, runs)
        if as_json:
            terminal.out.document({**documents.figures(figures), "matrix": matrix.model_dump(mode="json")})
        else:
            _print_figures(terminal, figures)
            _print_matrix(terminal, matrix)
        return Exit.OK

    return work


@app.command(epilog=examples("oyama compare release#11 release#12", "oyama compare release#11 release@latest --all --json"))
def compare(
    one: RunRef,
    other: RunRef,
    every: Annotated[bool, typer.Option("--all", help="Steps that came to the same too.")] = False,
    as_json: AsJson = False,
) -> Work:
    """Show what two runs of a workflow do not have in common: steps, times, output, values, the workflow's text."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            found = await studio.comparing.compare(one, other)
        if as_json:
            terminal.out.document(documents.comparison(found))
        else:
            _print_comparison(terminal, found, every=every)
        return Exit.OK

    return work


async def _all_figures(studio: Studio, since: datetime | None) -> AsyncIterator[FiguresPage]:
    after = ""
    while True:
        page = await studio.history.all_figures(since, after)
        yield page
        if not page.more:
            return
        after = page.rows[-1].workflow_id


def _print_all(terminal: Terminal, rows: list[WorkflowFigures]) -> None:
    if not rows:
        terminal.err.line(f"There is no workflow yet. Make one: {terminal.command('init', 'FILE')}")
        return
    header = ("WORKFLOW", "RUNS", "GOOD", "HALF WITHIN", "95 OF 100", "PEOPLE", "NOW")
    terminal.out.table(
        header,
        [
            (
                row.workflow_id,
                f"{row.runs:,}",
                _rate(row.success_rate),
                compact(row.worked.p50_ms),
                compact(row.worked.p95_ms),
                compact(row.asked.p50_ms),
                ", ".join(f"{number:,} {word}" for number, word in ((row.running, "running"), (row.waiting, "waiting")) if number),
            )
            for row in rows
        ],
    )


def _rate(rate: float | None) -> Part:
    return ("-", "dim") if rate is None else f"{rate:.0%}"


def _spread(spread: Spread) -> str:
    return f"half within {compact(spread.p50_ms)}, 95 of 100 within {compact(spread.p95_ms)}" if spread.count else "-"


def _print_figures(terminal: Terminal, figures: WorkflowFigures) -> None:
    out = terminal.out
    newest = f"its newest {figures.runs:,} runs" if figures.truncated else f"{figures.runs:,} run{'' if figures.runs == 1 else 's'}"
    since = f", since {clock(figures.since)}" if figures.since else ""
    out.line((figures.workflow_id, "bold"), f"  {newest}{since}")
    if not figures.runs:
        return
    counts = (
        (figures.completed, "completed"),
        (figures.failed, "failed"),
        (figures.rejected, "rejected"),
        (figures.cancelled, "cancelled"),
    )
    said = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    out.line(("  good    ", "dim"), _rate(figures.success_rate), f"  {said}" if said else "")
    out.line(("  work    ", "dim"), _spread(figures.worked))
    if figures.asked.count:
        out.line(("  people  ", "dim"), _spread(figures.asked))


def _print_matrix(terminal: Terminal, matrix: RunMatrix) -> None:
    if not matrix.runs:
        return
    out = terminal.out
    room = max((out.width - OTHER_COLUMNS) // RUN_COLUMN, 1)
    shown = min(len(matrix.runs), room)
    first = len(matrix.runs) - shown
    header = ("STEP", "MEDIAN", "SLOWEST", "FAILS", *(f"#{run.number}" for run in matrix.runs[first:]))
    rows: list[tuple[Part, ...]] = [
        ("", "", "", "", *((run.word, STYLES.get(run.word, "")) for run in matrix.runs[first:])),
    ]
    for step in matrix.steps:
        cells = [_cell(outcome, asked=step.asked) for outcome in step.outcomes[first:]]
        rows.append((step.name, compact(step.median_ms), compact(step.slowest_ms), str(step.failed + step.retried or ""), *cells))
    out.table(header, rows)
    for sentence in matrix.damaged:
        terminal.err.line(sentence)


def _cell(outcome: StepOutcome | None, *, asked: bool) -> Part:
    if outcome is None:
        return ("-", "dim")
    if outcome.word in ("completed", "approved") and outcome.duration_ms is not None:
        again = f" ({outcome.attempt})" if outcome.attempt > 1 and not asked else ""
        return f"{compact(outcome.duration_ms)}{again}"
    return (outcome.word, STYLES.get(outcome.word, ""))


def _print_comparison(terminal: Terminal, found: RunComparison, *, every: bool) -> None:
    out, one, other = terminal.out, found.one, found.other
    for run in (one, other):
        took = f", took {compact(run.duration_ms)}" if run.duration_ms is not None else ""
        status: Part = (run.word, STYLES.get(run.word, ""))
        out.line((run.label, "bold"), "  ", status, (f"  started {clock(run.started_at)} by {run.started_by}{took}", "dim"))
    steps = [step for step in found.steps if every or not step.alike]
    if steps:
        header = ("STEP", f"#{one.number}", f"#{other.number}", "DIFFERENCE", "OUTPUT")
        out.table(header, [_step(step) for step in steps])
    alike = sum(step.alike for step in found.steps)
    if alike and not every:
        out.line((f"{alike} step{'' if alike == 1 else 's'} came to the same; --all shows them", "dim"))
    for value in found.values:
        out.line((f"{value.where} {value.name}", "dim"))
        for run, each in ((one, value.one), (other, value.other)):
            out.line(f"  #{run.number}: {each if isinstance(each, str) else to_json(each, indent=None)}")
    if found.definition:
        out.line(("the workflow's text", "dim"))
        for line in found.definition:
            out.line((line, {"+": "good", "-": "bad"}.get(line[:1], "dim")))
    elif not found.same_revision:
        out.line("The workflow's text is written differently and means the same.")


def _step(step: ComparedStep) -> tuple[Part, ...]:
    slower = step.slower_ms
    told = "" if not slower else f"{'+' if slower > 0 else '-'}{compact(abs(slower))}"
    same = step.one_output == step.other_output
    output = "" if not step.one_output and same else "the same" if same else "different"
    asked = step.kind in ASKED
    return (step.name, _cell(step.one, asked=asked), _cell(step.other, asked=asked), told, output)
