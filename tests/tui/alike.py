"""Questions that are the same but for their target, and what a typist does with them."""

from __future__ import annotations

from textual.pilot import Pilot

from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import Card, Queue
from oyama_tui.tui.widgets.questions import Questions
from tests.tui.scene import Scene, WatchedApp, in_sight_is_read, until

RESTART = """
id: restart
name: Restart
inputs: {host: {type: string, required: true}}
steps:
  - id: web
    gate: {title: "Restart web on ${{ inputs.host }}", target: "${{ inputs.host }}"}
    run: "say restarted"
"""


async def restarts(scene: Scene, *hosts: str, text: str = RESTART) -> list[str]:
    """Ask the same of several hosts; returns the ids of the approvals."""
    return [await scene.asked(text, host=host) for host in hosts]


def on_screen(app: WatchedApp) -> Questions:
    assert isinstance(app.screen, ApprovalsScreen)
    return app.screen.questions


async def at_queue(app: WatchedApp, pilot: Pilot[int]) -> Queue:
    """Go to the approvals, and wait for the first card."""
    await pilot.press("3")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
    return on_screen(app).queue


async def read_to_the_end(pilot: Pilot[int], card: Card) -> None:
    """Read the card as somebody does."""
    await until(pilot, lambda: card.lines)
    while not card.read_whole:
        await until(pilot, lambda: in_sight_is_read(card))
        await pilot.press("ctrl+d")


async def has_looked(app: WatchedApp, pilot: Pilot[int], approval_id: str) -> None:
    """Wait until the card of a question counts as looked at."""
    questions = on_screen(app)

    def is_looked_at() -> bool:
        questions.here.note_look()
        return approval_id in questions.marks.looked_at

    await until(pilot, is_looked_at)
