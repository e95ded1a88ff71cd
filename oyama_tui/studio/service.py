"""The studio as one object, and how to open it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from oyama_tui.core.events import Principal, Trigger
from oyama_tui.engine.clock import Clock
from oyama_tui.engine.feed import Changes, Feed
from oyama_tui.engine.folded_runs import FoldedRuns
from oyama_tui.settings import Settings
from oyama_tui.steps.protocol import Executors
from oyama_tui.steps.secrets import SecretSource
from oyama_tui.store.store import Store
from oyama_tui.store.turns import reading_as
from oyama_tui.studio.background import Background
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.journals import Journals
from oyama_tui.studio.parts import Part, load_parts
from oyama_tui.studio.principal import Caller

if TYPE_CHECKING:
    from oyama_tui.studio.approval_acts import ApprovalActs
    from oyama_tui.studio.approval_history import ApprovalHistory
    from oyama_tui.studio.approvals import Approvals
    from oyama_tui.studio.archive import Archive
    from oyama_tui.studio.asking import Asking
    from oyama_tui.studio.breakpoints import Breakpoints
    from oyama_tui.studio.comparing import Comparing
    from oyama_tui.studio.following import Following
    from oyama_tui.studio.forking import Forking
    from oyama_tui.studio.history import History
    from oyama_tui.studio.keeping import Keeping
    from oyama_tui.studio.moments import Moments
    from oyama_tui.studio.new_runs import Starting
    from oyama_tui.studio.output import Output
    from oyama_tui.studio.queue import Queue
    from oyama_tui.studio.recovery import Recovery
    from oyama_tui.studio.requests import Requests
    from oyama_tui.studio.revisions import Revisions
    from oyama_tui.studio.runs import Runs
    from oyama_tui.studio.signals import Signals
    from oyama_tui.studio.system import System
    from oyama_tui.studio.times import Times
    from oyama_tui.studio.tokens import Tokens
    from oyama_tui.studio.undoing import Undoing
    from oyama_tui.studio.workflows import Workflows

__all__ = ["Drive", "Studio", "open_studio"]

Drive = Literal["none", "own", "all", "background"]
"""Which runs this process drives: none (it only looks or answers), its own (those it starts or resumes), all without a living owner, or
none itself, while it sees to it that a background engine drives them."""

STAYS: Final[tuple[Trigger, ...]] = ("screen", "api", "mcp")
"""What is started to go on for long, whether it drives or not."""
SWITCH_INTERVAL: Final = 0.0005
"""Seconds after which a busy thread lets another run: SQLite asks for its turn at every row, and the usual 5 ms were the price of each."""


class Studio:
    """Every use case, once.

    Args:
        context: What its parts work with.
    """

    workflows: Part[Workflows] = Part("workflows", "Workflows")
    starting: Part[Starting] = Part("new_runs", "Starting", "workflows")
    runs: Part[Runs] = Part("runs", "Runs", later=("starting",))
    output: Part[Output] = Part("output", "Output")
    approvals: Part[Approvals] = Part("approvals", "Approvals")
    approval_acts: Part[ApprovalActs] = Part("approval_acts", "ApprovalActs", "approvals")
    queue: Part[Queue] = Part("queue", "Queue")
    asking: Part[Asking] = Part("asking", "Asking", "starting")
    breakpoints: Part[Breakpoints] = Part("breakpoints", "Breakpoints")
    signals: Part[Signals] = Part("signals", "Signals")
    recovery: Part[Recovery] = Part("recovery", "Recovery")
    revisions: Part[Revisions] = Part("revisions", "Revisions", "workflows")
    history: Part[History] = Part("history", "History")
    approval_history: Part[ApprovalHistory] = Part("approval_history", "ApprovalHistory")
    keeping: Part[Keeping] = Part("keeping", "Keeping")
    moments: Part[Moments] = Part("moments", "Moments")
    undoing: Part[Undoing] = Part("undoing", "Undoing", "moments")
    forks: Part[Forking] = Part("forking", "Forking", "workflows", "starting", "moments")
    system: Part[System] = Part("system", "System")
    archive: Part[Archive] = Part("archive", "Archive")
    following: Part[Following] = Part("following", "Following")
    times: Part[Times] = Part("times", "Times")
    comparing: Part[Comparing] = Part("comparing", "Comparing", "runs")
    tokens: Part[Tokens] = Part("tokens", "Tokens")
    requests: Part[Requests] = Part("requests", "Requests")

    def __init__(self, context: StudioContext) -> None:
        self.settings: Settings = context.settings
        self._context = context
        self._feed = context.feed

    @property
    def principal(self) -> Principal:
        """Who runs this process: a person, an agent's program, or a step of a run."""
        return self._context.principal

    def of(self, person: str) -> Studio:
        """The same use cases for somebody who has shown a token: they start and answer in that name.

        Args:
            person: Whose token it is.
        """
        return Studio(replace(self._context, caller=self._context.caller.with_token(person)))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let lists that are read in this task say whose turn a question is for whoever this studio acts for."""
        with reading_as(self._context.caller.person):
            yield

    def changes(self) -> Changes:
        """What changed since the last value, by any process, as it happens; several consumers may listen."""
        return self._feed.changes()


@asynccontextmanager
async def open_studio(
    settings: Settings,
    *,
    drive: Drive = "none",
    trigger: Trigger = "cli",
    agent: str = "",
    clock: Clock | None = None,
    executors: Executors | None = None,
) -> AsyncIterator[Studio]:
    """Open the database and, when it drives runs, an engine; close both at the end.

    Args:
        settings: Where everything is.
        drive: Which runs this process drives.
        trigger: What is noted as the way in which runs were started.
        agent: The program for which this process speaks, so that nothing it does is a person's; empty to find out who runs it.
        clock: What time it is; the system's clocks when empty.
        executors: By kind of step; the real ones when empty.

    Raises:
        DatabaseProblem: The database cannot be used; the sentence says why.
    """
    clock = clock or Clock()
    sys.setswitchinterval(SWITCH_INTERVAL)
    async with AsyncExitStack() as stack:
        store = Store(settings.database_path, settings.files_path, settings.busy_timeout)
        stack.callback(store.close)
        feed, journals = await _open_feed(stack, store)
        secrets = SecretSource(settings.home)
        engine = None
        if drive in ("own", "all"):
            from oyama_tui.studio.driving import open_engine

            engine = await open_engine(stack, settings, store, secrets, clock, executors, drive)
            feed.moved, engine.takeover.left_alone = engine.notice_all, feed.tell
        background = None
        if drive == "background":
            background = Background(settings, store, feed)
            background.open()
            stack.push_async_callback(background.close)
        caller = Caller(settings.files_path / "engines", settings.groups, agent)
        store.database.reads_for = lambda: caller.person
        studio = Studio(
            StudioContext(settings, store, engine, feed, secrets, clock.wall, caller, trigger, journals, FoldedRuns(), background)
        )
        if engine is not None:
            engine.children.source = studio.starting
        if engine is not None or trigger in STAYS:
            load_parts(studio)
        yield studio


async def _open_feed(stack: AsyncExitStack, store: Store) -> tuple[Feed, Journals]:
    """Start to watch what changes; the stack ends it."""
    feed = Feed(store)
    await feed.open()
    stack.push_async_callback(feed.close)
    journals = Journals(store, feed)
    stack.push_async_callback(journals.close)
    return feed, journals
