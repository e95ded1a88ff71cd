"""The theme that was chosen on the screens, kept from one start to the next."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from oyama_tui.files import open_plain

NAME: Final = "screens.json"
MOST_BYTES: Final = 4096


def kept_theme(home: Path, configured: str) -> str:
    """The theme to start with: the one chosen last, unless the settings have named another one since.

    Args:
        home: The data directory.
        configured: The theme of the settings.
    """
    try:
        with os.fdopen(open_plain(home / NAME, in_plain_folder=False), "rb") as file:
            kept = json.loads(file.read(MOST_BYTES))
        theme, instead_of = kept["theme"], kept["instead_of"]
    except (OSError, ValueError, KeyError, TypeError):
        # Nothing was chosen yet, or what is there is of no use: the settings hold.
        return configured
    return str(theme) if instead_of == configured else configured


def keep_theme(home: Path, theme: str, configured: str) -> None:
    """Remember a choice.

    Args:
        home: The data directory.
        theme: What was chosen.
        configured: The theme of the settings, which it replaces until they name another one.

    Raises:
        OSError: It cannot be written.
    """
    path = home / NAME
    beside = path.with_name(f".{NAME}.{os.getpid()}")
    with os.fdopen(open_plain(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, in_plain_folder=False), "w", encoding="utf-8") as file:
        json.dump({"theme": theme, "instead_of": configured}, file)
    beside.replace(path)
