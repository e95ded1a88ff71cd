"""The card of an approval on the terminal: everything that a person decides on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from oyama_tui.cli.printing import beside_and_below, clock
from oyama_tui.cli.questions import Sheet
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.answer_words import ApprovalKind, answer_words
from oyama_tui.core.asker_text import diff_style, proposal_title, speaker, who_asks
from oyama_tui.core.definition.base import InputField, format_duration, type_words
from oyama_tui.core.edits import difference
from oyama_tui.core.format import as_text, compact, moment
from oyama_tui.core.inputs import example
from oyama_tui.core.order_text import command_text, from_answer_names, order_lines, preview_lines, said_by_action, value_text
from oyama_tui.core.receipt import receipt
from oyama_tui.core.terminal_output import without_colours
from oyama_tui.core.text import shorten
from oyama_tui.core.views import ApprovalCard, EditedView, VoteView

MARKS = {"completed": "+", "failed": "x", "skipped": "-", "cancelled": "x", "rejected": "x"}
LONGEST_EXAMPLE = 200
"""Characters of an example of a value."""
WAYS = {
    "screen": "on the screens",
    "tty": "asked on a terminal",
    "command": "as a command",
    "hook": "by a hook",
    "token": "with a token",
}


def card_sheet(terminal: Terminal, card: ApprovalCard) -> Sheet:
    """Everything needed to decide, all of it: first what Oyama knows, then what the workflow says."""
    out, row, content = Sheet(terminal.out), card.row, card.content
    target = f" -> {content.target}" if content.target else ""
    apart = "by hand" if row.kind == "task" else f"{content.risk} risk"
    out.line((f"{content.title}{target}", "title"), (f"  {apart}", "danger" if content.risk == "high" else "dim"))
    then = "the run goes back" if row.on_timeout == "goto" else row.on_timeout
    until = f", {then} at {clock(row.deadline)}" if row.deadline and row.status == "pending" else ""
    out.line((f"  {row.run_way} › {row.way}, asked {clock(row.requested_at)}, run by {card.asked_by}{until}", "dim"))
    out.line((f"  {row.id}  digest {row.digest}", "dim"))
    _add_asker(out, card)
    _add_action(out, card)
    if content.yes or content.no:
        said = answer_words(row.kind)
        yes, no = ("Yes", "No") if said.is_yes_or_no else (said.yes, said.no)
        out.line((f"{yes}: ", "good"), content.yes or "the run goes on", "   ", (f"{no}: ", "bad"), content.no or "the run stops")
    if content.back:
        out.line(("Sent back: ", "ask"), content.back)
    if card.who_may:
        so_far = f"  {row.votes_so_far}" if row.votes_so_far else ""
        out.line(("Who may: ", "bold"), card.who_may, (so_far, "ask"))
    _add_edits(out, card)
    _add_rounds(out, card)
    for title, changes in (("Changed since it was asked before", card.reopened), _last_yes(card)):
        if changes:
            out.line((title, "ask"))
            _indented(out, "\n".join(changes))
    if card.checked:
        marks = (f"{MARKS.get(step.status, '.')} {step.name} {compact(step.duration_ms)}".rstrip() for step in card.checked)
        out.line(("Checked  ", "bold"), "   ".join(marks))
    _add_preview(out, terminal, card)
    _add_files(out, card)
    _add_words(out, card)
    if card.form:
        out.line(("Asks for", "bold"))
        _indented(out, "\n".join(field_label(name, field) for name, field in card.form.items()))
    _add_answers(out, card)
    return out


def _add_answers(out: Sheet, card: ApprovalCard) -> None:
    """What people did with it, and how it ended or why it cannot be approved."""
    row = card.row
    for vote in card.votes:
        _add_vote(out, vote, row.kind)
    if row.status == "cancelled" and card.obstacle:
        out.line((card.obstacle, "bold"))
    elif row.status != "pending":
        out.line((f"{row.word} {clock(row.decided_at)} {row.decided_by}".rstrip(), "bold"))
        # What was looked at and said stands with each answer above.
        _indented(out, "\n".join(f"{title.lower()} {words}" for title, words in receipt(card) if title not in ("Looked", "Said")))
    elif card.obstacle:
        out.line((card.obstacle, "bad"))


def field_label(name: str, field: InputField) -> str:
    """One field of a form with all that an answer to it must fit."""
    notes = ["" if field.type == "string" else type_words(field), field.description]
    notes.append(f"such as {shorten(example(field), LONGEST_EXAMPLE)}" if field.fields or field.items is not None else "")
    notes.append(" | ".join(value_text(option) for option in field.options))
    notes.append(f"like {field.pattern}" if field.pattern else "")
    notes.append(" to ".join(f"{end:g}" for end in (field.min, field.max) if end is not None) if None not in (field.min, field.max) else "")
    if field.min is not None and field.max is None:
        notes.append(f"at least {field.min:g}")
    if field.max is not None and field.min is None:
        notes.append(f"at most {field.max:g}")
    notes.append("" if field.default is None else f"default {json.dumps(field.default, ensure_ascii=False)}")
    notes.append("required" if field.required and field.default is None else "")
    said = "; ".join(note for note in notes if note)
    return f"{name}{f' ({said})' if said else ''}"


def form_text(form: Mapping[str, JsonValue]) -> str:
    """The values of an answer, one line each; empty when it has none."""
    return "\n".join(f"{name}: {value_text(value)}" for name, value in form.items() if value is not None)


def _add_action(out: Sheet, card: ApprovalCard) -> None:
    """What runs after a yes, with every value that it gets."""
    content = card.content
    limit = f"  at most {format_duration(content.timeout)}" if content.timeout else ""
    if content.action:
        directory = os.path.normpath(os.path.join(content.directory or card.directory, content.cwd))
        out.line(("Runs", "bold"), (f"  in {directory}{limit}", "dim"))
        _indented(out, content.action)
    filled = from_answer_names(content)
    lines = order_lines(content.order, said=said_by_action(content))
    if filled - {name for name, _ in lines}:
        out.line(("    What stands in ${{ }} is filled in from your answer.", "dim"))
    _add_values(out, lines, filled)


def _add_edits(out: Sheet, card: ApprovalCard) -> None:
    """What may be edited, and what was."""
    content = card.content
    if not content.editable:
        return
    out.line(("Can be edited before a yes" if card.row.status == "pending" else "Could be edited", "bold"))
    for name, value in content.editable.items():
        if name in content.edited:
            out.line(f"    {name} ", ("is edited", "ask"))
            print_difference(out, difference(name, value, content.edited[name])[1:])
        else:
            _add_values(out, [(name, as_text(value, indent=2))])


def print_difference(out: Sheet, lines: Iterable[str]) -> None:
    """A unified difference, coloured.

    Args:
        out: Where to.
        lines: It.
    """
    for line in lines:
        out.line("    ", (line, {"added": "good", "removed": "bad", "place": "dim"}.get(diff_style(line), "")))


def add_edited(out: Sheet, view: EditedView) -> None:
    """What would be asked and done with other values.

    Args:
        out: Where to.
        view: It.
    """
    out.line(("With your edits", "ask"))
    print_difference(out, view.lines)
    if view.action:
        out.line(("Runs then", "bold"))
        _indented(out, view.action)
    _indented(out, "\n".join(view.changes))
    if view.looks_again:
        words = "The evidence was gathered with the old value: it is gathered anew, and you are asked once more before anything runs."
        out.line((words, "ask"))


def _add_rounds(out: Sheet, card: ApprovalCard) -> None:
    """Earlier rounds in the same run, each with what was said to it, and what is different since the last one."""
    for earlier in card.rounds:
        beside, below = beside_and_below(earlier.comment)
        out.line((f"{earlier.said} {clock(earlier.at)}", "ask"), beside)
        _indented(out, below)
    if card.rounds:
        out.line(("Since then", "ask"))
        _indented(out, "\n".join(card.since_round or ("nothing has changed",)))


def _add_words(out: Sheet, card: ApprovalCard) -> None:
    """What the workflow says, or the program that asks: nothing that Oyama knows to be so."""
    said = [("the workflow", card.content.prompt)]
    said += [(speaker(card.asker), card.asker.words)] if card.asker is not None else []
    for who, words in said:
        if words.strip():
            out.line((f"Says {who}", "bold"))
            _indented(out, without_colours(words))


def _add_asker(out: Sheet, card: ApprovalCard) -> None:
    """The program from outside that asks, and what it does itself after a yes."""
    content, asker = card.content, card.asker
    if asker is None:
        return
    out.line(("Asked by", "bold"), f" {who_asks(asker, card.asked_by)}")
    if not content.proposal:
        return
    out.line((proposal_title(asker, content.proposes), "bold"), (f"  in {content.directory or card.directory}", "dim"))
    if content.proposes == "diff":
        print_difference(out, content.proposal.splitlines())
    else:
        _indented(out, content.proposal)


def _add_values(out: Sheet, lines: Sequence[tuple[str, str]], filled: frozenset[str] = frozenset()) -> None:
    """Names with their whole values, and which of them the answer fills in."""
    for name, text in lines:
        first, *more = text.splitlines() or [""]
        out.line((f"    {name}: ", "dim"), first, ("  filled in from your answer" if name in filled else "", "dim"))
        for line in more:
            out.line(f"      {line}")


def _add_preview(out: Sheet, terminal: Terminal, card: ApprovalCard) -> None:
    """The preview's own command, its exit code, and its output as far as it is kept."""
    evidence, row = card.content.evidence, card.row
    if evidence.exit_code is not None or evidence.preview or card.content.preview_order:
        at = f", {clock(moment(evidence.at))}" if evidence.at else ""
        code = "" if evidence.exit_code is None else f"  exit {evidence.exit_code}{at}"
        out.line(("Preview", "bold"), (code, "danger" if evidence.exit_code else "dim"))
        preview = card.content.preview_order.get("preview")
        for line in command_text({**card.content.preview_order, **preview} if isinstance(preview, dict) else {}).splitlines():
            out.line(("    $ ", "dim"), (line, "bold"))
        _add_values(out, preview_lines(card.content))
        # In colours a program could hide a part of what it wrote.
        _indented(out, without_colours(evidence.preview))
    if evidence.truncated:
        part = (
            f"{len(evidence.preview.encode('utf-8', 'replace')):,} of {evidence.preview_size:,} bytes shown"
            if evidence.preview_size
            else ""
        )
        out.line(
            (f"    {part or 'Only its beginning and its end are shown'}; all of it: ", "ask"),
            terminal.command("logs", row.run_id, "--step", row.node),
        )


def _add_files(out: Sheet, card: ApprovalCard) -> None:
    """The files that are part of what is approved, and what made the evidence incomplete."""
    for file in card.content.evidence.files:
        hidden = "" if file.text or not file.size or not file.digest else ", not shown: it is longer than 64 KiB or no text"
        out.line(("File ", "bold"), file.path, (f"  {file.size:,} bytes  {file.digest[:12] or 'missing'}{hidden}", "dim"))
        _indented(out, file.text)
    if card.content.evidence.problem:
        out.line((card.content.evidence.problem, "bad"))


def _last_yes(card: ApprovalCard) -> tuple[str, tuple[str, ...]]:
    """The newest earlier yes, and what is different now."""
    last = card.last_yes
    if last is None:
        return "", ()
    title = f"Since the last yes ({last.run_label}, {last.by}, {clock(last.at)})"
    return title, last.changes or ("nothing has changed",)


def _add_vote(out: Sheet, vote: VoteView, kind: ApprovalKind) -> None:
    """One answer, with what was filled in, and how it was given."""
    beside, below = beside_and_below(vote.comment)
    of = f" (as one of {', '.join(vote.groups)})" if vote.groups else ""
    out.line(f"{vote.did(kind)} by {vote.by}{of} at {clock(vote.at)}{beside}")
    _indented(out, below)
    if vote.origin is not None:
        at = f" ({vote.origin.tty})" if vote.origin.tty else ""
        under = f" by {' < '.join(vote.origin.processes)}" if vote.origin.processes else ""
        out.line((f"    {WAYS[vote.origin.how]}{at}{under}", "dim"))
    if vote.looked:
        out.line((f"    {vote.looked}", "dim"))
    _indented(out, form_text(vote.form))


def _indented(out: Sheet, text: str) -> None:
    """Text from outside, indented."""
    for line in text.splitlines():
        out.line(f"    {line}")
