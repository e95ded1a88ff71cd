"""Keys that come in one read do what the same keys do one by one."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import AsyncIterator

import pytest

from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.paged_rows import PagedRows
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.writing import OneLine, SeveralLines
from tests.tui.scene import GRAVE, RELEASE, Scene, WatchedApp, armed, looked_at, until
from tests.tui.test_bursts import Stage, StayingApp
from tests.tui.typist import Typist, leave_everything, quickly

KEYS = (
    b"j",
    b"k",
    b"G",
    b"\r",
    b"l",
    b"h",
    b"\t",
    b"\x1b",
    b":",
    b"?",
    b"/",
    b"1",
    b"2",
    b"3",
    b"4",
    b"a",
    b"r",
    b"o",
    b"n",
    b"q",
    b"X",
    b"!",
    b"]",
)
SEQUENCES = int(os.environ.get("OYAMA_TEST_SEQUENCES", "3"))
"""Of two and three keys, tried at each place."""
PLACES = (b"0", b"1", b"2", b"2\r", b"3", b"4")


def picture(app: WatchedApp) -> tuple[object, ...]:
    """Where one is: place, screens, focus, the item under the cursor, the words in fields."""
    fields = tuple(field.value for field in app.screen.walk_children() if isinstance(field, OneLine | SeveralLines))
    subject = app.screen.subject_id() if hasattr(app.screen, "subject_id") else ""
    return app.current_mode, tuple(type(screen).__name__ for screen in app.screen_stack), getattr(app.focused, "id", None), subject, fields


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.slow
async def test_two_and_three_keys_at_once_do_what_they_do_one_by_one(scene: Scene, monkeypatch: pytest.MonkeyPatch, place: bytes) -> None:
    quickly(monkeypatch)
    await scene.asked(RELEASE)
    await scene.asked(GRAVE)
    app = StayingApp(scene.studio)
    chance = random.Random(place)
    sequences = [*itertools.product(KEYS, repeat=2), *itertools.product(KEYS, repeat=3)]
    async with app.run_test(size=(120, 36)):
        stage, typist = Stage(scene, app), Typist(app)
        for keys in chance.sample(sequences, SEQUENCES):
            pictures: list[tuple[object, ...]] = []
            taken: list[bytes] = []
            for at_once in (False, True):
                await leave_everything(app)
                for mode in ("workflows", "runs", "approvals", "history"):
                    await app.switch_mode(mode)
                    app.screen.remove_class("-inside")
                    left = app.screen.query(".left").first()
                    left.focus()
                    await typist.rest()
                    if isinstance(left, Rows | PagedRows):
                        left.action_move_top()
                await typist.rest()
                for letter in place.decode():
                    await stage.at(letter.encode())
                if at_once:
                    await typist.write(b"".join(taken))
                else:
                    for key in keys:
                        taken.append(key)
                        await typist.write(key)
                        if isinstance(app.screen, Dialog) or key == b"\x1b":
                            break
                await typist.look()
                pictures.append(picture(app))
            assert app._exception is None, (place, keys)
            meant = {b"a", b"r", b"X"} if pictures[0][0] == "approvals" else {b"a", b"r"}
            if not meant.intersection(taken):
                assert pictures[0] == pictures[1], (place, taken, app.carried_out[-8:])


@pytest.fixture
async def form(scene: Scene) -> AsyncIterator[tuple[WatchedApp, Typist]]:
    await scene.asked(GRAVE)
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        await until(pilot, lambda: app.screen.query_one("#card").read_whole)  # type: ignore[attr-defined]
        await pilot.press("a")
        await armed(pilot)
        yield app, Typist(app)


async def test_what_is_typed_after_tab_lands_in_the_next_field(form: tuple[WatchedApp, Typist]) -> None:
    app, typist = form
    dialog = app.screen
    assert isinstance(dialog, DecisionDialog)
    first, second, comment, target = [field for field in dialog.walk_children() if isinstance(field, OneLine | SeveralLines)]
    first.focus()
    await typist.rest()
    await typist.write(b"ana\t4\tnothing to say\tproduction")
    assert [field.value for field in (first, second, comment, target)] == ["ana", "34", "nothing to say", "production"]


@pytest.mark.parametrize("keys", [b":\r\r", b"\rq", b"?\r\r", b":\x1b[B\r\r\r", b"2\rq", b"rq\r", b"1\r1\rq"])
async def test_keys_that_open_and_close_at_once_break_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch, keys: bytes) -> None:
    quickly(monkeypatch)
    await scene.asked()
    app = StayingApp(scene.studio)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.context.system is not None)
        typist = Typist(app)
        await typist.rest()
        await typist.write(keys)
        assert app._exception is None
