"""Screens over a real studio on a real file, with steps that do what their script says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from pydantic import JsonValue
from textual import events
from textual.app import App
from textual.keys import REPLACED_KEYS, _character_to_key, key_to_character
from textual.pilot import Pilot
from textual.widgets import Button

from oyama_tui.core.commands import Outcome
from oyama_tui.core.events import Evidence
from oyama_tui.core.views import RunRow
from oyama_tui.settings import Settings
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.studio import Studio, open_studio
from oyama_tui.tui import input_queue
from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import IN_SIGHT, Card

PATIENCE = 30.0
"""Seconds that a test waits for something to become true."""

RELEASE = """
id: release
name: Release
inputs:
  version: {type: string, required: true, pattern: '^v', description: Tag to publish}
  channel: {options: [beta, stable], default: beta}
  loud: {type: boolean, default: true}
steps:
  - {id: test, run: "say tested"}
  - id: publish
    gate: {title: "Publish ${{ inputs.version }}", prompt: "All checks passed.", target: production, preview: "look"}
    run: "say published"
  - {id: announce, run: "say announced"}
"""
GRAVE = """
id: grave
name: Grave
steps:
  - id: drop
    gate:
      title: Drop the table
      target: production
      risk: high
      confirm: true
      form: {reason: {type: string, required: true}, rows: {type: integer, default: 3}}
    run: "say dropped"
"""
LONG = """
id: long
name: Long
steps:
  - {id: first, run: "say begun"}
  - {id: hold, run: "hold"}
  - {id: last, run: "say ended"}
"""
BROKEN = """
id: broken
name: Broken
steps:
  - {id: bad, run: "fail"}
"""


class Steps:
    """Executors of steps by script: `say WORDS`, `hold` until released, `fail`, `flood LINES`."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Do what the script says."""
        if order.kind == "gate":
            preview = order.input.get("preview")
            evidence = Evidence(preview="would publish 2 files\n", exit_code=0, at=context.now()) if preview else Evidence(at=context.now())
            return Outcome(node=order.node, attempt=order.attempt, status="succeeded", result=evidence.model_dump(mode="json"))
        if order.kind == "set":
            values: Any = order.input["set"]
            return Outcome(node=order.node, attempt=order.attempt, status="succeeded", context=values)
        word, _, rest = str(order.input["script"]).partition(" ")
        began = monotonic()
        if word == "hold":
            context.log_path().write_text("holding\n")
            await self.released.wait()
        if word == "fail":
            return Outcome(node=order.node, attempt=order.attempt, status="failed", kind="exit", message="exit 2", exit_code=2)
        text = "".join(f"line {number} of the flood\n" for number in range(int(rest))) if word == "flood" else f"{rest}\n"
        context.log_path().write_text(text)
        took = {"duration": round((monotonic() - began) * 1000)}
        return Outcome(node=order.node, attempt=order.attempt, status="succeeded", output=text[:2000].rstrip("\n"), exit_code=0, **took)

    @property
    def by_kind(self) -> Mapping[str, Steps]:
        """Itself for every kind with a process."""
        return {"run": self, "python": self, "gate": self, "set": self}


class WatchedApp(OyamaApp):
    """The app, noting which actions were carried out."""

    def __init__(self, studio: Studio, **given: Any) -> None:
        super().__init__(studio, **given)
        self.carried_out: list[str] = []

    async def _dispatch_action(self, namespace: Any, action_name: str, params: Any) -> bool:
        done = await super()._dispatch_action(namespace, action_name, params)
        if done:
            self.carried_out.append(action_name)
        return done


class PatientPilot(Pilot[int]):
    """A typist who looks: goes on when what a key has caused is there, or nothing has come for as long as the screens would wait."""

    async def press(self, *keys: str) -> None:
        """Type keys by their names, one after another."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(events.Key(name, key_to_character(REPLACED_KEYS.get(name, name))))
            await self._rest()

    async def pause(self, delay: float | None = None) -> None:
        """Wait so many seconds, or until nothing is under way."""
        if delay is None:
            await self._rest()
        else:
            await super().pause(delay)

    async def _rest(self) -> None:
        """Wait until nothing is under way: the pilot's own way is to look every 20 ms whether the process uses its processor."""
        assert isinstance(self.app, OyamaApp)
        deadline = monotonic() + 2 * input_queue.PATIENCE
        while self._is_busy(self.app) and self.app.is_running and monotonic() < deadline:
            await asyncio.sleep(0.002)
        await self.app.animator.wait_until_complete()
        await super().pause(0)

    @staticmethod
    def _is_busy(app: OyamaApp) -> bool:
        """Whether anything is under way, or a button still looks pressed: it takes no second press then."""
        return not app.input.is_idle or (bool(app.screen_stack) and bool(app.screen.query(Button).filter(".-active")))


class Scene:
    """A studio, and screens over it.

    Args:
        studio: Opened, driving all runs.
        steps: What its steps do.
        folder: Where definitions are written.
    """

    def __init__(self, studio: Studio, steps: Steps, folder: Path) -> None:
        self.studio = studio
        self.steps = steps
        self.folder = folder

    async def keep(self, text: str) -> str:
        """Keep a definition; returns its id."""
        name = text.split("id: ", 1)[1].split("\n", 1)[0]
        path = self.folder / f"{name}.yaml"
        path.write_text(text)
        return (await self.studio.workflows.add(path)).id

    async def start(self, text: str, **inputs: JsonValue) -> RunRow:
        """Keep a definition and start a run of it."""
        return await self.studio.runs.start(await self.keep(text), inputs)

    async def asked(self, text: str = RELEASE, **inputs: JsonValue) -> str:
        """Start a run and wait until its gate is open; returns the approval's id."""
        if text is RELEASE and not inputs:
            inputs = {"version": "v1"}
        row = await self.start(text, **inputs)
        found = ""

        async def is_open() -> bool:
            nonlocal found
            ids = [approval.id for approval in await self.studio.approvals.list() if approval.run_id == row.id]
            found = ids[0] if ids else ""
            return bool(found)

        await eventually(is_open)
        return found

    async def phase(self, run_id: str) -> str:
        """A run's phase."""
        return (await self.studio.runs.get(run_id)).row.status

    @asynccontextmanager
    async def screens(self, size: tuple[int, int] = (120, 36), **given: Any) -> AsyncIterator[tuple[WatchedApp, Pilot[int]]]:
        """The screens, shown and settled."""
        app = WatchedApp(self.studio, **given)
        async with app.run_test(size=size):
            pilot = PatientPilot(app)
            await until(pilot, lambda: app.context.system is not None)
            yield app, pilot


@asynccontextmanager
async def open_scene(folder: Path, **settings: Any) -> AsyncIterator[Scene]:
    """A scene in a folder."""
    steps = Steps()
    given = Settings(home=folder / "home", bell=False, **settings)
    async with open_studio(given, drive="all", trigger="test", executors=steps.by_kind) as studio:
        try:
            yield Scene(studio, steps, folder)
        finally:
            steps.released.set()


async def eventually(condition: Callable[[], Any]) -> None:
    """Wait until a condition, awaitable or not, holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.01)


async def until(pilot: Pilot[Any], condition: Callable[[], Any]) -> None:
    """Let the app work until a condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await pilot.pause(0.01)


def shown(app: App[Any]) -> str:
    """All text on the screen."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


async def sees(pilot: Pilot[Any], words: str) -> None:
    """Wait until these words are on the screen: what a widget has been told is painted a moment later."""
    try:
        await until(pilot, lambda: words in shown(pilot.app))
    except TimeoutError:
        raise AssertionError(f"never seen: {words!r} on\n{shown(pilot.app)}") from None


def toasts(app: OyamaApp) -> list[str]:
    """The words of the toasts."""
    return [notification.message for notification in app._notifications]


async def looked_at(pilot: Pilot[int]) -> None:
    """Wait until a card has been in sight long enough to be answered."""
    screen = pilot.app.screen
    await until(pilot, lambda: isinstance(screen, ApprovalsScreen) and monotonic() - screen.query_one(Card).in_sight_since >= IN_SIGHT)


def in_sight_is_read(card: Card) -> bool:
    """Whether the lines in sight count as read."""
    lines = range(card.top, min(card.top + card.room.height, len(card.lines)))
    return card._lines_read.issuperset(lines)


async def armed(pilot: Pilot[int]) -> None:
    """Wait until the dialog on top takes keys."""
    await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
