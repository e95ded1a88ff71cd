"""What help and palette list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from textual.message import Message
from textual.screen import Screen

from oyama_tui.core.text import first_line
from oyama_tui.studio import Studio
from oyama_tui.tui import messages
from oyama_tui.tui.commands.base import name_of_key
from oyama_tui.tui.dialogs.finder import Entry, Found
from oyama_tui.tui.render.approval import question_icon
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.frame import PLACES, label_of
from oyama_tui.tui.wording import line_of

RUNS_LISTED = 100
"""Runs in the palette at a time; any other is found by its words."""
QUESTIONS_LISTED = 100_000
"""Open questions in the palette: all, as far as anybody could have them."""
GROUPS = {"everywhere": "everywhere", "list": "lists and texts"}
FREE = ("everywhere.undo_hint", "everywhere.cancel_hint")
THEME = "theme "
"""How the keys of entries of themes begin."""
Post = Callable[[Message], object]


def help_entries(screen: Screen[object], run_action: Callable[..., Awaitable[bool]]) -> list[Entry]:
    """Every key that is valid now, the screen's own first.

    Args:
        screen: The screen that has the keys.
        run_action: The app's way to run an action.
    """
    keys: dict[str, list[str]] = {}
    found: dict[str, Entry] = {}
    for key, active in screen.active_bindings.items():
        binding = active.binding
        id = binding.id or binding.action
        if not active.enabled or not binding.description or id in FREE:
            continue
        keys.setdefault(id, []).append(name_of_key(key))
        room = id.split(".", 1)[0]
        run = partial(run_action, binding.action, active.node)
        found.setdefault(
            id,
            Entry(id, GROUPS.get(room, "here"), label_of(screen, binding) or binding.description, active.tooltip, "", run, explains=True),
        )
    order = {"here": 0, "lists and texts": 1, "everywhere": 2}
    entries = [Entry(e.key, e.group, e.title, e.detail, " ".join(keys[id][:2]), e.run, explains=True) for id, e in found.items()]
    return sorted(entries, key=lambda entry: order[entry.group])


def place_entries(go: Callable[[str], object]) -> list[Entry]:
    """The screens."""
    return [Entry(f"place {mode}", "screens", title, "", str(number), partial(go, mode)) for number, (mode, title) in enumerate(PLACES)]


def pause_entry(pause: Callable[[], object]) -> Entry:
    """What can be done with all runs at once."""
    return Entry("pause all", "everywhere", "pause all runs", "Start no new step of any run; running steps finish.", "", pause)


def picture_entry(save: Callable[[], object]) -> Entry:
    """A picture of what is on the screen below."""
    return Entry("picture", "everywhere", "picture of the screen", "Keep it as it is, as an SVG file: a screenshot.", "", save)


def theme_entries(themes: Mapping[str, str], choose: Callable[[str], object]) -> list[Entry]:
    """The themes.

    Args:
        themes: Their names, in order, and what is said of each.
        choose: Takes the name of the one that is chosen.
    """
    return [Entry(f"{THEME}{name}", "themes", name, words, "", partial(choose, name)) for name, words in themes.items()]


def look_at(look: Callable[[str], object], entry: Entry | None) -> None:
    """Show the theme under the cursor; where there is none, the one that was chosen.

    Args:
        look: Takes the name of a theme, or something that is none.
        entry: What is under the cursor.
    """
    look(entry.key.removeprefix(THEME) if entry is not None and entry.key.startswith(THEME) else "")


async def studio_entries(studio: Studio, icons: StatusIcons, post: Post) -> list[Entry]:
    """Approvals and workflows."""
    entries = []
    for approval in await studio.approvals.list(limit=QUESTIONS_LISTED):
        run = partial(post, messages.ApprovalOpened(approval.id))
        mark = question_icon(approval, icons).glyph
        entries.append(Entry(f"approval {approval.id}", "approvals", line_of(approval.title), approval.run_way, mark, run))
    for workflow in await studio.workflows.list():
        run = partial(post, messages.StartWanted(workflow.id))
        entries.append(Entry(f"workflow {workflow.id}", "workflows", f"run {line_of(workflow.name or workflow.id)}", workflow.id, "", run))
    return entries


async def run_entries(studio: Studio, icons: StatusIcons, post: Post, words: str = "") -> Found:
    """Runs that have some words, those first that are called by their number; the newest when there are no words.

    Args:
        studio: Where runs are.
        icons: How states are drawn.
        post: Takes the message of what is chosen.
        words: In any case of letters.
    """
    rows = await studio.runs.list(limit=RUNS_LISTED, words=words)
    entries = []
    for row in rows:
        run = partial(post, messages.RunOpened(row.id))
        icon = icons.of(row.word)
        about = f"{icon.word}  {line_of(first_line(row.reason))}".strip()
        entries.append(Entry(f"run {row.id}", "runs", row.run_way, about, icon.glyph, run, also=" ".join(row.sought)))
    note = f"{len(rows):,} of {rows.total:,}, type {'more' if words.strip() else 'to find any'}" if rows.total > len(rows) else ""
    return Found("runs", entries, note)
