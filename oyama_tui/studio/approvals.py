"""Use cases of approvals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

from oyama_tui.core.approvers import not_an_approver
from oyama_tui.core.errors import InvalidForm, InvalidInput, NotFound
from oyama_tui.core.events import Origin, Seen, Verdict
from oyama_tui.core.format import date_and_time
from oyama_tui.core.persons import not_a_person, require_person
from oyama_tui.core.rows import Rows
from oyama_tui.core.text import folded
from oyama_tui.core.views import (
    NOTHING_BEFORE,
    Against,
    ApprovalCard,
    ApprovalDifference,
    ApprovalFilter,
    ApprovalOrder,
    ApprovalRow,
    ApprovalWord,
    Decision,
    EditedView,
    RunRow,
)
from oyama_tui.store.queries.approval_history import page as past_page
from oyama_tui.store.queries.approval_queue import list_approvals
from oyama_tui.store.queries.approval_rows import approvals_of_family, approvals_of_run, resolve_approvals
from oyama_tui.store.queries.asked_question import AskedQuestion, find_question, find_row
from oyama_tui.store.queries.run_refs import resolve_refs
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.input_files import with_files
from oyama_tui.studio.principal import Way

if TYPE_CHECKING:
    from oyama_tui.core import commands as c


class Approvals:
    """What can be done with approvals; `ref` is an approval's id, a unique prefix of one, or a run with one open gate."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def list(
        self,
        *,
        status: ApprovalWord | Literal["all"] = "pending",
        workflow: str = "",
        limit: int = 500,
        offset: int = 0,
        order: ApprovalOrder = "workflow",
        words: str = "",
        mine: bool = False,
    ) -> Rows[ApprovalRow]:
        """A part of the queue, and how many wait in all; what waits for others, and what was put off, comes last.

        Args:
            status: What waits, by workflow, workflows ordered by their earliest deadline, then by age; of any other the newest first, as in
                the history.
            workflow: Only approvals of this workflow; of all when empty.
            limit: The most rows.
            offset: Rows to pass over first.
            order: Of what waits, what comes first.
            words: Of what waits, only what has each of them in its id, title, target, workflow, run, step, risk or kind.
            mine: Of what waits, only what the person who runs this process may answer.
        """
        database = self._context.store.database
        if status == "pending":
            sought, now = folded(words).split(), self._context.clock()
            return await database.read(
                lambda connection: list_approvals(connection, workflow, limit, offset, order, sought, mine=mine, now=now)
            )
        wanted = ApprovalFilter(statuses=() if status == "all" else (status,), workflow=workflow)
        past = await database.read(lambda connection: past_page(connection, wanted, offset=offset, limit=limit))
        return Rows(past.rows, past.damaged, past.total)

    async def of_run(self, ref: str, *, pending: bool = False, newest: int | None = None, below: bool = False) -> Rows[ApprovalRow]:
        """The approvals of one run, in the order in which they were asked, and how many there are in all.

        Args:
            ref: The run.
            pending: Only those that wait for an answer.
            newest: Only so many, those that were asked last; all when none.
            below: After them those of the runs below it that are not over.
        """
        run_id = await self._context.resolve(ref)
        find = approvals_of_family if below else approvals_of_run
        return await self._context.store.database.read(lambda connection: find(connection, run_id, pending=pending, newest=newest))

    async def run_of(self, approval: ApprovalRow) -> RunRow | None:
        """The run that asks, as it is now; none when it is gone.

        Args:
            approval: The question.
        """
        try:
            return await self._context.row(approval.run_id)
        except NotFound:
            return None

    async def resolve(self, ref: str) -> str:
        """The id of the approval that words mean: a part of its id, or the run of which, or below which, it is the only open one.

        Args:
            ref: The words.

        Raises:
            NotFound: None or several fit.
            InvalidInput: A run is named of which several gates are open.
        """
        text = ref.strip()
        found = await self._context.store.database.read(lambda connection: resolve_approvals(connection, text))
        if len(found) == 1:
            return found[0]
        if found:
            raise NotFound(f"Several approvals fit {ref!r}: {', '.join(found)}.", "Give more of the id.")
        runs = await self._context.store.database.read(lambda connection: resolve_refs(connection, text))
        if not runs:
            raise NotFound(f"No approval and no run fits {ref!r}.", "See `oyama approvals`.")
        opened = await self.of_run(ref, pending=True) or await self.of_run(ref, pending=True, below=True)
        if len(opened) == 1:
            return opened[0].id
        if not opened:
            raise NotFound(f"No gate of {runs[0]} is open.", "See `oyama approvals --status all`.")
        listed = "".join(f"\n  {row.id}  {row.title}" for row in opened)
        named = (await self._context.row(runs[0])).label
        raise InvalidInput(f"Several gates of {named} are open, so name one:{listed}")

    async def get(self, ref: str) -> ApprovalCard:
        """Everything needed to decide; where this process acts for no person, the card says so.

        Raises:
            NotFound: None or several fit.
            InvalidInput: A run is named of which several gates are open.
        """
        # A list of questions needs none of what a card tells of its run.
        from oyama_tui.store.queries.approval_card import card

        approval_id, now = await self.resolve(ref), self._context.clock()
        found = await self._context.store.database.read(lambda connection: card(connection, approval_id, now))
        if found is None:
            raise NotFound(f"There is no approval {approval_id!r}.", "See `oyama approvals`.")
        obstacle = self._obstacle(found) if found.can_decide else ""
        return found.model_copy(update={"can_decide": False, "can_approve": False, "obstacle": obstacle}) if obstacle else found

    async def difference(self, ref: str, against: Against | None = None) -> ApprovalDifference:
        """What is different between a question and what was asked before at the same gate, part by part with the whole texts.

        Args:
            ref: The approval.
            against: What to compare it with; with what is nearest when none.

        Raises:
            NotFound: None or several fit, or there is nothing of that kind to compare it with.
            InvalidInput: A run is named of which several gates are open.
        """
        from oyama_tui.store.queries.approval_difference import difference

        approval_id = await self.resolve(ref)
        found = await self._context.store.database.read(lambda connection: difference(connection, approval_id, against))
        if found is None:
            raise NotFound(f"There is no approval {approval_id!r}.", "See `oyama approvals`.")
        if against is not None and found.compared is None:
            there = ", ".join(one.against for one in found.possible)
            raise NotFound(f"{NOTHING_BEFORE[against]}.", f"It can be compared with: {there}." if there else "")
        return found

    def _obstacle(self, card: ApprovalCard) -> str:
        """Why whoever runs this process may not answer; empty when they may."""
        by, rule, groups = self._context.principal, card.content.approvers, self._context.caller.person.groups
        return not_a_person(by) or (not_an_approver(rule, card.row.assigned, by.name, groups) if rule is not None else "")

    async def decide(
        self,
        ref: str,
        verdict: Verdict,
        *,
        comment: str = "",
        form: Mapping[str, JsonValue] | None = None,
        digest: str = "",
        confirmed: str = "",
        client_key: str = "",
        edits: Mapping[str, JsonValue] | None = None,
        metadata: Mapping[str, JsonValue] | None = None,
        how: Way | None = None,
        seen: Seen | None = None,
    ) -> Decision:
        """Answer a gate, as the person who runs this process; durable when it returns, whether or not an engine runs.

        Args:
            ref: The approval.
            verdict: The answer.
            comment: Required with a rejection; kept as it is seen, control characters as pictures, but over the API as it was sent.
            form: Values of the gate's form; files are relative to the working directory of this process.
            digest: What was shown; an answer without it is kept as unseen, and a yes without it is refused at high risk.
            confirmed: The target as typed, where the gate asks for that.
            client_key: The same key twice is the same answer.
            edits: Values of earlier steps to change with a yes, by name; what its question says can be edited.
            metadata: Kept with the vote.
            how: In which way it is given; unless said, on the screens where the process shows them, else as a command.
            seen: What of the question whoever answers had before their eyes.

        Raises:
            AlreadyDecided: Somebody was first; the sentence says who and when.
            StaleDigest: What is asked has changed since it was shown.
            InvalidForm: The comment or the form's values do not fit.
            IllegalTransition: It is too late, or what was found out forbids a yes.
            NotAllowed: This process acts for no person.
        """
        require_person(self._context.principal)
        asked = await self._asked(ref)
        words = {"comment": self._context.said(comment), "digest": digest, "confirmed": confirmed, "client_key": client_key}
        wanted = self._answer(asked.row.id, verdict, **words)
        said = {
            "form": await _form_values(asked, verdict, form or {}),
            "edits": dict(edits or {}),
            "metadata": dict(metadata or {}),
            "origin": self.origin(how),
            "seen": seen,
        }
        events = await self._context.command(asked.row.run_id, lambda at: wanted.model_copy(update={**said, "at": at}))
        return _decision(await self._row_after(asked), already=not events)

    async def _row_after(self, asked: AskedQuestion) -> ApprovalRow:
        """How a question stands now; as it stood when its run is gone meanwhile, because the answer is durable all the same."""
        return await self._context.store.database.read(lambda connection: find_row(connection, asked.row.id)) or asked.row

    async def _asked(self, ref: str) -> AskedQuestion:
        """A question as far as an answer needs it.

        Raises:
            NotFound: None or several fit.
            InvalidInput: A run is named of which several gates are open.
            CorruptJournal: What is asked was changed by something else.
        """
        find = self._context.store.database.read
        whole = ref.strip()
        found = await find(lambda connection: find_question(connection, whole))
        if found is None:
            approval_id = await self.resolve(ref)
            found = await find(lambda connection: find_question(connection, approval_id))
        if found is None:
            raise NotFound(f"There is no approval {ref!r}.", "See `oyama approvals`.")
        return found

    def _answer(self, approval_id: str, verdict: Verdict, **said: str) -> c.Decide:
        """An answer of the person who runs this process, whose time is set when it is decided."""
        from oyama_tui.core import commands as c

        by, groups = self._context.principal, self._context.caller.person.groups
        return c.Decide(at=0, by=by, id=approval_id, verdict=verdict, groups=groups, zone=zone(), **said)

    async def edited(self, ref: str, edits: Mapping[str, JsonValue], *, digest: str = "") -> EditedView:
        """What would be asked and done with other values; nothing is changed.

        Args:
            ref: The approval.
            edits: The values, by name; what its question says can be edited.
            digest: What was shown.

        Raises:
            InvalidForm: Some cannot be edited, or do not fit.
            StaleDigest: What is asked has changed since it was shown.
            Refused: It is not open, or whoever runs this process may not answer it.
        """
        require_person(self._context.principal)
        # Trying values needs all that a definition may say; looking and answering do not.
        from oyama_tui.core.approval_decisions import look_at_edits
        from oyama_tui.core.edits import edited_view
        from oyama_tui.engine.commanding import fold_run

        row = (await self._asked(ref)).row
        wish = self._answer(row.id, "approve", digest=digest).model_copy(update={"edits": dict(edits)})
        _, state, _ = await fold_run(self._context.store, row.run_id)
        before, now, looks_again = look_at_edits(state, wish)
        return edited_view(before, now, looks_again=looks_again)

    def origin(self, how: Way | None) -> Origin:
        """How something is done here: evidence for whoever looks at it later.

        Args:
            how: In which way, where a front end knows; else on the screens where the process shows them, or as a command.
        """
        return self._context.caller.origin(how or ("screen" if self._context.trigger == "screen" else "command"))


async def _form_values(asked: AskedQuestion, verdict: Verdict, form: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The values of a form with files by their absolute paths; a no needs none.

    Raises:
        InvalidForm: A file cannot be read, or another value of a form that takes files does not fit.
    """
    if verdict != "approve":
        return dict(form)
    values, problems = await with_files(asked.form, form, asked.directory, noun="field")
    if problems and asked.row.status == "pending":
        raise InvalidForm(problems)
    return values


def zone() -> int:
    """Minutes that this machine's clock is ahead of UTC."""
    offset = datetime.now(UTC).astimezone().utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else 0


def _decision(row: ApprovalRow, *, already: bool) -> Decision:
    """What became of an answer, in words."""
    if row.status == "pending":
        return Decision(approval=row, already=already, message=f"{'already counted' if already else 'counted'}, {row.votes_so_far}")
    when = f" at {date_and_time(row.decided_at)}" if row.decided_at else ""
    return Decision(approval=row, already=already, message=f"{'already ' if already else ''}{row.said}{when}")
