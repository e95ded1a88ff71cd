"""Loops, repetitions and gates in them, while the engine is killed again and again."""

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


@pytest.mark.timeout(120 + 6 * KILLS)
@pytest.mark.parametrize(("workflow", "share"), [("looping", 0.3), ("repeating", 0.2), ("asking", 0.2), ("returning", 0.3)])
def test_kills_lose_and_repeat_no_item(launcher: Launcher, seed: int, workflow: str, share: float) -> None:
    campaign = Campaign(launcher, workflow, seed)
    campaign.play(round(KILLS * share))
    print(f"{workflow}: {campaign.kills} kills in {campaign.runs} runs")


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("broken", "words"), [("items_again", "times for one order"), ("no_scope_rows", "the rows say of scopes")])
def test_the_checks_of_loops_fail_with_a_broken_build(tmp_path: Path, seed: int, broken: str, words: str) -> None:
    with (
        closing(ForkServer(broken)) as server,
        closing(Launcher(tmp_path, server)) as launcher,
        pytest.raises(Violation, match=words),
    ):
        Campaign(launcher, "looping", seed, patience=20).play(60, seconds=120)
