"""Variables of a run's context: which changes of them can be."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.approval_decisions import require_storable
from oyama_tui.core.errors import InvalidInput

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def require_variables(set: Mapping[str, JsonValue], unset: Collection[str]) -> None:
    """Refuse changes that cannot be.

    Args:
        set: New values by name.
        unset: Names of variables that are to be removed.

    Raises:
        InvalidInput: Says which, and why.
    """
    for name, value in set.items():
        require_name(name, "a variable")
        if name in unset:
            raise InvalidInput(f"The variable {name} cannot be set and removed at once.")
        require_storable(f"value of {name}", [value])


def require_name(name: str, noun: str) -> None:
    """Refuse a name that no expression could use.

    Args:
        name: As somebody gave it.
        noun: What it is to be the name of.

    Raises:
        InvalidInput: It is none.
    """
    if not NAME.fullmatch(name):
        raise InvalidInput(f"{name[:60]!r} cannot be {noun}.", "A name has letters, digits and underscores, and begins with no digit.")


def differ(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are different as JSON: `true` is not 1, and 1 is not 1.0."""
    return json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True)
