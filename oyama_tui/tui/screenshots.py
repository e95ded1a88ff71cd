"""Pictures of the screen, kept as files."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from oyama_tui.files import plain_folder, written_beside

FOLDER: Final = "screenshots"
_FONTS_FROM_ELSEWHERE: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def keep_screenshot(home: Path, picture: str, at: datetime) -> Path:
    """Keep a picture as a file of its own, for its owner alone; none that is there is ever written over.

    Args:
        home: The data directory.
        picture: As SVG. It is kept without the fonts that it names: whoever looks at it would fetch them from somebody's server.
        at: When it was taken, in the time of the place.

    Returns:
        The file.

    Raises:
        OSError: It cannot be written.
    """
    folder = home / FOLDER
    plain_folder(folder)
    content = _FONTS_FROM_ELSEWHERE.sub("", picture).encode("utf-8")
    for number in count(1):
        path = folder / f"oyama-{at:%Y-%m-%d-%H%M%S}{f'-{number}' if number > 1 else ''}.svg"
        try:
            with written_beside(path, replace=False) as file:
                file.write(content)
        except FileExistsError:
            continue
        return path
    raise AssertionError("numbers have no end")
