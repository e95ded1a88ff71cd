"""Commands for what people do with a question besides yes and no: send-back, comment, delegate, snooze, extend."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.answer import Answer, Given, Metadata
from oyama_tui.cli.completing import complete_approvals
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import clock
from oyama_tui.cli.questions import agrees
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, examples
from oyama_tui.core.definition.base import parse_duration
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.views import ApprovalRow

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

app = typer.Typer()
Ref = Annotated[
    str,
    typer.Argument(metavar="ID|RUN", help="An approval's id or its start, or a run with one open gate.", autocompletion=complete_approvals),
]
Why = Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Why; kept with it.")]


@app.command("send-back", epilog=examples("oyama send-back release#12 --comment 'shorter, please'"))
def send_back(
    ref: Ref,
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="What is to be different; required.")] = "",
    digest: Annotated[str, typer.Option("--digest", metavar="HEX", help="What was shown; refused when it is not what is asked now.")] = "",
    metadata: Metadata = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Print the whole card at once, not page by page.")] = False,
    as_json: AsJson = False,
) -> Work:
    """Have an earlier step done once more, with your words as its feedback; then it is asked again."""
    return Answer("send_back", ref, Given(comment, metadata=metadata), digest, yes=yes, full=full, as_json=as_json).give


@app.command(epilog=examples("oyama comment release#12 'waits for the numbers of today'"))
def comment(ref: Ref, text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say.")], as_json: AsJson = False) -> Work:
    """Say something about an open question without answering it."""
    return _act(lambda studio: studio.approval_acts.comment(ref, text), lambda row: f"said; {row.comments} in all", as_json=as_json)


@app.command("look-again", epilog=examples("oyama look-again release#12"))
def look_again(ref: Ref, why: Why = "", as_json: AsJson = False) -> Work:
    """Have preview and files of a question looked at anew, and be asked once more; its deadline stays."""
    return _act(
        lambda studio: studio.approval_acts.look_again(ref, comment=why),
        lambda row: "preview and files are looked at anew, and it is asked once more",
        as_json=as_json,
    )


@app.command(epilog=examples("oyama delegate release#12 ben -m 'you know this host'", "oyama delegate ID group:release"))
def delegate(
    ref: Ref,
    to: Annotated[str, typer.Argument(metavar="NAME|group:NAME", help="Who is to answer.")],
    why: Why = "",
    as_json: AsJson = False,
) -> Work:
    """Ask somebody else to answer; whoever could answer before still can."""
    return _act(
        lambda studio: studio.approval_acts.delegate(ref, to, comment=why),
        lambda row: f"handed on to {', '.join(row.assigned)}",
        as_json=as_json,
    )


@app.command(epilog=examples("oyama snooze release#12 2h", "oyama snooze release#12 0s"))
def snooze(
    ref: Ref,
    how_long: Annotated[str, typer.Argument(metavar="DURATION", help="For how long, such as 90m or 2h; 0s brings it back.")],
    why: Why = "",
    as_json: AsJson = False,
) -> Work:
    """Do not want to see an open question for a while; others do, and its deadline stays."""

    async def put_off(studio: Studio) -> ApprovalRow:
        return await studio.approval_acts.snooze(ref, _now() + _duration(how_long), comment=why)

    def told(row: ApprovalRow) -> str:
        until = max(row.snoozed.values(), default=_now())
        return f"out of your sight until {clock(until)}" if until > _now() else "in your sight again"

    return _act(put_off, told, as_json=as_json)


@app.command(epilog=examples("oyama extend release#12 2h -m 'the numbers come at noon'"))
def extend(
    ref: Ref,
    how_long: Annotated[str, typer.Argument(metavar="DURATION", help="How much longer than its deadline, such as 90m or 2h.")],
    why: Why = "",
    as_json: AsJson = False,
) -> Work:
    """Give an open question more time."""

    async def longer(studio: Studio) -> ApprovalRow:
        row = (await studio.approvals.get(ref)).row
        return await studio.approval_acts.extend(row.id, (row.deadline or _now()) + _duration(how_long), comment=why)

    return _act(longer, lambda row: f"can be answered until {clock(row.deadline)}", as_json=as_json)


def withdrawing(words: list[str], comment: str, *, yes: bool, as_json: bool) -> Work:
    """What `approvals cancel ID` and `approvals clear WORKFLOW` do.

    Args:
        words: `cancel` and an approval, or `clear` and a workflow.
        comment: Why.
        yes: Do not ask.
        as_json: Print one document.
    """
    what, name = (words[0], words[1]) if len(words) == 2 else ("", "")
    if what == "cancel":
        told = "is asked no more; its run ends as cancelled"
        return _act(lambda studio: studio.approval_acts.withdraw(name, comment), lambda row: told, as_json=as_json)

    async def neither(terminal: Terminal) -> int:
        hint = "It is `oyama approvals cancel ID` or `oyama approvals clear WORKFLOW`."
        raise InvalidInput(f"{' '.join(words)[:60]!r} is nothing that approvals can do.", hint)

    async def clear(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            await studio.workflows.definition(name)
            open_now = await studio.approvals.list(workflow=name, limit=1)
            count = f"{open_now.total:,} open question{'' if open_now.total == 1 else 's'} of {name}"
            asks = bool(open_now.total) and not yes
            tell = f"{count}: each is withdrawn, and its run ends as cancelled."
            look = f"with `{terminal.command('approvals', '--workflow', name)}`"
            if asks and not await agrees(terminal, lambda: terminal.out.line(tell), "Withdraw them?", look=look):
                return Exit.INTERRUPTED
            cleared, kept = await studio.approval_acts.clear(name, comment)
        if as_json:
            terminal.out.document({"id": name, "status": "cleared", "cleared": [row.id for row in cleared], "kept": list(kept)})
        else:
            terminal.out.line(f"{len(cleared):,} of {count} withdrawn." if open_now.total else f"No question of {name} is open.")
        for why in kept:
            terminal.err.line(why)
        return Exit.CONFLICT if kept else Exit.OK

    return clear if what == "clear" else neither


def _act(do: Callable[[Studio], Awaitable[ApprovalRow]], told: Callable[[ApprovalRow], str], *, as_json: bool) -> Work:
    """Do something with an approval, and say what has become of it."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            row = await do(studio)
        if as_json:
            terminal.out.document(documents.approval_row(row))
        else:
            terminal.out.line((row.run_label, "bold"), f" {told(row)}")
        return Exit.OK

    return work


def _now() -> datetime:
    return datetime.now(UTC)


def _duration(text: str) -> timedelta:
    try:
        return timedelta(milliseconds=parse_duration(text))
    except ValueError:
        raise InvalidInput(f"{text[:40]!r} is no length of time.", "For example 90s, 30m, 2h or 1d.") from None
