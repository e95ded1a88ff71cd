"""What a client can do: propose, wait, withdraw, start and look. There is no tool that answers a question."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pydantic import BaseModel

from oyama_tui.agents.mcp import answers, given
from oyama_tui.agents.mcp.answers import Told
from oyama_tui.agents.mcp.client import Client
from oyama_tui.core.asked import is_of_command
from oyama_tui.core.definition.base import InputField, parse_duration, type_words
from oyama_tui.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, OyamaError
from oyama_tui.core.questions import STEP, Question
from oyama_tui.core.views import AskedView, AttemptView, WorkflowRow
from oyama_tui.settings import Settings

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

MOST_WORKFLOWS: Final = 200


@dataclass(frozen=True)
class Desk:
    """Where the calls of one client are done.

    Nothing is kept between two calls: each one opens the database for itself, so that a server that was ended and started again goes on
    where the other one was, and a database that cannot be used is told with the call.
    """

    settings: Settings
    client: Client

    @asynccontextmanager
    async def studio(self, drive: Literal["none", "background"] = "none") -> AsyncIterator[Studio]:
        """The studio, in which everything is done in the client's name.

        Args:
            drive: `background` for a call that waits for long. Others have an engine started where they need one: looking after it at
                every short call would start a new one each time until the first has arrived.
        """
        # Loaded with the first call: a client that waits for the list of tools is not kept waiting for it.
        from oyama_tui.studio import open_studio

        async with open_studio(self.settings, drive=drive, trigger="mcp", agent=self.client.principal) as studio:
            yield studio


class Tool(NamedTuple):
    """One tool."""

    name: str
    title: str
    description: str
    given: type[BaseModel]
    answer: type[BaseModel]
    act: Callable[[Desk, Any], Awaitable[Told]]
    reads: bool = False
    """It changes nothing."""


async def propose(desk: Desk, wanted: given.Proposal) -> Told:
    """Ask a person whether a command may run.

    Args:
        desk: The client's.
        wanted: What is asked.

    Raises:
        OyamaError: It cannot be asked.
    """
    environment = {"PATH": path} if (path := os.environ.get("PATH")) is not None else {}
    question = Question(
        title=wanted.title,
        target=wanted.target,
        risk=wanted.risk,
        command=tuple(wanted.command),
        directory=os.path.normpath(os.path.join(here(), wanted.cwd)),
        environment=environment,
        preview=wanted.preview if isinstance(wanted, given.ProposalWithPreview) else "",
        files=tuple(wanted.files),
        timeout=_milliseconds(wanted.timeout),
        key=wanted.key,
        program=desk.client.program,
        version=desk.client.version,
        session=desk.client.session,
    )
    async with desk.studio() as studio:
        return await _told(studio, await studio.asking.ask(question))


def here() -> str:
    """The directory in which the server was started, which is the client's project.

    Raises:
        InvalidInput: It is gone.
    """
    try:
        return os.getcwd()
    except OSError:
        raise InvalidInput("The directory in which this server was started is not there any more.", "Start it again.") from None


def _milliseconds(text: str) -> int | None:
    """How long a question stays open; none when nothing was said."""
    if not text:
        return None
    try:
        made = parse_duration(text)
    except ValueError as error:
        raise InvalidInput(f"propose cannot do this: timeout {text[:40]!r}: {error}.", "For example: 4h") from None
    if made <= 0:
        raise InvalidInput("propose cannot do this: timeout must be longer than nothing.", "For example: 4h")
    return made


async def wait(desk: Desk, wanted: given.Wait) -> Told:
    """Wait until a question is over, or for a while.

    Args:
        desk: The client's.
        wanted: The question, and for how long.

    Raises:
        OyamaError: There is none.
    """
    async with desk.studio() as studio:
        return await _told(studio, await studio.asking.wait(wanted.id, wanted.seconds))


async def status(desk: Desk, wanted: given.OneQuestion) -> Told:
    """How a question stands.

    Args:
        desk: The client's.
        wanted: The question.

    Raises:
        OyamaError: There is none.
    """
    async with desk.studio() as studio:
        return await _told(studio, await studio.asking.get(wanted.id))


async def withdraw(desk: Desk, wanted: given.OneQuestion) -> Told:
    """Ask no more.

    Args:
        desk: The client's.
        wanted: The question.

    Raises:
        NotAllowed: Somebody else has asked it.
        OyamaError: There is none, or it is answered.
    """
    async with desk.studio() as studio:
        view = await studio.asking.get(wanted.id)
        if view.session != desk.client.session:
            hint = f"Whoever asked it can withdraw it, or a person: `oyama cancel {view.run_label.replace(' ', '')}`."
            raise NotAllowed(f"{view.run_label} was not asked in this session, so it is not withdrawn.", hint)
        return await _told(studio, await studio.asking.withdraw(view.run_id, f"{desk.client.program} no longer needs the answer"))


async def _told(studio: Studio, view: AskedView) -> Told:
    """A question with what its command wrote."""
    return answers.asked(view, await _attempt(studio, view) if view.decided_at is not None else None)


async def _attempt(studio: Studio, view: AskedView) -> AttemptView | None:
    """The newest attempt of the command that was approved."""
    if not view.runs:
        return None
    for started in reversed(await studio.runs.attempts(view.run_id, step=STEP)):
        attempt = await studio.runs.attempt(view.run_id, started.node, started.attempt)
        if attempt is not None and is_of_command(attempt):
            return attempt
    return None


async def workflows(desk: Desk, wanted: given.Nothing) -> Told:
    """The workflows that can be started.

    Args:
        desk: The client's.
        wanted: Nothing.

    Raises:
        OyamaError: They cannot be read.
    """
    async with desk.studio() as studio:
        rows = await studio.workflows.list()
        found = [await _workflow(studio, row) for row in list(rows)[:MOST_WORKFLOWS]]
    lines = [_workflow_words(one) for one in found] or ["There is no workflow. A person makes one: `oyama init`, `oyama run FILE`."]
    return Told("\n".join((*lines, *rows.damaged)), answers.Workflows(workflows=found, damaged=list(rows.damaged)))


async def _workflow(studio: Studio, row: WorkflowRow) -> answers.Workflow:
    trouble, fields = _unstartable(row), dict[str, InputField]()
    if not trouble:
        try:
            fields = dict((await studio.workflows.definition(row.id)).inputs)
        except OyamaError as error:
            trouble = error.sentence
    inputs = {name: _input(field) for name, field in fields.items()}
    common = {name: getattr(row, name) for name in ("id", "status", "name", "description", "steps")}
    return answers.Workflow(**common, inputs=inputs, startable=not trouble, trouble=trouble)


def _input(field: InputField) -> answers.Input:
    return answers.Input(
        type=type_words(field),
        required=field.required,
        default=field.default,
        options=list(field.options),
        description=field.description,
    )


def _workflow_words(one: answers.Workflow) -> str:
    takes = ", ".join(f"{name}: {field.type}{'' if field.required else '?'}" for name, field in one.inputs.items())
    about = f" - {one.name}" if one.name != one.id else ""
    return f"{one.id}{about}, inputs: {takes or 'none'}" if one.startable else f"{one.id}{about}: cannot be started. {one.trouble}"


def _unstartable(row: WorkflowRow) -> str:
    """Why a client cannot start a workflow; empty when it can.

    What was kept is started, and nothing that was written into its file since: whoever writes there would have it run unseen.
    """
    if row.missing:
        return f"Its file {row.source} is gone."
    return f"Its file {row.source} has changed since it was last run or added." if row.changed else ""


async def start_run(desk: Desk, wanted: given.Start) -> Told:
    """Start a run of a workflow that a person has kept.

    Args:
        desk: The client's.
        wanted: The workflow and its inputs.

    Raises:
        NotFound: There is no such workflow.
        Conflict: Its file is not what was kept.
        OyamaError: It cannot be started.
    """
    from oyama_tui.studio.workflows import STANDARD_INPUT, is_path

    ref = wanted.workflow
    async with desk.studio() as studio:
        if is_path(ref) or ref == STANDARD_INPUT:
            raise NotFound(
                f"There is no workflow {ref!r}.", "Name one by its id, as `workflows` lists it; only a person starts one from a file."
            )
        trouble = _unstartable(await studio.workflows.get(ref))
        if trouble:
            raise Conflict(
                f"The workflow {ref!r} is not started. {trouble}", f"A person can look at it and run it once: `oyama run {ref}`."
            )
        row = await studio.runs.start(ref, wanted.inputs, detach=True)
        return answers.whole_run(await studio.runs.get(row.id))


async def runs(desk: Desk, wanted: given.RunsWanted) -> Told:
    """Runs, the newest first.

    Args:
        desk: The client's.
        wanted: Which ones.

    Raises:
        OyamaError: They cannot be read.
    """
    async with desk.studio() as studio:
        rows = await studio.runs.list(workflow=wanted.workflow, live=wanted.live, limit=wanted.limit, order="newest")
    found = [answers.Run(**answers.run_row(row)) for row in rows]
    lines = [f"{answers.run_words(row)}. Its id is {row.id}." for row in rows] or ["There is no such run."]
    return Told("\n".join((*lines, *rows.damaged)), answers.Runs(runs=found, total=rows.total, damaged=list(rows.damaged)))


async def run(desk: Desk, wanted: given.OneRun) -> Told:
    """One run with its steps.

    Args:
        desk: The client's.
        wanted: The run.

    Raises:
        OyamaError: There is none.
    """
    async with desk.studio() as studio:
        return answers.whole_run(await studio.runs.get(wanted.id))


def tools_for(*, previews: bool) -> tuple[Tool, ...]:
    """The tools that a client has.

    Args:
        previews: A preview of a client runs before anybody has seen it.
    """
    proposal = given.ProposalWithPreview if previews else given.Proposal
    return (Tool("propose", "Propose a command", PROPOSE, proposal, answers.Asked, propose), *_OTHERS)


PROPOSE: Final = (
    "Ask a person whether a command may run. After a yes Oyama runs exactly this command, once, in the directory that was shown; do not "
    "run it yourself. Returns at once with an id: call `wait` with it. The question stays open when this session ends."
)
_OTHERS: Final[tuple[Tool, ...]] = (
    Tool(
        "wait",
        "Wait for an answer",
        f"Wait until a question is over, {given.LONGEST_WAIT} seconds at most, and say how it stands. While it is open call it again. "
        "After a no the person's words are in `comment`; after a yes there are the command's exit code and the end of its output.",
        given.Wait,
        answers.Asked,
        wait,
        reads=True,
    ),
    Tool("status", "Look at a question", "How a question stands now.", given.OneQuestion, answers.Asked, status, reads=True),
    Tool(
        "withdraw",
        "Withdraw a question",
        "Withdraw a question of this session that nobody has answered yet, because its answer is not needed any more.",
        given.OneQuestion,
        answers.Asked,
        withdraw,
    ),
    Tool(
        "workflows",
        "List workflows",
        "The workflows that `start_run` can start, with their inputs.",
        given.Nothing,
        answers.Workflows,
        workflows,
        reads=True,
    ),
    Tool(
        "start_run",
        "Start a run",
        "Start a run of a workflow; Oyama drives it, and its gates wait for people. Look at it with `run`.",
        given.Start,
        answers.WholeRun,
        start_run,
    ),
    Tool("runs", "List runs", "Runs of workflows and questions, the newest first.", given.RunsWanted, answers.Runs, runs, reads=True),
    Tool("run", "Look at a run", "One run: how it stands, why it waits, and its steps.", given.OneRun, answers.WholeRun, run, reads=True),
)
