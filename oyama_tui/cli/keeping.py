"""Commands about what is kept: cleanup, pin, unpin, delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_deletable, complete_workflows
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import clock
from oyama_tui.cli.questions import says_yes
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, RunRef, examples
from oyama_tui.core.definition.base import parse_duration
from oyama_tui.core.errors import InvalidInput, NotFound
from oyama_tui.core.format import byte_words
from oyama_tui.core.views import CleanupPlan, KeepRules, Remains, Removed, RunRow

app = typer.Typer()
LISTED: Final = 20
"""Runs that are printed of a plan; `--json` has up to 200."""
MANY: Final = 5000
"""Runs whose removal takes so long that it is worth a word."""
_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_UNITS: Final[Mapping[str, int]] = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")]


def _age(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None


def read_size(text: str | None) -> int | None:
    """The bytes that a size such as `500M` or `2G` means; none when there is none.

    Args:
        text: As typed; units are of 1024.
    """
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text[:40]!r} is no size; write a number of bytes, or one with K, M, G or T, such as 500M or 2G.")
    return int(float(found[1]) * _UNITS[found[2].upper()])


@app.command(
    epilog=examples(
        "oyama cleanup --keep 20 --dry-run",
        "oyama cleanup --older-than 30d --failed-older-than 90d --yes",
        "oyama cleanup --workflow nightly --keep 5",
        "oyama cleanup --max-bytes 2G --yes --json",
    )
)
def cleanup(
    keep: Annotated[int | None, typer.Option("--keep", min=0, metavar="N", help="The newest N of each workflow stay, however old.")] = None,
    older_than: Annotated[str | None, typer.Option(metavar="AGE", help="What ended longer ago goes: 30d, 12h.")] = None,
    failed_older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="The same for failed, rejected, cancelled and undone runs.")
    ] = None,
    max_bytes: Annotated[str | None, typer.Option(metavar="SIZE", help="The oldest go until all take less: 500M, 2G.")] = None,
    workflow: Annotated[str, typer.Option(metavar="WORKFLOW", help="Only runs of this one.", autocompletion=complete_workflows)] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and remove nothing.")] = False,
    yes: Yes = False,
    compact: Annotated[bool, typer.Option("--compact", help="Rewrite the file at the end, which nothing may be driven for.")] = False,
    as_json: AsJson = False,
) -> Work:
    """Remove runs that are over, with everything that belongs to them; without options, by the settings and the definitions."""
    if dry_run and (yes or compact):
        raise typer.BadParameter("--dry-run changes nothing, so it goes with neither --yes nor --compact.")
    given = KeepRules(newest=keep, older_than=_age(older_than), failed_older_than=_age(failed_older_than), max_bytes=read_size(max_bytes))
    rules = given if given.given else None

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            keeping = studio.keeping
            known = rules is not None or await keeping.rules_given(workflow=workflow)
            plan = await keeping.plan(rules, workflow=workflow)
            if not as_json and known:
                _show(terminal, plan)
            removed = None
            if dry_run:
                if not known:
                    raise _no_rules()
            elif not known or not plan.runs or await _wanted(terminal, plan, yes=yes, as_json=as_json):
                # What was cut off before is finished, whether there is anything new to remove or not.
                removed = await keeping.cleanup(rules, workflow=workflow)
                if not known and not compact and not removed.runs and not removed.file_bytes:
                    raise _no_rules()
            if compact:
                rewritten = await keeping.compact()
                done = removed or Removed(runs=0, database_bytes=0, file_bytes=0)
                removed = done.model_copy(update={"database_bytes": done.database_bytes + rewritten.database_bytes})
            shrinks = await keeping.shrinks()
        if as_json:
            status = "planned" if removed is None else "removed"
            document = {"id": "cleanup", "status": status, **plan.model_dump(mode="json")}
            terminal.out.document({**document, "removed": None if removed is None else removed.model_dump(mode="json")})
        elif removed is not None and (removed.runs or compact or removed.file_bytes):
            _tell(terminal, removed, shrinks=shrinks)
        return Exit.OK

    return work


def _no_rules() -> InvalidInput:
    return InvalidInput(
        "Nothing says which runs may go, so nothing is removed.",
        "Say it: `oyama cleanup --keep 20`, or --older-than 30d; or set keep_newest or keep_days, or write keep: in a definition.",
    )


async def _wanted(terminal: Terminal, plan: CleanupPlan, *, yes: bool, as_json: bool) -> bool:
    """Whether the plan is to be carried out.

    Raises:
        InvalidInput: Nobody can be asked.
    """
    agreed = await _agreed(terminal, f"Remove {_runs(plan.runs)} for good?", yes=yes, as_json=as_json)
    if agreed and plan.runs > MANY:
        terminal.err.line("This takes a while; stop it whenever you like, another cleanup goes on with it.")
    return agreed


async def _agreed(terminal: Terminal, text: str, *, yes: bool, as_json: bool) -> bool:
    if yes:
        return True
    if as_json or not terminal.interactive:
        raise InvalidInput("Nothing was removed: there is nobody to ask here.", "Look at what would go, then say --yes.")
    try:
        agreed = await says_yes(terminal, text)
    except EOFError:
        agreed = False
    if not agreed:
        terminal.err.line("Nothing was removed.")
    return agreed


def _runs(count: int) -> str:
    return f"{count:,} run{'' if count == 1 else 's'}"


def _show(terminal: Terminal, plan: CleanupPlan) -> None:
    pinned = f"; {plan.pinned:,} more would go and {'is' if plan.pinned == 1 else 'are'} pinned" if plan.pinned else ""
    if not plan.runs:
        terminal.out.line(f"Nothing has to go: {_runs(plan.kept)} stay{'s' if plan.kept == 1 else ''}{pinned}.")
        return
    rows = [(row.label, row.status, clock(row.ended_at), byte_words(row.bytes)) for row in plan.rows[:LISTED]]
    terminal.out.table(("RUN", "STATUS", "ENDED", "TAKES"), rows)
    if plan.runs > LISTED:
        terminal.out.line(f"... and {plan.runs - LISTED:,} more, all of them newer")
    stay = f"{plan.kept:,} stay{'s' if plan.kept == 1 else ''}"
    terminal.out.line(f"{_runs(plan.runs)} would go, about {byte_words(plan.bytes)}; {stay}{pinned}.")


def _tell(terminal: Terminal, removed: Removed, *, shrinks: bool = True) -> None:
    smaller = f"the database is {byte_words(removed.database_bytes)} smaller"
    freed = smaller if removed.database_bytes else "the room that they had in the database is used again"
    files = f", and {byte_words(removed.file_bytes)} of files are gone" if removed.file_bytes else ""
    terminal.out.line(f"Removed {_runs(removed.runs)}: {freed}{files}.")
    if not shrinks:
        terminal.err.line("The file was made by an earlier version and keeps its size; the room is used again.")
        terminal.err.line(f"Make it smaller while nothing is driven: {terminal.command('cleanup', '--compact')}")


@app.command(epilog=examples("oyama pin release#12"))
def pin(ref: RunRef, as_json: AsJson = False) -> Work:
    """Keep a run, whatever is cleaned up."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            row = await studio.keeping.pin(ref)
        return _tell_pin(terminal, row, "is pinned: no cleanup removes it", as_json=as_json)

    return work


@app.command(epilog=examples("oyama unpin release#12"))
def unpin(ref: RunRef, as_json: AsJson = False) -> Work:
    """Let a run be cleaned up like any other."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            row = await studio.keeping.unpin(ref)
        return _tell_pin(terminal, row, "is no longer pinned", as_json=as_json)

    return work


def _tell_pin(terminal: Terminal, row: RunRow, words: str, *, as_json: bool) -> Exit:
    if as_json:
        terminal.out.document(documents.run_row(row))
    else:
        terminal.out.line(f"{row.label} {words}.")
    return Exit.OK


@app.command(epilog=examples("oyama delete release#12", "oyama delete nightly --history --yes"))
def delete(
    ref: Annotated[
        str, typer.Argument(metavar="RUN|WORKFLOW", help="A run as everywhere, or a workflow's id.", autocompletion=complete_deletable)
    ],
    history: Annotated[bool, typer.Option("--history", help="Of a workflow: its runs too.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> Work:
    """Delete a run that is over, or a workflow; the workflow's file stays, and so does its history unless --history is said."""

    async def work(terminal: Terminal) -> int:
        pinned = 0
        async with terminal.studio() as studio:
            try:
                remains = await studio.keeping.remains(ref)
            except NotFound:
                row = (await studio.runs.get(ref)).row
                if history:
                    raise InvalidInput(f"--history is for workflows, and {ref} is a run.", "Leave it out.") from None
                more = await studio.keeping.family(row.id) - 1
                below = f" and {_runs(more)} that its steps have started" if more else ""
                name, question = row.id, f"Delete {row.label}{below}, with journal, answers and output, for good?"
                if not await _agreed(terminal, question, yes=yes, as_json=as_json):
                    return Exit.OK
                removed = await studio.keeping.delete_run(row.id)
            else:
                name = ref
                if not await _agreed(terminal, _about(ref, remains, history=history), yes=yes, as_json=as_json):
                    return Exit.OK
                removed = await studio.keeping.delete_workflow(ref, history=history)
                pinned = remains.pinned
        if as_json:
            terminal.out.document({"id": name, "status": "deleted", "removed": removed.model_dump(mode="json")})
        elif name == ref and not history and not removed.runs:
            terminal.out.line(f"Deleted {name}; its file and its history stay.")
        else:
            _tell(terminal, removed)
            if pinned:
                terminal.err.line(f"{_runs(pinned)} {'is' if pinned == 1 else 'are'} pinned and stay{'s' if pinned == 1 else ''}.")
        return Exit.OK

    return work


def _about(workflow: str, remains: Remains, *, history: bool) -> str:
    if not remains.runs:
        return f"Delete {workflow}? It has no runs; its file stays."
    pinned = f", but for {remains.pinned:,} pinned" if remains.pinned else ""
    if history:
        return f"Delete {workflow} with {_runs(remains.runs)} ({byte_words(remains.bytes)}{pinned}) for good? Its file stays."
    return f"Delete {workflow}? Its file and its history ({_runs(remains.runs)}) stay."
