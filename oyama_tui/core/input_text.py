"""Inputs of a run that stand in one text: a map in YAML or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.definition.base import MAX_BYTES, json_type
from oyama_tui.core.definition.reading import decoded, read_document
from oyama_tui.core.errors import InvalidDefinition, InvalidInput, Problem
from oyama_tui.core.inputs import REFUSALS, DoubledKey

_FORM: Final = "Write one map of names and values, such as version: v1.2.0, or the same as JSON."


def inputs_of_text(raw: bytes, file: str) -> dict[str, JsonValue]:
    """Read inputs by name.

    What begins with a brace is JSON, or else YAML; everything else is YAML, read by the rules that hold for definitions.

    Args:
        raw: UTF-8.
        file: What messages call it.

    Raises:
        InvalidInput: It is too large, no UTF-8, neither YAML nor JSON, or no map.
    """
    if len(raw) > MAX_BYTES:
        raise InvalidInput(
            f"The inputs in {file} are larger than {MAX_BYTES // 1_000_000} MB.",
            "Put what is large into a file, and give an input of type file.",
        )
    try:
        text = decoded(raw, file).removeprefix("\ufeff")
        found = _json(text, file) if text.lstrip().startswith("{") or file.endswith(".json") else None
        if found is None:
            document = read_document(text, file)
            if document.problems:
                raise InvalidDefinition(document.sorted_problems())
            found = document.data
    except InvalidDefinition as error:
        raise _unreadable(error.problems, file) from None
    if not isinstance(found, dict):
        what = "there is nothing in it" if found is None else f"what stands there is of type {json_type(found)}"
        raise InvalidInput(f"The inputs in {file} are no map: {what}.", _FORM)
    return found


def _json(text: str, file: str) -> JsonValue:
    """Read JSON; none when it is none, and may be YAML."""
    try:
        found: JsonValue = json.loads(text, **REFUSALS)
    except DoubledKey as doubled:
        raise InvalidDefinition([Problem(f"the key {str(doubled)[:60]!r} stands twice in one map", file=file)]) from None
    except json.JSONDecodeError as error:
        if file.endswith(".json"):
            raise InvalidDefinition([Problem(f"this is not JSON: {error.msg}", file=file, line=error.lineno, column=error.colno)]) from None
        return None
    except RecursionError:
        raise InvalidDefinition([Problem("it is nested too deep", file=file)]) from None
    except ValueError as error:
        raise InvalidDefinition([Problem(str(error), file=file)]) from None
    return found


def _unreadable(problems: Sequence[Problem], file: str) -> InvalidInput:
    """The refusal of a text that cannot be read."""
    told = "; ".join(f"line {found.line}, column {found.column}: {found.message}" if found.line else found.message for found in problems)
    return InvalidInput(f"The inputs in {file} cannot be read: {told}.", problems[0].hint, problems)
