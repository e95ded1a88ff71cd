"""Commands for a run that waits: send, retry."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer
from pydantic import JsonValue

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_events, complete_pauses
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.sources import STANDARD_INPUT, read_source, text_of
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, LiveRunRef, examples
from oyama_tui.core.payload_text import payload_of_text
from oyama_tui.core.views import RunRow, SentEvent

app = typer.Typer()
FROM_FILE = "@"


@app.command(
    epilog=examples(
        "oyama send release#12 deployed",
        'oyama send release#12 deployed -d \'{"version": "v2"}\' --key build-77',
        "oyama send release@latest scanned -d @report.json",
    )
)
def send(
    ref: LiveRunRef,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="What a step waits for.", autocompletion=complete_events)],
    data: Annotated[
        str, typer.Option("--data", "-d", metavar="JSON|@FILE|-", help="The payload; from a file, or - for standard input.")
    ] = "",
    key: Annotated[str, typer.Option("--key", metavar="TEXT", help="The same key again is the same event, which counts once.")] = "",
    as_json: AsJson = False,
) -> Work:
    """Send a run an event that a step of it waits for; one that comes early is kept."""

    async def work(terminal: Terminal) -> int:
        payload = await _payload(data)
        async with terminal.studio() as studio:
            sent = await studio.signals.send(ref, event, payload, key=key)
        if as_json:
            terminal.out.document(documents.sent_event(sent))
        else:
            terminal.out.line(_told(sent))
        _advise(terminal, sent)
        return Exit.OK

    return work


@app.command(epilog=examples("oyama retry release@latest", "oyama retry release#12 test"))
def retry(
    ref: LiveRunRef,
    step: Annotated[
        str, typer.Argument(metavar="[STEP]", help="A step that pauses; all that pause when left out.", autocompletion=complete_pauses)
    ] = "",
    as_json: AsJson = False,
) -> Work:
    """End the pause before the next attempt of a step, or before the next round of a block with repeat."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            made = await studio.signals.retry(ref, step)
        if as_json:
            terminal.out.document(documents.hurried(made))
        else:
            terminal.out.line(
                f"{made.run.label}: {', '.join(made.nodes)} {'goes' if len(made.nodes) == 1 else 'go'} on without a further pause"
            )
        _tell_driver(terminal, made.run)
        return Exit.OK

    return work


async def _payload(data: str) -> JsonValue:
    """Read the payload.

    Raises:
        NotFound: The file cannot be read.
        InvalidInput: It is no JSON or no text, or nothing can come on standard input.
    """
    if data != STANDARD_INPUT and not data.startswith(FROM_FILE):
        return payload_of_text(data)
    raw, name = await read_source(data.removeprefix(FROM_FILE), "payload", "-d -", "write it: -d '{}'")
    source = "standard input" if data == STANDARD_INPUT else name
    return payload_of_text(text_of(raw, "payload", source, "Send the path of what is large."), source)


def _told(sent: SentEvent) -> str:
    """What became of the event."""
    if sent.already:
        return f"{sent.run.label}: the event {sent.event} was delivered already"
    kept = "" if sent.awaited else ", and is kept until a step waits for it"
    return f"{sent.run.label}: the event {sent.event} is delivered{kept}"


def _advise(terminal: Terminal, sent: SentEvent) -> None:
    """Say what may be wrong: a name that no step waits for, or a run that nobody drives."""
    run = sent.run
    if sent.event not in sent.known:
        close = get_close_matches(sent.event, sent.known, n=1)
        other = f"Did you mean {close[0]}?" if close else f"They wait for: {', '.join(sent.known[:12])}." if sent.known else ""
        terminal.err.line(f"No step of {run.workflow_id} waits for an event {sent.event}. {other}".rstrip())
    _tell_driver(terminal, run)


def _tell_driver(terminal: Terminal, run: RunRow) -> None:
    """Say how a run goes on that nobody drives."""
    if not run.ended and run.owner == "nobody":
        terminal.err.line(f"Nobody drives {run.label} now. Let it go on: {terminal.command('resume', run.id)}")
