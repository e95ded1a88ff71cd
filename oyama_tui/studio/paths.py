"""Paths as people write them, made whole."""

from __future__ import annotations

import os
from pathlib import Path

from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.storable import is_whole


def normal_path(path: Path | str, folder: Path | str = "") -> Path:
    """A file's one path: absolute, without `.` and `..`; links stay as they are named, because they may lead elsewhere tomorrow.

    Args:
        path: As a person writes it.
        folder: Where a relative one starts; the working directory when empty.

    Raises:
        InvalidInput: It is not UTF-8, which is all that a journal can hold, or begins with the home of somebody unknown.
    """
    try:
        whole = (Path(folder) / Path(path).expanduser()).absolute()
    except RuntimeError:
        raise InvalidInput(f"The path {path} begins with the home of nobody who is known here.", "Write the whole path.") from None
    if not is_whole(str(whole)):
        raise InvalidInput(
            f"The path {os.fsencode(whole).decode('utf-8', 'backslashreplace')} is not UTF-8 text.",
            "Give its folder or file another name, or move the workflow elsewhere.",
        )
    if ".." not in whole.parts:
        return whole
    made = Path(whole.anchor)
    for part in whole.parts[1:]:
        if part == "..":
            # What is above a link's folder is above the folder that it leads to.
            made = (made.resolve() if made.is_symlink() else made).parent
        else:
            made /= part
    return made


def directory_of(source: str) -> str:
    """Where the steps of a workflow work: beside its file, or here when it has none.

    Args:
        source: The path of its file; empty for a stored one.

    Raises:
        InvalidInput: The working directory's name is not UTF-8.
    """
    return str(Path(source).parent if source else normal_path(Path.cwd()))
