"""How long a question can still be answered: it is said on its line, and only what is different is drawn anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oyama_tui.core.views import ApprovalRow
from oyama_tui.tui.render.queue import left_words, queue_line
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets import approval_parts
from oyama_tui.tui.widgets.approval_parts import Queue
from tests.tui.alike import at_queue
from tests.tui.scene import RELEASE, Scene, sees, shown, until

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
TIMED = RELEASE.replace("id: release", "id: timed").replace("target: production", "target: production, timeout: 2h")
BRIEF = RELEASE.replace("id: release", "id: brief").replace("target: production", "target: production, timeout: 1500ms")


@pytest.mark.parametrize(
    ("left", "words", "style"),
    [
        (timedelta(hours=3, minutes=57), "3 h 57 m", "$text-muted"),
        (timedelta(minutes=10), "10 m 00 s", "$text-muted"),
        (timedelta(minutes=9, seconds=59), "9 m 59 s", "bold $text-warning"),
        (timedelta(seconds=60), "1 m 00 s", "bold $text-warning"),
        (timedelta(seconds=59, milliseconds=900), "59 s", "bold $text-error"),
        (timedelta(milliseconds=300), "0 s", "bold $text-error"),
        (timedelta(0), "expired", "bold $text-error"),
        (timedelta(hours=-3), "expired", "bold $text-error"),
    ],
)
def test_the_time_left_is_in_the_colour_of_its_urgency(left: timedelta, words: str, style: str) -> None:
    content = left_words(NOW + left, NOW)
    assert content.plain == words
    assert {str(span.style) for span in content.spans} == {style}
    assert left_words(None, NOW).plain == ""


async def test_only_lines_on_which_it_is_different_are_drawn_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.asked(TIMED, version="v1")
    await scene.asked()
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        now = datetime.now(UTC)
        monkeypatch.setattr(approval_parts, "utc_now", lambda: now)
        approval_parts.count_down(queue)
        await until(pilot, lambda: len(queue._drawn) >= queue.line_count)
        assert forgotten(queue) == []
        now += timedelta(minutes=1, seconds=10)
        timed = next(line for line in range(queue.line_count) if getattr(queue.row_at(line), "deadline", None) is not None)
        assert forgotten(queue) == [timed]
        await until(pilot, lambda: "1 h 58 m" in shown(app))


def forgotten(queue: Queue) -> list[int]:
    """The lines of which the next second makes the picture a wrong one."""
    before = {key[0] for key in queue._drawn}
    approval_parts.count_down(queue)
    return sorted(line for line in before - {key[0] for key in queue._drawn} if isinstance(line, int))


async def test_a_question_that_nobody_answers_is_over_on_its_line_and_its_mark_goes(scene: Scene) -> None:
    brief = await scene.asked(BRIEF, version="v1")
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        await pilot.press("space")
        await until(pilot, lambda: isinstance(queue.selected, ApprovalRow) and queue.selected.status == "expired")
        assert queue.cursor_key == brief
        assert "marked" not in shown(app)
        await sees(pilot, "expired")


def test_what_has_a_long_name_or_wide_letters_keeps_its_time() -> None:
    row = ApprovalRow(
        id="a1", run_id="r-1", run_number=1, workflow_id="r", workflow_name="R", step_id="s", node="s.gate", status="pending",
        title="変更を適用する" * 20, target="", risk="high", requested_at=NOW, deadline=NOW + timedelta(hours=2), on_timeout="reject",
        decided_at=None, decided_by="", comment="", digest="d",
    )  # fmt: skip
    for width in (24, 30, 36, 48):
        for icons in (StatusIcons(), StatusIcons(True)):
            line = queue_line(row, width, NOW, icons)
            assert line.cell_length == width
            assert line.plain.rstrip().endswith("high  2 h 00 m")
