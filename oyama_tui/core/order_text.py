"""What an executor is given, in lines for people: every value of an order, so that nothing reaches an action unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue


def order_lines(order: Mapping[str, JsonValue], *, said: frozenset[str] = frozenset()) -> tuple[tuple[str, str], ...]:
    """Every value of an order with its name, in the order's own sequence; the entries of maps each have a line.

    Args:
        order: `ApprovalContent.order` or `preview_order`.
        said: Names that are shown otherwise, such as the script that is the action's own text. Only these are left out: a name
            that nobody has thought of is shown.
    """
    return tuple(_lines(order, said))


def _lines(order: Mapping[str, JsonValue], said: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name, value in order.items():
        if name in said:
            continue
        if isinstance(value, dict) and "$secret" not in value:
            for key, inner in value.items():
                yield f"{name} {key}", value_text(inner)
        else:
            yield name, value_text(value)


def value_text(value: JsonValue) -> str:
    """One value as people read it: texts as they are, secrets by name, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(parts := value.get("$secret"), list):
        return "".join(part if isinstance(part, str) else f"${{{part['name']}}}" if isinstance(part, dict) else "" for part in parts)
    if isinstance(value, list) and any(isinstance(part, dict) and "$secret" in part for part in value):
        return json.dumps([value_text(part) for part in value], ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)
