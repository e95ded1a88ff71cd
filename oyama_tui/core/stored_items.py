"""What the items of a loop have left, as JSON and back: values that never came to be are not the same as null."""

from __future__ import annotations

from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core.definition.functions import ABSENT, Partial, Unusable
from oyama_tui.core.rendering import NOT_WHOLE

MARK: Final = "$"
"""The key of a map that stands for something else than itself."""


def storable_items(value: Any) -> JsonValue:
    """Write a value that expressions may use as JSON.

    Args:
        value: Of the items of a loop, or a part of it.
    """
    if value is ABSENT:
        return {MARK: "absent"}
    if isinstance(value, Unusable):
        return {MARK: "not_whole"}
    if isinstance(value, dict):
        made = {name: storable_items(item) for name, item in value.items()}
        if isinstance(value, Partial):
            return {MARK: "partial", "of": made}
        return {MARK: "map", "of": made} if MARK in made else made
    return [storable_items(item) for item in value] if isinstance(value, list | tuple) else value


def usable_items(stored: Any) -> Any:
    """The value that was written.

    Args:
        stored: As `storable_items` made it.

    Raises:
        ValueError: It was not made so.
    """
    if isinstance(stored, list):
        return [usable_items(item) for item in stored]
    if not isinstance(stored, dict):
        return stored
    if MARK not in stored:
        return {name: usable_items(item) for name, item in stored.items()}
    match stored:
        case {"$": "absent"}:
            return ABSENT
        case {"$": "not_whole"}:
            return NOT_WHOLE
        case {"$": "partial", "of": dict(made)}:
            return Partial({name: usable_items(item) for name, item in made.items()})
        case {"$": "map", "of": dict(made)}:
            return {name: usable_items(item) for name, item in made.items()}
    raise ValueError("what the items of a loop have left is not written as it should be")
