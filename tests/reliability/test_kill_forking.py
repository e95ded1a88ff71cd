"""Runs that are forked while whoever forks them is killed again and again: a fork is there whole or not at all."""

from __future__ import annotations

import json
import os
import random
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.program import ForkServer, Launcher
from tests.reliability.record import Record, Violation, check_journal, check_once, read_record, run_ids

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "6"))
"""Kills in all; more for a long soak."""
REUSED = 30
STEPS = "".join(f"  - {{id: s{number}, set: {{k{number}: {number}}}}}\n" for number in range(REUSED))
RELEASE = f"""
id: release
steps:
{STEPS}  - {{id: publish, run: "test -e up && echo published"}}
  - {{id: announce, run: "echo told ${{{{ steps.publish.output }}}}"}}
outputs: {{said: "${{{{ steps.announce.output }}}}"}}
"""


class Forking:
    """Forks one run that failed, and kills who does it.

    Args:
        launcher: The build under test.
        seed: Chooses the moments.
    """

    def __init__(self, launcher: Launcher, seed: int) -> None:
        self.launcher = launcher
        self.rng = random.Random(seed)
        self.kills = 0
        self.whole = 0
        """Forks that were there when whoever made them was killed."""
        launcher("run", launcher.file("release.yaml", RELEASE), code=1)
        launcher.file("up", "")
        [self.source] = run_ids(launcher.database)
        self.before = read_record(launcher.database, self.source).events

    def play(self, kills: int) -> None:
        """Kill so often.

        Raises:
            Violation: A fork is there in parts, or the other run was changed.
        """
        while self.kills < kills:
            known = set(run_ids(self.launcher.database))
            started = self.launcher.start("fork", self.source, "--yes", "--jsonl")
            # Half of the kills come with the first sight of the new run, when it may be there in parts.
            if self.rng.random() < 0.5:
                while started.code is None and set(run_ids(self.launcher.database)) == known:
                    time.sleep(0.001)
                time.sleep(self.rng.choice((0.0, 0.0, self.rng.random() * 0.05)))
            else:
                time.sleep(self.rng.random() * 0.25)
            started.kill()
            self.kills += 1
            self._check(set(run_ids(self.launcher.database)) - known)

    def _check(self, forks: set[str]) -> None:
        for fork in forks:
            self.whole += 1
            record = read_record(self.launcher.database, fork)
            self._check_whole(record)
            if record.phase != "completed":
                told = self.launcher("resume", fork, "--jsonl")
                if told.code != 0:
                    raise Violation(told.told)
            record = read_record(self.launcher.database, fork)
            check_journal(record)
            check_once(record)
            if record.events[-1].payload.get("outputs") != {"said": "told published"}:
                raise Violation(f"{fork} ended otherwise: {record.events[-1]}")
        if read_record(self.launcher.database, self.source).events != self.before:
            raise Violation(f"{self.source} was changed by a fork of it")
        verified = self.launcher("verify")
        if verified.code != 0:
            raise Violation(verified.told)

    @staticmethod
    def _check_whole(record: Record) -> None:
        kinds = [event.type for event in record.events]
        reused = [event.payload["node"] for event in record.events if event.type == "step_reused"]
        if kinds[: REUSED + 1] != ["run_started", *["step_reused"] * REUSED]:
            raise Violation(f"{record.id} is there in parts: {json.dumps(kinds)}")
        if reused != [f"s{number}" for number in range(REUSED)]:
            raise Violation(f"{record.id} takes over something else: {reused}")


@pytest.mark.timeout(120 + 8 * KILLS)
def test_kills_leave_a_fork_whole_or_none(launcher: Launcher, seed: int) -> None:
    forking = Forking(launcher, seed)
    forking.play(KILLS)
    print(f"forking: {forking.kills} kills, after which {forking.whole} forks were there")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_checks_fail_when_a_fork_is_made_in_parts(tmp_path: Path, seed: int) -> None:
    with (
        closing(ForkServer("forks_in_parts")) as server,
        closing(Launcher(tmp_path, server)) as launcher,
        pytest.raises(Violation, match="is there in parts"),
    ):
        Forking(launcher, seed).play(60)
