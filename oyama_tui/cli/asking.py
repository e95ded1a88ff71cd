"""What a person is asked before an answer to a gate is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from pydantic import JsonValue

from oyama_tui.cli.card import add_edited, card_sheet, field_label
from oyama_tui.cli.printing import OutputClosed
from oyama_tui.cli.questions import question, says_yes
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.answer_checks import must_type_target
from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.definition.base import InputField
from oyama_tui.core.errors import InvalidForm, Problem
from oyama_tui.core.events import Seen, Verdict
from oyama_tui.core.views import ApprovalCard, EditedView
from oyama_tui.studio.input_files import misfit

WHAT_ELSE = "What is to be different? "


@dataclass
class Words:
    """What somebody says with an answer."""

    comment: str = ""
    form: dict[str, str] = field(default_factory=dict)
    target: str = ""
    """The target as typed."""
    edits: dict[str, JsonValue] = field(default_factory=dict)
    """Values to change."""
    metadata: dict[str, JsonValue] = field(default_factory=dict)
    """Kept with it."""
    printed_at: float | None = None
    """When the first line of the card was printed, by the monotonic clock; none while it has not been printed whole."""

    def seen(self, card: ApprovalCard) -> Seen | None:
        """What of the question the person has had before their eyes.

        Args:
            card: What was printed.
        """
        if self.printed_at is None:
            return None
        typed = self.target if must_type_target(card.content) else ""
        return Seen(how="printed", milliseconds=round((monotonic() - self.printed_at) * 1000), typed=typed)

    def listed(self) -> list[str]:
        """As lines, one for each value."""
        return [*([f"comment: {self.comment}"] if self.comment else []), *(f"{name}: {value}" for name, value in self.form.items())]


async def ask(
    terminal: Terminal, card: ApprovalCard, verdict: Verdict, words: Words, edited: EditedView | None = None, *, full: bool
) -> bool:
    """Show the card and ask for what is still missing; whether the person gives the answer.

    Args:
        terminal: A terminal with a person.
        card: The approval.
        verdict: What the person is about to say.
        words: What was said already; what is typed is added.
        edited: What would be asked with other values, where some are to be changed.
        full: Print the whole card without a stop.

    Raises:
        InvalidForm: A value was given for a field that there is not.
    """
    unknown = [name for name in words.form if name not in card.form]
    if unknown:
        known = f"there is: {', '.join(card.form)}" if card.form else "this takes no fields"
        raise InvalidForm([Problem(f"there is no field {name!r} ({known})", where=name) for name in unknown])
    sheet, begun = card_sheet(terminal, card), monotonic()
    if edited is not None:
        add_edited(sheet, edited)
    try:
        if full:
            sheet.print()
        elif not await sheet.read(terminal):
            return False
        words.printed_at = begun
        if verdict == "approve" and not card.can_approve:
            return True
        return await (_ask_all(terminal, card, words) if verdict == "approve" else _ask_why(terminal, card, verdict, words))
    except (EOFError, OutputClosed):
        # Nobody is there any more: nothing that could not be read or said is an answer.
        return False


async def _ask_why(terminal: Terminal, card: ApprovalCard, verdict: Verdict, words: Words) -> bool:
    """Ask for the reason of a no, or for what is to be different."""
    asked = answer_words(card.row.kind)
    back = verdict == "send_back"
    while not words.comment.strip():
        words.comment = await question(terminal, WHAT_ELSE if back else asked.why)
    return await says_yes(terminal, "Send this back?" if back else asked.ask_no)


async def _ask_all(terminal: Terminal, card: ApprovalCard, words: Words) -> bool:
    """Ask for what a yes needs; what does not fit is asked again, and all else that was typed stays."""
    for name, wanted in card.form.items():
        await _ask_field(terminal, name, wanted, words.form, card.directory)
    if must_type_target(card.content):
        target = card.content.target
        while words.target != target:
            if words.target:
                terminal.out.line((f"  {words.target!r} is not {target!r}; nothing typed decides nothing.", "bad"))
            words.target = await question(terminal, f"Type the target ({target}) to approve: ")
            if not words.target:
                return False
            if words.target == target.strip():
                words.target = target
    return await says_yes(terminal, answer_words(card.row.kind).ask_yes)


async def _ask_field(terminal: Terminal, name: str, wanted: InputField, form: dict[str, str], directory: str) -> None:
    """Ask for one field until it fits."""
    while True:
        if name in form:
            wrong = misfit(name, wanted, form[name], directory)
            if not wrong:
                return
            terminal.out.line((f"  {wrong}", "bad"))
            del form[name]
        typed = await question(terminal, f"{field_label(name, wanted)}: ")
        if not typed and not misfit(name, wanted, None, directory):
            return
        form[name] = typed
