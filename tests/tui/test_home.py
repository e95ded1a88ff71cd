"""Home: what needs somebody, what goes on, and how the last day was."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot

from oyama_tui.tui import home_reading
from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.home_reading import Going
from oyama_tui.tui.render import home as render
from oyama_tui.tui.screens import home
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.home import HomeScreen
from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import BROKEN, GRAVE, LONG, RELEASE, Scene, WatchedApp, eventually, sees, shown, until
from tests.tui.test_waiting_for_others import OF_BEN, as_ben

TIMED = RELEASE.replace("id: release", "id: timed").replace("target: production", "target: production, timeout: 8h")
SILENT = RELEASE.replace("id: release", "id: silent").replace("target: production", "target: production, timeout: 9h, on_timeout: approve")
URGENT = GRAVE.replace("id: grave", "id: urgent").replace("confirm: true", "confirm: true\n      timeout: 1h")
REST = "id: rest\nname: Rest\nsteps:\n  - {id: sleep, wait: {for: 1h}}\n"
BRIEF = 'id: brief\nname: Brief\nsteps:\n  - {id: one, run: "say done"}\n'


async def at_home(app: WatchedApp, pilot: Pilot[int]) -> HomeScreen:
    """Go there, and wait until it is read."""
    await pilot.press("0")
    await until(pilot, lambda: isinstance(app.screen, HomeScreen) and app.screen.view is not None)
    assert isinstance(app.screen, HomeScreen)
    return app.screen


async def ended(scene: Scene, text: str) -> str:
    """Start a run and wait for its end; returns its id."""
    row = await scene.start(text)

    async def is_over() -> bool:
        return await scene.phase(row.id) in ("completed", "failed")

    await eventually(is_over)
    return row.id


@pytest.mark.parametrize("wanted", ["asked", "going", "past"])
async def test_the_keys_begin_where_there_is_something_for_them(scene: Scene, wanted: str) -> None:
    await ended(scene, BRIEF)
    if wanted != "past":
        await scene.start(LONG)
    if wanted == "asked":
        await scene.asked(RELEASE)
    async with scene.screens() as (app, pilot):
        await at_home(app, pilot)
        await until(pilot, lambda: app.focused is not None and app.focused.id == wanted)


def lines(app: OyamaApp, left: bool = True) -> list[str]:
    """What stands on each line of a half of the screen."""
    half = app.size.width // 2
    return [line[:half] if left else line[half:] for line in shown(app).splitlines()]


def line_with(app: OyamaApp, words: str) -> str:
    """The one line that has these words."""
    [found] = [line for line in shown(app).splitlines() if words in line]
    return found


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Let it be another time on the screen."""
    monkeypatch.setattr(home, "utc_now", lambda: moment)


async def test_questions_stand_by_deadline_and_what_others_must_answer_comes_last(scene: Scene) -> None:
    others = await scene.asked(OF_BEN, version="v1")
    endless = await scene.asked(GRAVE)
    late = await scene.asked(TIMED, version="v2")
    soon = await scene.asked(URGENT)
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "NEED YOU  4")
        assert [getattr(screen.asked.row_at(line), "id", "") for line in range(4)] == [soon, late, endless, others]
        first = next(line for line in lines(app) if "urgent" in line)
        assert "◆ Drop the table  HIGH" in first
        assert first.rstrip().rstrip("│").rstrip().endswith(("59 m", "1 h 00 m"))
        theirs = next(line for line in lines(app) if "migrate" in line)
        assert "◇ Publish v1  ben" in theirs
        assert "▰" not in theirs
        assert screen.asked.cursor_key == soon


@pytest.mark.parametrize(
    ("passed", "drawn", "style", "left"),
    [
        (timedelta(0), "▰▰▰▰▰▰▰▰", "$text-warning", "8 h 00 m"),
        (timedelta(hours=4), "▰▰▰▰▱▱▱▱", "$text-warning", "4 h 00 m"),
        (timedelta(hours=5, minutes=50), "▰▰▰▱▱▱▱▱", "$text-warning", "2 h 10 m"),
        (timedelta(hours=6), "▰▰▱▱▱▱▱▱", "$text-error", "2 h 00 m"),
        (timedelta(hours=7, minutes=38), "▰▱▱▱▱▱▱▱", "$text-error", "22 m"),
        (timedelta(hours=7, minutes=59, seconds=30), "▰▱▱▱▱▱▱▱", "$text-error", "30 s"),
        (timedelta(hours=9), "▱▱▱▱▱▱▱▱", "$text-disabled", "expired"),
    ],
)
async def test_a_fuse_burns_down_to_its_deadline(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, passed: timedelta, drawn: str, style: str, left: str
) -> None:
    await scene.asked(TIMED, version="v2")
    [row] = await scene.studio.approvals.list()
    burnt = render.fuse(row, row.requested_at + passed)
    assert burnt.plain == drawn
    assert str(burnt.spans[0 if "▰" in drawn else -1].style) == style
    assert render.rest_words(row.deadline, row.requested_at + passed).plain == left
    at(monkeypatch, row.requested_at + passed)
    async with scene.screens() as (app, pilot):
        await at_home(app, pilot)
        await until(pilot, lambda: any(drawn in line and line.rstrip(" │").endswith(left) for line in lines(app)))


async def test_where_silence_is_a_yes_a_line_below_says_so(scene: Scene) -> None:
    await scene.asked(TIMED, version="v2")
    await scene.asked(SILENT, version="v3")
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "! then approved by silence")
        drawn = lines(app)
        [below] = [number for number, line in enumerate(drawn) if "then approved by silence" in line]
        assert "Publish v3" in drawn[below - 1]
        await pilot.press("j")
        silent = screen.asked.cursor_key
        await pilot.press("j", "G", "ctrl+d")
        assert screen.asked.cursor_key == silent, "the line below is none that one can go to"
        await pilot.press("k")
        assert screen.asked.cursor == 0
        await pilot.click(screen.asked, offset=(6, 2))
        assert screen.asked.cursor_key == silent, "it belongs to the question above"


async def test_what_runs_stands_before_what_waits_and_what_only_asks_is_not_among_it(scene: Scene) -> None:
    await scene.asked(RELEASE, version="v1")
    still = await scene.start(REST.replace("id: rest", "id: still"))
    await eventually(lambda: waits(scene, still.id))
    await scene.studio.runs.pause(still.id, reason="the link is down")
    rest = await scene.start(REST)
    await eventually(lambda: waits(scene, rest.id))
    runs = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await until(pilot, lambda: "hold" in "".join(lines(app, left=False)))
        assert [screen.going.row_at(line).row.id for line in range(3)] == [runs.id, rest.id, still.id]  # type: ignore[union-attr]
        drawn = lines(app, left=False)
        assert "NOW  3" in drawn[3]
        assert "release #1" not in "".join(drawn)
        assert [part for part in ("● long #1", "1/3", "━", "─", "hold") if part in drawn[4]] == ["● long #1", "1/3", "━", "─", "hold"]
        assert "◇ rest #1" in drawn[5]
        assert "in 59:" in drawn[5]
        assert "‖ still #1" in drawn[6]
        assert "the link is down" in drawn[6]
        assert "in 59:" not in drawn[6]


async def waits(scene: Scene, run_id: str) -> bool:
    """Whether a run waits for its time."""
    row = (await scene.studio.runs.get(run_id)).row
    return row.status == "waiting" and row.due is not None


async def test_what_is_left_is_said_only_where_it_is_known(scene: Scene) -> None:
    row = await scene.start(LONG)
    await eventually(lambda: running(scene, row.id))
    row = (await scene.studio.runs.get(row.id)).row

    def left(usual: int | None, **passed: float) -> str:
        return render.left_of(Going(row=row, usual_ms=usual), row.started_at + timedelta(**passed))

    assert left(600_000, minutes=4) == "~6 m left"
    assert left(600_000, minutes=9, seconds=20) == "~40 s left"
    assert left(8_000_000, minutes=4) == "~2 h 09 m left"
    assert left(600_000, minutes=11) == ""
    assert left(None, minutes=4) == ""
    waited = Going(row=row.model_copy(update={"human_wait_ms": 180_000}), usual_ms=600_000)
    assert render.left_of(waited, row.started_at + timedelta(minutes=7)) == "~6 m left"
    assert render.left_of(Going(row=row.model_copy(update={"status": "paused"}), usual_ms=600_000), row.started_at) == ""
    assert render.left_of(Going(row=row.model_copy(update={"owner": "nobody"}), usual_ms=600_000), row.started_at) == ""


async def running(scene: Scene, run_id: str) -> bool:
    """Whether a step of a run is under way."""
    return (await scene.studio.runs.get(run_id)).row.running > 0


async def test_the_last_day_counts_results_and_shows_the_newest_run_of_each_slot(scene: Scene) -> None:
    await ended(scene, BRIEF)
    await ended(scene, BRIEF)
    await ended(scene, BROKEN)
    await scene.asked(RELEASE, version="v1")
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "LAST 24 HOURS  3")
        assert [line.workflow_id for line in screen.view.past] == ["release", "broken", "brief"]  # type: ignore[union-attr]
        drawn = shown(app).split("LAST 24 HOURS")[1]
        told = {name: re.search(rf"{name} .*·.* (\S) +(\d+) +(\d+) +(\d+)  ", drawn) for name in ("brief", "broken", "release")}
        assert {name: found and found.groups() for name, found in told.items()} == {
            "brief": ("✓", "2", "0", "0"),
            "broken": ("✗", "0", "1", "0"),
            "release": ("◆", "0", "0", "0"),
        }
        assert re.search(r"broken .* –  ", drawn), "nothing is usual where nothing has completed"


async def test_runs_of_earlier_days_are_told_of_with_a_key(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await ended(scene, BRIEF)
    now = datetime.now(UTC)
    at(monkeypatch, now + timedelta(days=2))
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "No run was started in this time.")
        await sees(pilot, "LAST 24 HOURS")
        await pilot.press("w")
        await sees(pilot, "LAST 7 DAYS  1")
        found = line_with(app, "brief   ")
        assert found.count("·") == 6
        heading = line_with(app, "LAST 7 DAYS")
        day = now.astimezone().strftime("%a")
        assert heading.index(day) == found.index("✓")
        await pilot.press("w")
        await until(pilot, lambda: screen.view is not None and not screen.view.week)
        await sees(pilot, "No run was started in this time.")


async def test_enter_opens_what_each_list_has(scene: Scene) -> None:
    await ended(scene, BROKEN)
    approval = await scene.asked(RELEASE, version="v1")
    run = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        assert app.focused is screen.asked
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.subject_id() == approval)
        await at_home(app, pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run_id == run.id)
        await at_home(app, pilot)
        assert app.focused is screen.going
        await pilot.press("tab", "G")
        assert screen.past.cursor_key == "broken"
        await pilot.press("enter")
        await sees(pilot, "broken #1")
        await at_home(app, pilot)
        await pilot.press("tab")
        assert app.focused is screen.asked
        await pilot.press("shift+tab")
        assert app.focused is screen.past


async def test_what_is_selected_can_be_copied_with_its_command(scene: Scene) -> None:
    approval = await scene.asked(RELEASE, version="v1")
    run = await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await until(pilot, lambda: bool(screen.going.cursor_key))
        said = []
        for _ in range(3):
            said.append((screen.subject_id(), screen.subject_command()))
            await pilot.press("tab")
        assert said[0] == (approval, ("approvals",))
        assert said[1] == (run.id, ("show", "long#1"))
        assert said[2] == ("long", ("history", "workflow:long"))


async def test_each_list_says_by_itself_that_nothing_is_there(scene: Scene) -> None:
    await scene.keep(RELEASE)
    async with scene.screens() as (app, pilot):
        await at_home(app, pilot)
        for words in ("Nothing needs you.", "Nothing runs.", "r runs the selected one", "No run was started in this time.", "w day, week"):
            await sees(pilot, words)
        assert not app.screen.has_class("-notice")
        await pilot.press("j", "enter", "tab", "G", "enter", "tab", "k")
        assert isinstance(app.screen, HomeScreen)
        await scene.asked(RELEASE, version="v1")
        await sees(pilot, "Publish v1")
        assert "Nothing needs you." not in shown(app)


async def test_a_new_database_is_explained(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await at_home(app, pilot)
        await sees(pilot, "Nothing here yet.")
        await sees(pilot, "1 workflows: a demo, a new one, or a file")
        await sees(pilot, "oyama run FILE")
        await scene.start(LONG)
        await sees(pilot, "long #1")
        assert "Nothing here yet." not in shown(app)


async def test_a_question_that_somebody_else_answers_goes_and_the_cursor_stays_on_its_own(scene: Scene) -> None:
    soon = await scene.asked(URGENT)
    other = await scene.asked(TIMED, version="v2")
    async with as_ben(scene) as ben, scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "NEED YOU  2")
        await pilot.press("j")
        assert screen.asked.cursor_key == other
        await ben.approvals.decide(soon, "reject", comment="not now")
        await sees(pilot, "NEED YOU  1")
        assert screen.asked.cursor_key == other
        assert "Drop the table" not in shown(app)


async def test_as_time_goes_on_only_what_looks_different_is_drawn_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.asked(TIMED, version="v2")
    await scene.asked(GRAVE)
    now = datetime.now(UTC).replace(minute=10) + timedelta(hours=1)
    at(monkeypatch, now)
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "NEED YOU  2")
        screen.tick()
        await until(pilot, lambda: len(screen.asked._drawn) == 2 and len(screen.past._drawn) == 2)
        screen.tick()
        assert (len(screen.asked._drawn), len(screen.past._drawn)) == (2, 2)
        at(monkeypatch, now + timedelta(minutes=1))
        screen.tick()
        assert [key[0] for key in screen.asked._drawn] == [1], "the one with a deadline is drawn anew, that without one is not"
        assert len(screen.past._drawn) == 2


async def test_another_hour_is_told_of_without_any_news(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await ended(scene, BRIEF)
    now = datetime.now(UTC)
    at(monkeypatch, now)
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "LAST 24 HOURS  1")
        at(monkeypatch, now + timedelta(hours=26))
        screen.tick()
        await sees(pilot, "No run was started in this time.")


async def test_many_that_ask_do_not_hide_what_runs(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_reading, "LIVE", 2)
    run = await scene.start(LONG)
    for number in range(3):
        await scene.asked(RELEASE.replace("id: release", f"id: release{number}"), version=f"v{number}")
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await until(pilot, lambda: screen.going.cursor_key == run.id)
        await sees(pilot, "NOW  1 ")
        for number in range(3):
            await scene.start(LONG.replace("id: long", f"id: long{number}"))
        await sees(pilot, "NOW  2 of 2+")


async def test_past_runs_are_read_only_so_often_and_the_last_one_is_told_of(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await ended(scene, BRIEF)
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "LAST 24 HOURS  1")
        monkeypatch.setattr(home_reading, "OFTEN", 1_000_000)
        await scene.start(LONG)
        await sees(pilot, "● long #1")
        assert "LAST 24 HOURS  1 " in shown(app)
        assert screen.reading.behind
        monkeypatch.setattr(home_reading, "OFTEN", 0)
        await sees(pilot, "LAST 24 HOURS  2 ")
        await until(pilot, lambda: not screen.reading.behind)
