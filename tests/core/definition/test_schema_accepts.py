"""One schema: what the program takes, the schema for editors takes too, short forms included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.loading import load_workflow
from oyama_tui.core.definition.reading import read_document
from oyama_tui.core.definition.schema import json_schema
from oyama_tui.core.errors import InvalidDefinition
from tests.core.definition.test_loading import FULL
from tests.core.generated import workflows

ROOT = Path(__file__).parents[3]
SHORT = {
    "timeouts": "timeout: 2h\nsteps:\n  - {id: a, run: x, timeout: 10m}\n",
    "long timeouts": "timeout: {working: 2h}\ndefaults: {timeout: 5m}\nsteps:\n  - {id: a, run: [x, y], timeout: {total: 1h}}\n",
    "conditions": "type: graph\nsteps:\n  - {id: a, run: x}\n  - {id: run, needs: [a], if: failure, run: x}\n",
    "nothing": "name: null\nsteps:\n  - {id: a, run: x}\n",
    "empty": "steps:\n  - {id: a, wait: {for: 1h30m}, needs: null, timeout: null, gate: null}\n",
    "numbers": "context: {n: 1, m: [1.5, {x: null}]}\ninputs: {n: {type: number, min: 1, max: 2.5, options: [1, 2.5]}}\n"
    "steps:\n  - {id: a, run: x, retry: {max_attempts: 3, factor: 2, interval: 1.5s}}\n",
    "blocks": "steps:\n  - {id: a, steps: [{id: b, run: x}], type: graph, fail_fast: true,\n"
    "     repeat: {until: steps.b.succeeded, max: 3, every: 1s}}\n"
    "  - {id: c, parallel: [{id: d, run: x}, {id: e, wait: {for: 1s}}], repeat: {while: 'iteration < 3', max: 9}, gate: 'Sure?'}\n",
    "branches": "steps:\n  - id: a\n    switch:\n      - {if: 'true', steps: [{id: b, run: x}], type: parallel}\n"
    "      - {else: , steps: [{id: c, run: x}]}\n"
    "  - {id: d, switch: [{else: true, steps: [{id: e, run: x}]}]}\n  - {id: f, switch: [{steps: [{id: g, run: x}]}]}\n",
    "loops": "inputs: {l: {type: list}}\nsteps:\n  - {id: a, for_each: '${{ inputs.l }}', steps: [{id: b, run: x}]}\n"
    "  - {id: c, for_each: [1, {a: 2}], steps: [{id: d, run: x}], type: graph}\n"
    "  - {id: e, for_each: {items: {k: v}, as: host, concurrency: 5, fail_fast: true}, steps: [{id: f, run: x}]}\n",
    "deep": "steps:\n  - {id: a, steps: [{id: b, parallel: [{id: c, for_each: [1],\n"
    "     steps: [{id: d, switch: [{steps: [{id: e, gate: x}]}]}]}]}]}\n",
    "inner types": "inputs:\n  f: {type: file, default: a/b, pattern: '.*b$'}\n"
    "  l: {type: list, items: {type: map, fields: {x: {type: integer, default: 1}, y: {type: map, items: {type: file}}}}}\n"
    "steps:\n  - {id: a, run: x}\n",
    "failures": "defaults: {retry: {max_attempts: 2, not_on: [{exit: [64-78]}, parse]}}\n"
    "steps:\n  - {id: a, run: x, retry: {max_attempts: 3, on: [timeout, {exit: [75, 100-110]}, {status: [429]}]}}\n",
    "gate": "steps:\n  - {id: gate, gate: {title: T, preview: [x], files: [y], form: {r: {required: true}}, timeout: 4h}}\n",
}


def written() -> Iterator[Any]:
    """Every definition that the project ships or explains."""
    yield pytest.param(FULL, id="full")
    for path in sorted((ROOT / "oyama_tui" / "templates").rglob("*.yaml")):
        yield pytest.param(path.read_text(), id=path.stem)
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", path.read_text(), re.DOTALL)):
            yield pytest.param(block, id=f"{path.stem} {number}")
    for name, text in SHORT.items():
        yield pytest.param(text, id=name)


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema: Any = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("text", list(written()))
def test_the_schema_takes_what_the_program_takes(text: str, validator: jsonschema.Draft202012Validator) -> None:
    try:
        load_workflow(text, "f.yaml")
    except InvalidDefinition:
        return
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(read_document(text, "f.yaml").data)] == []


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(workflows(limited=True))
def test_the_schema_takes_any_workflow_as_it_is_kept(workflow: Workflow) -> None:
    jsonschema.validate(json.loads(workflow.canonical()), json_schema())


@pytest.mark.parametrize(
    "text",
    [
        "steps: []",
        "steps: [{id: a, run: x, wrong: 1}]",
        "steps: [{id: a-b, run: x}]",
        "steps: [{id: a, run: x, timeout: 10}]",
        "steps: [{id: a, run: x, retry: {max_attempts: '2'}}]",
        "steps: [{id: a, run: x, retry: {jitter: 'yes'}}]",
        "concurrency: {limit: 0}\nsteps: [{id: a, run: x}]",
        "concurrency: {limit: 1, overlap: drop}\nsteps: [{id: a, run: x}]",
        "concurrency: {overlap: skip}\nsteps: [{id: a, run: x}]",
        "type: graphs\nsteps: [{id: a, run: x}]",
        "steps: [{id: a, steps: []}]",
        "steps: [{id: a, steps: [{id: b, run: x, wrong: 1}]}]",
        "steps: [{id: a, for_each: 5, steps: [{id: b, run: x}]}]",
        "steps: [{id: a, for_each: [1]}]",
        "steps: [{id: a, for_each: {items: [1], concurrency: 0}, steps: [{id: b, run: x}]}]",
        "steps: [{id: a, switch: [{else: 5, steps: [{id: b, run: x}]}]}]",
        "steps: [{id: a, steps: [{id: b, run: x}], repeat: {until: x}}]",
        "steps: [{id: a, run: x, repeat: {until: 'true', max: 3}}]",
    ],
)
def test_the_schema_refuses_what_the_program_refuses(text: str, validator: jsonschema.Draft202012Validator) -> None:
    with pytest.raises(InvalidDefinition):
        load_workflow(text, "f.yaml")
    assert not validator.is_valid(yaml.safe_load(text))


@pytest.mark.parametrize("name", ["blocks", "branches", "loops", "deep"])
def test_each_short_form_is_taken(name: str) -> None:
    load_workflow(SHORT[name], "f.yaml")
