"""Somebody who answers through the screens, key by key, while others answer the same question."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Final

from oyama_tui.core.events import Principal
from oyama_tui.core.format import date_and_time, time_of_day
from oyama_tui.core.views import ApprovalRow
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.dialogs.edit import EditDialog
from oyama_tui.tui.messages import ApprovalOpened
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import IN_SIGHT, Card
from tests.tui.scene import WatchedApp, eventually, shown

KEYS: Final = {"approve": "a", "edit": "e", "reject": "r", "send_back": "b", "withdraw": "X"}
STAGES: Final = ("looks", "opens", "sees", "types", "sends", "leaves")
"""How far somebody has come when the others answer."""
TOO_FAST: Final = ("enter", "a", "enter", "r", "enter")
"""What a hand that does not look types on."""
MOMENTS: Final = (0, 0, 0.002, 0.01, 0.04, 0.15)
"""Seconds for which somebody stops there; long enough that the news comes meanwhile, or not."""
UNTIL_LATE: Final = (0, 0.5, 1.0, 1.5)
"""The same where the time for an answer runs out."""
MOST_TABS: Final = 8


class ToldApp(WatchedApp):
    """The app, noting the words of its toasts."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.told: list[str] = []

    def notify(self, message: str, **how: Any) -> None:
        """Show a toast."""
        self.told.append(message)
        super().notify(message, **how)


class Seat:
    """A person at the screens.

    Args:
        app: The screens.
        studio: Under them.
    """

    def __init__(self, app: ToldApp, studio: Studio) -> None:
        self.app, self.studio = app, studio
        self.who = studio.principal.name
        self.done: list[str] = []
        """How far somebody came, for messages of failed checks."""

    async def turn_to(self, approval: str) -> None:
        """Look at a question, as long as somebody does before a key can mean it."""
        self.done, self.app.told = [], []
        self.app.post_message(ApprovalOpened(approval))

        def is_seen() -> bool:
            screen = self.app.screen
            if not isinstance(screen, ApprovalsScreen) or screen.card is None or screen.card.row.id != approval:
                return False
            return monotonic() - screen.query_one(Card).in_sight_since >= IN_SIGHT

        await eventually(is_seen)
        await self._rest()

    async def answer(self, act: str, kind: str, stage: str, go: asyncio.Event, chance: random.Random) -> None:
        """Answer what is looked at; at some stage the others are let go, and somebody goes on without a look."""
        try:
            await self._answer(act, kind, stage, go, chance)
        finally:
            go.set()

    async def _answer(self, act: str, kind: str, stage: str, go: asyncio.Event, chance: random.Random) -> None:
        async def come_to(here: str) -> None:
            self.done.append(f"{here}: {type(self.app.screen).__name__}")
            if here == stage:
                go.set()
                await asyncio.sleep(chance.choice(UNTIL_LATE if "late" in kind else MOMENTS))

        await come_to("looks")
        await self._press(KEYS[act])
        await come_to("opens")
        if await self._is_ready():
            await come_to("sees")
            await self._type(act, kind)
            await come_to("types")
            await self._to_the_answer()
        if act == "edit" and isinstance(self.app.screen, EditDialog):
            await self._press("enter")
            if await self._is_ready():
                await self._to_the_answer()
        await come_to("sends")
        for key in ("enter", *TOO_FAST[: chance.choice((0, 0, 1, 3, 5))]):
            self.app.simulate_key(key)
        await self._rest()
        await come_to("leaves")

    async def _rest(self) -> None:
        await eventually(lambda: self.app.input.is_idle)

    async def _press(self, key: str) -> None:
        self.app.simulate_key(key)
        await self._rest()

    async def _is_ready(self) -> bool:
        """Wait as somebody does for a dialog; false when there is none that takes an answer."""
        dialog = self.app.screen
        if not isinstance(dialog, Dialog):
            return False
        await eventually(lambda: dialog.armed or dialog.over or self.app.screen is not dialog)
        return self.app.screen is dialog and not dialog.over

    async def _type(self, act: str, kind: str) -> None:
        words = {"approve": "3" if kind == "form" else "", "edit": "new"}.get(act, "no")
        for letter in words:
            await self._press(letter)

    async def _to_the_answer(self) -> None:
        for _ in range(MOST_TABS):
            focused = self.app.focused
            if focused is None or focused.id == "yes":
                return
            await self._press("tab")

    async def is_told(self, row: ApprovalRow, *, voted: bool) -> None:
        """Wait until the screen says what became of a question that is over: who ended it and when, or that the time was out.

        Args:
            row: The question.
            voted: The journal has a vote of this person.
        """
        mine = f" by {self.who} at "
        try:
            await eventually(lambda: self._says(row) and (not voted or self._says_that_it_counts(mine)))
        except TimeoutError:
            raise AssertionError(f"{self.who} is not told about {row.said}\n{self.record}") from None
        assert voted or not any(mine in told and not told.startswith("already") for told in self.app.told), self.record

    def _says(self, row: ApprovalRow) -> bool:
        """What stands on the screen: the dialog that waits to be closed, or the card."""
        screen = self.app.screen
        at = row.decided_at
        assert at is not None
        when: tuple[str, ...]
        if isinstance(screen, Dialog):
            words, when = screen.over, (time_of_day(at), date_and_time(at))
        elif isinstance(screen, ApprovalsScreen) and screen.card is not None and screen.card.row.id == row.id:
            words, when = shown(self.app), (date_and_time(at),)
        else:
            return False
        who = row.decided_by or {"expired": "expired"}.get(row.status, "")
        return bool(words) and who in words and (any(moment in words for moment in when) or "ran out" in words)

    def _says_that_it_counts(self, mine: str) -> bool:
        """Whoever has answered with success is told so."""
        return any("counted" in told or mine in told or " at " in told for told in self.app.told)

    async def get_up(self) -> None:
        """Close what is still open, as soon as it can be."""
        while isinstance(dialog := self.app.screen, Dialog):
            await eventually(lambda dialog=dialog: dialog.armed or self.app.screen is not dialog)  # type: ignore[misc]
            await self._press("escape")

    @property
    def record(self) -> str:
        """All that is known of what somebody did and was told."""
        return f"{self.done}\n{self.app.told}\n{self.app.carried_out[-20:]}\n{shown(self.app)}"


@asynccontextmanager
async def seat(settings: Settings, name: str, size: tuple[int, int]) -> AsyncIterator[Seat]:
    """A person at screens of their own."""
    async with open_studio(settings, trigger="screen") as studio:
        studio._context.caller.__dict__["principal"] = Principal(name=name)
        app = ToldApp(studio)
        async with app.run_test(size=size):
            await eventually(lambda: app.context.system is not None)
            yield Seat(app, studio)
