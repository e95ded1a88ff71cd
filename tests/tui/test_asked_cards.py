"""The card of a question from outside says who asks, what happens, and which words are whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.asker_text import diff_style, who_asks
from oyama_tui.core.errors import NotAllowed
from oyama_tui.core.questions import Question
from oyama_tui.tui.render.asker import asked_lines, asker_words
from tests.studio.test_asking import answer, desk, opened

CALL = Question(
    title="claude wants to edit shop.py",
    directory="/srv",
    kind="tool_call",
    program="claude",
    version="2.1",
    session="s1",
    call="c1",
    tool="Edit",
    words="tests pass [/red]\x1b[2J",
    proposal="--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-old\n+new",
    proposes="diff",
)


async def test_a_call_of_an_agent_is_shown_with_what_it_does_itself_and_its_own_words_apart(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        view = await opened(studio, CALL.model_copy(update={"directory": str(tmp_path)}))
        card = await studio.approvals.get(view.approval_id)
        assert (card.row.kind, card.content.yes, card.content.no) == (
            "tool_call",
            "claude does it itself",
            "claude is told no, with your words",
        )
        assert card.content.prompt == ""
        assert card.asker is not None
        assert who_asks(card.asker, "ana") == "claude 2.1 (session s1, tool Edit), as ana"
        shown = "\n".join(line.plain for line in asked_lines(card, 80))
        assert "claude 2.1 (session s1, tool Edit)" in shown
        assert f"claude changes in {tmp_path}" in " ".join(shown.split())
        assert "+new" in shown
        assert "tests pass" not in shown
        said = "\n".join(line.plain for line in asker_words(card, 80))
        assert said.splitlines()[1].startswith("── says claude ─")
        assert "tests pass [/red]" in said
        assert "\x1b" not in said


async def test_what_a_program_says_of_itself_changes_nothing_that_a_yes_is_bound_to(tmp_path: Path) -> None:
    one = CALL.model_copy(update={"key": "k"})
    assert one.digest == one.model_copy(update={"words": "other", "version": "3", "call": "c2"}).digest
    assert one.digest != one.model_copy(update={"proposal": "--- a"}).digest


async def test_an_elicitation_is_answered_or_declined(tmp_path: Path) -> None:
    words = answer_words("elicitation")
    assert (words.yes, words.no, words.said("rejected", "ana")) == ("Answer", "Decline", "declined by ana")
    async with desk(tmp_path) as studio:
        view = await opened(
            studio, Question(title="Which port?", directory=str(tmp_path), kind="elicitation", tool="server", program="codex")
        )
        card = await studio.approvals.get(view.approval_id)
        assert card.content.yes == "codex gets these values"
        await answer(studio, view, "reject", comment="none of its business")
        assert (await studio.asking.wait(view.run_id, 20)).status == "rejected"
        row = (await studio.approvals.get(view.approval_id)).row
        assert row.said == f"declined by {studio.principal.name}"


async def test_an_agent_cannot_answer_its_own_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    async with desk(tmp_path) as studio:
        assert studio.principal.kind == "agent"
        view = await opened(studio, CALL.model_copy(update={"directory": str(tmp_path)}))
        with pytest.raises(NotAllowed):
            await answer(studio, view)
        assert (await studio.asking.withdraw(view.run_id)).status == "withdrawn"


def test_lines_of_a_difference_are_told_apart() -> None:
    assert [diff_style(line) for line in ("+new", "-old", "+++ b", "--- a", "@@ -1 @@", " same", "")] == [
        *("added", "removed", "place", "place", "place", "", "")
    ]


def test_a_script_has_no_name_of_its_own() -> None:
    asker = Question(title="Go?", directory="/").asker
    assert who_asks(asker, "ana") == "a script, as ana"
