"""Commands that answer gates: approvals, approve, reject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.faults import refuse_damaged
from oyama_tui.cli.spans import clock
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, Limit, assignments, examples
from oyama_tui.core.errors import InvalidInput, NotFound
from oyama_tui.core.views import ApprovalCard, ApprovalRow

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

app = typer.Typer()
Status = Literal["pending", "approved", "rejected", "expired", "cancelled", "all"]
Ref = Annotated[str, typer.Argument(metavar="[ID]", help="An approval's id or its start; may be left out when one is open.")]
Form = Annotated[list[str] | None, typer.Option("--form", metavar="NAME=VALUE", help="A value of the gate's form; may be repeated.")]
Digest = Annotated[str, typer.Option("--digest", metavar="HEX", help="What was shown; refused when it is not what is asked now.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask on the terminal.")]
Typed = Annotated[str, typer.Option("--target", metavar="TEXT", help="The target, typed out, where the gate asks for it.")]


@app.command(epilog=examples("oyama approvals", "oyama approvals --status all --json", "oyama approvals --show ID"))
def approvals(
    status: Annotated[Status, typer.Option(help="Which approvals.")] = "pending",
    workflow: Annotated[str, typer.Option(metavar="ID", help="Only approvals of this workflow.")] = "",
    shown: Annotated[str, typer.Option("--show", metavar="ID", help="Show all of one approval instead.")] = "",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> Work:
    """List what waits for a person."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            if shown:
                return _show(terminal, await studio.approvals.get(shown), as_json=as_json)
            rows = await studio.approvals.list(status=status, workflow=workflow, limit=limit)
        if as_json:
            terminal.out.document([row.model_dump(mode="json") for row in rows])
        elif rows:
            _print_rows(terminal, rows)
        elif not rows.damaged:
            terminal.err.line("Nothing waits for an answer." if status == "pending" else "There are no such approvals.")
        refuse_damaged(rows.damaged)
        return Exit.OK

    return work


@app.command(
    epilog=examples("oyama approve", "oyama approve release-1712 --comment 'looks good'", "oyama approve ID --form reason=hotfix --yes")
)
def approve(
    ref: Ref = "",
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Kept with the answer.")] = "",
    form: Form = None,
    digest: Digest = "",
    target: Typed = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> Work:
    """Show what a gate asks, and say yes to it."""
    return Answer("approve", ref, comment, form, digest, target, yes=yes, as_json=as_json).give


@app.command(epilog=examples("oyama reject --comment 'tests are red'", "oyama reject ID -m 'wrong version'"))
def reject(
    ref: Ref = "",
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Why; required.")] = "",
    digest: Digest = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> Work:
    """Say no to what a gate asks, and why."""
    return Answer("reject", ref, comment, None, digest, "", yes=yes, as_json=as_json).give


class Answer:
    """An answer to an approval, as given on a command line.

    Args:
        verdict: Yes or no.
        ref: The approval; the only open one when empty.
        comment: Why.
        form: `NAME=VALUE` words.
        digest: What was shown.
        target: The target as typed.
        yes: Do not ask.
        as_json: Print one document; never ask.
    """

    def __init__(
        self,
        verdict: Literal["approve", "reject"],
        ref: str,
        comment: str,
        form: list[str] | None,
        digest: str,
        target: str,
        *,
        yes: bool,
        as_json: bool,
    ) -> None:
        self.verdict: Literal["approve", "reject"] = verdict
        self.ref = ref
        self.comment = comment
        self.form = form
        self.digest = digest
        self.target = target
        self.yes = yes
        self.as_json = as_json

    async def give(self, terminal: Terminal) -> int:
        """Ask where a person is there, and decide."""
        from oyama_tui.cli.card import ask

        form = assignments(self.form, "--form")
        async with terminal.studio() as studio:
            card = await self._find(studio, terminal)
            if card is None:
                return Exit.USAGE
            comment, typed = self.comment, self.target
            if terminal.interactive and not self.yes and not self.as_json and card.can_decide:
                answer = await ask(terminal, card, self.verdict, comment=comment, form=form, typed=typed)
                if answer is None:
                    terminal.err.line("Nothing was decided.")
                    return Exit.INTERRUPTED
                comment, form, typed = answer
            elif self.verdict == "reject" and not comment and card.can_decide:
                raise InvalidInput("A rejection needs a comment.", "Say why: --comment TEXT")
            made = await studio.approvals.decide(
                card.row.id, self.verdict, comment=comment, form=dict(form), digest=self.digest or card.row.digest, confirmed=typed
            )
            owner = (await studio.runs.get(made.approval.run_id)).row
        if self.as_json:
            terminal.out.document(documents.decision(made))
        else:
            terminal.out.line(made.message)
        if not owner.ended and owner.owner == "nobody":
            terminal.err.line(f"Nobody drives {owner.label} now. Let it go on: {terminal.command('resume', owner.id)}")
        return Exit.OK

    async def _find(self, studio: Studio, terminal: Terminal) -> ApprovalCard | None:
        """The approval that is meant; none when several are open and none is named.

        Raises:
            NotFound: None is open, or none of this name exists.
        """
        if self.ref:
            return await studio.approvals.get(self.ref)
        rows = await studio.approvals.list()
        if not rows:
            raise NotFound("Nothing waits for an answer.", f"All approvals: {terminal.command('approvals', '--status', 'all')}")
        if len(rows) == 1:
            return await studio.approvals.get(rows[0].id)
        listed = ", ".join(row.id for row in rows[:10])
        if self.as_json:
            raise InvalidInput("Several approvals are open, so name one.", listed)
        terminal.err.line(f"Several approvals are open, so name one: {terminal.command(self.verdict, 'ID')}")
        for row in rows:
            terminal.err.line(f"  {row.id}  {row.run_label}  {row.title}")
        return None


def _show(terminal: Terminal, card: ApprovalCard, *, as_json: bool) -> int:
    """Print one approval whole."""
    from oyama_tui.cli.card import print_card

    if as_json:
        terminal.out.document(documents.card(card))
    else:
        print_card(terminal, card)
    return Exit.OK


def _print_rows(terminal: Terminal, rows: tuple[ApprovalRow, ...]) -> None:
    """Print approvals as a list."""
    terminal.out.table(
        ("ID", "STATUS", "RUN", "RISK", "ASKED", "UNTIL", "TITLE"),
        [
            (
                row.id,
                (row.status, "ask" if row.status == "pending" else ""),
                row.run_label,
                (row.risk, "danger" if row.risk == "high" else ""),
                clock(row.requested_at),
                clock(row.deadline),
                row.title + (f" -> {row.target}" if row.target else "") + (f" ({row.decided_by}: {row.comment})" if row.comment else ""),
            )
            for row in rows
        ],
    )
