"""Runs that fail and are taken up anew, while engines and those who take them up are killed again and again."""

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
def test_kills_lose_and_repeat_nothing_of_a_run_that_is_taken_up_anew(launcher: Launcher, seed: int) -> None:
    campaign = Campaign(launcher, "recovering", seed, recovers=True)
    campaign.play(KILLS)
    print(f"recovering: {campaign.kills} kills in {campaign.runs} runs")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_checks_fail_when_what_succeeded_begins_once_more_too(tmp_path: Path, seed: int) -> None:
    with (
        closing(ForkServer("restarts_all")) as server,
        closing(Launcher(tmp_path, server)) as launcher,
        pytest.raises(Violation, match="had succeeded and began once more"),
    ):
        Campaign(launcher, "recovering", seed, recovers=True, patience=20).play(20, seconds=60)
