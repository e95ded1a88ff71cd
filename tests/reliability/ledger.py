"""What steps really did, written by the steps themselves, and the workflows whose steps do so."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

WORK = r"""#!/bin/sh
# work.sh MANNER: one step's work, entered into the ledger.
ledger=ledger
for pid in $(sed -n "s/^[a-z]* $OYAMA_RUN_ID $OYAMA_STEP_ID [0-9]* //p" $ledger); do
  if { tr "\0" "\n" < /proc/$pid/environ; } 2>/dev/null | grep -qx "OYAMA_RUN_ID=$OYAMA_RUN_ID"; then
    echo "overlap $OYAMA_RUN_ID $OYAMA_STEP_ID $OYAMA_ATTEMPT $pid" >> $ledger
  fi
done
enter() { echo "$1 $OYAMA_RUN_ID $OYAMA_STEP_ID $OYAMA_ATTEMPT $2" >> $ledger; }
enter start $$
case $1 in
  plain) sleep 0.02 ;;
  stubborn) trap '' TERM; sleep 300 & enter child $!; sleep 0.05 ;;
  fails_once) if ! test -e "failed.$OYAMA_RUN_ID"; then : > "failed.$OYAMA_RUN_ID"; exit 3; fi ;;
esac
echo "$OYAMA_STEP_ID did its work"
enter end $$
"""
TASKS = """
import os


def double(number):
    with open("ledger", "a") as ledger:
        names = ("OYAMA_RUN_ID", "OYAMA_STEP_ID", "OYAMA_ATTEMPT")
        ledger.write(" ".join(("start", *(os.environ[name] for name in names), str(os.getpid()))) + "\\n")
    return number * 2
"""
SEQUENTIAL = """
id: sequential
steps:
  - {id: first, run: ./work.sh plain, outputs: {said: "${{ result }}"}}
  - {id: keep, set: {said: "${{ steps.first.output }}"}}
  - {id: stubborn, run: ./work.sh stubborn}
  - {id: flaky, run: ./work.sh fails_once, retry: {max_attempts: 3, interval: 20ms}}
  - {id: doubled, python: "tasks:double", with: {number: 21}}
  - {id: pause, wait: {for: 50ms}}
  - {id: fifth, run: ./work.sh plain}
  - {id: last, run: ./work.sh plain}
"""
PARALLEL = """
id: parallel
type: parallel
steps:
  - {id: one, run: ./work.sh plain}
  - {id: two, run: ./work.sh stubborn}
  - {id: three, run: ./work.sh fails_once, retry: {max_attempts: 2, interval: 10ms}}
  - {id: four, set: {four: 4}}
  - {id: five, run: ./work.sh plain, needs: [one, four]}
  - {id: six, run: ./work.sh plain, needs: [one, two]}
  - {id: join, run: ./work.sh plain, needs: [three, five, six]}
"""
GATED = """
id: gated
steps:
  - {id: build, run: ./work.sh plain}
  - id: publish
    gate: {title: Publish it, target: production, preview: echo this would be published, files: [work.sh]}
    run: ./work.sh plain
  - {id: between, run: ./work.sh stubborn}
  - {id: sure, gate: {title: Sure}}
  - {id: announce, run: ./work.sh plain}
"""
WORKFLOWS = {"sequential": SEQUENTIAL, "parallel": PARALLEL, "gated": GATED}


@dataclass(frozen=True)
class Entry:
    """One line of the ledger."""

    word: str
    """start, child or end; overlap when a step started while an earlier attempt of it still ran."""
    run: str
    step: str
    attempt: int
    pid: int


def write_workflows(folder: Path) -> None:
    """Write the workflows and what they need."""
    for name, text in WORKFLOWS.items():
        (folder / f"{name}.yaml").write_text(text)
    (folder / "tasks.py").write_text(TASKS)
    (folder / "ledger").touch()
    script = folder / "work.sh"
    script.write_text(WORK)
    os.chmod(script, 0o700)


def read_ledger(folder: Path) -> list[Entry]:
    """All that was entered so far."""
    lines = (folder / "ledger").read_text().splitlines(keepends=True)
    words = [line.split() for line in lines if line.endswith("\n")]
    return [Entry(word, run, step, int(attempt), int(pid)) for word, run, step, attempt, pid in words]
