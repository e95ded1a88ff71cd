"""The card of an approval on the terminal, and the questions to the person who answers it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Literal

from oyama_tui.cli.printing import Printer
from oyama_tui.cli.spans import clock, span
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.definition.base import InputField
from oyama_tui.core.terminal_output import without_colours
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import ApprovalCard

LONGEST = 40
"""Lines of a preview or of a file that are shown."""
MARKS = {"completed": "+", "failed": "x", "skipped": "-", "cancelled": "x", "rejected": "x"}


def print_card(terminal: Terminal, card: ApprovalCard) -> None:
    """Print everything needed to decide: first what Oyama knows, then what the workflow says."""
    out, row, content = terminal.out, card.row, card.content
    target = f" -> {content.target}" if content.target else ""
    out.line((f"{content.title}{target}", "title"), (f"  {content.risk} risk", "danger" if content.risk == "high" else "dim"))
    until = f", {row.on_timeout} at {clock(row.deadline)}" if row.deadline and row.status == "pending" else ""
    out.line((f"  {row.run_label} › {row.step_id}, asked {clock(row.requested_at)}, run by {card.asked_by}{until}", "dim"))
    out.line((f"  {row.id}  digest {card.row.digest}", "dim"))
    if content.action:
        out.line(("Runs", "bold"), (f"  in {os.path.normpath(os.path.join(card.directory, content.cwd))}", "dim"))
        _indented(out, content.action)
    if content.yes or content.no:
        out.line(("Yes: ", "good"), content.yes or "the run goes on", "   ", ("No: ", "bad"), content.no or "the run stops")
    for title, changes in (("Changed since the yes before", card.reopened), _last_yes(card)):
        if changes:
            out.line((title, "ask"))
            _indented(out, "\n".join(changes))
    if card.checked:
        marks = (f"{MARKS.get(step.status, '.')} {step.name} {span(step.duration_ms)}".rstrip() for step in card.checked)
        out.line(("Checked  ", "bold"), "   ".join(marks))
    _print_evidence(out, card)
    if content.prompt:
        out.line(("Says the workflow", "bold"))
        _indented(out, without_colours(content.prompt))
    for vote in card.votes:
        out.line(f"{vote.verdict} by {vote.by} at {clock(vote.at)}{f': {vote.comment}' if vote.comment else ''}")
    if row.status != "pending":
        out.line((f"{row.status} {clock(row.decided_at)} {row.decided_by}".rstrip(), "bold"))
    elif card.obstacle:
        out.line((card.obstacle, "bad"))


def _last_yes(card: ApprovalCard) -> tuple[str, tuple[str, ...]]:
    """The newest earlier yes, and what is different now."""
    last = card.last_yes
    if last is None:
        return "", ()
    title = f"Since the last yes ({last.run_label}, {last.by}, {clock(last.at)})"
    return title, last.changes or ("nothing has changed",)


def _print_evidence(out: Printer, card: ApprovalCard) -> None:
    """Print the preview and the files that are part of what is approved."""
    evidence = card.content.evidence
    if evidence.exit_code is not None or evidence.preview:
        out.line(("Preview", "bold"), (f"  exit {evidence.exit_code}", "dim" if not evidence.exit_code else "danger"))
        _indented(out, without_colours(evidence.preview))
    for file in evidence.files:
        out.line(("File ", "bold"), file.path, (f"  {file.size} bytes  {file.digest[:12] or 'missing'}", "dim"))
        _indented(out, file.text)
    if evidence.problem:
        out.line((evidence.problem, "bad"))


def _indented(out: Printer, text: str) -> None:
    """Print text from outside, indented, its middle left out when it is long."""
    lines = text.splitlines()
    if len(lines) > LONGEST:
        half = LONGEST // 2
        lines = [*lines[:half], f"... {len(lines) - 2 * half} lines left out; the whole is in --json ...", *lines[-half:]]
    for line in lines:
        out.line(f"    {line}")


async def ask(
    terminal: Terminal, card: ApprovalCard, verdict: Literal["approve", "reject"], *, comment: str, form: Mapping[str, str], typed: str
) -> tuple[str, dict[str, str], str] | None:
    """Show the card and ask for what is still needed.

    Args:
        terminal: A terminal with a person.
        card: The approval.
        verdict: What the person is about to say.
        comment: As given already.
        form: Values given already.
        typed: The target, as given already.

    Returns:
        The comment, the form's values and the typed target; none when the person would rather not.
    """
    print_card(terminal, card)
    try:
        return await _ask(terminal, card, verdict, comment, form, typed)
    except EOFError:
        return None


async def _ask(
    terminal: Terminal, card: ApprovalCard, verdict: Literal["approve", "reject"], comment: str, form: Mapping[str, str], typed: str
) -> tuple[str, dict[str, str], str] | None:
    """Ask for what is still needed, then whether the person is sure."""
    if verdict == "reject":
        while not comment.strip():
            comment = await _question(terminal, "Why not? ")
        return (comment, {}, "") if await _yes(terminal, "Reject this?") else None
    values = dict(form)
    for name, field in card.form.items():
        if name not in values:
            answer = await _question(terminal, _label(name, field))
            if answer or (field.required and field.default is None):
                values[name] = answer
    if card.content.confirm and card.content.risk == "high" and card.content.target and not typed:
        typed = await _question(terminal, f"Type the target ({card.content.target}) to approve: ")
        return (comment, values, typed) if typed else None
    return (comment, values, typed) if await _yes(terminal, "Approve this?") else None


def _label(name: str, field: InputField) -> str:
    """The question for one field of a form."""
    notes = [field.description, " | ".join(str(option) for option in field.options)]
    notes.append("" if field.default is None else f"default {json.dumps(field.default, ensure_ascii=False)}")
    notes.append("required" if field.required and field.default is None else "")
    said = "; ".join(note for note in notes if note)
    return f"{name}{f' ({said})' if said else ''}: "


async def _yes(terminal: Terminal, question: str) -> bool:
    """Whether the person says yes; anything else is a no."""
    return (await _question(terminal, f"{question} [y/N] ")).lower() in ("y", "yes")


async def _question(terminal: Terminal, question: str) -> str:
    """Ask on the terminal.

    Raises:
        EOFError: The input has ended.
    """
    terminal.out.write(safe_text(question, keep_newlines=False))
    line = await _read_line(sys.stdin.fileno())
    if not line.endswith("\n"):
        terminal.out.write("\n")
        raise EOFError
    return line.strip()


async def _read_line(descriptor: int) -> str:
    """Read one line of a terminal without holding up signals; without its line break at the end of the input."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    line = b""
    try:
        while not line.endswith(b"\n"):
            await readable.wait()
            piece = os.read(descriptor, 4096)
            readable.clear()
            if not piece:
                break
            line += piece
    finally:
        loop.remove_reader(descriptor)
    return line.decode("utf-8", "replace")
