"""Asks people about a call, waits for the answer, and takes the question back where nobody would use it."""

from __future__ import annotations

import asyncio
import os
import select
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from oyama_tui.agents.answers import Answer
from oyama_tui.agents.call import Call, Unreadable
from oyama_tui.agents.front import AGENTS, Gated
from oyama_tui.agents.gates import BrokenGates
from oyama_tui.agents.questions import EDITED, question_of
from oyama_tui.core.errors import Conflict, IllegalTransition, OyamaError
from oyama_tui.core.questions import Question
from oyama_tui.core.views import AskedView
from oyama_tui.studio.asking import Asking

MARGIN: Final = 600
"""Seconds before the agent's patience ends when its answer has to be there."""
LOOK: Final = 1.0
"""Seconds between two looks at whether the agent is still there."""
ONE_AT_A_TIME: Final = "one gated action at a time, ask again"


class CallQuestion:
    """One call of an agent, in front of a person.

    Args:
        asking: Where questions are asked.
        gated: The call, and the rules that mean it.
        defer: Do not wait: the agent ends, and asks again when it is taken up.
        gone: Returns when the agent is gone without a word.
    """

    def __init__(self, asking: Asking, gated: Gated, *, defer: bool, gone: Callable[[], Awaitable[object]] | None = None) -> None:
        self._asking, self._call, self._rules = asking, gated.call, gated.rules
        self._gone = gone or _agent_gone
        self._agent = AGENTS[gated.call.agent]
        self._defer = defer and gated.call.moment == "call"
        # Only a call with a name of its own can be asked about once more; any other one is a new question each time.
        name = self._call.id if self._call.moment == "call" else f"{self._call.moment}-{self._call.id or uuid.uuid4().hex}"
        self._key = f"{self._call.agent}:{self._call.session}:{name}"

    async def answer(self) -> Answer:
        """Ask, wait, and say what the agent is told; whatever goes wrong is a no."""
        try:
            question = self._question()
            view = await self._asked(question)
            if isinstance(view, Answer):
                return view
            if not view.over and not self._defer:
                view = await self._waited(view)
            return self._said(view, question)
        except asyncio.CancelledError:
            await self._take_back("the agent no longer waits")
            raise
        except Unreadable as wrong:
            return _not_asked(f"{wrong.sentence}.")
        except BrokenGates as broken:
            return _not_asked(f"the rules cannot be read. {broken.sentence}.")
        except OyamaError as error:
            return _not_asked(f"{error.sentence} {error.hint}".strip())

    def _question(self) -> Question:
        """The question, made anew from what is on the disk now."""
        return question_of(self._call, self._rules, key=self._key, redirects=self._agent.REDIRECTS)

    async def _asked(self, question: Question) -> AskedView | Answer:
        """The question as it is asked; a no when another one of this session is open."""
        others = [view for view in await calls_of(self._asking, self._call.session) if view.key != self._key]
        if others:
            return _not_asked(_busy(others[0]))
        try:
            view = await self._asking.ask(question)
        except Conflict as changed:
            await self._take_back("what the agent wants has changed")
            return _not_asked(changed.sentence)
        # Two calls may have looked at the same time: the one that was asked first stays.
        open_now = await calls_of(self._asking, self._call.session)
        earlier = [other for other in open_now if other.key != self._key and _number(other) < _number(view)]
        if earlier and not view.over:
            await self._take_back(ONE_AT_A_TIME)
            return _not_asked(_busy(earlier[0]))
        return view

    async def _waited(self, view: AskedView) -> AskedView:
        """How the question stands when it is over, the agent is gone, or it has to be answered."""
        waiting = asyncio.ensure_future(self._asking.wait(view.run_id, self._agent.WAITS - MARGIN))
        gone = asyncio.ensure_future(self._gone())
        try:
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done() and waiting.result().over:
                return waiting.result()
            await self._take_back("the agent is gone" if gone.done() else "nobody answered as long as the agent waits")
            return await self._asking.get(view.run_id)
        finally:
            for task in (waiting, gone):
                task.cancel()
            await asyncio.gather(waiting, gone, return_exceptions=True)

    async def _take_back(self, why: str) -> None:
        """Withdraw the question, if it was asked and is open."""
        for view in await calls_of(self._asking, self._call.session):
            if view.key == self._key:
                with suppress(IllegalTransition):
                    await self._asking.withdraw(view.run_id, why)

    def _said(self, view: AskedView, question: Question) -> Answer:
        """What the agent is told about a question."""
        if not view.over:
            words = f"waits for a person: oyama approve {view.approval_id or view.run_id}"
            return Answer("later", words)
        if view.status in ("approved", "completed"):
            # A yes counts for what was shown: the files may have changed since.
            if self._question().digest != question.digest:
                return _not_asked(f"{view.by} said yes, but what it would do has changed since. Ask again.")
            words = f"approved by {view.by}: {view.comment or view.approval_id}"
            return Answer("yes", words, form=dict(view.form), input=self._redirected(view))
        return Answer("no" if view.status == "rejected" else "nobody", _no(view))

    def _redirected(self, view: AskedView) -> dict[str, object] | None:
        """What the tool is given instead, where the person has changed the command."""
        command = view.form.get(EDITED)
        if self._call.moment == "elicitation" or not isinstance(command, str) or command == self._call.command:
            return None
        return {**self._call.input, "command": command}


def _no(view: AskedView) -> str:
    """Why it is a no, for the agent."""
    if view.status == "rejected":
        return f"rejected by {view.by}: {view.comment}" if view.comment else f"rejected by {view.by}"
    if view.status == "expired":
        return "nobody answered in time, so it does not run"
    if view.status == "withdrawn":
        return f"the question was withdrawn{f': {view.comment}' if view.comment else ''}"
    return f"nobody could be asked: {view.error or view.comment or view.status}"


def _not_asked(sentence: str) -> Answer:
    return Answer("nobody", f"Oyama has not let this run: {sentence}")


def _busy(other: AskedView) -> str:
    return f"{ONE_AT_A_TIME} when {other.run_label} is answered ({other.title})."


def _number(view: AskedView) -> int:
    """In which order questions were asked."""
    return int(view.run_label.rpartition("#")[2])


async def _agent_gone() -> None:
    """Return when nobody reads the answer any more, or whoever started this process is gone."""
    parent, reader = os.getppid(), select.poll()
    with suppress(OSError):
        os.fstat(1)
        reader.register(1, 0)
    while os.getppid() == parent and not reader.poll(0):
        await asyncio.sleep(LOOK)


async def calls_of(asking: Asking, session: str) -> list[AskedView]:
    """The open questions about calls that a session waits for, the oldest first: what it has proposed besides stays as it is.

    Args:
        asking: Where questions are asked.
        session: As the agent names it.
    """
    return [view for view in await asking.of_session(session) if view.call]


async def take_back(asking: Asking, call: Call, *, defer: bool) -> None:
    """Withdraw what nobody needs to answer any more, because the call or the session is over.

    Args:
        asking: Where questions are asked.
        call: What is over.
        defer: The session is taken up again later, so its end ends no question.
    """
    if call.moment == "end" and defer:
        return
    why = "the agent's session is over" if call.moment == "end" else "the agent has gone on without an answer"
    for view in await calls_of(asking, call.session):
        if call.moment == "end" or view.call in (call.id, f"by-content-{call.digest}"):
            with suppress(IllegalTransition):
                await asking.withdraw(view.run_id, why)
