"""The words of the first minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from textual.content import Content

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.format import time_of_day
from oyama_tui.core.text import safe_text, width_of
from oyama_tui.core.views import ApprovalRow, RunView
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio
from oyama_tui.tui.status_icons import NEEDS_YOU, StatusIcons
from oyama_tui.tui.widgets.layout import plain, wrapped

WELCOME: Final = "Oyama runs your steps and stops where a person must say yes. Nothing here yet."
CHOICES: Final = (
    ("enter", "Try the demo: one minute, offline, only touches a temporary folder"),
    ("n", "New workflow"),
    ("o", "Open a file"),
    ("q", "Quit"),
)
BY_THEMSELVES: Final = "Three steps run by themselves. The fourth will ask you."
NEEDS: Final = "Publish needs you. Nothing more happens until you answer, even if you close this window."


def keys(*choices: tuple[str, str]) -> list[Content]:
    """Keys with what they do."""
    return [Content.assemble((key, "bold $text-accent"), f"  {words}") for key, words in choices]


def welcome(width: int) -> Content:
    """What an empty house says."""
    room = width - 8
    block = Content("     ").join(keys(*CHOICES))
    if block.cell_length > room:
        column = max(len(key) for key, _ in CHOICES) + 2
        rows = [Content.assemble((key.ljust(column), "bold $text-accent"), words) for key, words in CHOICES]
        block = Content("\n").join(line for row in rows for line in wrapped(row, room, column, 0))
    return Content.assemble((WELCOME, "bold"), "\n\n", block)


def coach(run: RunView, published: ApprovalRow | None, icons: StatusIcons) -> Content:
    """What the demo's run says at its top.

    Args:
        run: The demo's run.
        published: Its answered question, when it is answered.
        icons: How states are drawn.
    """
    row = run.row
    if row.needs_you:
        return Content.assemble((f"{icons.of('needs you').glyph} {NEEDS}", NEEDS_YOU), "     ", *keys(("a", "look and answer")))
    if row.status == "completed" and published is not None and published.decided_at is not None:
        at = time_of_day(published.decided_at, seconds=False)
        done = f"{icons.of('completed').glyph} Approved by you, {at}. Published: site/index.html."
        choices = Content("     ").join(keys(("4", "see the record"), ("n", "make your own")))
        return Content.assemble((done, "$text-success"), "     ", choices)
    if row.ended:
        return Content.assemble(
            plain(f"{icons.of(row.status).glyph} {row.reason or row.status}", "$text-muted"), "     ", *keys(("4", "see the record"))
        )
    return Content.styled(BY_THEMSELVES, "$text-muted")


def farewell(settings: Settings, columns: int, folder: str = "", needed: bool = False) -> str:
    """What is said on leaving after the demo, in lines of their own: paths and commands are there to be copied.

    Args:
        settings: Know the database file, and how the program is found from here.
        columns: Of the terminal.
        folder: Where the demo's files are, when that is known.
        needed: The demo is not over, so it needs them.
    """
    lines = [
        ("Runs are kept in", str(settings.database_path)),
        ("Come back with", settings.command()),
        ("From a script", settings.command("approvals")),
    ]
    if folder:
        lines.append(("Until the demo is over, it needs" if needed else "The demo is over; delete its files when you like", folder))
    width = max(len(label) for label, _ in lines[:3])
    said = []
    for label, text in lines:
        gap = "  " if len(label) <= width and width + 3 + width_of(safe_text(text)) <= columns else "\n  "
        said.append(f"{f'{label}:'.ljust(width + 1) if gap == '  ' else f'{label}:'}{gap}{safe_text(text)}\n")
    return "".join(said)


async def demo_files(studio: Studio, run_id: str) -> tuple[str, bool]:
    """The folder that the demo has made, and whether its run still needs it; no folder when nobody knows.

    Args:
        studio: Where to ask.
        run_id: The demo's run.
    """
    try:
        made = await studio.runs.attempt(run_id, "prepare")
        run = await studio.runs.get(run_id)
    except OyamaError:
        # It is only a courtesy: whatever is wrong with the database was said on the screens.
        return "", False
    folder = made.outputs.get("folder") if made is not None else None
    return (folder, not run.row.ended) if isinstance(folder, str) and Path(folder).is_dir() else ("", False)
