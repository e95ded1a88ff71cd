from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.campaign import Campaign
from tests.reliability.program import ForkServer, Launcher
from tests.reliability.record import Violation

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "100"))
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
        Campaign(launcher, "sequential", seed, rivals=0.9, beside=True).play(15)


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
