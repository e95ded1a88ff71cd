"""The pictures that are kept, and how new ones differ from them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
RENEW: Final = "python -m tests.tui.pictures"
MOST_LINES: Final = 60
"""Lines of one difference that are told."""


def kept() -> dict[str, str]:
    """All pictures that are kept, by the names of their files."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.txt"))}


def keep(pictures: Mapping[str, str]) -> None:
    """Keep these pictures and no other ones.

    Args:
        pictures: The texts by the names of their files.
    """
    for name in kept().keys() - pictures.keys():
        (FOLDER / name).unlink()
    for name, text in pictures.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def differences(pictures: Mapping[str, str]) -> str:
    """What is different from the pictures that are kept, for people; empty when nothing is.

    Args:
        pictures: New ones, by the names of their files.
    """
    before, told = kept(), []
    for name, text in pictures.items():
        if name not in before:
            told.append(f"{name} is new:\n{text}")
        elif text != before[name]:
            lines = difflib.unified_diff(before[name].splitlines(), text.splitlines(), f"kept/{name}", f"now/{name}", lineterm="", n=2)
            told.append("\n".join(list(lines)[:MOST_LINES]))
    if not told:
        return ""
    return "\n\n".join([*told, f"Look whether that is meant; if it is, renew the pictures: {RENEW}"])
