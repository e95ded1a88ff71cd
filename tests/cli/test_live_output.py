"""What `oyama run` shows of a run costs next to nothing while nothing happens."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from oyama_tui.cli import following
from oyama_tui.cli.following import Following
from oyama_tui.cli.line_notes import LineNotes
from oyama_tui.cli.live_output import LiveOutput
from oyama_tui.cli.printing import Printer
from oyama_tui.cli.run_reporters import JsonReporter
from oyama_tui.cli.terminal import GlobalOptions, Terminal
from oyama_tui.settings import Settings
from oyama_tui.store.queries.attempts import log_path
from oyama_tui.studio.output import LOOKS
from tests.engine.workplace import Script, statements, until_status, workplace, write

NODES = [f"s{number}" for number in range(6)]


class CountedLine(LineNotes):
    """Counts how often nothing else has happened."""

    looks = 0

    async def note(self) -> None:
        self.looks += 1
        await super().note()

    async def until(self, looks: int) -> None:
        """Wait until nothing has happened so often."""
        async with asyncio.timeout(20):
            while self.looks < looks:
                await asyncio.sleep(0.001)


async def test_while_steps_are_silent_the_database_is_hardly_asked_and_their_last_words_are_shown(tmp_path: Path) -> None:
    script = Script()
    script.held.update(NODES)
    shown: list[tuple[str, str]] = []
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
        with statements(studio) as executed:
            for _ in range(LOOKS - 5):
                await live.pump()
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


async def test_whether_only_people_are_waited_for_is_asked_after_events_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PACE", 0.001)
    monkeypatch.setattr(following, "SLOW_PACE", 1_000_000)
    script = Script()
    script.held.add("a")
    steps = [{"id": "a", "run": "x"}, {"id": "b", "run": "x", "gate": "Go on?"}]
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=steps), {})
        await script.until(lambda: bool(script.begun))
        terminal = Terminal(Settings(home=tmp_path), GlobalOptions(), Printer(io.StringIO()), Printer(io.StringIO()))
        line = CountedLine(studio, terminal, run.id, joined=False)
        follows = Following(studio, leave_waiting=True, note=terminal.note, line=line)
        task = asyncio.create_task(follows.follow(run.id, JsonReporter(terminal, run.id, silent=True)))
        await line.until(20)
        with statements(studio) as executed:
            await line.until(120)
        assert not [one for one in executed if "workflow_execution_steps" in one]
        script.let_go("a")
        async with asyncio.timeout(20):
            await task
        assert (await studio.runs.get(run.id)).row.needs_you
