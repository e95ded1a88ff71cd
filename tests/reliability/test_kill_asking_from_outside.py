"""`oyama ask` and its engines are killed with kill -9 at random moments, and it is started again with its key: asked once, done once."""

from __future__ import annotations

import os
import random
import signal
import time

import psutil
import pytest

from tests.reliability.program import Launcher, Started, until

KILLS = int(os.environ.get("OYAMA_TEST_KILLS", "6"))
"""Kills of the asking program; more for a long soak."""
LONGEST = 1.5
"""Seconds that it lives at the most before it is killed: from its start to the answer."""
SCRIPT = 'echo "begun $0" >> ledger; while [ -e "hold-$0" ]; do sleep 0.02; done; echo "done $0"; exit 7'


def ledger(launcher: Launcher) -> list[str]:
    """Which commands have begun, in order."""
    path = launcher.folder / "ledger"
    return path.read_text().splitlines() if path.exists() else []


def words(turn: int) -> tuple[str, ...]:
    return ("ask", f"Deploy {turn}?", "--key", f"deploy-{turn}", "--", "sh", "-c", SCRIPT, str(turn))


def opened(launcher: Launcher) -> list[dict[str, str]]:
    """The questions that are open."""
    found: list[dict[str, str]] = launcher("approvals", "--json", code=0).json()
    return found


def asked(launcher: Launcher, asking: Started) -> dict[str, str]:
    """The one open question, once there is one."""
    until(lambda: opened(launcher), lambda: f"it is asked: {asking.err}")
    [row] = opened(launcher)
    return row


def kill_engines(launcher: Launcher) -> int:
    """Kill the engines in the background; how many there were."""
    killed = 0
    for process in psutil.process_iter():
        try:
            if "worker" in process.cmdline() and process.environ().get("OYAMA_HOME") == str(launcher.home):
                process.kill()
                process.wait(20)
                killed += 1
        except (psutil.Error, OSError):
            continue
    return killed


@pytest.mark.timeout(240 + 15 * KILLS)
def test_killed_at_random_moments_it_asks_once_and_its_command_runs_once(launcher: Launcher, seed: int) -> None:
    chance = random.Random(seed)
    kills = turn = 0
    while kills < KILLS:
        turn += 1
        for _ in range(chance.randint(1, 4)):
            asking = launcher.start(*words(turn))
            time.sleep(chance.random() * LONGEST)
            asking.send(signal.SIGKILL)
            asking.wait()
            kills += 1
            if chance.random() < 0.2:
                kill_engines(launcher)
        asking = launcher.start(*words(turn))
        row = asked(launcher, asking)
        assert row["title"] == f"Deploy {turn}?"
        assert f"begun {turn}" not in ledger(launcher)
        launcher("approve", row["id"], "--digest", row["digest"], code=0)
        if chance.random() < 0.5:
            time.sleep(chance.random() * 0.3)
            asking.send(signal.SIGKILL)
            asking.wait()
            kills += 1
            asking = launcher.start(*words(turn))
        ended = asking.wait()
        assert (ended.code, ended.out) == (7, f"done {turn}\n"), ended.told
        assert ledger(launcher).count(f"begun {turn}") == 1
    runs = launcher("runs", "--limit", "1000", "--json", code=0).json()
    assert len(runs) == turn
    assert len(launcher("approvals", "--status", "all", "--limit", "1000", "--json", code=0).json()) == turn
    launcher("verify", code=0)


@pytest.mark.parametrize("word", ["it was done", "run it again", ""])
def test_a_command_whose_engine_was_killed_runs_again_only_if_a_person_says_so(launcher: Launcher, word: str) -> None:
    (launcher.folder / "hold-1").touch()
    asking = launcher.start(*words(1))
    row = asked(launcher, asking)
    launcher("approve", row["id"], "--digest", row["digest"], code=0)
    until(lambda: ledger(launcher) == ["begun 1"], lambda: f"the command begins: {asking.err}")
    assert kill_engines(launcher) == 1
    # The asking program sees to another engine, which asks instead of beginning again.
    cut = asked(launcher, asking)
    assert (cut["kind"], cut["title"]) == ("rerun", "Deploy 1? was cut off: was it done?")
    until(lambda: "cut off when it had begun" in asking.err, lambda: f"it is said: {asking.err}")
    (launcher.folder / "hold-1").unlink()
    if word:
        launcher("approve", cut["id"], "--digest", cut["digest"], "--form", f"answer={word}", code=0)
    else:
        launcher("reject", cut["id"], "--comment", "half of it", code=0)
    ended = asking.wait()
    assert ended.code == {"it was done": 0, "run it again": 7, "": 1}[word], ended.told
    assert len(ledger(launcher)) == (2 if word == "run it again" else 1)
    back = launcher(*words(1), code=ended.code)
    assert "cut off when it had begun" in back.err
    launcher("verify", code=0)
