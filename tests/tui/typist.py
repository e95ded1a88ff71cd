"""Somebody who writes bytes to the terminal: they go through the parser that reads a real one."""

from __future__ import annotations

import asyncio
import codecs
import random
from collections.abc import Callable
from time import monotonic

import pytest
from textual import constants
from textual.screen import ModalScreen

from oyama_tui.tui.dialogs import arming
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.keyboard import Keyboard
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets import approval_parts, reading
from oyama_tui.tui.widgets.approval_parts import Card
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.filter_bar import FilterBar
from tests.tui.scene import WatchedApp, eventually

SOON = 0.01
"""Seconds instead of those that a person gets: times of typing are compared, so none of a burst comes late enough anyway."""
PACE_OF_THE_MACHINE = 20.0
"""Seconds that input waits for what the input before it has caused; a person gets two."""
KEYS = (
    *(letter.encode() for letter in "aarrjjkkgGhlnopsqxXyYufw1234!?:/[]NdDeE \t"),
    b"\r",
    b"\r",
    b"\r",
    b"\x1b",
    b"\x1b[A",
    b"\x1b[B",
    b"\x1b[C",
    b"\x1b[D",
    b"\x1b[Z",
    b"\x1b[5~",
    b"\x1b[6~",
    b"\x1b[H",
    b"\x1b[F",
    b"\x04",
    b"\x15",
    b"\x03",
    b"\x10",
    b"\x12",
    b"\x7f",
    b"production",
    "é".encode(),
    "日本".encode(),
)
ANSWERING = (b"\r", b"\r", b"\r", b"\t", b"\t\r", b"\x1b[C", b"\x1b[Z", b" ", b"why", b"production")
"""What leads to an answer in a dialog."""
PASTES = (b"a", b"one\ntwo\n", b"a\r\ny\r", b"\x1b[31mred\x07\x9b1m", "x\u202ey\u0085z".encode(), b"caf\xe9", b"q" * 5000)
INVALID = (b"\xff", b"\xe9x", b"\xe2\x82", b"\x1b[M \xe8\x28", b"\x9b1m", b"\x1b[<0;1;1", b"\x1b[200~no end", b"\x00")


def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the times that a person needs to look."""
    monkeypatch.setattr(arming, "ARMED_AFTER", SOON)
    monkeypatch.setattr(arming, "QUIET", SOON)
    monkeypatch.setattr(approval_parts, "IN_SIGHT", SOON)
    monkeypatch.setattr(reading, "TO_READ", SOON)
    monkeypatch.setattr(constants, "ESCAPE_DELAY", SOON / 2)


def click(x: int, y: int, button: int = 0) -> bytes:
    """A press and a release as a terminal reports them; 2 is the right button."""
    return f"\x1b[<{button};{x + 1};{y + 1}M\x1b[<{button};{x + 1};{y + 1}m".encode()


class Typist:
    """Writes to one app."""

    def __init__(self, app: WatchedApp) -> None:
        self.app = app
        # What a burst does is compared with what slow typing does: a machine that stands still for a while is no reason to go on.
        app.input._patience = PACE_OF_THE_MACHINE
        self._begin()

    def _begin(self) -> None:
        """Go on with nothing that was cut off before."""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._keyboard = Keyboard()

    async def write(self, data: bytes) -> None:
        """One write, and then nothing until everything that it has caused is done."""
        self._begin()
        await self._go_on(data)

    async def _go_on(self, data: bytes) -> None:
        driver = self.app._driver
        assert driver is not None
        for message in self._keyboard.feed(self._decoder.decode(data)):
            driver.process_message(message)
        await asyncio.sleep(SOON)
        for message in self._keyboard.tick():
            driver.process_message(message)
        await self.rest()

    async def rest(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await eventually(lambda: self.app.input.is_idle or self.app._exception is not None)

    async def look(self) -> None:
        """Wait as somebody does who looks before typing on."""
        screen = self.app.screen
        if isinstance(screen, Dialog):
            await eventually(lambda: screen.armed or self.app.screen is not screen)
        elif isinstance(screen, ApprovalsScreen) and screen.card is not None and screen.query_one(Card).is_on_screen:
            card = screen.query_one(Card)
            await eventually(lambda: monotonic() - card.in_sight_since >= 2 * SOON)
        await self.rest()

    async def write_slowly(self, pieces: list[bytes]) -> None:
        """Look after every piece."""
        self._begin()
        for piece in pieces:
            await self.look()
            await self._go_on(piece)


def some_input(chance: random.Random, app: WatchedApp) -> bytes:
    """A key mostly; else a paste, a mouse report or bytes that are no text."""
    kind = chance.random()
    if kind < 0.72:
        return chance.choice(ANSWERING if isinstance(app.screen, Dialog) and chance.random() < 0.6 else KEYS)
    if kind < 0.80:
        return b"\x1b[200~" + chance.choice(PASTES) + b"\x1b[201~"
    if kind < 0.86:
        return chance.choice(INVALID)
    return some_mouse(chance, app)


def some_mouse(chance: random.Random, app: WatchedApp) -> bytes:
    """A click somewhere, often on a button; a right click, a double click, a wheel, a move."""
    places = [(chance.randrange(app.size.width), chance.randrange(app.size.height))]
    if isinstance(app.screen, ModalScreen):
        places += [(button.region.x + 1, button.region.y) for button in app.screen.query(DialogButton)] * 2
    x, y = chance.choice(places)
    return chance.choice(
        [
            click(x, y),
            click(x, y),
            click(x, y) * 2,
            click(x, y, 2),
            click(x, y, 1),
            f"\x1b[<64;{x + 1};{y + 1}M".encode(),
            f"\x1b[<35;{x + 1};{y + 1}M".encode(),
        ]
    )


async def leave_everything(app: WatchedApp) -> None:
    """Back to a place without dialogs, filters, marks and what was opened."""
    for mode, stack in list(app._screen_stacks.items()):
        if len(stack) > 1:
            await app.switch_mode(mode)
            while len(app.screen_stack) > 1:
                await app.pop_screen()
        for bar in stack[0].query(FilterBar):
            bar.clear_words()
        if isinstance(stack[0], ApprovalsScreen):
            stack[0].questions.mark(None)


Condition = Callable[[], object]
