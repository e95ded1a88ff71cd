"""`outputs` of every kind of step in a real run, with real programs, a person's answer, and a restart between."""

from __future__ import annotations

import json

from tests.cli.program import Oyama

FLOW = """
id: flow
inputs: {tag: {default: v1}}
outputs:
  run: "${{ steps.a.outputs }}"
  python: "${{ steps.b.outputs }}"
  set: "${{ steps.c.outputs }}"
  wait: "${{ steps.d.outputs }}"
  gate: "${{ steps.e.outputs }}"
steps:
  - id: a
    run: |
      echo said
      printf 'notes<<END\\nfirst\\nsecond\\nEND\\n{"n": 2}\\n' > "$OYAMA_OUTPUT"
    outputs: {said: "${{ result.output }}", first: "${{ lines(result.outputs.notes)[0] }}"}
  - {id: b, python: "work:add", with: {n: "${{ steps.a.outputs.n }}"}, outputs: {sum: "${{ result.sum }}"}}
  - {id: c, set: {v: 2}, outputs: {tag: "${{ inputs.tag }}"}}
  - {id: d, wait: {for: 1ms}, outputs: {tag: "${{ inputs.tag }}!"}}
  - id: e
    gate: {title: Go on?, form: {to: {required: true}, n: {type: integer, default: 7}}}
    outputs: {to: "${{ steps.e.decision.form.to }}", n: "${{ steps.e.decision.form.n }}", yes: "${{ steps.e.decision.verdict }}"}
  - {id: f, run: 'echo "to ${{ steps.e.outputs.to }}, ${{ steps.d.outputs.tag }}"'}
"""


def test_outputs_of_every_kind_reach_later_steps_and_the_end(oyama: Oyama) -> None:
    oyama.file("work.py", "def add(n): return {'sum': n + 1}\n")
    oyama("run", oyama.file("flow.yaml", FLOW), "--no-wait", code=5)
    oyama("approve", "flow@latest", "--yes", "--form", "to=prod", code=0)
    assert "to prod, v1!" in oyama("resume", "flow@latest", code=0).out
    assert oyama("show", "flow@latest", "--json", code=0).json()["outputs"] == {
        "run": {"said": "said", "first": "first", "notes": "first\nsecond", "n": 2},
        "python": {"sum": 3},
        "set": {"tag": "v1"},
        "wait": {"tag": "v1!"},
        "gate": {"to": "prod", "n": 7, "yes": "approve"},
    }
    attempts = {one["step_id"]: one["outputs"] for one in oyama("logs", "flow@latest", "--json", code=0).json()}
    assert attempts["d"] == {"tag": "v1!"}
    oyama("verify", code=0)


def test_the_outputs_of_a_gate_are_in_the_journal(oyama: Oyama) -> None:
    oyama.file("work.py", "def add(n): return {'sum': n + 1}\n")
    oyama("run", oyama.file("flow.yaml", FLOW), "--no-wait", code=5)
    oyama("approve", "flow@latest", "--yes", "--form", "to=prod", code=0)
    oyama("resume", "flow@latest", code=0)
    events = [json.loads(line) for line in oyama("watch", "flow@latest", "--jsonl", code=0).out.splitlines()]
    [passed] = [event for event in events if event["type"] == "gate_passed"]
    assert passed["payload"]["outputs"] == {"to": "prod", "n": 7, "yes": "approve"}
