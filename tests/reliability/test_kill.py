from __future__ import annotations

import os
import random
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.broken import DEAD
from tests.reliability.campaign import Campaign
from tests.reliability.program import ForkServer, Launcher, until
from tests.reliability.record import Violation

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "40"))
"""Kills in all; more for a long soak."""


@pytest.mark.slow
@pytest.mark.timeout(120 + 6 * KILLS)
@pytest.mark.parametrize(("workflow", "share"), [("sequential", 0.4), ("parallel", 0.3), ("gated", 0.3)])
def test_kills_at_any_moment_lose_and_repeat_nothing(launcher: Launcher, seed: int, workflow: str, share: float) -> None:
    campaign = Campaign(launcher, workflow, seed)
    campaign.play(round(KILLS * share))
    print(f"{workflow}: {campaign.kills} kills in {campaign.runs} runs")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_fence_holds_where_living_engines_are_taken_for_dead(tmp_path: Path, seed: int) -> None:
    with closing(ForkServer("seems_dead")) as server, closing(Launcher(tmp_path, server)) as launcher:
        Campaign(launcher, "sequential", seed, rivals=0.9, beside=True, patience=8, helpless=True).play(15)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("broken", [["ack_before_commit"], ["seems_dead", "no_fence"]])
def test_the_checks_fail_with_a_broken_build(tmp_path: Path, seed: int, broken: list[str]) -> None:
    with (
        closing(ForkServer(*broken)) as server,
        closing(Launcher(tmp_path, server)) as launcher,
        pytest.raises(Violation),
    ):
        Campaign(launcher, "sequential", seed, rivals=0.9, beside=True, patience=20).play(150, seconds=300)


@pytest.mark.slow
def test_kills_while_the_database_is_made_leave_one_that_works(tmp_path: Path, server: ForkServer, seed: int) -> None:
    chance = random.Random(seed)
    for place in range(25):
        folder = tmp_path / str(place)
        folder.mkdir()
        with closing(Launcher(folder, server)) as launcher:
            for _ in range(chance.randint(1, 4)):
                making = launcher.start("runs")
                moment = time.monotonic() + chance.uniform(0.02, 0.25)
                until(lambda: making.code is not None or time.monotonic() > moment, lambda: "the moment comes")  # noqa: B023
                making.kill()
            launcher.file("linear.yaml", "id: linear\nsteps:\n  - {id: a, set: {k: 1}}\n")
            launcher("run", "linear.yaml", code=0)
            launcher("verify", code=0)


@pytest.mark.slow
def test_a_run_that_ends_every_engine_is_left_alone_in_the_end(tmp_path: Path) -> None:
    with closing(ForkServer("dies_of_poison")) as broken, closing(Launcher(tmp_path, broken)) as launcher:
        launcher.file("poison.yaml", "steps:\n  - {id: a, set: {k: 1}}\n")
        launcher.file("sound.yaml", "steps:\n  - {id: a, set: {k: 1}}\n")
        assert launcher("run", "poison.yaml").code == DEAD
        workers = [launcher("worker", "--exit-when-idle", "1").code for _ in range(4)]
        assert workers == [DEAD, DEAD, DEAD, 0]
        assert launcher("run", "sound.yaml", "--json", code=0).json()["status"] == "completed"
        assert launcher("resume", "poison@latest").code == DEAD
        assert launcher("worker", "--exit-when-idle", "1").code == 0


@pytest.mark.slow
def test_a_run_that_was_left_alone_goes_on_when_somebody_asks(tmp_path: Path, server: ForkServer) -> None:
    with closing(ForkServer("dies_of_poison")) as broken, closing(Launcher(tmp_path, broken)) as launcher:
        launcher.file("poison.yaml", "steps:\n  - {id: a, set: {k: 1}}\n")
        launcher("run", "poison.yaml", code=DEAD)
        for _ in range(3):
            launcher("worker", "--exit-when-idle", "1", code=DEAD)
        launcher.ask = server.ask
        launcher("worker", "--exit-when-idle", "1", code=0)
        assert launcher("show", "poison@latest", "--json").json()["status"] == "running"
        launcher("resume", "poison@latest", code=0)
        launcher("verify", code=0)
