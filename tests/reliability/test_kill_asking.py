"""A step that leaves something for good is cut off by kill -9, again and again: it never begins once more without a person's yes."""

from __future__ import annotations

import os
import random

import pytest

from tests.reliability.program import Launcher, Started, until

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "6"))
"""Kills in all; more for a long soak."""
FLOW = """
id: release
steps:
  - id: publish
    effect: permanent
    run: |
      echo begun >> ledger
      while [ ! -e go ]; do sleep 0.05; done
  - {id: after, run: echo after}
"""


def begun(launcher: Launcher) -> int:
    """How often the step has really begun."""
    ledger = launcher.folder / "ledger"
    return len(ledger.read_text().splitlines()) if ledger.exists() else 0


def asked(launcher: Launcher) -> list[tuple[str, str]]:
    """The questions that are open, each with the digest of what it asks."""
    return [(row["id"], row["digest"]) for row in launcher("approvals", "--json", code=0).json()]


def begins(launcher: Launcher, engine: Started, time: int) -> None:
    """Wait until the step has begun so often."""
    until(lambda: begun(launcher) == time, lambda: f"the step begins for the {time}. time: {engine.out}{engine.err}")


def asks(launcher: Launcher, engine: Started) -> None:
    """Wait until somebody is asked."""
    until(lambda: bool(asked(launcher)), lambda: f"somebody is asked: {engine.out}{engine.err}")


@pytest.mark.timeout(180 + 10 * KILLS)
@pytest.mark.parametrize("last", ["it was done", "run it again", ""])
def test_a_cut_off_step_begins_as_often_as_people_said(launcher: Launcher, seed: int, last: str) -> None:
    chance = random.Random(seed)
    engine = launcher.start("run", launcher.file("release.yaml", FLOW))
    said = 1
    for _ in range(max(1, KILLS // 3)):
        begins(launcher, engine, said)
        engine.kill()
        # Engines that take the run over are killed too, at any moment, and none of them begins the step.
        for waits in (chance.random() < 0.5, True):
            engine = launcher.start("resume", "release#1")
            if waits:
                asks(launcher, engine)
            engine.kill()
        ((question, digest),) = asked(launcher)
        (node,) = [node for node in launcher("show", "release#1", "--json", code=0).json()["nodes"] if node["key"] == "publish"]
        assert (node["status"], begun(launcher)) == ("waiting", said)
        launcher("approve", question, "--digest", digest, "--form", "answer=run it again", code=0)
        said += 1
        engine = launcher.start("resume", "release#1")
    begins(launcher, engine, said)
    engine.kill()
    (launcher.folder / "go").touch()
    engine = launcher.start("resume", "release#1")
    asks(launcher, engine)
    ((question, digest),) = asked(launcher)
    words = (
        ("approve", question, "--digest", digest, "--form", f"answer={last}") if last else ("reject", question, "--comment", "half of it")
    )
    launcher(*words, code=0)
    ended = engine.wait()
    run = launcher("show", "release#1", "--json", code=0).json()
    (node,) = [node for node in run["nodes"] if node["key"] == "publish"]
    assert begun(launcher) == said + (last == "run it again"), ended.told
    if last:
        assert (run["status"], node["status"], ended.code) == ("completed", "completed", 0)
    else:
        assert (run["status"], node["status"], ended.code) == ("failed", "failed", 1)
        assert "let it fail: half of it" in run["error"]
    launcher("verify", code=0)
    launcher("doctor", code=0)
