from __future__ import annotations

import os

import pytest

from tests.reliability.campaign import Campaign
from tests.reliability.program import Launcher

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "100"))
"""Kills in all; more for a long soak."""


@pytest.mark.slow
@pytest.mark.timeout(120 + 6 * KILLS)
@pytest.mark.parametrize(("workflow", "share"), [("sequential", 0.4), ("parallel", 0.3), ("gated", 0.3)])
def test_kills_at_any_moment_lose_and_repeat_nothing(launcher: Launcher, seed: int, workflow: str, share: float) -> None:
    campaign = Campaign(launcher, workflow, seed)
    campaign.play(round(KILLS * share))
    print(f"{workflow}: {campaign.kills} kills in {campaign.runs} runs")
