"""However much of a journal is written at once, the rows are those that it gives event by event."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.settings import Settings
from oyama_tui.store import catalog
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.runs import NewRun
from oyama_tui.store.store import Store
from oyama_tui.studio import open_studio
from tests.core.generated import nested
from tests.core.play import ANA, Play, failing, workflow
from tests.core.world import Fated

ONCE = {"id": "a", "if": "iteration == 1", "run": "true"}
RETRIED = {"id": "a", "run": "true", "retry": {"max_attempts": 3, "interval": "1s"}}
WRONG = {"id": "c", "run": ["echo", "${{ steps.b.output.x }}"], "needs": ["b"]}
RUNS: dict[str, dict[str, Any]] = {
    "rounds in which all is skipped": {"steps": [{"id": "poll", "repeat": {"until": "iteration >= 3", "max": 5}, "steps": [ONCE]}]},
    "such rounds with pauses": {"steps": [{"id": "poll", "repeat": {"until": "iteration >= 3", "max": 5, "every": "1s"}, "steps": [ONCE]}]},
    "rounds that are used up": {"steps": [{"id": "poll", "repeat": {"until": "false", "max": 3}, "steps": [ONCE]}]},
    "items without a name": {"steps": [{"id": "fan", "for_each": ["", ""], "steps": [{"id": "a", "if": "false", "run": "true"}]}]},
    "items that are tried again": {"steps": [{"id": "fan", "for_each": {"items": [1, 2], "concurrency": 2}, "steps": [RETRIED]}]},
    "loops in loops": {
        "steps": [
            {
                "id": "out",
                "for_each": {"items": [1, 2], "as": "row"},
                "steps": [{"id": "in", "for_each": [3, 4], "steps": [{"id": "b", "gate": "Go?", "run": "true"}]}],
            }
        ]
    },
    "a pause that another step's failure ends": {
        "type": "graph",
        "fail_fast": True,
        "steps": [RETRIED, {"id": "b", "run": "true"}, WRONG],
    },
}


async def differences(folder: Path, play: Play) -> list[str]:
    """Write all but the first event in one append; what is not as the journal says."""
    settings = Settings(home=folder)
    store = Store(settings.database_path, settings.files_path)
    revision = await store.writer.run(lambda connection: catalog.keep_workflow(connection, play.workflow, "", "", 1))
    first = play.journal[0].model_copy(update={"revision": revision})
    run, head = await store.journal.create(NewRun(play.graph, str(folder), first, "some-engine"))  # type: ignore[arg-type]
    state = new_state(run.id, play.graph, run.number)
    evolve(state, first)
    before = summarise(state)
    for event in play.journal[1:]:
        evolve(state, event)
    await store.journal.append(run, JournalPosition(1, head, before), play.journal[1:], summarise(state), 1)
    store.close()
    async with open_studio(settings) as studio:
        # The engine that is said to have written it has no row.
        return [check.message for check in await studio.system.verify() if check.status != "ok" and check.message.startswith("play #1")]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", RUNS)
async def test_a_journal_in_one_append_gives_the_rows_of_its_events(tmp_path: Path, name: str, seed: int) -> None:
    play = Play(workflow(**RUNS[name]), answer=failing("a", "fan[0].a", "fan[1].a", attempts=1))
    play.start()
    play.run(seed)
    assert await differences(tmp_path, play) == []


@pytest.mark.parametrize("moves", range(9))
async def test_a_cancelled_run_in_one_append_leaves_nothing_under_way(tmp_path: Path, moves: int) -> None:
    play = Play(workflow(**RUNS["loops in loops"]))
    play.start()
    for _ in range(moves):
        if not play.state.status.ended:
            play.moves()[0]()
            play.plan()
    if not play.state.status.ended:
        play.send(c.Cancel(at=play.at, by=ANA, reason="enough"))
        play.plan()
    assert play.state.status.ended
    assert await differences(tmp_path, play) == []
    with closing(sqlite3.connect(Settings(home=tmp_path).database_path)) as connection:
        assert connection.execute("SELECT node FROM workflow_execution_steps WHERE status IN ('running', 'waiting')").fetchall() == []
        assert connection.execute("SELECT node FROM workflow_scopes WHERE status = 'running' OR finished_at IS NULL").fetchall() == []


@pytest.mark.parametrize("seed", range(30))
async def test_generated_runs_in_one_append_give_the_rows_of_their_events(tmp_path: Path, seed: int) -> None:
    play = Fated(nested(seed), seed=seed, pauses=seed % 2 == 0)
    play.start()
    play.live()
    assert await differences(tmp_path, play) == []
