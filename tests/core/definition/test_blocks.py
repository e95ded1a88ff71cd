"""Blocks in definitions: what their expressions may name, what is doubtful in them, short forms; the table has what is refused."""

from __future__ import annotations

import re

import pytest

from oyama_tui.core.definition.kinds.for_each import ForEachStep
from oyama_tui.core.definition.loading import load_with_warnings, load_workflow
from oyama_tui.core.errors import InvalidDefinition
from tests.core.generated import nested

SOUND = {
    "inside sees what is over outside": """
steps:
  - {id: a, run: x}
  - id: b
    steps:
      - {id: c, run: "echo ${{ steps.a.output }} ${{ previous.output }}"}
      - id: d
        parallel: [{id: e, run: "echo ${{ steps.a.output }} ${{ steps.c.output }}"}, {id: f, run: "echo ${{ steps.c.output }}"}]
""",
    "outside sees outputs": """
outputs: {o: "${{ steps.b.outputs.o }}"}
steps:
  - {id: b, steps: [{id: c, run: x}], outputs: {o: "${{ steps.c.output }}", s: "${{ steps.c.status }}"}}
  - {id: d, run: "echo ${{ steps.b.outputs.o }} ${{ previous.outputs.s }}", if: steps.b.succeeded}
""",
    "items are seen from outside, at any depth": """
steps:
  - id: fan
    for_each: [1, 2]
    steps:
      - {id: one, run: "echo ${{ item }} ${{ index }}", gate: {title: Sure?, form: {why: {}}}}
      - {id: two, for_each: {items: [3], as: inner}, steps: [{id: three, run: "echo ${{ item }} ${{ inner.x }} ${{ index }}"}]}
    outputs: {first: "${{ result.items[0].one.output }}", all: "${{ result.items.map(i, i.one.output) }}", n: "${{ size(result.items) }}"}
  - id: after
    run: "echo ${{ steps.fan.items[0].one.output }} ${{ steps.fan.items[0].two.items[1].three.exit_code }} ${{ previous.items[0].status }}"
    if: steps.fan.items.all(i, i.one.succeeded) && steps.fan.items[0].one.decision.form.why != ""
  - {id: last, set: {whole: "${{ steps.fan.items }}", item: "${{ steps.fan.items[1].item.key }}", place: "${{ steps.fan.items[1].index }}"}}
""",
    "a repetition knows its round": """
steps:
  - {id: a, run: x}
  - id: poll
    repeat: {until: "steps.probe.exit_code == 0 || iteration > 3 || steps.a.output == 'x'", every: 1s, max: 9}
    steps: [{id: probe, run: "echo ${{ iteration }}", on_failure: continue}]
    outputs: {code: "${{ steps.probe.exit_code }}"}
  - {id: again, repeat: {while: steps.x.failed, max: 2}, parallel: [{id: x, run: x}, {id: y, run: "echo ${{ iteration }}"}]}
""",
    "branches": """
inputs: {env: {}}
steps:
  - {id: a, run: x}
  - id: sw
    switch:
      - {if: inputs.env == "prod" && steps.a.succeeded, steps: [{id: b, run: "echo ${{ previous.output }}"}]}
      - {else: , type: graph, steps: [{id: c, run: x}, {id: d, needs: [c], if: failure, run: x}]}
    outputs: {which: "${{ steps.b.skipped ? 'c' : 'b' }}"}
""",
    "previous leads out of a block": """
steps:
  - {id: a, run: x}
  - {id: b, steps: [{id: c, steps: [{id: ask, gate: Sure?}, {id: d, run: "echo ${{ previous.exit_code }}"}]}]}
""",
    "the answer of a block's gate is known to all in it": """
steps:
  - id: b
    gate: {title: Deploy?, form: {hosts: {type: list}}, preview: ./show.sh}
    timeout: 5m
    for_each: "${{ steps.b.decision.form.hosts }}"
    steps:
      - {id: c, if: steps.b.decision.verdict == "approve", run: "echo ${{ steps.b.decision.by }} ${{ item }}"}
      - {id: d, steps: [{id: e, gate: "Also ${{ steps.b.decision.by }}?", run: "echo ${{ steps.e.decision.by }}"}]}
    outputs: {by: "${{ steps.b.decision.by }}"}
""",
    "needs and ids": """
type: graph
steps:
  - {id: a, type: graph, steps: [{id: c, needs: [d], run: x}, {id: d, run: x}, {id: index, needs: [], run: x}]}
  - {id: b, needs: [a], for_each: [1], steps: [{id: e, steps: [{id: item, run: x}]}], type: parallel}
  - {id: gate, needs: [b], run: x}
""",
    "conditional blocks": """
steps:
  - id: a
    type: conditional
    steps: [{id: b, run: x}, {id: c, if: failure, run: x}, {id: d, if: steps.b.failed || steps.c.succeeded, run: x}]
""",
    "secrets": """
secrets: [S]
steps:
  - {id: a, steps: [{id: b, env: {T: "${{ secrets.S }}"}, run: x}, {id: c, secrets: [U], run: [x, "${{ secrets.U }}"]}]}
""",
    "a loop in a loop with a name of its own": """
inputs: {l: {type: list}}
steps:
  - id: a
    for_each: "${{ inputs.l }}"
    steps: [{id: b, for_each: {items: "${{ item.parts }}", as: part}, steps: [{id: c, run: "echo ${{ item.name }} ${{ part }}"}]}]
  - {id: d, for_each: "${{ inputs.l }}", steps: [{id: e, run: "echo ${{ item }}"}]}
""",
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_is_over_and_seen_may_be_named(text: str) -> None:
    assert load_with_warnings(text, "f.yaml")[1] == ()


DOUBTFUL = {
    "a block that may be skipped": (
        "steps:\n  - {id: a, if: run.number > 1, steps: [{id: b, run: x}], outputs: {o: x}}\n"
        "  - {id: c, run: 'echo ${{ steps.a.outputs.o }}'}\n",
        "3:28 step 'a' may be skipped, and then its values are null | for example steps.a.outputs != null",
    ),
    "a step in a block that may be skipped": (
        "steps:\n  - id: a\n    steps:\n      - {id: b, if: run.number > 1, run: x}\n      - {id: c, run: 'echo ${{ steps.b.output }}'}\n",
        "5:32 step 'b' may be skipped, and then its values are null | for example steps.b.output != null",
    ),
    "a branch that may not be taken": (
        "steps:\n  - id: a\n    switch: [{if: run.number > 1, steps: [{id: b, run: x}]}, {steps: [{id: c, run: x}]}]\n"
        "    outputs: {o: '${{ steps.b.output }}'}\n",
        "4:23 step 'b' stands in a branch that may not be taken, and then its values are null | for example steps.b.output != null",
    ),
    "a join that goes on before": (
        "type: graph\nsteps:\n  - {id: a, run: x}\n  - {id: b, run: x}\n"
        "  - {id: c, needs: [a, b], join: any, run: 'echo ${{ steps.a.output }}'}\n",
        "5:54 this step may begin before 'a' is over, and then its values are null | for example steps.a.output != null",
    ),
    "a switch that may take no branch": (
        "steps:\n  - {id: a, switch: [{if: run.number > 1, steps: [{id: b, run: x}]}], outputs: {o: x}}\n"
        "  - {id: c, run: 'echo ${{ steps.a.outputs.o }}'}\n",
        "3:28 step 'a' may be skipped, and then its values are null | for example steps.a.outputs != null",
    ),
    "a condition that is never looked at": (
        "steps:\n  - {id: a, steps: [{id: b, run: x}, {id: c, if: steps.b.failed, run: x}]}\n",
        "2:50 when step 'b' fails, the block ends before this step | "
        "use type: conditional; or let the run go on with on_failure: continue in step 'b'",
    ),
    "a number that is not kept": (
        "steps:\n  - {id: a, for_each: [1.10], steps: [{id: b, set: {v: '${{ item }}'}}]}\n",
        "2:24 1.10 is a number here, and becomes 1.1 | put it in quotes if it is a text, such as a version",
    ),
    "a number deep inside": (
        "steps:\n  - {id: a, for_each: {items: {k: 1.10}}, steps: [{id: b, set: {v: 2.0}}]}\n",
        "2:35 1.10 is a number here, and becomes 1.1 | put it in quotes if it is a text, such as a version\n"
        "2:68 2.0 is a number here, and becomes 2 | put it in quotes if it is a text, such as a version",
    ),
    "no items": ("steps:\n  - {id: a, for_each: [], steps: [{id: b, run: x}]}\n", "2:23 there are no items, so nothing runs for any"),
}


@pytest.mark.parametrize(("text", "expected"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_is_doubtful_in_a_block_is_told(text: str, expected: str) -> None:
    warnings = load_with_warnings(text, "f.yaml")[1]
    shown = [f"{found.line}:{found.column} {found.message}" + (f" | {found.hint}" if found.hint else "") for found in warnings]
    assert shown == expected.splitlines()


@pytest.mark.parametrize("items", ['"${{ run.id }}"', "[1, {a: b}]", "[]"])
def test_items_alone_stand_for_a_loop_that_says_no_more(items: str) -> None:
    form = "steps: [{id: a, for_each: FORM, steps: [{id: b, run: x}]}]"
    short, long = (load_workflow(form.replace("FORM", written), "f.yaml") for written in (items, f"{{items: {items}}}"))
    assert short == long
    assert isinstance(short.steps[0], ForEachStep)
    assert short.revision() == long.revision()


def test_secrets_of_steps_in_blocks_are_secrets_of_the_workflow() -> None:
    text = "steps: [{id: a, steps: [{id: b, for_each: [1], steps: [{id: c, secrets: [T], run: [x, '${{ secrets.T }}']}]}]}]"
    assert load_workflow(text, "f.yaml").all_secrets == {"T"}


LOOSE = re.compile(r"(steps\.\w+ has no 'output'|'\w+' speaks of .*)")
"""What generated workflows do although no file may: a block has no output, and a condition may speak of nothing."""


def test_generated_workflows_with_blocks_load_as_they_are() -> None:
    taken = 0
    for seed in range(150):
        workflow = nested(seed, limited=True)
        try:
            loaded = load_workflow(workflow.canonical(), "f.yaml")
        except InvalidDefinition as refused:
            unexpected = [problem.message for problem in refused.problems if not LOOSE.fullmatch(problem.message)]
        else:
            unexpected = [] if loaded == workflow else ["it is another one"]
            taken += 1
        assert unexpected == [], seed
    assert taken > 75
