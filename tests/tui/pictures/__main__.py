"""Takes all pictures anew and keeps them: `python -m tests.tui.pictures`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.tui.pictures.album import FOLDER, differences, keep
from tests.tui.pictures.frame import gallery
from tests.tui.pictures.walks import WALKS, pictures_of


async def take_all(folder: Path) -> dict[str, str]:
    """Take the pictures of all walks.

    Args:
        folder: Of the database.
    """
    found: dict[str, str] = {}
    for name, (sizes, _) in WALKS.items():
        for size in sizes:
            found.update(await pictures_of(folder, name, size))
    return found


def main() -> int:
    """Take them, say what is different, and keep them."""
    with gallery() as folder:
        pictures = asyncio.run(take_all(folder))
    print(differences(pictures) or "Nothing is different.")
    keep(pictures)
    print(f"{len(pictures)} pictures are kept in {FOLDER}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
