"""Work beside the messages ends with its widget, and hides no mistake."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.containers import Container
from textual.css.query import NoMatches
from textual.widgets import Label
from textual.worker import WorkerFailed

from oyama_tui.tui.work import is_going, work
from tests.tui.scene import eventually


class Box(Container):
    """A widget with one part, and a note of how far its job has come."""

    come_to = "nothing"

    def compose(self) -> ComposeResult:
        yield Label("part", id="part")

    async def look_at_part_while_going(self) -> None:
        self.remove()
        while self.children:
            await asyncio.sleep(0)
        self.come_to = "the part is gone"
        self.query_one("#part")

    async def look_at_what_never_was(self) -> None:
        self.query_one("#never")


class BoxApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Box()


async def test_a_job_that_outlives_the_parts_of_its_widget_ends_quietly() -> None:
    app = BoxApp()
    async with app.run_test() as pilot:
        box = app.query_one(Box)
        work(box, box.look_at_part_while_going, group="look")
        await eventually(lambda: box.come_to == "the part is gone")
        await eventually(lambda: not any(worker for worker in app.workers if not worker.is_finished))
        await pilot.pause()
    assert app._exception is None


async def test_a_job_that_outlives_the_screens_of_its_app_ends_quietly() -> None:
    come_to: list[str] = []

    async def look_at_screen_while_the_app_ends() -> None:
        while app._screen_stack:
            await asyncio.sleep(0)
        come_to.append("the screens are gone")
        _screen = app.screen

    app = BoxApp()
    async with app.run_test():
        work(app.query_one(Box), look_at_screen_while_the_app_ends, group="look")
        work(app, look_at_screen_while_the_app_ends, group="look")
    assert app._exception is None
    assert "the screens are gone" in come_to


async def test_an_app_that_runs_is_not_going() -> None:
    app = BoxApp()
    async with app.run_test():
        assert not is_going(app)
        assert not is_going(app.query_one(Box))
    assert is_going(app)


async def test_a_job_that_looks_for_what_is_not_there_is_a_mistake() -> None:
    app = BoxApp()

    async def look() -> None:
        async with app.run_test() as pilot:
            box = app.query_one(Box)
            work(box, box.look_at_what_never_was, group="look")
            await eventually(lambda: app._exception is not None)
            await pilot.pause()

    with pytest.raises(WorkerFailed) as failed:
        await look()
    assert isinstance(failed.value.error, NoMatches)
