"""A run at a gate is said in one word by every command."""

from __future__ import annotations

from tests.cli.program import Oyama

GATED = """\
id: gated
steps:
  - {id: build, run: echo built}
  - {id: publish, run: echo published, gate: Publish the page?}
"""


def test_every_command_says_needs_you_of_a_run_at_a_gate(oyama: Oyama) -> None:
    left = oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    assert "◆ gated #1 needs you, 1 of 2 steps" in left.out
    for command in (["runs"], ["history"], ["list"], ["show", "gated#1"], ["history", "status:needs-you"]):
        told = oyama(*command, code=0)
        assert "needs you" in told.out, command
        assert "waiting" not in told.out, command


def test_every_command_says_paused_of_a_paused_run_with_an_open_gate(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    oyama("pause", "gated#1", code=0)
    for command in (["runs"], ["history"], ["list"], ["show", "gated#1"]):
        out = oyama(*command, code=0).out
        assert "paused" in out, command
        assert command[0] == "show" or "needs you" not in out, command
