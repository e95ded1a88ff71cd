"""Which pictures there are: each walk begins with fresh screens and takes some on its way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from tests.tui.pictures.frame import Photographer, photographer

Walk = Callable[[Photographer], Awaitable[None]]


async def lists(p: Photographer) -> None:
    """The four screens as they are at first."""
    await p.sees("Release")
    await p.take("workflows")
    await p.press("2")
    await p.take("runs")
    await p.press("3")
    await p.take("approvals")
    await p.press("4")
    await p.take("history")
    await p.press("right_square_bracket")
    await p.take("past approvals")


WALKS: Final[Mapping[str, tuple[Walk, tuple[tuple[int, int], ...]]]] = {
    "lists": (lists, ((120, 36), (80, 24), (160, 50), (60, 20))),
}
"""By name: how it goes, and at which sizes, columns and rows."""


async def pictures_of(folder: Path, name: str, size: tuple[int, int]) -> dict[str, str]:
    """Take the pictures of a walk.

    Args:
        folder: Of the database.
        name: The walk.
        size: Columns and rows.

    Returns:
        The texts by the names of their files.
    """
    async with photographer(folder, size) as taking:
        await WALKS[name][0](taking)
    columns, rows = size
    return {f"{what.replace(' ', '_')}-{columns}x{rows}.txt": text for what, text in taking.pictures.items()}
