"""Variables of a run's context: how they differ from one moment to another."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue


def differ(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are different as JSON: `true` is not 1, and 1 is not 1.0.

    Args:
        one: A value.
        other: Another one.
    """
    return json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True)


def context_change(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], tuple[str, ...]]:
    """What is set, and what is removed, on the way from some variables to others.

    Args:
        before: By name.
        after: Likewise.
    """
    changed = {name: value for name, value in after.items() if name not in before or differ(before[name], value)}
    return changed, tuple(name for name in before if name not in after)
