"""What is different between a question and what was asked before at its gate, on the screens."""

from __future__ import annotations

import json

import pytest
from textual.pilot import Pilot

from oyama_tui.core.approval_difference import aligned
from oyama_tui.core.views import PartDifference
from oyama_tui.tui.render.difference import draw_difference
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.difference import DifferenceScreen
from oyama_tui.tui.screens.past_approvals import PastApprovalsScreen
from oyama_tui.tui.widgets.pager import Pager
from tests.tui.scene import Scene, WatchedApp, eventually, sees, shown, until

HOSTILE = "evil \x1b[2J [/red] \u202e 漢字"


def gated(prompt: str) -> str:
    return f"""
id: release
inputs: {{version: {{type: string, required: true}}}}
steps:
  - {{id: test, run: "say tested"}}
  - id: publish
    gate: {{title: "Publish ${{{{ inputs.version }}}}", prompt: {json.dumps(prompt)}, send_back: {{to: test, max: 3}}}}
    run: "say published"
"""


async def asked_twice(scene: Scene, before: str, now: str) -> str:
    """A question after a yes to an earlier one; its id."""
    first = await scene.asked(gated(before), version="v1")
    digest = (await scene.studio.approvals.get(first)).row.digest
    await scene.studio.approvals.decide(first, "approve", digest=digest)
    return await scene.asked(gated(now), version="v2")


async def at_difference(app: WatchedApp, pilot: Pilot[int]) -> DifferenceScreen:
    await pilot.press("3")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
    await pilot.press("d")
    await until(pilot, lambda: isinstance(app.screen, DifferenceScreen) and "since" in shown(app))
    assert isinstance(app.screen, DifferenceScreen)
    return app.screen


async def test_d_shows_the_last_yes_beside_what_is_asked_and_d_again_one_column(scene: Scene) -> None:
    await asked_twice(scene, "one\ntwo\nthree", f"one\n{HOSTILE}\nthree")
    async with scene.screens(size=(120, 36)) as (app, pilot):
        await at_difference(app, pilot)
        await until(pilot, lambda: "since the last yes: release #1, approved by" in shown(app))
        await sees(pilot, "1 - title: Publish v1")
        await sees(pilot, "│ 1 + title: Publish v2")
        await sees(pilot, "2 - two")
        await sees(pilot, "2 + evil ␛[2J [/red] <U+202E> 漢字")
        await sees(pilot, "the same: action")
        await pilot.press("d")
        await until(pilot, lambda: "│" not in shown(app))
        await sees(pilot, " 1 - title: Publish v1")
        await sees(pilot, " 1 + title: Publish v2")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_where_there_is_little_room_one_column_comes_first(scene: Scene, size: tuple[int, int]) -> None:
    await asked_twice(scene, "one", "two")
    async with scene.screens(size=size) as (app, pilot):
        await at_difference(app, pilot)
        await until(pilot, lambda: "1 - title: Publish v1" in shown(app))
        assert "│" not in shown(app)
        await pilot.press("d")
        await until(pilot, lambda: "│ 1 + title" in shown(app))


async def test_brackets_go_from_part_to_part(scene: Scene) -> None:
    long = "\n".join(f"line {number}" for number in range(60))
    await asked_twice(scene, long, long.replace("line", "row"))
    async with scene.screens(size=(80, 24)) as (app, pilot):
        screen = await at_difference(app, pilot)
        pager = screen.query_one(Pager)
        await until(pilot, lambda: "question" in shown(app))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: pager.top > 0 and "prompt" in shown(app))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: pager.top == 0)


async def test_a_question_that_was_sent_back_is_compared_with_the_round_before_and_v_with_the_last_yes(scene: Scene) -> None:
    second = await asked_twice(scene, "one", "two")
    await scene.studio.approvals.decide(second, "send_back", comment="again")
    await eventually(lambda: _open(scene))
    async with scene.screens() as (app, pilot):
        await at_difference(app, pilot)
        await until(pilot, lambda: "since the round before: release #2, sent back by" in shown(app))
        await pilot.press("v")
        await until(pilot, lambda: "since the last yes: release #1, approved by" in shown(app))
        await pilot.press("v")
        await until(pilot, lambda: "since the round before" in shown(app))


async def _open(scene: Scene) -> bool:
    return bool(await scene.studio.approvals.list())


async def test_a_question_that_is_asked_for_the_first_time_says_so(scene: Scene) -> None:
    await scene.asked(gated("one"), version="v1")
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await pilot.press("d")
        await until(pilot, lambda: "There is nothing to compare it with" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))


async def test_the_history_of_approvals_shows_what_was_different_then(scene: Scene) -> None:
    asked = await asked_twice(scene, "one", "two")
    await scene.studio.approvals.decide(asked, "reject", comment="no")
    async with scene.screens() as (app, pilot):
        await app.action_show_place("past_approvals")
        await until(pilot, lambda: isinstance(app.screen, PastApprovalsScreen) and app.screen.subject_id() == asked)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen) and "since the last yes" in shown(app))


def drawn(before: str, now: str, width: int = 80, *, both: bool = True, note: str = "") -> list[str]:
    parts = aligned([PartDifference(name="publish.sh", before=before, now=now, note=note)])
    lines = draw_difference(parts, width, "release #1", both=both).lines
    assert all(line.cell_length <= width for line in lines)
    return [line.plain.rstrip() for line in lines]


@pytest.mark.parametrize("width", [30, 60, 81, 160])
@pytest.mark.parametrize("both", [True, False])
def test_no_line_is_wider_than_there_is_room_and_nothing_is_cut(width: int, both: bool) -> None:
    before = "\n".join(f"{'漢字 ' * 40}{number}" for number in range(5))
    text = "".join(drawn(before, before.replace("0", "x" * 200), width, both=both))
    assert text.count("x") == 200


def test_a_part_that_only_one_side_has_takes_one_column() -> None:
    assert drawn("", "a\nb") == ["publish.sh  +2 −0", "1 + a", "2 + b", ""]


def test_what_the_texts_do_not_show_is_said() -> None:
    assert drawn("", "", note="its content is not shown") == ["publish.sh", "its content is not shown", ""]


def test_only_what_is_different_in_a_line_stands_out() -> None:
    parts = aligned([PartDifference(name="a", before="publish v1 now", now="publish v2 now")])
    lines = draw_difference(parts, 80, "release #1", both=False).lines
    bold = [line.plain[span.start : span.end] for line in lines for span in line.spans if "bold underline" in str(span.style)]
    assert bold == ["1", "2"]
