"""Engines that are killed after every event between an answer and what it lets happen: it happens as it was answered, and no other way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.program import ForkServer, Launcher
from tests.reliability.record import check_journal, query, read_record

ROUNDS = int(os.environ.get("OYAMA_TEST_KILLS", "1"))
"""Runs of each kind; more for a long soak."""
FLOW = """
id: release
steps:
  - {id: notes, run: echo draft, outputs: {text: "${{ result.output }}"}}
  - id: publish
    gate: {title: Publish?, preview: cat preview.txt, files: [preview.txt], edit: [notes.text], on_reject: skip}
    run: 'echo "${{ steps.notes.outputs.text }}" >> published'
  - {id: after, run: echo after >> afterwards}
"""
ANSWERS = {
    "yes": ("approve", "draft"),
    "edited": ("approve", "edited"),
    "no": ("reject", ""),
}


def lines(launcher: Launcher, name: str) -> list[str]:
    """What steps have written to a file."""
    file = launcher.folder / name
    return file.read_text().splitlines() if file.exists() else []


def killed_after_every_event(launcher: Launcher, run_id: str) -> int:
    """Let engines drive the run that are killed after one append, then after two, and so on while nothing more is done; how often."""
    kills, wanted, before = 0, 1, -1
    while True:
        done = len(read_record(launcher.database, run_id).payloads("gate_passed", "step_succeeded", "step_skipped"))
        wanted = 1 if done > before else wanted + 1
        before = done
        ended = launcher.start("resume", run_id, "--jsonl", env={"OYAMA_TEST_DIES_AFTER": str(wanted)}).wait()
        if ended.code == 0:
            return kills
        assert ended.code == -signal.SIGKILL, ended.told
        kills += 1


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Launcher]:
    with closing(ForkServer("dies_after_appends")) as server, closing(Launcher(tmp_path, server)) as launcher:
        yield launcher


@pytest.mark.slow
@pytest.mark.timeout(120 + 60 * ROUNDS)
@pytest.mark.parametrize("kind", list(ANSWERS))
def test_what_was_answered_happens_once_whenever_engines_are_killed(mortal: Launcher, kind: str) -> None:
    launcher = mortal
    verdict, wanted = ANSWERS[kind]
    launcher.file("release.yaml", FLOW)
    launcher.file("preview.txt", "as it is\n")
    for _ in range(ROUNDS):
        for name in ("published", "afterwards"):
            (launcher.folder / name).unlink(missing_ok=True)
        run_id = launcher("run", "release.yaml", "--no-wait", "--json", code=5).json()["id"]
        [approval] = read_record(launcher.database, run_id).open
        words = ("--edit", "notes.text=edited") if kind == "edited" else ()
        launcher(verdict, approval, "--yes", "--comment", "so be it", *words, code=0)
        kills = killed_after_every_event(launcher, run_id)
        record = read_record(launcher.database, run_id)
        check_journal(record)
        assert [payload["id"] for payload in record.payloads("approval_requested")] == [approval], "nobody is asked twice"
        [decided] = record.payloads("approval_decided")
        assert (decided["id"], len(record.payloads("vote_cast"))) == (approval, 1)
        assert len(record.payloads("gate_passed")) == (verdict == "approve")
        begun = [payload for payload in record.payloads("step_scheduled") if payload["node"] == "publish"]
        cut = [payload for payload in record.payloads("step_interrupted") if payload["node"] == "publish"]
        assert len(begun) == (len(cut) + 1 if wanted else 0)
        # An attempt that was cut off may have written, or not; what was written is what was answered.
        written = lines(launcher, "published")
        assert set(written) == ({wanted} if wanted else set())
        assert len(written) <= len(begun)
        assert lines(launcher, "afterwards")
        assert query(launcher.database, "SELECT status FROM workflow_approvals WHERE id = ?", approval) == [
            ("approved" if verdict == "approve" else "rejected",)
        ]
        print(f"{kind}: killed {kills} times between the answer and the end of the run")
        assert kills >= 3
    launcher("verify", code=0)
