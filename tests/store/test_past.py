"""A run of the past is what the file said when that was the present: at every event, by whichever way one comes there."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from oyama_tui.core import events as e
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.core.views import TreeOpening
from oyama_tui.settings import Settings
from oyama_tui.store import catalog, past
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.past import DRIVER, PastRun, beginning_of, rows_after
from oyama_tui.store.queries.approvals import approvals_of_run
from oyama_tui.store.queries.attempts import attempt_view
from oyama_tui.store.queries.journal_lines import context_view
from oyama_tui.store.queries.run_tree import run_view
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import NewRun
from oyama_tui.store.store import Store
from tests.core.generated import nested
from tests.core.play import Play, workflow
from tests.core.world import Fated

OPEN = TreeOpening(opened=frozenset({"fan"}))
Seen = tuple[Any, ...]


def seen(connection: sa.Connection, run: RunKey, play: Play, at: int, files: Path) -> Seen:
    """All that screens show of a run."""
    views = [run_view(connection, run.id, play.graph, {DRIVER}, "", at, wanted) for wanted in (None, OPEN)]
    assert views[0] is not None
    keys = [node.key for node in views[0].nodes if node.attempt]
    attempts = [attempt_view(connection, run.id, key, None, files) for key in keys]
    return *views, context_view(connection, run.key), list(approvals_of_run(connection, run.id)), attempts


class Written:
    """A generated run, written event by event into a file, and what the file said after each.

    Args:
        folder: Where the file is.
        play: The run, which has been played.
    """

    def __init__(self, folder: Path, play: Play) -> None:
        self.play = play
        settings = Settings(home=folder)
        self.files = settings.files_path
        self.store = Store(settings.database_path, settings.files_path)
        self.seen: list[Seen] = []

    async def write(self, *, look: bool = True) -> RunKey:
        """Write all events, each in an append of its own."""
        play, store = self.play, self.store
        revision = await store.writer.run(lambda connection: catalog.keep_workflow(connection, play.workflow, "", "", 1))
        first = play.journal[0].model_copy(update={"revision": revision})
        assert isinstance(first, e.RunStarted)
        run, head = await store.journal.create(NewRun(play.graph, "/", first, DRIVER))
        state = new_state(run.id, play.graph, run.number)
        position = JournalPosition(0, head)
        for event in [first, *play.journal[1:]]:
            evolve(state, event)
            after = summarise(state)
            if state.seq > 1:
                position = await store.journal.append(run, position, [event], after, 1)
            else:
                position = JournalPosition(1, head, after)
            if look:
                self.seen.append(await store.database.read(partial(seen, run=run, play=play, at=event.at, files=self.files)))
        return run

    def past(self, run: RunKey, known: int = 0) -> PastRun:
        """The run in memory, so far as its first events; all of them unless said."""
        begins = self.store.database.read_now(lambda connection: beginning_of(connection, run.id))
        assert begins is not None
        made = PastRun(begins, self.play.graph)
        self.learn(made, known or 1_000_000)
        return made

    def learn(self, made: PastRun, most: int) -> None:
        while made.last < most:
            known = made.last
            rows = self.store.database.read_now(lambda connection: rows_after(connection, made.run.key, made.last))
            if not rows:
                break
            made.learn(known, rows[: most - known])

    def then(self, made: PastRun, run: RunKey, seq: int) -> Seen:
        """What the run in memory says of one of its moments."""
        return made.ask(seq, lambda connection: seen(connection, run, self.play, made.at(seq), self.files))


def generated(seed: int) -> Play:
    play = Fated(nested(seed, limited=seed % 3 == 0, queued=seed % 5 == 0), seed=seed, pauses=seed % 2 == 0)
    play.start()
    play.live()
    return play


def has_children(play: Play) -> bool:
    return any(isinstance(event, e.ChildStarted) for event in play.journal)


# What the journal of another run says is not in this one's.
SEEDS = [seed for seed in range(60) if not has_children(generated(seed))]


LONG = max(map(generated, SEEDS), key=lambda play: len(play.journal))


def ways(length: int, seed: int) -> Sequence[int]:
    """Forward, back, and to and fro."""
    forward = list(range(1, length + 1))
    return [*forward, *reversed(forward), *((seed * 7919 + turn * 31) % length + 1 for turn in range(40))]


@pytest.mark.parametrize("seed", SEEDS[:24])
async def test_every_moment_is_what_the_file_said_then(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "APART", 4)
    monkeypatch.setattr(past, "MOST_KEPT", 6)
    written = Written(tmp_path, generated(seed))
    run = await written.write()
    made = written.past(run)
    assert made.last == len(written.seen)
    for seq in ways(made.last, seed):
        assert written.then(made, run, seq) == written.seen[seq - 1], f"event {seq}"
    made.close()
    written.store.close()


async def test_what_is_learned_later_is_as_if_known_from_the_beginning(tmp_path: Path) -> None:
    written = Written(tmp_path, LONG)
    run = await written.write()
    made = written.past(run, 1)
    for known in range(1, len(written.seen) + 1):
        written.learn(made, known)
        assert made.last == known
        for seq in {known, max(known // 2, 1), 1}:
            assert written.then(made, run, seq) == written.seen[seq - 1]
    made.close()
    written.store.close()


async def test_the_file_is_not_written(tmp_path: Path) -> None:
    written = Written(tmp_path, generated(1))
    run = await written.write(look=False)
    path = written.store.database.path
    with sqlite3.connect(path) as watcher:
        watcher.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.read_bytes(), watcher.execute("PRAGMA data_version").fetchone(), sorted(tmp_path.iterdir())
        made = written.past(run)
        for seq in ways(made.last, 1):
            written.then(made, run, seq)
        made.close()
        assert (path.read_bytes(), watcher.execute("PRAGMA data_version").fetchone(), sorted(tmp_path.iterdir())) == before
    assert path.with_name("oyama.db-wal").stat().st_size == 0
    written.store.close()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ("UPDATE workflow_events SET payload = replace(payload, 'ana', 'eve') WHERE seq = 1", "Event 1 of run"),
        ("UPDATE workflow_events SET at = at + 1 WHERE seq = 3", "Event 3 of run"),
        ("DELETE FROM workflow_events WHERE seq = 2", "Event 2 of run"),
        ("UPDATE workflow_events SET payload = '{' WHERE seq = 2", "cannot be read"),
    ],
)
async def test_a_changed_journal_is_told(tmp_path: Path, edit: str, words: str) -> None:
    play = Play(workflow(steps=[{"id": "a", "run": "x"}, {"id": "b", "run": "x"}]))
    play.start()
    play.run()
    written = Written(tmp_path, play)
    run = await written.write(look=False)
    with sqlite3.connect(written.store.database.path) as connection:
        connection.execute(edit)
    begins = written.store.database.read_now(lambda connection: beginning_of(connection, run.id))
    assert begins is not None
    made = PastRun(begins, play.graph)
    with pytest.raises(CorruptJournal) as told:
        written.learn(made, 1_000)
    made.close()
    assert words in told.value.sentence
    written.store.close()


async def test_kept_moments_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "APART", 1)
    monkeypatch.setattr(past, "MOST_KEPT", 5)
    written = Written(tmp_path, LONG)
    run = await written.write(look=False)
    made = written.past(run)
    assert made.last > 40
    assert 2 <= len(made._kept.moments) <= 5
    assert set(made._kept.moments) == {seq for seq in range(made.last + 1) if seq % made._kept.apart == 0}
    made.close()
    written.store.close()
