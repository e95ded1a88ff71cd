"""A journal that something else has changed is not acted on."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.reliability.program import Launcher

GATED = "id: gated\nsteps:\n  - id: publish\n    gate: {title: Publish, risk: low}\n    run: echo good > done\n"


def change(launcher: Launcher) -> None:
    """Put another action in the place of the one that was asked for."""
    with closing(sqlite3.connect(launcher.database)) as connection, connection:
        connection.execute("UPDATE workflow_events SET payload = replace(payload, 'echo good', 'echo evil')")


@pytest.mark.parametrize("answered", [False, True])
def test_action_that_was_changed_in_the_journal_never_starts(launcher: Launcher, answered: bool) -> None:
    launcher.file("gated.yaml", GATED)
    launcher("run", "gated.yaml", "--no-wait", code=5)
    [asked] = launcher("approvals", "--json", code=0).json()
    yes = ("approve", asked["id"], "--digest", asked["digest"])
    if answered:
        launcher(*yes, code=0)
        change(launcher)
    else:
        change(launcher)
        told = launcher(*yes)
        assert told.code == 74, told.told
        assert "was changed by something else" in told.err
    told = launcher("resume", "gated@latest", "--no-wait")
    assert told.code != 0, told.told
    assert "was changed by something else" in told.out + told.err
    assert not (launcher.folder / "done").exists()
