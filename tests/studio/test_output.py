"""Whoever follows output gets all of it, and asks the database only when the run has moved."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.commands import Outcome
from oyama_tui.core.errors import NotFound
from oyama_tui.core.views import StartedAttempt
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.store.queries.attempts import log_path
from oyama_tui.studio import Studio
from oyama_tui.studio.output import LOOKS, OutputFollower
from tests.engine.workplace import Script, statements, until_status, workplace, write

MANY = 12
NODES = [f"s{number}" for number in range(MANY)]
BESIDE = {"type": "parallel", "steps": [{"id": node, "run": "x"} for node in NODES]}
FOR_EACH_ASKING = 4
"""Statements: a transaction's begin, the schema's version, the run, and its attempts when it has moved."""
opened: list[str] = []


def note_opening(event: str, given: tuple[Any, ...]) -> None:
    """Note the names of files that are opened."""
    if event == "open":
        opened.append(str(given[0]))


sys.addaudithook(note_opening)


class Told:
    """Follows a run as a command does, one look after another, and keeps what it is given."""

    def __init__(self, follower: OutputFollower) -> None:
        self.follower = follower
        self.texts: dict[tuple[str, int], str] = {}
        self.over: list[tuple[str, int]] = []
        self.unread: list[StartedAttempt] = []
        self.offsets: dict[tuple[str, int], int] = {}

    async def look(self) -> bool:
        """One look; whether there was anything new."""
        begun = await self.follower.look()
        self.unread += begun
        before = dict(self.texts)
        self.unread = [one for one in self.unread if not await self._read((one.node, one.attempt))]
        return bool(begun) or self.texts != before

    async def _read(self, place: tuple[str, int]) -> bool:
        while True:
            chunk = await self.follower.read(*place, offset=self.offsets.get(place, 0), limit=64)
            self.texts[place] = self.texts.get(place, "") + chunk.text
            self.offsets[place] = chunk.offset
            if not chunk.text:
                break
        if chunk.ended:
            self.over.append(place)
            self.follower.forget(*place)
        return chunk.ended

    async def until(self, *places: tuple[str, int]) -> None:
        """Look until these attempts were read to their end."""
        async with asyncio.timeout(20):
            while not set(places) <= set(self.over):
                await self.look()
                await asyncio.sleep(0.01)

    async def settle(self) -> None:
        """Look until the engine's own events are known and nothing comes any more."""
        quiet = 0
        async with asyncio.timeout(20):
            while quiet < 10 or self.follower._changes._news.is_set():
                quiet = 0 if await self.look() else quiet + 1
                await asyncio.sleep(0.02)


def log_of(studio: Studio, run: str, node: str, attempt: int = 1) -> Path:
    path = log_path(studio.settings.files_path, run, node, attempt)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def add(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as log:
        log.write(text)


async def started(studio: Studio, script: Script, folder: Path, held: Sequence[str] = NODES, **definition: Any) -> tuple[str, Told]:
    """A run whose steps are held, and who follows it."""
    script.held.update(held)
    run = await studio.runs.start(write(folder, **(definition or BESIDE)), {})
    await script.until(lambda: {node for node, _ in script.begun} >= set(held))
    return run.id, Told(await studio.output.follow(run.id))


async def test_while_nothing_moves_files_are_not_opened_and_the_database_is_hardly_asked(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run, told = await started(studio, script, tmp_path)
        for node in NODES:
            add(log_of(studio, run, node), "begun\nand half a li")
        await told.settle()
        opened.clear()
        with statements(studio) as executed:
            for _ in range(4 * LOOKS):
                assert not await told.look()
        assert len(executed) <= 5 * FOR_EACH_ASKING
        assert not [name for name in opened if name.endswith(".log")]
        assert set(told.texts.values()) == {"begun\nand half a li"}


async def test_however_many_attempts_write_the_database_is_hardly_asked_and_only_files_that_grew_are_opened(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run, told = await started(studio, script, tmp_path)
        for node in NODES:
            add(log_of(studio, run, node), "begun\n")
        await told.settle()
        opened.clear()
        with statements(studio) as executed:
            for number in range(LOOKS // 2):
                for node in NODES[:3]:
                    add(log_of(studio, run, node), f"line {number} of {node}\n")
                assert await told.look()
                assert not await told.look()
        assert len(executed) <= 2 * FOR_EACH_ASKING
        assert {name for name in opened if name.endswith(".log")} <= {f"{node}.1.log" for node in NODES[:3]} | {
            str(log_of(studio, run, node)) for node in NODES[:3]
        }
        for node in NODES[:3]:
            assert told.texts[node, 1] == log_of(studio, run, node).read_text()


async def test_another_run_that_moves_costs_nothing(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        _, told = await started(studio, script, tmp_path)
        await told.settle()
        for _ in range(3):
            other = await studio.runs.start(write(tmp_path, steps=[{"id": "a", "run": "x"}]), {}, replace=True)
            await until_status(studio, other.id, "completed")
        with statements(studio) as executed:
            for _ in range(LOOKS // 2):
                assert not await told.look()
        assert len(executed) <= FOR_EACH_ASKING


class Writers(Script):
    """Attempts that write pieces cut anywhere; some fail and are tried once more.

    Args:
        chance: Decides what comes when.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.written: dict[tuple[str, int], str] = {}

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Write, and end with or without the end of a line."""
        place, path = (order.node, order.attempt), context.log_path()
        self.written[place] = ""
        for _ in range(self.chance.randrange(30)):
            piece = self.chance.choice(("half", " ä漢\n", "x" * 200, "\n", "a line\n"))
            add(path, piece)
            self.written[place] += piece
            await asyncio.sleep(self.chance.choice((0, 0, 0.002, 0.01)))
        outcome = await super().execute(order, context)
        return outcome.model_copy(update={"output": self.written[place]})


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_is_lost_whenever_it_is_written_and_whenever_attempts_end(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    script = Writers(chance)
    script.failing = {"s1": 1, "s2": 2}
    steps = [{"id": node, "run": "x", "retry": {"max_attempts": 3, "interval": "1ms"}} for node in NODES]
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, type="parallel", steps=steps), {})
        told = Told(await studio.output.follow(run.id))
        async with asyncio.timeout(30):
            while not told.follower.ended:
                await told.look()
                await asyncio.sleep(chance.choice((0, 0.001, 0.02)))
        assert len(script.written) == MANY + 3
        assert told.texts == script.written
        assert sorted(told.over) == sorted(script.written)


async def test_a_run_that_is_over_before_anybody_looks_is_told_whole(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run, told = await started(studio, script, tmp_path, held=["a"], steps=[{"id": "a", "run": "x"}, {"id": "b", "run": "x"}])
        add(log_of(studio, run, "a"), "of the file")
        script.let_go("a")
        await until_status(studio, run, "completed")
        await told.look()
        assert told.follower.ended
        assert told.texts == {("a", 1): "of the file", ("b", 1): "out of b"}
        assert told.over == [("a", 1), ("b", 1)]


async def test_a_run_that_goes_back_is_told_on(tmp_path: Path) -> None:
    script = Script()
    gate = {"title": "Fine?", "send_back": {"to": "write"}}
    steps = [{"id": "write", "run": "x"}, {"id": "publish", "run": "x", "gate": gate}]
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=steps), {})
        told = Told(await studio.output.follow(run.id))
        await until_status(studio, run.id, "waiting")
        await told.until(("write", 1))
        [asked] = await studio.approvals.list()
        await studio.approvals.decide(asked.id, "send_back", comment="again")
        await told.until(("write#2", 1))
        assert told.texts["write#2", 1] == "out of write#2"
        assert not told.follower.ended


async def test_a_log_that_is_cut_or_taken_away_is_read_on(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run, told = await started(studio, script, tmp_path, held=["a"], steps=[{"id": "a", "run": "x"}])
        path = log_of(studio, run, "a")
        add(path, "a line that is long enough\n")
        await told.settle()
        path.write_text("cut\n")
        await told.settle()
        add(path, "and more\n")
        await told.settle()
        assert told.texts["a", 1] == "a line that is long enough\ncut\nand more\n"
        path.unlink()
        await told.settle()
        script.let_go("a")
        await told.until(("a", 1))
        # What the database keeps is told whole: nobody knows how much of it was in the file.
        assert told.texts["a", 1].endswith("and more\nout of a")


async def test_without_a_feed_the_end_is_found_after_a_bounded_number_of_looks(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run, told = await started(studio, script, tmp_path, held=["a"], steps=[{"id": "a", "run": "x"}])
        add(log_of(studio, run, "a"), "all of it")
        await told.settle()
        script.let_go("a")
        await until_status(studio, run, "completed")
        told.follower._changes = type(told.follower._changes)("")
        for _ in range(LOOKS + 1):
            await told.look()
        assert told.follower.ended
        assert told.over == [("a", 1)]


async def test_a_database_that_cannot_be_watched_is_asked_at_once(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        _, told = await started(studio, script, tmp_path, held=["a"], steps=[{"id": "a", "run": "x"}])
        await told.settle()
        told.follower._changes.tell((), False, "The database is lost.")
        with statements(studio) as executed:
            await told.look()
        assert executed
        script.let_go("a")


async def test_what_nobody_knows_is_told_and_steps_are_chosen(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run, _ = await started(studio, script, tmp_path)
        with pytest.raises(NotFound, match="no step 'nowhere'"):
            await studio.output.follow(run, step="nowhere")
        told = Told(await studio.output.follow(run, step="s3"))
        await told.look()
        assert list(told.texts) == [("s3", 1)]
        for node in NODES:
            script.let_go(node)
