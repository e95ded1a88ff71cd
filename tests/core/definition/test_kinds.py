"""A kind of step is one record: everything that the rest knows of it follows from there."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest

from oyama_tui.core.definition.kind import Template
from oyama_tui.core.definition.loading import load_workflow
from oyama_tui.core.definition.outline import DefinitionOutline
from oyama_tui.core.definition.reading import read_document
from oyama_tui.core.definition.schema import heading_of, json_schema, reference_markdown
from oyama_tui.core.definition.step import KINDS, Step, StepBase, all_steps, kind_of
from oyama_tui.core.definition.validation import keys_of
from oyama_tui.steps.executors import default_executors

OWN_RULES = {"if", "gate", "env", "outputs"}
"""Keys of every step whose expressions have rules of their own."""


@pytest.mark.parametrize("name", KINDS)
def test_every_key_of_a_kind_says_what_expressions_may_do_in_it(name: str) -> None:
    kind = KINDS[name]
    own = set(keys_of(kind.model)) - set(keys_of(StepBase)) - OWN_RULES
    assert set(kind.templates) == own
    for key, template in kind.templates.items():
        inner = template if not isinstance(template, str) else {}
        assert set(inner) == (set(keys_of(kind.inside[key])) if inner else set())
        assert isinstance(template, str) <= (template in get_args(Template))


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_found_by_its_key_in_files_and_models(name: str) -> None:
    kind = KINDS[name]
    assert name in keys_of(kind.model)
    assert kind_of({"id": "a", name: "x"}) == name == kind_of(kind.model.model_construct())
    assert kind_of({"id": "a", "gate": "x"}) == "gate"


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.is_block])
def test_what_a_block_says_of_its_lists_is_the_same_for_files_and_models(name: str) -> None:
    examples: dict[str, dict[str, Any]] = {
        "for_each": {"for_each": {"items": [1], "as": "host"}, "steps": [{"id": "b", "run": "x"}], "type": "graph"},
        "switch": {
            "switch": [{"if": "true", "steps": [{"id": "b", "run": "x"}]}, {"steps": [{"id": "c", "run": "x"}], "type": "parallel"}]
        },
        "parallel": {"parallel": [{"id": "b", "run": "x"}], "repeat": {"until": "true", "max": 2}},
        "steps": {"steps": [{"id": "b", "run": "x"}], "repeat": {"while": "true", "max": 2}, "type": "conditional"},
    }
    text = json.dumps({"steps": [{"id": "a", **examples[name]}]})
    lists = KINDS[name].lists(load_workflow(text, "f.yaml").steps[0])
    document = read_document(text, "f.yaml")
    found = [steps for steps in DefinitionOutline(document).lists if steps.owner is not None]
    assert [(steps.type, steps.names, [step.id for step in steps.steps]) for steps in found] == [
        (steps.type, steps.names, [step.id for step in steps.steps]) for steps in lists
    ]


def test_the_union_of_steps_has_every_kind_once() -> None:
    union: Any = Step
    members = [get_args(part)[0] for part in get_args(get_args(union)[0])]
    assert members == [kind.model for kind in KINDS.values()]


def test_each_kind_that_is_carried_out_has_an_executor_and_no_other() -> None:
    carried_out = {name for name, kind in KINDS.items() if kind.execution not in ("none", "block", "person")}
    assert set(default_executors()) == carried_out | {"gate"}


@pytest.mark.parametrize("name", KINDS)
def test_the_schema_and_the_reference_page_describe_every_kind(name: str) -> None:
    parts: Any = json_schema()["$defs"]
    assert KINDS[name].model.__name__ in parts
    page = reference_markdown()
    assert page.count(f"## {heading_of(name)} step\n") == 1
    assert all(page.count(f"## {heading_of(key)}\n") == 1 for key in KINDS[name].inside)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.is_block])
def test_the_reference_page_has_an_example_of_every_block(name: str) -> None:
    section = reference_markdown().split(f"## {heading_of(name)} step\n")[1].split("\n## ")[0]
    [example] = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert name in {kind_of(step) for step in all_steps(load_workflow(example, "example.yaml").steps)}
