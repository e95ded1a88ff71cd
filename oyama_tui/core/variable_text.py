"""What a person types for a variable of a run, read as its value."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from oyama_tui.core.definition.functions import to_text
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.inputs import REFUSALS, DoubledKey


def read_variables(texts: Mapping[str, str], now: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The values that texts stand for.

    Args:
        texts: As they were typed, by name.
        now: The variables as they are.

    Raises:
        InvalidInput: A map has a key twice.
    """
    try:
        return {name: read_variable(text, is_text=isinstance(now.get(name), str)) for name, text in texts.items()}
    except DoubledKey as doubled:
        raise InvalidInput(f"A value holds the key {str(doubled)[:60]!r} twice in one map.") from None


def read_variable(text: str, *, is_text: bool) -> JsonValue:
    """The value that a text stands for.

    Lists, maps and texts in quotes are JSON; so are true, false, null and numbers, unless they are meant as text.

    Args:
        text: As it was typed.
        is_text: The variable is a text so far, and stays one.

    Raises:
        DoubledKey: A map has a key twice.
    """
    try:
        made: JsonValue = json.loads(text, **REFUSALS)
    except DoubledKey:
        raise
    except (ValueError, RecursionError):
        return text
    if isinstance(made, list | dict | str):
        return made
    # A number that JSON would write otherwise is a version or a code.
    loses = isinstance(made, int | float) and not isinstance(made, bool) and to_text(made) != text.strip()
    return text if is_text or loses else made
