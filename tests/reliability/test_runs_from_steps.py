"""A step that starts a run in the background: the engine that comes for it is no part of the step."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from tests.reliability.program import Launcher, until

OUTER = f"""id: outer
steps:
  - id: go
    run: |
      test -e started && exit
      '{sys.executable}' -m oyama_tui run inner.yaml --detach
      touch started
      until test -e go; do sleep 0.05; done
"""
INNER = "id: inner\nsteps:\n  - {id: a, run: 'until test -e go; do sleep 0.05; done; echo done'}\n"


def workers(home: Path) -> list[psutil.Process]:
    """The background engines of a data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if "--spare" in process.cmdline() and process.environ().get("OYAMA_HOME") == str(home):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def test_engine_that_a_step_has_called_outlives_its_attempt(launcher: Launcher) -> None:
    launcher.file("outer.yaml", OUTER)
    launcher.file("inner.yaml", INNER)
    outer = launcher.start("run", "outer.yaml", "--jsonl")
    until((launcher.folder / "started").exists, lambda: f"the step starts a run: {outer.err}")
    [worker] = until(lambda: workers(launcher.home), lambda: "an engine comes for it")
    until(lambda: "inner #1  running" in launcher("runs", "--live", code=0).out, lambda: "it takes the run")
    outer.kill()
    launcher("resume", "outer@latest", code=0)
    assert worker.is_running(), "it was taken for a leftover of the attempt"
    assert worker.status() != psutil.STATUS_ZOMBIE, "it was taken for a leftover of the attempt"
    assert worker.environ()["OYAMA_RUN_ID"].startswith("outer-"), "what comes of a step stays known as such: it is nobody's answer"
    (launcher.folder / "go").touch()
    until(lambda: "completed" in launcher("show", "inner@latest", code=0).out, lambda: "the run comes to its end")
