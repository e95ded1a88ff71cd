"""How much of its time a run has left, and how it ends when that is used up."""

from __future__ import annotations

import re

from tests.cli.program import Oyama

SLOW = """
id: slow
timeout: {working: 1h, total: TOTAL}
steps:
  - {id: ask, gate: "Go on?"}
"""


def test_show_says_how_much_time_is_left(oyama: Oyama) -> None:
    oyama("run", oyama.file("slow.yaml", SLOW.replace("TOTAL", "3h")), "--no-wait", code=5)
    told = oyama("show", "slow@latest", code=0).out
    assert re.search(r"time left: (1 h 00 m|59 m \d\d s) of work, (3 h 00 m|2 h 59 m) in all", told)
    run = oyama("show", "slow@latest", "--json", code=0).json()
    assert 3_500_000 < run["working_left_ms"] <= 3_600_000
    assert 10_000_000 < run["total_left_ms"] <= 10_800_000


def test_a_run_that_has_taken_longer_than_it_may_ends_though_it_waits_for_people(oyama: Oyama) -> None:
    ended = oyama("run", oyama.file("slow.yaml", SLOW.replace("1h", "50ms").replace("TOTAL", "100ms")), code=1)
    assert "the run has taken longer than it may in all" in ended.out
    run = oyama("show", "slow@latest", "--json", code=0).json()
    assert (run["status"], run["working_left_ms"], run["total_left_ms"]) == ("failed", None, None)
