"""Values that a person changes before saying yes: what may be, what it means for the action, and who has seen it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.asking import content_digest
from oyama_tui.core.edits import difference, from_text
from oyama_tui.core.errors import AlreadyDecided, IllegalTransition, InvalidForm, StaleDigest
from oyama_tui.core.evolve import evolve
from oyama_tui.core.format import as_text
from oyama_tui.core.state import ApprovalState, new_state
from oyama_tui.core.statuses import ApprovalStatus
from tests.core.play import EVENT, Play, of_type, statuses, workflow
from tests.core.test_answers import BEN, answer, refused

NOTES = {"id": "notes", "run": "./notes.sh", "outputs": {"text": "${{ result.output }}", "parts": "${{ [1, 2] }}"}}


def drafting(publish: str = 'echo "${{ steps.notes.outputs.text }}"', after: object = "", **gate: object) -> Play:
    """A run that waits at a gate where what an earlier step wrote may be edited."""
    asked = {"title": "Publish?", "edit": ["notes.text", "notes.parts"], **gate}
    steps: list[object] = [NOTES, {"id": "publish", "run": publish, "gate": asked}]
    run = Play(workflow(steps=[*steps, *([after] if after else [])]))
    run.start()
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="notes", attempt=1, status="succeeded", output="first draft")))
    run.plan()
    return run


def newest(run: Play) -> ApprovalState:
    """The newest opening."""
    return list(run.state.approvals.values())[-1]


def content(run: Play) -> e.ApprovalContent:
    """What is asked."""
    found = newest(run).content
    assert found is not None
    return found


def started_with(run: Play, node: str = "publish") -> dict[str, JsonValue]:
    """The order with which a step was started."""
    run.plan()
    [scheduled] = [event for event in of_type(run.journal, e.StepScheduled) if event.node == node]
    return scheduled.input


def variable(order: dict[str, Any]) -> str:
    """The only variable that its script gets."""
    [value] = order["env"].values()
    return str(value)


def test_the_question_has_the_values_that_may_be_edited() -> None:
    asked = content(drafting())
    assert asked.editable == {"notes.text": "first draft", "notes.parts": [1, 2]} == asked.values_now
    assert asked.edited == {}


def test_a_value_of_which_the_action_knows_nothing_is_part_of_what_is_agreed_to() -> None:
    one, other = drafting("true"), drafting("true")
    assert content_digest(content(one)) == newest(one).digest == newest(other).digest
    changed = content(other).model_copy(update={"editable": {"notes.text": "else", "notes.parts": [1, 2]}})
    assert content_digest(changed) != newest(one).digest


def test_an_edited_value_is_what_runs() -> None:
    run = drafting()
    assert variable(content(run).order) == "first draft"
    digest = newest(run).digest
    answer(run, edits={"notes.text": "second draft"})
    assert variable(started_with(run)) == "second draft"
    [vote], [decided] = of_type(run.journal, e.VoteCast), of_type(run.journal, e.ApprovalDecided)
    assert (vote.digest, vote.edits) == (digest, {"notes.text": "second draft"}), "the person had seen the first draft"
    assert vote.content is not None
    assert vote.becomes == content_digest(vote.content) != digest
    assert vote.content.editable["notes.text"] == "first draft", "the original is kept"
    assert decided.edits == {"notes.text": "second draft"}
    assert of_type(run.journal, e.GatePassed), "what was approved is what is found just before the action"


def test_later_steps_see_the_edited_value_and_that_it_was_edited() -> None:
    words = "${{ steps.notes.outputs.text }} ${{ steps.publish.decision.edits['notes.text'] }} ${{ previous.status }}"
    run = drafting(after={"id": "tell", "run": ["echo", words]})
    answer(run, edits={"notes.text": "second"})
    run.run()
    assert started_with(run, "tell")["argv"] == ["echo", "second second completed"]


def test_after_a_no_nothing_was_edited() -> None:
    after = {"id": "tell", "run": ["echo", "${{ steps.notes.outputs.text }}"]}
    run = drafting(on_reject="skip", after=after, approvers={"quorum": 2})
    answer(run, edits={"notes.text": "second"})
    answer(run, "reject", by=BEN)
    run.run()
    assert started_with(run, "tell")["argv"] == ["echo", "first draft"]


def test_the_whole_output_of_a_step_may_be_edited() -> None:
    run = drafting('echo "${{ steps.notes.output }}"', edit=["notes.output"])
    answer(run, edits={"notes.output": "other"})
    assert variable(started_with(run)) == "other"


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ({"notes.txt": "x"}, "notes.txt: cannot be edited here; what can be: notes.text, notes.parts"),
        ({"notes.text": 3}, "notes.text: must be a text, as it was, and is a number"),
        ({"notes.text": None}, "notes.text: must be a text, as it was, and is null"),
        ({"notes.parts": "x"}, "notes.parts: must be a list, as it was, and is a text"),
        ({"notes.parts": [float("inf")]}, "notes.parts: holds a number that is not finite, at [0]"),
        ({"notes.text": "half \ud800"}, "notes.text: "),
        ({"notes.text": "x" * 102_401}, "notes.text: has 102,401 bytes, and at most 102,400 fit"),
        ({"notes.text": "nul \0"}, "notes.text: "),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edits: dict[str, JsonValue], words: str) -> None:
    run = drafting()
    assert words in refused(run, InvalidForm, edits=edits)
    assert newest(run).status is ApprovalStatus.PENDING


def test_values_are_edited_with_a_yes_only() -> None:
    assert "can be changed with a yes only" in refused(drafting(), InvalidForm, "reject", edits={"notes.text": "x"})


def test_a_gate_that_does_not_say_so_lets_nothing_be_edited() -> None:
    assert "this gate lets nothing be" in refused(drafting(edit=[]), InvalidForm, edits={"notes.text": "x"})


def test_what_is_left_as_it_is_is_no_edit() -> None:
    run = drafting()
    answer(run, edits={"notes.text": "first draft", "notes.parts": [1, 2]})
    [vote] = of_type(run.journal, e.VoteCast)
    assert (vote.edits, vote.content, vote.becomes) == ({}, None, "")


def test_the_same_edit_again_is_the_same_answer_and_another_one_is_not() -> None:
    run = drafting()
    answer(run, edits={"notes.text": "second"})
    assert answer(run, edits={"notes.text": "second"}) == [] == answer(run)
    with pytest.raises(AlreadyDecided, match="ana"):
        answer(run, edits={"notes.text": "third"})


def test_the_second_person_agrees_to_the_edited_question_only() -> None:
    run = drafting(approvers={"quorum": 2})
    before = newest(run).digest
    answer(run, edits={"notes.text": "second"})
    assert newest(run).status is ApprovalStatus.PENDING
    assert newest(run).digest != before
    assert content(run).edited == {"notes.text": "second"}
    assert variable(content(run).order) == "second"
    refused(run, StaleDigest, by=BEN, digest=before)
    words = refused(run, InvalidForm, by=BEN, edits={"notes.text": "third"})
    assert "ana said yes to it as it is" in words
    answer(run, by=BEN, edits={"notes.text": "second"})
    assert variable(started_with(run)) == "second"
    [decided] = of_type(run.journal, e.ApprovalDecided)
    assert (decided.by.name, decided.edits) == ("ben", {"notes.text": "second"})


def test_silence_that_agrees_agrees_to_the_edited_question() -> None:
    run = drafting(approvers={"quorum": 2}, timeout="1h", on_timeout="approve")
    answer(run, edits={"notes.text": "second"})
    [deadline] = [event.deadline for event in of_type(run.journal, e.ApprovalRequested)]
    assert deadline is not None
    run.fire(deadline, newest(run).id)
    assert variable(started_with(run)) == "second"
    assert len(of_type(run.journal, e.ApprovalRequested)) == 1, "nobody is asked once more"


def test_who_has_edited_may_do_so_once_more_before_anybody_else_agrees() -> None:
    run = drafting(approvers={"quorum": 2})
    answer(run, edits={"notes.text": "second"})
    answer(run, edits={"notes.parts": [3]})
    assert content(run).edited == {"notes.text": "second", "notes.parts": [3]}
    answer(run, by=BEN)
    assert variable(started_with(run)) == "second"


def test_a_preview_made_with_the_old_value_is_made_again_and_shown_before_anything_runs() -> None:
    run = drafting(preview='echo "${{ steps.notes.outputs.text }}"')
    look(run, "first draft")
    answer(run, edits={"notes.text": "second"})
    run.plan()
    look(run, "second")
    assert statuses(run.state)["publish.gate"] == "waiting", "the new preview has not been seen"
    assert len(run.state.approvals) == 2
    assert content(run).editable["notes.text"] == "second"
    answer(run)
    run.plan()
    look(run, "second")
    assert variable(started_with(run)) == "second"


def look(run: Play, output: str) -> None:
    """Bring what a preview has shown."""
    [attempt] = [node.attempt for node in run.state.running if node.key == "publish.gate"]
    found = e.Evidence(preview=output, exit_code=0, at=run.at).model_dump(mode="json")
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node="publish.gate", attempt=attempt, status="succeeded", result=found)))
    run.plan()


def test_a_preview_that_does_not_depend_on_it_is_only_checked_again() -> None:
    run = drafting(preview="true")
    look(run, "ok")
    answer(run, edits={"notes.text": "second"})
    run.plan()
    look(run, "ok")
    assert variable(started_with(run)) == "second"


def test_what_a_form_fills_in_and_what_was_edited_go_together() -> None:
    form = {"who": {"type": "string", "required": True}}
    run = drafting("true", form=form)
    answer(run, form={"who": "all"}, edits={"notes.text": "second"})
    run.run()
    [decided] = of_type(run.journal, e.ApprovalDecided)
    assert (decided.form, decided.edits) == ({"who": "all"}, {"notes.text": "second"})


def test_a_later_round_edits_what_the_step_says_then() -> None:
    run = drafting(send_back={"to": "notes", "max": 2})
    answer(run, "send_back", comment="shorter")
    run.plan()
    [node] = [node for node in run.state.running]
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome(node=node.key, attempt=1, status="succeeded", output="short")))
    run.plan()
    assert content(run).editable["notes.text"] == "short"
    answer(run, edits={"notes.text": "shorter still"})
    run.run()


def test_the_journal_folds_to_the_same_state() -> None:
    run = drafting(approvers={"quorum": 2})
    answer(run, edits={"notes.text": "second"})
    again = new_state(run.run_id, run.graph, 1)
    for event in run.journal:
        evolve(again, EVENT.validate_json(event.model_dump_json()))
    [approval] = again.approvals.values()
    assert (approval.digest, approval.content) == (newest(run).digest, newest(run).content)


def test_a_gate_that_is_over_takes_no_edit() -> None:
    run = drafting()
    answer(run, "reject")
    refused(run, AlreadyDecided, edits={"notes.text": "x"})
    run.plan()
    with pytest.raises(IllegalTransition):
        run.send(c.Decide(at=run.at, by=BEN, id="nowhere", verdict="approve", edits={"notes.text": "x"}))


def test_a_difference_has_what_is_around_each_change_and_takes_bounded_time() -> None:
    before = "\n".join(f"line {number}" for number in range(30))
    assert difference("notes.text", before, before.replace("line 20", "other")) == [
        "@@ notes.text",
        "@@ 17 lines as before",
        " line 17",
        " line 18",
        " line 19",
        "-line 20",
        "+other",
        " line 21",
        " line 22",
        " line 23",
        "@@ 6 lines as before",
    ]
    assert difference("a.b", "x", "x\n") == ["@@ a.b: only its line ends differ"]
    one, other = "a\nb\n" * 20_000, "b\nc\n" * 20_000
    assert len(difference("a.b", one, other)) > 40_000


def test_a_value_is_written_as_people_edit_it_and_read_back() -> None:
    values: tuple[JsonValue, ...] = ("text\n", 3, [1, {"a": None}], True)
    for value in values:
        assert from_text(value, as_text(value, indent=2)) == value
    for text in ("[", "NaN", "[" * 100_000):
        with pytest.raises(ValueError, match="is n"):
            from_text([], text)
