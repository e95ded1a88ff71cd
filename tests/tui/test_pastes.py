"""What is pasted is text, whatever stands in it; what a terminal sends broken is nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.message import Message

from oyama_tui.core.text import written
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.dialogs.start import StartDialog
from oyama_tui.tui.keyboard import Keyboard
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.writing import SeveralLines
from tests.tui.scene import Scene, WatchedApp, armed, looked_at, sees, shown, until
from tests.tui.test_whole_dialogs import SIZES, answers_in_sight
from tests.tui.typist import Typist, quickly

BEGIN, END = "\x1b[200~", "\x1b[201~"
ACTING = "\x1b[31mred\x07\x9b1m \x1b \x1ba\r\x1b[A\x1b[<0;1;1M\x1b]0;title\x07\x00x\u202ey\u0085z\x1b[200~"
"""What acts on a terminal, or would be keys, inside of a paste."""
BROKEN = ("\x1b[<0;1;1", "\x1b[<0;", "\x1b[12;", "\x1b[?1", "\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1")


def read(*pieces: str) -> list[Message]:
    """What comes of pieces of text that a terminal sends without a pause."""
    keyboard = Keyboard()
    return [message for piece in pieces for message in keyboard.feed(piece)]


def words(messages: list[Message]) -> list[str]:
    """Keys and pastes as texts."""
    return [
        message.text if isinstance(message, events.Paste) else message.key
        for message in messages
        if hasattr(message, "key") or isinstance(message, events.Paste)
    ]


@pytest.mark.parametrize("cut", range(len(BEGIN + ACTING + END)))
def test_everything_within_a_paste_is_its_text_wherever_it_is_parted(cut: int) -> None:
    sent = f"{BEGIN}{ACTING}{END}"
    found = read(f"a{sent[:cut]}", f"{sent[cut:]}b")
    assert words(found) == ["a", ACTING, "b"]
    assert [type(message) for message in found] == [events.Key, events.Paste, events.Key]


def test_pastes_follow_each_other_and_may_be_empty_and_long() -> None:
    long = "line\n" * 20_000
    sent = f"{BEGIN}{END}{BEGIN}one{END}{BEGIN}{long}{END}\r"
    pieces = [sent[place : place + 4096] for place in range(0, len(sent), 4096)]
    assert words(read(*pieces)) == ["", "one", long, "enter"]


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_broken_sequence_is_no_key_whether_or_not_something_follows(broken: str) -> None:
    assert words(read(f"{broken}\x1b[A")) == ["up"]
    assert words(read(f"{broken}\ré")) == ["enter", "é"]
    keyboard = Keyboard()
    assert words(list(keyboard.feed(broken))) == []
    late: list[Message] = []
    async with asyncio.timeout(10):
        while keyboard._timeout_time is not None:
            await asyncio.sleep(0.01)
            late += keyboard.tick()
    assert words(late) == []
    assert words(list(keyboard.feed("x"))) == ["x"]


def test_a_broken_mouse_report_takes_nothing_with_it() -> None:
    assert words(read("\x1b[<0;1;1production")) == list("production")


def test_a_sequence_that_nobody_knows_is_no_key() -> None:
    assert words(read("\x1b[1;1hj\x1b[99xk")) == ["j", "k"]


def test_keys_and_mouse_reports_are_read_as_ever() -> None:
    sent = "\x1b[A\x1b[1;5C\x1bOP\x1b[15~\x1b[[A\x1b[Z\x1b[97;5u\x1b[<0;3;4M\x1b[<0;3;4m\x1b[M !!\x1b\x1bj\x1b[B"
    found = read(sent)
    assert words(found) == ["up", "ctrl+right", "f1", "f5", "f1", "shift+tab", "ctrl+a", "escape", "escape", "j", "down"]
    assert [type(message).__name__ for message in found if isinstance(message, events.MouseEvent)] == ["MouseDown", "MouseUp"]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b\r", ["escape", "enter"]),
        ("\x1b\ra", ["escape", "enter", "a"]),
        ("\x1b\t\r", ["escape", "tab", "enter"]),
        ("\x1b \x1b\x7f\x1b\n", ["escape", "space", "escape", "backspace", "escape", "ctrl+j"]),
        ("\x1bé\x1b:q", ["escape", "é", "escape", "colon", "q"]),
        ("\x1bOz", ["escape", "O", "z"]),
        ("\x1b\x1b[A", ["escape", "up"]),
    ],
)
def test_an_escape_is_never_lost_before_a_key_that_comes_at_once(sent: str, keys: list[str]) -> None:
    assert words(read(sent)) == keys
    assert words(read(*sent)) == keys


@pytest.mark.parametrize("begun", ["\x1b", "\x1b[", "\x1bO"])
async def test_the_beginning_of_a_sequence_that_a_pause_ends_is_what_was_typed(begun: str) -> None:
    keyboard = Keyboard()
    found = list(keyboard.feed(begun))
    async with asyncio.timeout(10):
        while keyboard._timeout_time is not None and not found:
            await asyncio.sleep(0.01)
            found += keyboard.tick()
    assert words([*found, *keyboard.feed("x")]) == ["escape", *words(read(begun[1:])), "x"]


def test_what_is_written_is_what_is_seen() -> None:
    assert written("a\r\nb\rc\n\x1b[1m\x00\x9b\u202e") == "a\nb\nc\n␛[1m␀<U+009B><U+202E>"
    assert written("\none\r\n\r\ntwo\n", lines=False) == "one two"
    kept = "naïve 日本 \U0001f468\u200d\U0001f469 \u0645\u06cc\u200c\u062e\tx"
    assert written(kept) == kept
    assert written(written("\x1b\r\x85")) == written("\x1b\r\x85")


@asynccontextmanager
async def in_dialog(scene: Scene, key: str) -> AsyncIterator[tuple[str, WatchedApp, Typist]]:
    """A question, and an armed dialog about it."""
    approval = await scene.asked()
    async with scene.screens((80, 24)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        await pilot.press(key)
        await armed(pilot)
        yield approval, app, Typist(app)


@pytest.fixture
async def rejecting(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, WatchedApp, Typist]]:
    quickly(monkeypatch)
    async with in_dialog(scene, "r") as found:
        yield found


def field_of(app: WatchedApp) -> SeveralLines:
    return app.screen.query_one("#comment", SeveralLines)


async def test_a_paste_of_control_characters_is_a_comment_and_presses_nothing(
    scene: Scene, rejecting: tuple[str, WatchedApp, Typist]
) -> None:
    approval, app, typist = rejecting
    await typist.write(f"{BEGIN}{ACTING}{END}".encode())
    assert field_of(app).value == written(ACTING)
    assert "␛[31mred" in shown(app)
    assert not set(shown(app)) & set("\x1b\x07\x9b\u202e\x85")
    await typist.write(b"\r\r")
    card = await scene.studio.approvals.get(approval)
    assert (card.row.status, card.row.comment) == ("rejected", written(ACTING))


@pytest.mark.parametrize("broken", [b"\x1b[<0;1;1", b"\x1b[12;", b"\x1b[1;1h"])
async def test_a_broken_sequence_in_a_comment_is_the_same_in_one_write_and_slowly(
    rejecting: tuple[str, WatchedApp, Typist], broken: bytes
) -> None:
    _, app, typist = rejecting
    found = []
    for slowly in (False, True):
        field_of(app).text = ""
        pieces = [b"why", broken, b"\x1b[D", b"\xff", b"not"]
        await (typist.write_slowly(pieces) if slowly else typist.write(b"".join(pieces)))
        found.append(field_of(app).value)
    assert found == ["wh�noty", "wh�noty"]


async def test_escape_and_enter_at_once_approve_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)
    async with in_dialog(scene, "a") as (approval, app, typist):
        await typist.write(b"\x1b\r")
        assert isinstance(app.screen, ApprovalsScreen)
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"


async def test_pasted_lines_are_kept_in_a_comment_and_shown_in_four_at_the_most(
    scene: Scene, rejecting: tuple[str, WatchedApp, Typist]
) -> None:
    approval, app, typist = rejecting
    field = field_of(app)
    assert field.size.height == 1
    assert "ctrl+j new line" in shown(app)
    for number, end in enumerate((b"\r\n", b"\r", b"\n", b"\n", b"\n", b"")):
        await typist.write(BEGIN.encode() + f"line {number}".encode() + end + END.encode())
    assert field.value == "\n".join(f"line {number}" for number in range(6))
    assert field.size.height == 4
    assert answers_in_sight(app.screen)  # type: ignore[arg-type]
    assert "line 5" in shown(app)
    await typist.write(b"\r\r")
    card = await scene.studio.approvals.get(approval)
    assert card.row.comment == field.value


async def test_keys_in_a_comment_move_through_its_lines_and_then_through_the_dialog(rejecting: tuple[str, WatchedApp, Typist]) -> None:
    _, app, typist = rejecting
    field = field_of(app)
    await typist.write(b"one\ntwo")
    assert field.value == "one\ntwo"
    await typist.write(b"\x1b[A")
    assert app.focused is field
    await typist.write(b"!")
    assert field.value == "one!\ntwo"
    await typist.write(b"\x1b[B\x1b[B")
    assert isinstance(app.focused, DialogButton)
    await typist.write(b"\x1b[A\x1b[A\x1b[A")
    assert app.focused is not field
    field.focus()
    await typist.write(b"\r")
    assert isinstance(app.focused, DialogButton)


@pytest.mark.parametrize("size", SIZES)
async def test_a_comment_of_many_lines_leaves_the_answers_in_sight(scene: Scene, size: tuple[int, int]) -> None:
    await scene.asked()
    async with scene.screens(size) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await pilot.press("l")
        await looked_at(pilot)
        await pilot.press("r")
        await armed(pilot)
        await Typist(app).write(f"{BEGIN}{'word ' * 60}\nlast words{END}".encode())
        dialog = app.screen
        assert isinstance(dialog, Dialog)
        assert answers_in_sight(dialog), shown(app)
        await sees(pilot, "last words")


async def test_pasted_lines_are_joined_in_a_field_of_one_line(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("4", "slash")
        await until(pilot, lambda: isinstance(app.focused, FilterBar))
        await Typist(app).write(f"{BEGIN}release\r\n\r\nv1\x1b[A\r{END}".encode())
        assert app.screen.query_one(FilterBar).value == "release v1␛[A"


async def test_several_lines_of_an_input_survive_being_run_again(scene: Scene) -> None:
    note = "first\n  second\n\nfourth"
    row = await scene.start("id: noted\ninputs: {note: {type: string}}\nsteps:\n  - {id: a, run: say hello}\n", note=note)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "noted" in shown(app))
        await pilot.press("4")
        await until(pilot, lambda: row.label in shown(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, StartDialog))
        await armed(pilot)
        assert app.screen.query_one(SeveralLines).value == note
