"""An engine that answers its own runs' gates and is killed on the way: what was acknowledged is durable, and happens once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.program import environment

RUNS = 12
MOMENTS = int(os.environ.get("OYAMA_TEST_KILLS", "5"))
"""Moments at which it is killed; more for a long soak."""
AT_ONCE = 3
FLOW = """
id: flow
steps:
  - {id: ask, gate: Go?}
  - {id: act, set: {done: 1}}
  - {id: again, gate: And now?}
  - {id: end, set: {over: 1}}
"""


def lives(home: Path, dies_after: int, *broken: str) -> tuple[int, list[str]]:
    """One life of an engine: its exit code, and what it has acknowledged."""
    words = [sys.executable, "-m", "tests.reliability.answerer", str(home), str(home / "flow.yaml"), str(RUNS), *broken]
    env = {**environment(home), "OYAMA_TEST_DIES_AFTER": str(dies_after)}
    ended = subprocess.run(words, env=env, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    return ended.returncode, ended.stdout.split()


def approved(home: Path) -> dict[str, int]:
    """The questions that have their yes, and how many answers each has."""
    with closing(sqlite3.connect(home / "oyama.db")) as connection:
        return dict(
            connection.execute(
                "SELECT approval.id, (SELECT count(*) FROM approval_votes AS vote WHERE vote.approval_id = approval.id)"
                " FROM workflow_approvals AS approval WHERE approval.status = 'approved'"
            )
        )


def killed(home: Path, dies_after: int, *broken: str) -> tuple[set[str], dict[str, int]]:
    """What an engine has acknowledged before it was killed, and what there is."""
    home.mkdir()
    (home / "flow.yaml").write_text(FLOW)
    _, said = lives(home, dies_after, "dies_after_appends", *broken)
    return set(said) - {"over"}, approved(home)


def lost(folder: Path, *broken: str) -> set[str]:
    """What was acknowledged and is not there, over engines that are killed ever later on their way through the same runs."""
    # The questions are one append for each run, the answers another one.
    moments = {folder / str(place): RUNS + 1 + place * 60 // MOMENTS for place in range(MOMENTS)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda home: killed(home, moments[home], *broken), moments))
    assert any(told for told, _ in found), "all were killed before they had acknowledged anything"
    assert {count for _, there in found for count in there.values()} <= {1}
    return {one for told, there in found for one in told if one not in there}


@pytest.mark.slow
@pytest.mark.timeout(60 + 10 * MOMENTS)
def test_what_was_acknowledged_is_durable_whenever_the_engine_is_killed(tmp_path: Path) -> None:
    assert lost(tmp_path) == set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for home, (code, said) in zip(tmp_path.iterdir(), pool.map(lambda home: lives(home, 10**6), tmp_path.iterdir()), strict=True):
            assert (code, said[-1]) == (0, "over")
            with closing(sqlite3.connect(home / "oyama.db")) as connection:
                assert connection.execute("SELECT phase, completed_steps FROM workflow_states").fetchall() == [("completed", 4)] * RUNS
            there = approved(home)
            assert (len(there), set(there.values())) == (2 * RUNS, {1})


@pytest.mark.slow
@pytest.mark.timeout(60 + 10 * MOMENTS)
def test_the_check_fails_where_answers_are_told_before_they_are_durable(tmp_path: Path) -> None:
    assert lost(tmp_path, "answers_from_memory")
