"""What steps really did, written by the steps themselves, and the workflows whose steps do so."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

WORK = r"""#!/bin/sh
# work.sh MANNER: one step's work, entered into the ledger.
ledger=ledger
node=${OYAMA_IDEMPOTENCY_KEY#*/}
for pid in $(grep -F " $OYAMA_RUN_ID $node " $ledger | sed "s/.* //"); do
  if { tr "\0" "\n" < /proc/$pid/environ; } 2>/dev/null | grep -qx "OYAMA_RUN_ID=$OYAMA_RUN_ID"; then
    echo "overlap $OYAMA_RUN_ID $node $OYAMA_ATTEMPT $pid" >> $ledger
  fi
done
enter() { echo "$1 $OYAMA_RUN_ID $node $OYAMA_ATTEMPT $2" >> $ledger; }
enter start $$
case $1 in
  plain) sleep 0.02 ;;
  stubborn) trap '' TERM; sleep 300 & enter child $!; sleep 0.05 ;;
  fails_once) if ! test -e "failed.$OYAMA_RUN_ID.$node"; then : > "failed.$OYAMA_RUN_ID.$node"; exit 3; fi ;;
  fails) exit 3 ;;
  stays) sleep 300 ;;
  first_round) case $node in *'#'*) ;; *) exit 3 ;; esac ;;
esac
echo "$OYAMA_STEP_ID did its work"
enter end $$
"""
TASKS = """
import os


def double(number):
    node = os.environ["OYAMA_IDEMPOTENCY_KEY"].partition("/")[2]
    with open("ledger", "a") as ledger:
        ledger.write(" ".join(("start", os.environ["OYAMA_RUN_ID"], node, os.environ["OYAMA_ATTEMPT"], str(os.getpid()))) + "\\n")
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
LOOPING = """
id: looping
steps:
  - id: fan
    for_each: {items: [a, b, c, d, e], concurrency: 3}
    steps:
      - {id: fetch, run: ./work.sh plain}
      - {id: flaky, run: ./work.sh fails_once, retry: {max_attempts: 3, interval: 20ms}}
  - id: rows
    for_each: {items: {x: [1, 2], y: [3]}, as: row, concurrency: 2}
    steps:
      - id: cells
        for_each: {items: "${{ row.value }}", as: cell, concurrency: 2}
        steps:
          - {id: deep, run: ./work.sh stubborn}
          - {id: doubled, python: "tasks:double", with: {number: "${{ cell }}"}}
  - id: some
    on_failure: continue
    for_each: {items: [plain, fails, plain]}
    steps:
      - {id: one, run: [./work.sh, "${{ item }}"], retry: {max_attempts: 2, interval: 10ms}}
  - id: beside
    parallel:
      - {id: left, run: ./work.sh plain}
      - {id: right, run: ./work.sh stubborn}
outputs:
  said: "${{ steps.fan.items.map(each, each.fetch.output) }}"
  how: "${{ steps.some.items.map(each, each.status) }}"
"""
REPEATING = """
id: repeating
steps:
  - id: poll
    repeat: {until: iteration >= 4, every: 150ms, max: 9}
    steps:
      - {id: look, run: ./work.sh plain}
      - id: choose
        switch:
          - if: iteration == 2
            steps: [{id: second, run: ./work.sh fails_once, retry: {max_attempts: 3, interval: 20ms}}]
          - else:
            steps: [{id: other, run: ./work.sh plain}]
      - {id: rest, wait: {for: 50ms}}
  - id: again
    for_each: {items: [1, 2], concurrency: 2}
    steps:
      - id: twice
        repeat: {while: iteration < 2, max: 3}
        steps: [{id: work, run: ./work.sh stubborn}]
outputs:
  all: "${{ steps.again.items.map(each, each.status) }}"
"""
ASKING = """
id: asking
steps:
  - id: ship
    for_each: {items: [p, q, r], concurrency: 2}
    steps:
      - {id: build, run: ./work.sh plain}
      - {id: publish, gate: {title: "Publish ${{ item }}", preview: "echo it would be published", files: [work.sh]}, run: ./work.sh plain}
  - id: sure
    gate: {title: Sure}
    for_each: {items: [1, 2], concurrency: 2}
    steps:
      - {id: announce, run: ./work.sh plain}
"""
FAMILY = """
id: family
steps:
  - {id: before, run: ./work.sh plain}
  - {id: one, workflow: ./asks.yaml, with: {word: "${{ steps.before.output }}"}}
  - id: both
    parallel:
      - {id: left, workflow: ./small.yaml, with: {number: 1}}
      - {id: right, workflow: ./middle.yaml}
    outputs: {deep: "${{ steps.right.outputs.deep }}"}
  - id: fan
    for_each: {items: [2, 3, 4], concurrency: 2}
    steps: [{id: each, workflow: ./small.yaml, with: {number: "${{ item }}"}}]
  - {id: broken, workflow: ./breaks.yaml, retry: {max_attempts: 2, interval: 20ms, on: [child]}, on_failure: continue}
  - {id: last, run: ./work.sh plain}
outputs:
  said: "${{ steps.one.outputs.said }}"
  numbers: "${{ steps.fan.items.map(each, each.each.outputs.number) }}"
  deep: "${{ steps.both.outputs.deep }}"
"""
CHILDREN = {
    "asks": """
inputs: {word: {type: string}}
steps:
  - {id: build, run: ./work.sh plain, outputs: {said: "${{ inputs.word }}, ${{ result }}"}}
  - {id: publish, gate: {title: "Publish ${{ inputs.word }}"}, run: ./work.sh stubborn}
outputs: {said: "${{ steps.build.outputs.said }}"}
""",
    "small": """
inputs: {number: {type: integer}}
steps:
  - {id: doubled, python: "tasks:double", with: {number: "${{ inputs.number }}"}}
outputs: {number: "${{ steps.doubled.result }}"}
""",
    "middle": """
steps:
  - {id: inner, workflow: ./small.yaml, with: {number: 20}}
  - {id: after, run: ./work.sh plain}
outputs: {deep: "${{ steps.inner.outputs.number }}"}
""",
    "breaks": """
steps:
  - {id: fails, run: ./work.sh fails}
""",
    "long": """
steps:
  - {id: first, run: ./work.sh plain}
  - {id: inner, workflow: ./longer.yaml}
""",
    "longer": """
steps:
  - {id: stay, run: ./work.sh stays}
""",
}
"""Workflows that steps start."""
FORSAKEN = """
id: forsaken
steps:
  - id: both
    on_failure: continue
    fail_fast: true
    parallel:
      - {id: long, workflow: ./long.yaml}
      - id: broken
        steps:
          - {id: pause, wait: {for: 400ms}}
          - {id: fails, run: ./work.sh fails}
  - {id: last, run: ./work.sh plain}
"""
RETURNING = """
id: returning
steps:
  - id: each
    for_each: {items: [a, b, c], concurrency: 2}
    steps:
      - {id: build, run: ./work.sh plain}
      - {id: test, run: ./work.sh first_round, on_failure: {goto: build}}
      - {id: slow, run: ./work.sh stubborn}
  - id: part
    steps:
      - {id: inner, for_each: {items: [1, 2], concurrency: 2}, steps: [{id: deep, run: ./work.sh plain}]}
      - {id: look, run: ./work.sh plain}
  - {id: check, run: ./work.sh first_round, on_failure: {goto: part}}
  - {id: bad, run: ./work.sh fails}
handlers:
  failure:
    - {id: tell, run: ./work.sh fails_once, retry: {max_attempts: 3, interval: 20ms}}
  exit:
    - {id: tidy, for_each: {items: [x, y]}, steps: [{id: sweep, run: ./work.sh stubborn}]}
"""
RECOVERING = """
id: recovering
steps:
  - {id: build, run: ./work.sh plain}
  - id: hosts
    for_each: {items: [a, b, c, d], concurrency: 2}
    steps:
      - {id: copy, run: ./work.sh plain}
      - id: inner
        steps:
          - {id: check, run: [./work.sh, "${{ item in ['b', 'd'] ? 'first_round' : 'plain' }}"]}
          - {id: after, run: ./work.sh plain}
  - {id: slow, run: ./work.sh stubborn}
  - {id: upload, run: ./work.sh first_round}
  - {id: last, run: ./work.sh plain}
handlers:
  exit: [{id: tidy, run: ./work.sh plain}]
outputs: {done: "${{ steps.last.output }}"}
"""
"""It fails twice, and completes when it is taken up anew each time."""
UNDOING = """
id: undoing
steps:
  - {id: one, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - {id: two, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - {id: three, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - id: beside
    parallel:
      - id: left
        steps:
          - {id: left_a, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
          - {id: left_b, run: ./work.sh stubborn, compensate: {run: ./work.sh stubborn}}
          - {id: left_c, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
          - {id: left_d, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
      - id: right
        steps:
          - {id: right_a, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
          - {id: right_b, run: ./work.sh stubborn, compensate: {run: ./work.sh stubborn}}
          - {id: right_c, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
          - {id: right_d, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - id: fan
    for_each: {items: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], concurrency: 3}
    steps:
      - {id: copy, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - {id: keep, set: {said: kept}}
  - {id: four, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - {id: five, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - {id: six, run: ./work.sh plain, compensate: {run: ./work.sh fails_once, retry: {max_attempts: 3, interval: 20ms}}}
  - {id: seven, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - {id: eight, run: ./work.sh plain, compensate: {run: ./work.sh plain}}
  - {id: last, run: ./work.sh fails, on_failure: undo}
handlers:
  exit: [{id: tidy, run: ./work.sh plain}]
"""
"""Twenty steps, of which the last one fails, so that the run undoes itself: two branches beside each other, a loop of ten items."""
TAKEN_BACK = UNDOING.replace("id: undoing", "id: taken_back").replace("./work.sh fails, on_failure: undo", "./work.sh plain")
"""The same, which completes, and is taken back by people."""
WORKFLOWS = {
    "sequential": SEQUENTIAL,
    "parallel": PARALLEL,
    "gated": GATED,
    "looping": LOOPING,
    "repeating": REPEATING,
    "asking": ASKING,
    "family": FAMILY,
    "forsaken": FORSAKEN,
    **CHILDREN,
    "returning": RETURNING,
    "recovering": RECOVERING,
    "undoing": UNDOING,
    "taken_back": TAKEN_BACK,
}


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
