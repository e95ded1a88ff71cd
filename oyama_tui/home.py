"""The data directory; known without reading the settings, because a hook runs at every call of an agent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

APP: Final = "oyama"


def default_home() -> Path:
    """The data directory: `OYAMA_HOME`, else the platform's place for user data."""
    given = os.environ.get("OYAMA_HOME")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir(APP))
