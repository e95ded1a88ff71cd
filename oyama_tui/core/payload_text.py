"""The payload of an event as people write it: JSON."""

from __future__ import annotations

import json

from pydantic import JsonValue

from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.inputs import REFUSALS, DoubledKey

_HINT = """A map is {"version": "v2"}, and a text stands in quotes: "v2"."""


def payload_of_text(text: str, source: str = "") -> JsonValue:
    """Read a payload.

    Args:
        text: JSON; nothing stands for null.
        source: Where it comes from, such as a file; empty when it was typed.

    Raises:
        InvalidInput: It is no JSON.
    """
    if not text.strip():
        return None
    where = f" in {source}" if source else ""
    try:
        found: JsonValue = json.loads(text, **REFUSALS)
    except DoubledKey as doubled:
        raise InvalidInput(f"The payload{where} has the key {str(doubled)[:60]!r} twice in one map.") from None
    except json.JSONDecodeError as wrong:
        place = f", line {wrong.lineno}, column {wrong.colno}"
        raise InvalidInput(f"The payload{where} is no JSON: {wrong.msg}{place}.", _HINT) from None
    except (ValueError, RecursionError) as wrong:
        why = "it is nested too deep" if isinstance(wrong, RecursionError) else str(wrong)
        raise InvalidInput(f"The payload{where} is no JSON: {why}.", _HINT) from None
    return found
