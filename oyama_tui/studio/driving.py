"""The engine of this process; loaded only where runs are driven."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Literal

from oyama_tui.engine.clock import Clock
from oyama_tui.engine.local import LocalEngine
from oyama_tui.engine.notice_log import NoticeLog
from oyama_tui.engine.notifying import Notifiers
from oyama_tui.engine.ownership import Instance
from oyama_tui.engine.threads import start_threads
from oyama_tui.engine.trust import refuse_shared
from oyama_tui.engine.upkeep import Upkeep
from oyama_tui.settings import Settings
from oyama_tui.steps.executors import default_executors
from oyama_tui.steps.process_groups import ProcessGroups
from oyama_tui.steps.protocol import Executors
from oyama_tui.steps.secrets import SecretSource
from oyama_tui.store.database_errors import read_only
from oyama_tui.store.reader import THREADS
from oyama_tui.store.store import Store
from oyama_tui.studio.keeping import settings_rules


async def open_engine(
    stack: AsyncExitStack,
    settings: Settings,
    store: Store,
    secrets: SecretSource,
    clock: Clock,
    executors: Executors | None,
    adopt: Literal["own", "all"],
) -> LocalEngine:
    """Start the engine of this process, and with it what keeps the database in order when it drives all runs; the stack ends both.

    Args:
        stack: Of what is open.
        settings: Where everything is.
        store: The open store.
        secrets: Where secrets come from.
        clock: Both clocks.
        executors: By kind of step; the real ones when empty.
        adopt: `all` takes every run without a living owner, `own` only those that it was told to drive.

    Raises:
        DatabaseProblem: The database cannot be written, or others may change its files.
    """
    if not store.database.writable:
        raise read_only(settings.database_path)
    refuse_shared(settings)
    await start_threads(store.database.reader.threads, THREADS)
    instance = Instance(settings.files_path / "engines")
    stack.callback(instance.close)
    groups = ProcessGroups(instance.groups_path, settings.grace)
    stack.push_async_callback(groups.close)
    engine = LocalEngine(
        store,
        instance,
        executors=executors or default_executors(grace=settings.grace, log_quota=settings.log_quota),
        groups=groups,
        secrets=secrets,
        clock=clock,
        adopt=adopt,
        grace=settings.grace,
        max_processes=settings.max_processes,
    )
    _tell_of_gates(stack, engine, settings, clock)
    await engine.open()
    stack.push_async_callback(engine.close)
    if adopt == "all":
        upkeep = Upkeep(store, settings_rules(settings), clock)
        upkeep.open()
        stack.push_async_callback(upkeep.close)
    return engine


def _tell_of_gates(stack: AsyncExitStack, engine: LocalEngine, settings: Settings, clock: Clock) -> None:
    notifiers = Notifiers(settings.notify, NoticeLog(settings.files_path), clock.wall)
    stack.push_async_callback(notifiers.close)
    engine.asked, engine.tells = notifiers.asked, bool(settings.notify)
