"""A stored revision means for ever what it meant when it was stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from oyama_tui.core.definition.base import DefinitionModel
from oyama_tui.core.definition.workflow import FORMAT

DEFAULTS = Path(__file__).parent / "defaults.json"


def models(base: type[DefinitionModel]) -> list[type[DefinitionModel]]:
    return [found for sub in base.__subclasses__() for found in (sub, *models(sub))]


def defaults() -> dict[str, dict[str, Any]]:
    """The default of every key of every model of a definition."""
    return {
        model.__name__: {
            name: to_jsonable_python(field.get_default(call_default_factory=True, validated_data={}))
            for name, field in sorted(model.model_fields.items())
            if not field.is_required()
        }
        for model in sorted(models(DefinitionModel), key=lambda model: model.__name__)
        if model.__module__.startswith("oyama_tui.core.definition")
    }


def test_no_default_changes_within_a_format() -> None:
    kept = json.loads(DEFAULTS.read_text())
    assert kept["format"] == FORMAT
    now = defaults()
    changed = [
        f"{model}.{name}"
        for model, fields in kept["defaults"].items()
        for name, value in fields.items()
        if model not in now or name not in now[model] or now[model][name] != value
    ]
    assert changed == [], "raise FORMAT and write an upcaster that spells out the old default, or stored revisions change their meaning"


def test_every_default_is_kept() -> None:
    kept = json.loads(DEFAULTS.read_text())["defaults"]
    missing = [f"{model}.{name}" for model, fields in defaults().items() for name in fields if name not in kept.get(model, {})]
    assert missing == [], "write them down: python -m tests.core.definition.test_pinned_meaning"


if __name__ == "__main__":
    DEFAULTS.write_text(json.dumps({"format": FORMAT, "defaults": defaults()}, indent=1, ensure_ascii=False) + "\n")
