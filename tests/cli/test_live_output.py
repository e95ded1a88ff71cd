"""Output of running steps that `oyama run` shows is read from files that have grown."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from oyama_tui.cli.live_output import LiveOutput
from oyama_tui.cli.printing import Printer
from oyama_tui.store.queries.attempts import log_path
from oyama_tui.studio.output import LOOKS
from tests.engine.workplace import Script, until_status, workplace, write

NODES = [f"s{number}" for number in range(6)]


async def test_while_steps_are_silent_the_database_is_hardly_asked_and_their_last_words_are_shown(tmp_path: Path) -> None:
    script = Script()
    script.held.update(NODES)
    shown: list[tuple[str, str]] = []
    executed: list[str] = []
    async with workplace(tmp_path, script) as studio:
        steps = [{"id": node, "run": "x"} for node in NODES]
        run = await studio.runs.start(write(tmp_path, type="parallel", steps=steps), {})
        await script.until(lambda: len(script.begun) == len(NODES))
        live = LiveOutput(studio, run.id, Printer(io.StringIO()), lambda node, line: shown.append((node, line)))
        logs = {node: log_path(studio.settings.files_path, run.id, node, 1) for node in NODES}
        for node, log in logs.items():
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text("begun\nhalf a")
            live.begin(node, 1)
        await live.pump()
        await live.pump()
        assert shown == [(node, "begun") for node in NODES]

        def note(*given: Any) -> None:
            executed.append(given[2])

        engine = studio._context.store.database.reader._engine
        sa.event.listen(engine, "before_cursor_execute", note)
        for _ in range(LOOKS - 5):
            await live.pump()
        sa.event.remove(engine, "before_cursor_execute", note)
        # The feed may tell once of what happened before.
        assert len(executed) <= 4
        for node, log in logs.items():
            log.write_text("begun\nhalf a line")
            script.let_go(node)
        await until_status(studio, run.id, "completed")
        for node in NODES:
            await live.finish(node)
        assert shown[len(NODES) :] == [(node, "half a line") for node in NODES]
        assert not live.active
