"""The JSON Schema and the reference page: made from the models, complete, and kept up to date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.functions import FUNCTIONS, MEANINGS
from oyama_tui.core.definition.loading import load_with_warnings
from oyama_tui.core.definition.schema import json_schema, meanings, reference_markdown
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.definition.validation import keys_of

MODELS: list[Any] = [
    Workflow,
    *(kind.model for kind in KINDS.values()),
    *(model for kind in KINDS.values() for model in kind.inside.values()),
]
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "definition.md"


def test_the_reference_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_markdown()


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(.*?)```", reference_markdown(), re.DOTALL))
def test_the_examples_of_the_reference_page_are_sound(example: str) -> None:
    assert load_with_warnings(example, "release.yaml")[1] == ()


def test_the_reference_page_names_every_key() -> None:
    page = reference_markdown()
    for model in MODELS:
        assert all(f"| `{key}` |" in page for key in keys_of(model))
    assert all(re.search(rf"`[^`|]*\b{name}\(", page) for name in [*FUNCTIONS, "has"])
    assert len(MEANINGS) == len(FUNCTIONS) + 1
    links = set(re.findall(r"\(#([a-z-]+)\)", page))
    assert links <= {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.*)$", page, re.MULTILINE)}


@pytest.mark.parametrize("model", MODELS)
def test_every_key_has_a_meaning(model: Any) -> None:
    assert all(meanings(model).values())


def test_the_schema_describes_steps_by_their_action() -> None:
    schema: Any = json_schema()
    assert schema["required"] == ["steps"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["steps"]["description"] == "The steps, in order."
    kinds = [choice["$ref"].rsplit("/", 1)[-1] for choice in schema["properties"]["steps"]["items"]["oneOf"]]
    assert kinds == [
        "RunStep",
        "PythonStep",
        "HttpStep",
        "UseStep",
        "SetStep",
        "WaitStep",
        "TaskStep",
        "ForEachStep",
        "SwitchStep",
        "ParallelStep",
        "StepsStep",
        "GateStep",
    ]
    for kind, action in zip(kinds, KINDS, strict=True):
        part = schema["$defs"][kind]
        assert set(part["required"]) == {"id", action} | ({"steps"} if action == "for_each" else set())
        assert part["additionalProperties"] is False
        assert part["properties"]["if"]["description"]
    assert [choice["type"] for choice in schema["$defs"]["RunTimeout"]["anyOf"]] == ["string", "object"]
    assert [choice["type"] for choice in schema["$defs"]["StepTimeout"]["anyOf"]] == ["string", "object"]


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    schema: Any = json_schema()
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.extend([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(schema)
    assert found
    assert all(reference.removeprefix("#/$defs/") in schema["$defs"] for reference in found)


def test_editors_take_a_plain_question_for_a_gate() -> None:
    parts: Any = json_schema()["$defs"]
    question, whole = parts["Gate"]["anyOf"]
    assert question["type"] == "string"
    assert "title" in whole["properties"]
    assert "title" not in whole.get("required", ())
