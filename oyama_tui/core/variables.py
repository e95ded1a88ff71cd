"""Variables of a run's context: which changes of them can be, and how they differ from one moment to another."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.approval_decisions import require_storable
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.storable import differ

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


def context_change(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], tuple[str, ...]]:
    """What is set, and what is removed, on the way from some variables to others.

    Args:
        before: By name.
        after: Likewise.
    """
    changed = {name: value for name, value in after.items() if name not in before or differ(before[name], value)}
    return changed, tuple(name for name in before if name not in after)
