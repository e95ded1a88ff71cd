"""What is written to the terminal is what has changed, and an update that was passed over is made up for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from textual._compositor import CompositorUpdate

from oyama_tui.tui.app import OyamaApp
from tests.tui.scene import LONG, RELEASE, Scene, until
from tests.tui.slow_terminal import slow_terminal

TICKS = 5
MOST_BYTES = 600
"""Of what one tick writes."""


class CountedApp(OyamaApp):
    """The app without a terminal, with account of what it would write."""

    painted = 0
    """Characters that widgets have drawn."""
    written = 0
    """Characters that the terminal would get of them."""

    def _display(self, screen: Any, renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            self.painted += len(renderable.render_segments(self.console))
            self.written += len(self.canvas.changes(renderable, self.console, self.cursor_position))
        super()._display(screen, renderable)


@pytest.mark.parametrize("keys", ["0", "1", "2", "3", "4", "2 enter"])
async def test_a_tick_writes_only_what_is_different(scene: Scene, keys: str) -> None:
    await scene.start(LONG)
    await scene.asked(RELEASE, version="v1")
    app = CountedApp(scene.studio)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.context.system is not None)
        for key in keys.split():
            await pilot.press(key)
            await until(pilot, lambda: getattr(app.screen, "view", None) is not None)
        await pilot.pause(0.3)
        app.painted = app.written = 0
        for _ in range(TICKS):
            app.screen.refresh()
            app.screen._on_second()  # type: ignore[attr-defined]
            await pilot.pause()
        await until(pilot, lambda: app.painted > TICKS * MOST_BYTES)
        assert app.written < TICKS * MOST_BYTES


async def test_a_terminal_that_is_behind_gets_one_frame_with_all_that_it_missed(scene: Scene) -> None:
    await scene.keep(LONG)
    app = OyamaApp(scene.studio)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.context.system is not None)
        with slow_terminal(app) as driver:
            for key in "2134":
                await pilot.press(key)
                await until(pilot, lambda: getattr(app.screen, "view", None) is not None)
            await pilot.pause(0.2)
            assert driver.frames == []
            driver.slow = False
            app.caught_up()
            await until(pilot, lambda: driver.frames)
            assert len(driver.frames) == 1
            assert "History" in driver.frames[0]
            app.caught_up()
            await pilot.pause(0.2)
            assert len(driver.frames) == 1


async def end_by(scene: Scene, end: Callable[[OyamaApp], None]) -> str:
    """What is handed out as the reason, when the screens are ended in some way."""
    app = OyamaApp(scene.studio)
    with suppress(ValueError, RuntimeError):
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.context.system is not None)
            end(app)
            # Not by the pilot: it waits half a minute for screens that have gone.
            async with asyncio.timeout(20):
                while not (app._closing or app._closed):
                    await asyncio.sleep(0.01)
    return str(app.failure)


async def test_a_mistake_of_any_thread_ends_the_screens_and_is_handed_out(scene: Scene) -> None:
    assert await end_by(scene, lambda app: app.broke(ValueError("a wrong key"))) == "a wrong key"
    assert await end_by(scene, lambda app: app.panic("a panic in words")) == "a panic in words"
