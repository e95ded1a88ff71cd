"""Runs that steps start, while the engine is killed again and again."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.campaign import Campaign
from tests.reliability.program import ForkServer, Launcher
from tests.reliability.record import Violation

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "6"))
"""Kills in all; more for a long soak."""


@pytest.mark.timeout(180 + 6 * KILLS)
@pytest.mark.parametrize(("workflow", "cancels", "share"), [("family", False, 0.5), ("forsaken", False, 0.25), ("family", True, 0.25)])
def test_kills_double_and_orphan_no_run(launcher: Launcher, seed: int, workflow: str, cancels: bool, share: float) -> None:
    campaign = Campaign(launcher, workflow, seed, cancels=cancels)
    campaign.play(max(round(KILLS * share), 1))
    print(f"{workflow}{', cancelled' if cancels else ''}: {campaign.kills} kills in {campaign.runs} runs")


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("broken", "workflow", "words"), [("children_again", "family", "started twice"), ("orphans", "forsaken", "was left")]
)
def test_the_checks_of_children_fail_with_a_broken_build(tmp_path: Path, seed: int, broken: str, workflow: str, words: str) -> None:
    with (
        closing(ForkServer(broken)) as server,
        closing(Launcher(tmp_path, server)) as launcher,
        pytest.raises(Violation, match=words),
    ):
        Campaign(launcher, workflow, seed, patience=20).play(60, seconds=120)
