"""Use cases of questions from outside: a program asks people something for which nobody has written a workflow."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Final

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.asked import asked_view
from oyama_tui.core.errors import CommandMissing, Conflict, IllegalTransition, InvalidInput, NotFound
from oyama_tui.core.question_runs import question_inputs, question_workflow, require_askable, what_differs
from oyama_tui.core.questions import Question
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import ApprovalStatus
from oyama_tui.core.views import AskedView
from oyama_tui.store.asked import asked_by_session, create_asked, find_asked
from oyama_tui.store.queries.approval_rows import run_of_approval
from oyama_tui.store.queries.approvals import resolve_approvals
from oyama_tui.store.queries.runs import resolve_refs
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun
from oyama_tui.studio.background import ensure_worker, refuse_undrivable
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.new_runs import Starting

LOOK_AFTER: Final = 5.0
"""Seconds between two looks at whether an engine lives, while an answer is waited for."""
ASKING: Final[frozenset[e.Trigger]] = frozenset({"ask", "hook", "mcp"})
"""The ways in which a question comes."""


class Asking:
    """What programs from outside can do with their questions; `ref` is a run, an approval, or a part of the id of one.

    Args:
        context: What the studio works with.
        starting: Makes runs ready to be created.
    """

    def __init__(self, context: StudioContext, starting: Starting) -> None:
        self._context = context
        self._starting = starting

    async def ask(self, question: Question) -> AskedView:
        """Ask people, or find the question again that was asked with the same key; durable when it returns, and an engine drives it.

        Args:
            question: What is asked.

        Raises:
            InvalidInput: It cannot be asked like this.
            Conflict: Something else was asked with this key; the sentence says what is different, and nothing was changed.
            NotAllowed: No engine may drive runs of this database here.
            DatabaseProblem: It cannot be kept, or no engine can be started.
        """
        require_askable(question)
        known = await self._known(question.key)
        if known is not None:
            return await self._found(known, question)
        graph = self._context.store.graph_of(await asyncio.to_thread(question_workflow, question))
        await asyncio.to_thread(_require_there, question)
        if self._context.engine is None:
            await refuse_undrivable(self._context.settings, self._context.store)
        started = await self._starting.started(
            graph,
            question.directory,
            question_inputs(question),
            by=self._context.principal,
            trigger=self._context.trigger if self._context.trigger in ASKING else "ask",
            asker=question.asker,
        )
        new = NewRun(graph, question.directory, started, owner=None, keeps=True)
        run, found = await self._context.store.writer.run(partial(create_asked, new=new))
        if found:
            return await self._found(run, question)
        await self._see_to_engine()
        return await self._view(run)

    async def _known(self, key: str) -> RunKey | None:
        """The question of a key, when there is one."""
        return await self._context.store.database.read(lambda connection: find_asked(connection, key)) if key else None

    async def _found(self, run: RunKey, question: Question) -> AskedView:
        """A question that was asked before, when it is the same one.

        Raises:
            Conflict: It is another one.
        """
        view = await self._view(run)
        if view.digest != question.digest:
            first = (await self._journal(run))[0]
            assert isinstance(first, e.RunStarted)
            workflow = (await self._context.store.graph(first.revision)).workflow
            differs = "; ".join(what_differs(question, first, workflow))
            raise Conflict(
                f"The key {question.key!r} is that of another question, {view.run_label}: {differs}.",
                "Use a key of its own for each thing that is asked; nothing was asked or changed.",
            )
        if not view.over:
            await self._see_to_engine()
        return view.model_copy(update={"found": True})

    async def get(self, ref: str) -> AskedView:
        """How a question stands.

        Raises:
            NotFound: None or several fit, or it is no question from outside.
        """
        return await self._view(await self._resolve(ref))

    async def wait(self, ref: str, seconds: float | None = None) -> AskedView:
        """Wait until a question is over, or for so many seconds; see to it meanwhile that an engine drives it.

        Args:
            ref: The question.
            seconds: The longest; none for as long as it takes.

        Raises:
            NotFound: None or several fit, or it is no question from outside.
        """
        run = await self._resolve(ref)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for view in self._follow(run):
                    if view.over:
                        return view
        return await self._view(run)

    async def follow(self, ref: str) -> AsyncIterator[AskedView]:
        """How a question stands, now and after each change, until it is over; see to it meanwhile that an engine drives it.

        Args:
            ref: The question.

        Raises:
            NotFound: None or several fit, or it is no question from outside.
        """
        async for view in self._follow(await self._resolve(ref)):
            yield view

    async def _follow(self, run: RunKey) -> AsyncIterator[AskedView]:
        changes = self._context.feed.changes()
        looked = time.monotonic()
        try:
            while True:
                view = await self._view(run)
                yield view
                if view.over:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AFTER):
                        async for change in changes:
                            if run.id in change.runs or change.lost:
                                break
                # Who looks after an engine already does so again and again.
                if self._context.background is None and time.monotonic() - looked >= LOOK_AFTER:
                    await self._see_to_engine()
                    looked = time.monotonic()
        finally:
            await changes.aclose()

    async def withdraw(self, ref: str, why: str = "") -> AskedView:
        """Ask no more: whoever would have answered is told why.

        Args:
            ref: The question.
            why: Kept with it.

        Raises:
            NotFound: None or several fit, or it is no question from outside.
            IllegalTransition: It is answered, or over; the sentence says how it stands.
            NotAllowed: This process belongs to a step, and did not ask it.
        """
        run, by, reason = await self._resolve(ref), self._context.principal, self._context.said(why)

        def make(state: RunState, at: int) -> c.Command | None:
            _require_open(state)
            return None if state.cancel is not None else c.Cancel(at=at, by=by, reason=reason)

        try:
            await self._context.command_as_it_is(run.id, make)
        except _Answered:
            view = await self._view(run)
            raise IllegalTransition(f"{view.run_label} cannot be withdrawn any more: {_standing(view)}.") from None
        return await self._view(run)

    async def of_session(self, session: str) -> list[AskedView]:
        """The open questions of an agent's session, the oldest first.

        Args:
            session: As the agent names it.
        """
        ids = await self._context.store.database.read(lambda connection: asked_by_session(connection, session)) if session else []
        views = [await self._view((await self._context.claim(run_id)).run) for run_id in ids]
        return [view for view in views if not view.over]

    async def _resolve(self, ref: str) -> RunKey:
        """The run that words mean.

        Raises:
            NotFound: None or several fit.
        """
        text = ref.strip()
        read = self._context.store.database.read
        found = await read(lambda connection: resolve_approvals(connection, text))
        runs = await read(lambda connection: [run_of_approval(connection, approval) for approval in found])
        runs += await read(lambda connection: resolve_refs(connection, text))
        runs = list(dict.fromkeys(runs))
        if not runs:
            raise NotFound(f"No question fits {ref!r}.", "See `oyama approvals`; one is named by its approval, its run, or `ask#12`.")
        if len(runs) > 1:
            raise NotFound(f"Several runs fit {ref!r}: {', '.join(runs)}.", "Give more of the id.")
        return (await self._context.claim(runs[0])).run

    async def _journal(self, run: RunKey) -> list[e.Event]:
        return [event for event, _ in await self._context.store.journal.read(run)]

    async def _view(self, run: RunKey) -> AskedView:
        """How a run stands that is a question.

        Raises:
            NotFound: It is none.
        """
        view = asked_view(run.id, run.number, run.workflow_id, await self._journal(run))
        if view is None:
            raise NotFound(f"{run.workflow_id} #{run.number} is a run of a workflow, and no question from outside.", "See `oyama show`.")
        return view

    async def _see_to_engine(self) -> None:
        """Have an engine drive what was asked."""
        if self._context.background is not None:
            await self._context.background.attend()
        else:
            await ensure_worker(self._context.settings, self._context.store)


def _require_there(question: Question) -> None:
    """Refuse to ask for what could not be done: nobody has to answer that.

    Raises:
        InvalidInput: The directory is gone.
        CommandMissing: The program is not there, or may not be run.
    """
    if not os.path.isdir(question.directory):
        raise InvalidInput(f"The directory {question.directory} is not there.", "Ask from a directory that exists.")
    if question.command:
        name, path = question.command[0], question.environment.get("PATH")
        found = shutil.which(os.path.join(question.directory, name) if "/" in name else name, path=path)
        if found is None:
            where = f"in {question.directory}" if "/" in name else f"on the PATH {path or os.defpath}"
            raise CommandMissing(f"There is no program {name!r} that can be run {where}.", "Check its name; nothing was asked.")


class _Answered(Exception):
    """A question is no longer open."""


def _require_open(state: RunState) -> None:
    """Refuse to withdraw what is answered or over.

    Raises:
        _Answered: It is.
    """
    gates = [approval for approval in state.approvals.values() if not approval.cut]
    if state.status.ended or (gates and gates[-1].status is not ApprovalStatus.PENDING):
        raise _Answered


def _standing(view: AskedView) -> str:
    """How a question stands that is answered, as the rest of a sentence."""
    by = f" by {view.by}" if view.by else ""
    words = {
        "approved": f"it was approved{by}",
        "rejected": f"it was rejected{by}",
        "expired": "nobody answered it in time",
        "withdrawn": f"it was withdrawn{by} before",
        "running": f"it was approved{by}, and what was approved runs",
        "completed": f"it was approved{by}, and what was approved has run",
        "failed": "it is over, and failed",
    }
    return words.get(view.status, f"it was approved{by}")
