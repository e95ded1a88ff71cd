"""An answer to an approval, as it is given on a command line: seen on a terminal, or named so that it can mean nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oyama_tui.cli import documents
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal
from oyama_tui.cli.words import assignments
from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.approval_decisions import require_person
from oyama_tui.core.errors import InvalidInput, NotFound, OyamaError, StaleDigest
from oyama_tui.core.rows import Rows
from oyama_tui.core.text import first_line
from oyama_tui.core.views import ApprovalCard, ApprovalRow, Decision

if TYPE_CHECKING:
    from oyama_tui.cli.asking import Words
    from oyama_tui.core.events import Verdict
    from oyama_tui.studio import Studio

MOST_LISTED = 20
"""Open approvals that a refusal names."""


class Answer:
    """An answer to an approval, as given on a command line.

    Args:
        verdict: Yes or no.
        ref: The approval, or a run with one open gate; the only open one when empty.
        comment: Why.
        form: `NAME=VALUE` words.
        digest: What was shown.
        target: The target as typed.
        yes: Do not ask.
        full: Print the whole card at once.
        as_json: Print one document; never ask.
    """

    def __init__(
        self,
        verdict: Verdict,
        ref: str,
        comment: str,
        form: list[str] | None,
        digest: str,
        target: str,
        *,
        yes: bool,
        full: bool,
        as_json: bool,
    ) -> None:
        self.verdict: Verdict = verdict
        self.ref = ref
        self.comment = comment
        self.form = form
        self.digest = digest
        self.target = target
        self.yes = yes
        self.full = full
        self.as_json = as_json

    async def give(self, terminal: Terminal) -> int:
        """Ask where a person is there, and decide."""
        from oyama_tui.cli.asking import Words
        from oyama_tui.cli.questions import in_foreground

        words = Words(self.comment, assignments(self.form, "--form"), self.target)
        asks = terminal.interactive and in_foreground() and not self.yes and not self.as_json
        async with terminal.studio() as studio:
            require_person(studio.principal)
            card = await self._find(studio, terminal, asks=asks)
            if asks and card.can_decide:
                made = await self._ask(studio, terminal, card, words)
                if made is None:
                    terminal.err.line("Nothing was decided.")
                    return Exit.INTERRUPTED
            else:
                if card.can_decide:
                    self._require_named(terminal, card)
                made = await studio.approvals.decide(
                    card.row.id, self.verdict, comment=words.comment, form=dict(words.form), digest=self.digest, confirmed=words.target
                )
            owner = (await studio.runs.get(made.approval.run_id)).row
        if self.as_json:
            terminal.out.document(documents.decision(made))
        else:
            terminal.out.line(made.message)
        if not owner.ended and owner.owner == "nobody":
            terminal.err.line(f"Nobody drives {owner.label} now. Let it go on: {terminal.command('resume', owner.id)}")
        return Exit.OK

    async def _ask(self, studio: Studio, terminal: Terminal, card: ApprovalCard, words: Words) -> Decision | None:
        """Show the card, ask for what is missing, and decide; none when the person would rather not."""
        from oyama_tui.cli.asking import ask

        if self.digest and self.digest != card.row.digest:
            raise StaleDigest("What is asked has changed since you looked, so your answer was not taken.", "Look again, then answer.")
        if not await ask(terminal, card, self.verdict, words, full=self.full):
            return None
        return await decide_asked(studio, terminal, card, self.verdict, words)

    def _require_named(self, terminal: Terminal, card: ApprovalCard) -> None:
        """Refuse a yes that nobody was asked for, unless it names what was seen, or is meant to be given unseen at no high risk.

        Raises:
            InvalidInput: It says too little; the hint says what is missing.
        """
        if self.verdict == "send_back" and not self.comment.strip():
            raise InvalidInput("Sending back needs a comment.", "Say what is to be different: --comment TEXT")
        if self.verdict == "reject" and not self.comment.strip():
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
