"""A definition has one canonical text for ever: the revisions that runs pin are hashes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.loading import load_workflow
from oyama_tui.resources import templates_path

HERE = Path(__file__).parent
REVISIONS = {"demo": "3e51096a938e010f", "release": "c0c2f9c5e16d8b0c"}
"""What the first release called the templates."""


def test_each_template_is_known() -> None:
    assert {path.stem for path in templates_path().rglob("*.yaml")} >= set(REVISIONS)


@pytest.mark.parametrize("name", REVISIONS)
def test_a_template_keeps_its_revision(name: str) -> None:
    text = (templates_path() / name / f"{name}.yaml").read_text()
    assert load_workflow(text, f"{name}.yaml").revision() == REVISIONS[name]


def test_every_key_keeps_its_place_and_its_form() -> None:
    workflow = load_workflow((HERE / "every_key.yaml").read_text(), "every_key.yaml")
    kept = (HERE / "every_key.canonical.json").read_text().removesuffix("\n")
    assert workflow.canonical() == kept
    assert Workflow.model_validate_json(kept) == workflow
