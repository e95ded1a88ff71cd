"""An answer to an approval, as it is given on a command line: seen on a terminal, or named so that it can mean nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from oyama_tui.cli import documents
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.sources import read_source, text_of
from oyama_tui.cli.terminal import Terminal
from oyama_tui.cli.words import assignments
from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.errors import InvalidForm, InvalidInput, NotFound, OyamaError, Problem, StaleDigest
from oyama_tui.core.persons import require_person
from oyama_tui.core.rows import Rows
from oyama_tui.core.text import first_line
from oyama_tui.core.views import ApprovalCard, ApprovalRow, Decision

if TYPE_CHECKING:
    from oyama_tui.cli.asking import Words
    from oyama_tui.core.events import Verdict
    from oyama_tui.studio import Studio

MOST_LISTED = 20
"""Open approvals that a refusal names."""


Metadata = Annotated[list[str] | None, typer.Option("--metadata", metavar="NAME=VALUE", help="Kept with the answer; may be repeated.")]


@dataclass(frozen=True)
class Given:
    """What the words of a command line say with an answer, as they stand there."""

    comment: str = ""
    form: list[str] | None = None
    """`NAME=VALUE`, values of the gate's form."""
    edits: list[str] | None = None
    """`STEP.NAME=VALUE`, values to change."""
    edit_files: list[str] | None = None
    """`STEP.NAME=FILE`, the same from files."""
    metadata: list[str] | None = None
    """`NAME=VALUE`, kept with the answer."""
    target: str = ""
    """The target as typed."""

    async def edited(self, card: ApprovalCard) -> dict[str, JsonValue]:
        """The values to change, of the types that they have.

        Args:
            card: What is answered.

        Raises:
            InvalidForm: One is no JSON where JSON stood.
            InvalidInput: A word is not of its form, or a file holds no text.
            NotFound: A file cannot be read.
        """
        from oyama_tui.core.edits import from_text

        texts = assignments(self.edits, "--edit")
        for name, source in assignments(self.edit_files, "--edit-file").items():
            raw, called = await read_source(source, "value", "--edit-file NAME=-", f"name a file: --edit-file {name}=FILE")
            texts[name] = text_of(raw, "value", called, "Give less.").removesuffix("\n")
        known = card.content.values_now
        values: dict[str, JsonValue] = {}
        for name, text in texts.items():
            try:
                values[name] = from_text(known.get(name, ""), text)
            except ValueError as wrong:
                raise InvalidForm([Problem(str(wrong), name)]) from None
        return values


class Answer:
    """An answer to an approval, as given on a command line.

    Args:
        verdict: Yes, no, or back to an earlier step.
        ref: The approval, or a run with one open gate; the only open one when empty.
        given: What is said with it.
        digest: What was shown.
        yes: Do not ask.
        full: Print the whole card at once.
        as_json: Print one document; never ask.
    """

    def __init__(self, verdict: Verdict, ref: str, given: Given, digest: str, *, yes: bool, full: bool, as_json: bool) -> None:
        self.verdict: Verdict = verdict
        self.ref = ref
        self.given = given
        self.digest = digest
        self.yes = yes
        self.full = full
        self.as_json = as_json

    async def give(self, terminal: Terminal) -> int:
        """Ask where a person is there, and decide."""
        from oyama_tui.cli.asking import Words
        from oyama_tui.cli.questions import in_foreground

        given = self.given
        words = Words(given.comment, assignments(given.form, "--form"), given.target)
        words.metadata.update(assignments(given.metadata, "--metadata"))
        asks = terminal.interactive and in_foreground() and not self.yes and not self.as_json
        async with terminal.studio() as studio:
            require_person(studio.principal)
            card = await self._find(studio, terminal, asks=asks)
            words.edits.update(await given.edited(card))
            if asks and card.can_decide:
                made = await self._ask(studio, terminal, card, words)
                if made is None:
                    terminal.err.line("Nothing was decided.")
                    return Exit.INTERRUPTED
            else:
                if card.can_decide:
                    self._require_named(terminal, card)
                made = await studio.approvals.decide(
                    card.row.id,
                    self.verdict,
                    comment=words.comment,
                    form=dict(words.form),
                    edits=words.edits,
                    metadata=words.metadata,
                    digest=self.digest,
                    confirmed=words.target,
                )
            run = await studio.approvals.run_of(made.approval)
        if self.as_json:
            terminal.out.document(documents.decision(made))
        else:
            terminal.out.line(made.message)
        if run is not None and not run.ended and run.owner == "nobody":
            terminal.err.line(f"Nobody drives {run.label} now. Let it go on: {terminal.command('resume', run.id)}")
        return Exit.OK

    async def _ask(self, studio: Studio, terminal: Terminal, card: ApprovalCard, words: Words) -> Decision | None:
        """Show the card, ask for what is missing, and decide; none when the person would rather not."""
        from oyama_tui.cli.asking import ask

        if self.digest and self.digest != card.row.digest:
            raise StaleDigest("What is asked has changed since you looked, so your answer was not taken.", "Look again, then answer.")
        edited = await studio.approvals.edited(card.row.id, words.edits, digest=card.row.digest) if words.edits else None
        if not await ask(terminal, card, self.verdict, words, edited, full=self.full):
            return None
        return await decide_asked(studio, terminal, card, self.verdict, words)

    def _require_named(self, terminal: Terminal, card: ApprovalCard) -> None:
        """Refuse a yes that nobody was asked for, unless it names what was seen, or is meant to be given unseen at no high risk.

        Raises:
            InvalidInput: It says too little; the hint says what is missing.
        """
        if self.verdict == "send_back" and not self.given.comment.strip():
            raise InvalidInput("Sending back needs a comment.", "Say what is to be different: --comment TEXT")
        if self.verdict == "reject" and not self.given.comment.strip():
            raise InvalidInput(f"{answer_words(card.row.kind).no_needs_comment}.", "Say why: --comment TEXT")
        if self.verdict != "approve":
            return
        if self.digest:
            return
        look = f"Look at it: {terminal.command('approvals', '--show', card.row.id)}"
        if card.row.risk == "high":
            raise InvalidInput(
                "This is of high risk, and nobody is asked here, so a yes needs the digest of what was seen: --digest HEX", look
            )
        if not self.yes:
            raise InvalidInput(
                "Nobody is asked here, so a yes needs the digest of what was seen (--digest HEX), or --yes to give it unseen.", look
            )

    async def _find(self, studio: Studio, terminal: Terminal, *, asks: bool) -> ApprovalCard:
        """The approval that is meant.

        Raises:
            NotFound: None is open, or none of this name exists.
            InvalidInput: None is named, and several are open or nobody is asked.
        """
        if self.ref:
            return await studio.approvals.get(self.ref)
        rows = await studio.approvals.list()
        if not rows:
            raise NotFound("Nothing waits for an answer.", f"All approvals: {terminal.command('approvals', '--status', 'all')}")
        if asks and len(rows) == 1:
            return await studio.approvals.get(rows[0].id)
        why = "Several approvals are open" if len(rows) > 1 else "Nobody is asked here"
        raise InvalidInput(
            f"{why}, so name the one that is meant: {terminal.command(self.verdict.replace('_', '-'), 'ID')}{_listed(terminal, rows)}"
        )


async def decide_asked(studio: Studio, terminal: Terminal, card: ApprovalCard, verdict: Verdict, words: Words) -> Decision:
    """Give an answer that a person was asked for; when it is not taken, what was typed is shown once more."""
    try:
        return await studio.approvals.decide(
            card.row.id,
            verdict,
            comment=words.comment,
            form=dict(words.form),
            edits=words.edits,
            metadata=words.metadata,
            digest=card.row.digest,
            confirmed=words.target,
            how="tty",
            seen=words.seen(card),
        )
    except OyamaError:
        if words.listed():
            terminal.err.line("What was typed:")
            for line in words.listed():
                terminal.err.line(f"  {line}")
        raise


def _listed(terminal: Terminal, rows: Rows[ApprovalRow]) -> str:
    """Approvals, each on a line of its own below a sentence, and where the rest is."""
    more = rows.total - min(len(rows), MOST_LISTED)
    rest = f"\n  and {more:,} more: {terminal.command('approvals')}" if more else ""
    return "".join(f"\n  {row.id}  {row.run_way}  {first_line(row.title)}" for row in rows[:MOST_LISTED]) + rest
