"""Bytes that come at once decide nothing that somebody who types slowly would not have decided, and break nothing."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.approval_parts import Card, Queue
from oyama_tui.tui.widgets.filter_bar import FilterBar
from tests.tui.scene import Scene, WatchedApp, eventually, open_scene
from tests.tui.typist import SOON, Typist, leave_everything, quickly, some_input

BURSTS = int(os.environ.get("OYAMA_BURSTS", "40"))
"""Bursts for each seed."""
SEEDS = range(int(os.environ.get("OYAMA_BURST_SEED", "1")), int(os.environ.get("OYAMA_BURST_SEED", "1")) + 2)
FORM = "form: {reason: {type: string}, loud: {type: boolean}, size: {options: [small, large], default: small}}"
QUESTIONS = {
    "alpha": "id: alpha\ninputs: {note: {type: string}}\nsteps:\n  - {id: ask, gate: {title: Publish alpha, target: here}, run: say a}\n",
    "beta": f"id: beta\nsteps:\n  - {{id: ask, gate: {{title: Delete beta, {FORM}}}, run: say b}}\n",
    "grave": "id: grave\nsteps:\n  - {id: ask, gate: {title: Drop, target: production, risk: high, confirm: true}, run: say g}\n",
}
Answers = dict[str, tuple[str, str, str]]


class StayingApp(WatchedApp):
    """The screens, which do not end: leaving is counted."""

    left = 0

    async def action_quit_screens(self) -> None:
        self.left += 1


class Stage:
    """Three open questions and screens over them."""

    def __init__(self, scene: Scene, app: StayingApp) -> None:
        self.scene, self.app, self.typist = scene, app, Typist(app)
        self.open: dict[str, str] = {}

    async def set_up(self) -> None:
        """Ask again what has been answered."""
        await leave_everything(self.app)
        pending = {row.id for row in await self.scene.studio.approvals.list()}
        for name, text in QUESTIONS.items():
            if self.open.get(name) not in pending:
                self.open[name] = await self.scene.asked(text)
        for screen in [stack[0] for stack in self.app._screen_stacks.values() if stack]:
            for bar in screen.query(FilterBar):
                bar.clear_words()
            screen.remove_class("-inside")
            for left in screen.query(".left"):
                left.focus()
        await self.typist.rest()

    async def answers(self) -> Answers:
        """How the questions stand."""
        found: Answers = {}
        for name, approval_id in self.open.items():
            card = await self.scene.studio.approvals.get(approval_id)
            form = str(dict(card.votes[0].form)) if card.votes else ""
            found[name] = (card.row.status, card.row.comment, form)
        return found

    async def at(self, key: bytes) -> None:
        await self.typist.write(key)
        await self.typist.look()

    async def on_question(self, name: str) -> None:
        """The cursor on a question, its card read."""
        await self.at(b"3")
        await eventually(lambda: isinstance(self.app.screen, ApprovalsScreen) and self.app.screen.view is not None)
        screen = self.app.screen
        assert isinstance(screen, ApprovalsScreen)
        screen.query_one(Queue).focus()
        screen.go_in()
        await eventually(lambda: screen.query_one(Queue).select_key(self.open[name]))
        await eventually(lambda: screen.card is not None and screen.subject_id() == self.open[name])
        card = screen.query_one(Card)
        await eventually(lambda: card.read_whole and monotonic() - card.in_sight_since >= 2 * SOON)
        await self.typist.rest()

    async def in_dialog(self, name: str, key: bytes) -> None:
        """A dialog about a question, armed."""
        await self.on_question(name)
        await self.at(key)
        assert isinstance(self.app.screen, Dialog), (name, key)

    async def over(self) -> None:
        """A dialog whose question has been answered elsewhere."""
        await self.in_dialog("alpha", b"r")
        dialog = self.app.screen
        await self.scene.studio.approvals.decide(self.open["alpha"], "approve", comment="elsewhere")
        await eventually(lambda: isinstance(dialog, Dialog) and dialog.over)

    async def in_run(self) -> None:
        """A run."""
        await self.at(b"2")
        await self.at(b"\r")
        await eventually(lambda: isinstance(self.app.screen, RunScreen))

    async def after(self, *keys: bytes) -> None:
        """Where some keys lead."""
        for key in keys:
            await self.at(key)


Arrive = Callable[[Stage], Awaitable[None]]
PLACES: dict[str, Arrive] = {
    "workflows": lambda stage: stage.after(b"1"),
    "runs": lambda stage: stage.after(b"2"),
    "run": lambda stage: stage.in_run(),
    "approvals": lambda stage: stage.on_question("alpha"),
    "history": lambda stage: stage.after(b"4"),
    "filter": lambda stage: stage.after(b"4", b"/"),
    "help": lambda stage: stage.after(b"3", b"?"),
    "palette": lambda stage: stage.after(b"3", b":"),
    "approve": lambda stage: stage.in_dialog("alpha", b"a"),
    "approve a form": lambda stage: stage.in_dialog("beta", b"a"),
    "approve at high risk": lambda stage: stage.in_dialog("grave", b"a"),
    "reject": lambda stage: stage.in_dialog("beta", b"r"),
    "over": lambda stage: stage.over(),
    "start": lambda stage: stage.after(b"1", b"r"),
    "cancel": lambda stage: stage.after(b"2", b"X"),
    "file": lambda stage: stage.after(b"1", b"o"),
    "new": lambda stage: stage.after(b"1", b"n"),
}


def decided(before: Answers, after: Answers) -> set[tuple[str, tuple[str, str, str]]]:
    """The answers that were given; withdrawn questions of cancelled runs are none."""
    return {(name, answer) for name, answer in after.items() if answer != before[name] and answer[0] in ("approved", "rejected")}


def is_shown(app: WatchedApp) -> bool:
    """Whether the screens know the whole."""
    return app.context.system is not None


async def one_burst(stage: Stage, chance: random.Random, place: str) -> int:
    """Write one burst somewhere; returns how many answers it gave."""
    await stage.set_up()
    await PLACES[place](stage)
    pieces = [some_input(chance, stage.app) for _ in range(chance.randint(1, 6))]
    before = await stage.answers()
    await stage.typist.write(b"".join(pieces))
    assert stage.app._exception is None, (place, pieces)
    given = decided(before, await stage.answers())
    if not given:
        return 0
    await stage.set_up()
    await PLACES[place](stage)
    before = await stage.answers()
    await stage.typist.write_slowly(pieces)
    meant = decided(before, await stage.answers())
    assert given <= meant, (place, pieces, given, meant)
    return len(given)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(max(240, BURSTS * 2))
async def test_a_burst_of_bytes_decides_nothing_that_slow_typing_would_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.chdir(tmp_path)
    quickly(monkeypatch)
    chance = random.Random(seed)
    given, done = 0, 0
    while done < BURSTS:
        async with open_scene(tmp_path / f"after-{done}") as scene:
            scene.folder.mkdir(exist_ok=True)
            app = StayingApp(scene.studio)
            async with app.run_test(size=chance.choice([(120, 36), (80, 24), (60, 20)])):
                await eventually(partial(is_shown, app))
                stage = Stage(scene, app)
                for _ in range(min(250, BURSTS - done)):
                    place = chance.choice(list(PLACES))
                    async with asyncio.timeout(60):
                        given += await one_burst(stage, chance, place)
                    done += 1
    print(f"seed {seed}: {done} bursts, {given} answers")
