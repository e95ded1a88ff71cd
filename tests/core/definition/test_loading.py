"""Loading: YAML 1.2 values, defaults, order, warnings and ids."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from oyama_tui.core.definition import GateStep, PythonStep, RunStep
from oyama_tui.core.definition.graph import compile_graph
from oyama_tui.core.definition.loading import default_id, load_with_warnings, load_workflow

FULL = """\
id: release
name: Release
type: graph
inputs:
  version: {type: string, required: true, pattern: '^v\\d', description: Tag to publish}
context: {channel: beta}
env: {PYTHONUNBUFFERED: "1"}
secrets: [DEPLOY_TOKEN]
timeout: {working: 2h}
fail_fast: true
defaults: {retry: {max_attempts: 3}, timeout: 10m}
outputs: {tag: "${{ inputs.version }}", notes: "${{ steps.notes.outputs.text }}"}
steps:
  - id: test
    name: Unit tests
    run: pytest -q        # a comment
    retry: {max_attempts: 3, interval: 1s, factor: 2, max_interval: 1m, max_elapsed: 10m, jitter: true, on: [exit, timeout]}
    timeout: {attempt: 10m, total: 30m, idle: 2m}
  - id: notes
    python: tools.notes:write
    needs: [test]
    with: {version: "${{ inputs.version }}", lines: "${{ lines(steps.test.output) }}", deep: [{a: "${{ context.channel }}"}]}
    outputs: {text: "${{ result.value }}"}
  - id: remember
    set: {channel: stable, tested: "${{ steps.test.exit_code == 0 }}"}
    needs: [test]
  - id: cool
    wait: {for: 1m30s}
    needs: [remember]
  - id: ask
    gate: {title: "Sure?", form: {reason: {required: true}}}
    needs: [cool]
    if: context.tested && !has(context.skip)
  - id: publish
    needs: [notes, ask]
    gate:
      title: "Publish ${{ inputs.version }}"
      target: production
      risk: high
      confirm: true
      preview: ./publish.sh --dry-run "${{ inputs.version }}"
      files: [publish.sh, "notes/${{ inputs.version }}.md"]
      timeout: 4h
      on_timeout: fail
    run: [./publish.sh, "${{ inputs.version }}", "--token=${{ secrets.DEPLOY_TOKEN }}"]
    env: {REASON: "${{ steps.ask.decision.form.reason }} by ${{ steps.ask.decision.by }}", TOKEN: "${{ secrets.DEPLOY_TOKEN }}"}
    stdin: "${{ json(steps.notes.outputs) }}"
    parse: json
    on_failure: continue
"""


def test_a_full_definition_loads_without_a_warning() -> None:
    workflow, warnings = load_with_warnings(FULL, "release.yaml")
    assert warnings == () or all("may be skipped" in warning.message for warning in warnings)
    assert [step.id for step in workflow.steps] == ["test", "notes", "remember", "cool", "ask", "publish"]
    assert workflow.timeout is not None
    assert (workflow.timeout.working, workflow.timeout.total) == (7_200_000, None)
    assert isinstance(workflow.steps[1], PythonStep)
    assert isinstance(workflow.steps[4], GateStep)
    assert compile_graph(workflow).total == 6


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2024-01-31", "2024-01-31"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("+7", 7),
        ("'7'", "7"),
        ("0b11", "0b11"),
        ("=", "="),
        (".", "."),
        ("-", "-"),
        ("[1, [a, null]]", [1, ["a", None]]),
        ("{on: off}", {"on": "off"}),
        ("|\n    two\n    lines\n", "two\nlines\n"),
        (">-\n    one\n    line\n", "one line"),
    ],
)
def test_values_follow_yaml_1_2(written: str, value: JsonValue) -> None:
    if written == "-":
        written = "'-'"
    workflow = load_workflow(f"context:\n  v: {written}\nsteps:\n  - {{id: a, run: x}}\n", "f.yaml")
    assert workflow.context["v"] == value
    assert type(workflow.context["v"]) is type(value)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("release.yaml", "release"),
        ("flows/My Release 2.yml", "my-release-2"),
        ("/a/b/2024_backup.yaml", "backup"),
        ("release.workflow.yaml", "release-workflow"),
        ("state.yaml", "state-workflow"),
        ("-", "workflow"),
        ("", "workflow"),
        ("日本.yaml", "workflow"),
        ("x" * 100 + ".yaml", "x" * 64),
        ("C:\\flows\\Deploy.yaml", "deploy"),
    ],
)
def test_the_id_comes_from_the_file(file: str, expected: str) -> None:
    assert default_id(file) == expected
    assert load_workflow("steps: [{id: a, run: x}]", file).id == expected


def test_line_ends_and_marks_of_other_systems_are_taken() -> None:
    workflow = load_workflow("\ufeff" + "name: x\r\nsteps:\r\n  - id: a\r\n    run: |\r\n      one\r\n      two\r\n", "f.yaml")
    step = workflow.steps[0]
    assert isinstance(step, RunStep)
    assert step.run == "one\ntwo\n"


def test_equal_definitions_have_equal_revisions() -> None:
    one = load_workflow("steps:\n  - id: a\n    run: x\n", "f.yaml")
    other = load_workflow("# a comment\nsteps: [{run: x, id: a}]\n", "f.yaml")
    assert one.revision() == other.revision()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps:\n  - id: a\n    gate:\n      title: Apply? # prod\n", "4:14 '# prod' is a comment and no part of the text"),
        ('steps:\n  - id: a\n    run: ssh host "ls ${{ run.id }}"\n', "3:23 ssh hands its arguments to a shell on the other side"),
        (
            "steps:\n  - id: a\n    gate: {target: x, timeout: 1h, on_timeout: approve, risk: high}\n",
            "3:48 the risk is high, yet nobody's answer counts as a yes",
        ),
        (
            "steps:\n  - id: a\n    gate: {target: x, timeout: 1h, on_timeout: approve, risk: high, confirm: true}\n",
            "3:48 the risk is high and its target must be typed, yet nobody's answer counts as a yes",
        ),
        (
            "steps:\n  - id: a\n    gate: {timeout: 1h, on_timeout: approve}\n    run: [x, '${{ steps.a.decision.by }}']\n",
            "4:19 when nobody answers in time, decision.by is empty",
        ),
        (
            "steps:\n  - id: a\n    gate: {timeout: 1h, on_timeout: approve, form: {n: {}, m: {default: x}}}\n"
            "    run: [x, '${{ steps.a.decision.form.m }}', '${{ steps.a.decision.form.n }}']\n",
            "4:53 when nobody answers in time, decision.form.n is null, since the field has no default",
        ),
        ("steps:\n  - id: a\n    gate: {title: x, on_timeout: fail}\n", "3:34 without a timeout this gate stays open"),
        ("steps:\n  - id: a\n    gate: {title: x, target: y, confirm: true}\n", "3:42 confirm counts at high risk only"),
        ("steps:\n  - id: a\n    run: x\n    retry: {interval: 5s}\n", "4:12 without max_attempts there is one attempt only"),
        (
            "steps:\n  - {id: a, run: x, if: '1 == 2'}\n  - id: b\n    run: echo ${{ steps.a.output }}\n",
            "4:19 step 'a' may be skipped, and then its values are null",
        ),
    ],
)
def test_doubtful_definitions_get_a_warning_with_its_place(text: str, expected: str) -> None:
    _, [warning] = load_with_warnings(text, "f.yaml")
    assert f"{warning.line}:{warning.column} {warning.message}".startswith(expected)
    assert warning.hint


@pytest.mark.parametrize(
    "text",
    [
        "type: conditional\nsteps:\n  - {id: a, run: x}\n  - {id: b, run: x, if: failure}\n  - {id: c, run: x, if: always}\n",
        "type: conditional\nsteps:\n  - {id: a, run: x}\n  - {id: b, run: 'echo ${{ previous.output }}', if: previous.failed}\n",
        "type: graph\nsteps:\n  - {id: late, run: 'echo ${{ steps.root.output }}', needs: [mid]}\n"
        "  - {id: mid, run: x, needs: [root]}\n  - {id: root, run: x}\n",
        "steps:\n  - {id: a, set: {x: 1}}\n  - {id: b, run: 'echo ${{ context.x }} ${{ has(context.person_set) }}'}\n",
        "inputs: {l: {type: list}}\nsteps:\n  - {id: a, run: x, if: 'inputs.l.all(x, x > 1)'}\n",
        "steps:\n  - {id: a, python: 'm:f', with: {run: '${{ run.id }}', steps: '${{ inputs }}'}}\n",
        "steps:\n  - {id: a, shell: [bash, -euo, pipefail, -c], run: 'echo ${{ run.id }}'}\n",
    ],
)
def test_sound_definitions_load(text: str) -> None:
    assert load_workflow(text, "f.yaml").steps


def test_a_text_is_short_for_a_gate_with_a_title() -> None:
    short, long = (
        load_workflow(f"id: x\ninputs: {{a: {{}}}}\nsteps: [{{id: a, gate: {gate}}}]", "f.yaml")
        for gate in ("'Publish ${{ inputs.a }}?'", "{title: 'Publish ${{ inputs.a }}?'}")
    )
    assert short == long
    assert short.revision() == long.revision()


def test_a_gate_needs_no_title() -> None:
    workflow = load_workflow("steps: [{id: a, gate: {risk: high}, run: x}]", "f.yaml")
    assert load_workflow(workflow.canonical(), "again.yaml") == workflow


def test_an_action_may_use_the_answer_of_its_own_gate() -> None:
    own = "${{ steps.a.decision.form.why }}"
    step = f"{{id: a, gate: {{form: {{why: {{}}}}, on_reject: skip}}, run: 'echo {own}', env: {{A: '{own}'}}, stdin: '{own}', cwd: '{own}'"
    _, warnings = load_with_warnings(f"steps: [{step}, outputs: {{by: '${{{{ steps.a.decision.by + result.output }}}}'}}}}]", "f.yaml")
    assert warnings == ()
