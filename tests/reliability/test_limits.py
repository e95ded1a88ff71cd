"""Several processes start many runs of a workflow with a limit: never more have a place, and none is forgotten, whoever is killed."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.reliability.program import PATIENCE, ROOT, Launcher, environment, until

RUNS = int(os.environ.get("OYAMA_TEST_RUNS", "24"))
"""Runs in all; 200 for the whole."""
LONGEST = 120 + 2 * RUNS
PROCESSES = 4 if RUNS < 100 else 8
LIMIT = 3
WORKFLOW = {
    "id": "release",
    "concurrency": {"limit": LIMIT},
    "steps": [
        {"id": "build", "run": "true"},
        {"id": "ask", "gate": {"title": "Go on?", "timeout": "20ms", "on_timeout": "approve"}},
        {"id": "publish", "run": "true"},
    ],
}
LIVE = "SELECT COUNT(*) FROM workflow_states WHERE status IN ('pending', 'running', 'paused')"
OVER = "SELECT COUNT(*) FROM workflow_states WHERE ended_at IS NOT NULL"
HISTORY = (
    "SELECT s.number, s.priority, e.at, e.type FROM workflow_events e JOIN workflow_states s ON s.key = e.run"
    " WHERE e.type LIKE 'run_%' OR e.type LIKE 'place_%' OR e.type = 'step_scheduled' ORDER BY e.position"
)
ENDS = ("run_completed", "run_failed", "run_cancelled")


class Starter:
    """One process that starts runs and drives them.

    Args:
        home: The data directory.
        file: The workflow.
        count: How many runs it starts.
        drive: `own` or `all`.
        broken: Names of deliberate breaks.
    """

    def __init__(self, home: Path, file: Path, count: int, drive: str, broken: Sequence[str]) -> None:
        self._count = count
        words = [sys.executable, "-m", "tests.reliability.starter", str(home), str(file), str(count), drive, *broken]
        self.told = home.parent / f"told-{drive}-{count}-{time.monotonic_ns()}"
        with self.told.open("wb") as out:
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=out, cwd=ROOT, env=environment(home))

    def say(self, text: str) -> None:
        """Write a line to its input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self.close()

    def close(self) -> None:
        """End its input, and wait until it is gone."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)

    @property
    def acknowledged(self) -> list[str]:
        """The ids of the runs that it has started."""
        return [line for line in self.told.read_text().splitlines() if line != "ready"]

    @property
    def done(self) -> bool:
        """Whether it has started all its runs, or will start no more."""
        return self.process.poll() is not None or len(self.acknowledged) == self._count

    @property
    def ready(self) -> bool:
        """Whether it waits for its line."""
        return self.told.read_text().startswith("ready\n")


class Violation(AssertionError):
    """What the journals show and must not."""


@dataclass
class Places:
    """Who has a place, and who queues, as the journals tell in the order of the database."""

    fair: bool
    """Nobody may be let in before whoever is first."""
    held: set[int] = field(default_factory=set)
    queued: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """By number: what orders the line."""
    most: int = 0
    admissions: int = 0

    def see(self, number: int, priority: int, at: int, kind: str) -> None:
        """Go on by one event."""
        if kind in ("run_started", "place_requested"):
            self.queued[number] = (-priority, at, number)
        elif kind == "run_admitted":
            first = min(self.queued, key=lambda waiting: self.queued[waiting])
            if self.fair and first != number:
                raise Violation(f"run {number} was let in before run {first}")
            del self.queued[number]
            self.held.add(number)
            self.admissions += 1
        elif kind == "step_scheduled" and number not in self.held:
            raise Violation(f"a step of run {number} began without a place")
        elif kind == "place_released" or kind in ENDS:
            self.held.discard(number)
            self.queued.pop(number, None)
        self.most = max(self.most, len(self.held))
        if self.most > LIMIT:
            raise Violation(f"{len(self.held)} runs have a place: {sorted(self.held)}")


def seen(database: Path, *, fair: bool) -> Places:
    """Go through all journals."""
    places = Places(fair)
    with closing(sqlite3.connect(database)) as connection:
        for row in connection.execute(HISTORY):
            places.see(*row)
    return places


@contextmanager
def started(folder: Path, drives: Sequence[str], broken: Sequence[str] = ()) -> Iterator[list[Starter]]:
    """Processes that have started all the runs between them in one moment."""
    home, file = folder / "home", folder / "release.yaml"
    home.mkdir(exist_ok=True)
    file.write_text(json.dumps(WORKFLOW))
    with ExitStack() as stack:
        starters: list[Starter] = []
        for number, drive in enumerate(drives):
            count = RUNS // len(drives) + (number < RUNS % len(drives))
            starters.append(starter := Starter(home, file, count, drive, broken))
            stack.callback(starter.kill)
            # The first one makes the database.
            until(lambda: starter.ready, lambda: "a process is ready")
        for starter in starters:
            starter.say("go")
        yield starters
        for starter in starters:
            if starter.process.poll() is None:
                starter.close()
                assert starter.process.returncode == 0


def counted(database: Path, query: str) -> int:
    """One number out of the database."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(query).fetchone()[0])


def live(database: Path) -> int:
    """How many runs are not over."""
    return counted(database, LIVE)


def ended(database: Path) -> int:
    """How many runs are over."""
    return counted(database, OVER)


def all_over(database: Path, starters: Sequence[Starter]) -> None:
    """Wait until every run is over, and fail if one has not completed or was forgotten."""
    until(lambda: all(one.done for one in starters), lambda: "all runs are started")
    until(lambda: not live(database), lambda: f"{live(database)} runs come to their end", PATIENCE + RUNS)
    with closing(sqlite3.connect(database)) as connection:
        phases = dict(connection.execute("SELECT id, phase FROM workflow_states"))
    assert set(phases.values()) == {"completed"}
    assert {run for one in starters for run in one.acknowledged} <= set(phases), "a run was forgotten"


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
def test_never_more_than_the_limit_have_a_place_and_the_line_is_kept(tmp_path: Path) -> None:
    begun = time.monotonic()
    with started(tmp_path, ["own", "all"] * (PROCESSES // 2)) as starters:
        all_over(tmp_path / "home" / "oyama.db", starters)
    places = seen(tmp_path / "home" / "oyama.db", fair=True)
    assert (places.most, places.admissions, places.held, places.queued) == (LIMIT, 2 * RUNS, set(), {})
    print(f"{RUNS} runs of {PROCESSES} processes: {places.admissions} admissions in {time.monotonic() - begun:.1f} s, most {places.most}")


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
def test_none_is_forgotten_when_engines_are_killed(tmp_path: Path, launcher: Launcher, seed: int) -> None:
    chance, database = random.Random(seed), tmp_path / "home" / "oyama.db"
    with started(tmp_path, ["own", "all"] * (PROCESSES // 2)) as starters:
        victims = [one for one in starters if one is not starters[1]]
        chance.shuffle(victims)
        for position, victim in enumerate(victims):
            over = RUNS * position // (2 * len(victims)) + chance.randint(0, 2)
            until(lambda: ended(database) >= over or not live(database), lambda: f"{over} runs are over", PATIENCE + RUNS)  # noqa: B023
            victim.kill()
        all_over(database, starters)
    places = seen(database, fair=False)
    assert (places.most, places.held, places.queued) == (LIMIT, set(), {})
    launcher("verify", code=0)
    print(f"{RUNS} runs, {len(victims)} of {PROCESSES} processes killed: {places.admissions} admissions, most {places.most}")


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
def test_the_condition_alone_keeps_the_limit_and_the_line(tmp_path: Path) -> None:
    with started(tmp_path, ["own"] * PROCESSES, ["tries_always"]) as starters:
        all_over(tmp_path / "home" / "oyama.db", starters)
    assert seen(tmp_path / "home" / "oyama.db", fair=True).most == LIMIT


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize(("broken", "what"), [("no_limit", "runs have a place"), ("no_line", "was let in before run")])
def test_the_checks_fail_without_the_condition(tmp_path: Path, broken: str, what: str) -> None:
    with started(tmp_path, ["own"] * PROCESSES, ["tries_always", broken]) as starters:
        all_over(tmp_path / "home" / "oyama.db", starters)
    with pytest.raises(Violation, match=what):
        seen(tmp_path / "home" / "oyama.db", fair=broken == "no_line")
