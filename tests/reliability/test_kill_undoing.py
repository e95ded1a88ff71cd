"""Runs that are taken back, by themselves and by people, while engines and those who take them back are killed again and again."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.campaign import Campaign, Moment
from tests.reliability.program import ForkServer, Launcher
from tests.reliability.record import Violation, read_record

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "6"))
"""Kills in all of each campaign; more for a long soak."""


@pytest.mark.parametrize(("workflow", "undoes"), [("undoing", False), ("taken_back", True)])
@pytest.mark.timeout(120 + 6 * KILLS)
def test_kills_lose_and_repeat_nothing_of_an_undo(launcher: Launcher, seed: int, workflow: str, undoes: bool) -> None:
    campaign = Campaign(launcher, workflow, seed, undoes=undoes)
    campaign.play(KILLS)
    print(f"{workflow}: {campaign.kills} kills in {campaign.runs} runs")


class EachEvent(Campaign):
    """Kills the engine after each event of the undo: the next one comes later and later, until something more is undone."""

    _undone, _lines = -1, 0

    def _moment(self) -> Moment:
        records = [read_record(self.launcher.database, run_id) for run_id in self._newest()]
        if not any(record.payloads("undo_started") for record in records):
            return Moment("printed", 40, 0.0)
        undone = sum(len(record.payloads("step_succeeded")) for record in records)
        self._lines = 1 if undone > self._undone else self._lines + 1
        self._undone = undone
        return Moment("printed", self._lines, 0.0)

    def play(self, kills: int, seconds: float = 1e9) -> None:
        """Play one run so, and compare it with one that nobody disturbs."""
        expected, run_id = self._expected(), self._one_run(kills)
        assert self._final(run_id) == expected


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_undo_of_twenty_steps_that_is_killed_at_every_event_ends_in_the_same_state_with_the_same_rows(
    launcher: Launcher, seed: int
) -> None:
    campaign = EachEvent(launcher, "undoing", seed, rivals=0.0)
    campaign.play(10_000)
    print(f"killed {campaign.kills} times in one run")
    assert campaign.kills > 20


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_checks_fail_when_a_step_is_said_to_be_undone_and_was_not(tmp_path: Path, seed: int) -> None:
    with (
        closing(ForkServer("undoes_unrun")) as server,
        closing(Launcher(tmp_path, server)) as launcher,
        pytest.raises(Violation, match="its program never ran"),
    ):
        Campaign(launcher, "undoing", seed, patience=20).play(2, seconds=60)
