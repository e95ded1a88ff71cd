"""What a fork takes over of another run, what of it begins once more, and why."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.definition.graph import Graph, compile_graph
from oyama_tui.core.errors import IllegalTransition, InvalidInput, NotAllowed, NotFound
from oyama_tui.core.fork import Fork
from oyama_tui.core.recovery import recover_plan
from oyama_tui.core.statuses import RunStatus
from tests.core.forked import begun, does, fork_of
from tests.core.play import ANA, Answer, Play, failing, of_type, statuses, succeed, workflow

CHAIN = [{"id": "a", "run": "a ${{ inputs.n }}"}, {"id": "b", "run": "b"}, {"id": "c", "run": "c ${{ steps.a.output }}"}]
INPUTS = {"n": {"type": "integer", "default": 2}, "word": {"default": "x"}}


def played(steps: list[Any], answer: Answer = succeed, **values: Any) -> Play:
    """A run of these steps at its end."""
    play = Play(workflow(steps=steps, **{"inputs": INPUTS, **values}), answer=answer)
    play.start()
    play.run()
    return play


def other(steps: list[Any], **values: Any) -> Graph:
    """Another definition of the same workflow."""
    return compile_graph(workflow(steps=steps, **{"inputs": INPUTS, **values}))


def of(play: Play, target: Graph | None = None, *, at: int | None = None, **wish: Any) -> Fork:
    """A fork of a run."""
    return fork_of(play.graph, play.journal[:at], target, **wish)


def whys(fork: Fork) -> dict[str, str]:
    return {step.step: step.why for step in fork.plan.steps if step.why}


def run_of(fork: Fork, play: Play, target: Graph | None = None) -> Play:
    """The fork, played to its end."""
    made = begun(Play((target or play.graph).workflow), fork)
    made.run()
    return made


def scheduled(play: Play) -> list[str]:
    return [event.node for event in of_type(play.journal, e.StepScheduled)]


def test_what_was_over_is_taken_over_and_what_failed_begins_once_more() -> None:
    play = played(CHAIN, failing("b"))
    fork = of(play)
    assert does(fork) == {"a": "reused", "b": "again", "c": "again"}
    assert whys(fork) == {"b": "it failed", "c": "it had not begun"}
    made = run_of(fork, play)
    assert made.state.status is RunStatus.COMPLETED
    assert scheduled(made) == ["b", "c"]
    assert made.state.started is not None
    assert (made.state.started.forked_from, made.state.started.forked_at) == ("play-1", len(play.journal))
    assert (made.state.settled_steps, made.state.total_steps) == (3, 3)


def test_the_plan_says_what_would_be_done_twice_and_cannot_be_undone() -> None:
    loop = {"id": "fan", "for_each": {"items": [1]}, "steps": [{"id": "x", "run": "x", "effect": "permanent"}]}
    steps = [{"id": "a", "run": "a", "effect": "permanent"}, loop, {"id": "b", "run": "b", "effect": "permanent"}]
    play = played(steps, failing("b"))
    assert [(step.does, step.permanent) for step in of(play).plan.steps] == [("reused", False), ("reused", False), ("again", False)]
    once_more = of(play, steps=("a", "fan")).plan
    assert [(step.does, step.permanent) for step in once_more.steps] == [("again", True), ("again", True), ("again", False)]
    under_way = next(number for number, event in enumerate(play.journal, 1) if isinstance(event, e.StepScheduled))
    assert [step.permanent for step in of(play, at=under_way).plan.steps] == [True, False, False]


def test_what_it_left_is_there_for_the_expressions_of_others() -> None:
    steps = [{"id": "a", "run": "a"}, {"id": "b", "run": "b"}, {"id": "c", "run": ["c", "${{ steps.a.output }}"]}]
    made = run_of(of(play := played(steps, failing("c"))), play)
    [event] = of_type(made.journal, e.StepScheduled)
    assert event.input["argv"] == ["c", "out of a"]


def test_a_point_before_a_step_was_over_takes_less() -> None:
    play = played(CHAIN)
    first = next(number for number, event in enumerate(play.journal, 1) if isinstance(event, e.StepSucceeded))
    assert does(of(play, at=first)) == {"a": "reused", "b": "again", "c": "again"}
    assert does(of(play, at=first - 1)) == {"a": "again", "b": "again", "c": "again"}
    assert whys(of(play, at=first - 1))["a"] == "it was under way"


def test_with_nothing_changed_all_of_a_completed_run_is_taken_over() -> None:
    play = played(CHAIN)
    made = run_of(of(play), play)
    assert made.state.status is RunStatus.COMPLETED
    assert scheduled(made) == []


def test_a_step_that_is_named_begins_once_more_with_what_depends_on_it() -> None:
    play = played([{**CHAIN[0]}, {"id": "b", "run": "b", "needs": ["a"]}, {"id": "c", "run": "c", "needs": ["a"]}], type="graph")
    assert does(of(play, steps=("b",))) == {"a": "reused", "b": "again", "c": "reused"}
    assert does(of(play, steps=("a",))) == {"a": "again", "b": "again", "c": "again"}
    assert whys(of(play, steps=("a",)))["c"] == "it needs a, which begins once more"


def test_an_input_that_is_changed_lets_begin_once_more_what_names_it() -> None:
    play = played([{"id": "z", "run": "z"}, *CHAIN])
    fork = of(play, inputs={"n": "3"})
    assert does(fork) == {"z": "reused", "a": "again", "b": "again", "c": "again"}
    assert whys(fork)["a"] == "it uses inputs.n, which is changed"
    assert fork.plan.inputs == {"n": 3, "word": "x"}
    assert fork.plan.changed == ("inputs.n is 3, and was 2",)
    assert set(does(of(play, inputs={"n": 2})).values()) == {"reused"}
    assert set(does(of(play, inputs={"word": "y"})).values()) == {"reused"}


def test_an_input_counts_in_a_block_in_a_gate_and_in_the_environment() -> None:
    used = "${{ inputs.n }}"
    steps = [
        {"id": "block", "steps": [{"id": "inner", "run": f"inner {used}"}]},
        {"id": "gated", "run": "x", "gate": {"title": f"Really {used}?"}},
        {"id": "when", "run": "x", "if": "inputs.n > 1"},
        {"id": "plain", "set": {"x": 1}},
    ]
    play = played(steps, type="parallel")
    assert does(of(play, inputs={"n": 3})) == {"block": "again", "gated": "again", "when": "again", "plain": "reused"}
    play = played([*steps[3:], {"id": "run", "run": "x"}], type="parallel", env={"N": used})
    assert does(of(play, inputs={"n": 3})) == {"plain": "reused", "run": "again"}


@pytest.mark.parametrize(
    "changes",
    [{"env": {"A": "1"}}, {"defaults": {"retry": {"max_attempts": 3}}}, {"defaults": {"timeout": "10m"}}],
    ids=["env", "retry", "timeout"],
)
def test_a_change_of_the_whole_workflow_counts_where_it_changes_a_step(changes: dict[str, Any]) -> None:
    steps = [{"id": "a", "run": "a"}, {"id": "s", "set": {"x": 1}}]
    play = played(steps, type="parallel")
    assert does(of(play, other(steps, type="parallel", **changes))) == {"a": "again", "s": "reused"}
    assert set(does(of(play, other(steps, type="parallel", name="Another", handlers={"exit": [{"id": "h", "run": "h"}]}))).values()) == {
        "reused"
    }


def test_a_step_of_another_definition_begins_once_more_and_new_ones_begin_and_others_are_left_behind() -> None:
    play = played(CHAIN, type="graph")
    target = other([CHAIN[0], {**CHAIN[2], "run": "other"}, {"id": "d", "run": "d", "needs": ["a"]}], type="graph")
    fork = of(play, target)
    assert does(fork) == {"a": "reused", "c": "again", "d": "new", "b": "gone"}
    assert whys(fork)["c"] == "its definition is another one"
    assert scheduled(run_of(fork, play, target)) == ["c", "d"]


def test_a_step_that_is_put_between_two_takes_what_follows_along() -> None:
    play = played(CHAIN)
    fork = of(play, other([CHAIN[0], {"id": "n", "run": "n"}, *CHAIN[1:]]))
    assert does(fork) == {"a": "reused", "n": "new", "b": "again", "c": "again"}
    assert whys(fork)["b"] == "it needs n, which is new"


def test_a_block_that_was_under_way_begins_from_its_beginning() -> None:
    steps = [{"id": "a", "run": "a"}, {"id": "block", "steps": [{"id": "one", "run": "1"}, {"id": "two", "run": "2"}]}]
    play = played(steps, failing("block.two"))
    assert does(of(play)) == {"a": "reused", "block": "again"}
    assert scheduled(run_of(of(play), play)) == ["block.one", "block.two"]


def test_what_the_items_of_a_loop_left_is_there_also_where_nothing_named_it_before() -> None:
    loop = {"id": "fan", "for_each": [1, 2], "steps": [{"id": "one", "run": "1"}, {"id": "two", "run": "2", "if": "item == 1"}]}
    play = played([loop, {"id": "b", "run": "b"}])
    target = other([loop, {"id": "b", "run": ["b", "${{ steps.fan.items[1].one.output }} ${{ steps.fan.items[1].two.output == null }}"]}])
    fork = of(play, target)
    assert does(fork) == {"fan": "reused", "b": "again"}
    [event] = of_type(run_of(fork, play, target).journal, e.StepScheduled)
    assert event.input["argv"] == ["b", "out of fan[1].one true"]


def test_items_that_were_not_kept_let_the_loop_begin_once_more() -> None:
    loop = {"id": "fan", "for_each": [1], "steps": [{"id": "one", "run": "1"}]}
    play = played([loop, {"id": "b", "run": "b"}])
    first = run_of(of(play), play)
    target = other([loop, {"id": "b", "run": ["b", "${{ steps.fan.items[0].one.output }}"]}])
    fork = fork_of(first.graph, first.journal, target)
    assert whys(fork)["fan"] == "an expression uses its items, and what they left was not kept"


def test_a_question_asks_anew_when_anything_behind_it_begins_once_more() -> None:
    steps = [{"id": "a", "run": "a"}, {"id": "ok", "gate": {"title": "Go on?"}}, {"id": "b", "run": "b"}, {"id": "c", "run": "c"}]
    play = played(steps, failing("c"))
    fork = of(play)
    assert does(fork) == {"a": "reused", "ok": "again", "b": "again", "c": "again"}
    assert whys(fork)["ok"] == "no answer of another run counts for c"
    assert set(does(of(played(steps))).values()) == {"reused"}


def test_a_task_and_a_question_in_a_block_ask_anew_too() -> None:
    inside = [{"id": "work", "run": "w"}, {"id": "ok", "gate": {"title": "Go on?"}}]
    for question in ({"id": "q", "task": "Look"}, {"id": "q", "steps": inside}):
        play = played([question, {"id": "c", "run": "c"}], failing("c"))
        assert does(of(play)) == {"q": "again", "c": "again"}


def test_a_run_of_its_own_in_which_somebody_was_asked_begins_once_more() -> None:
    play = played([{"id": "deploy", "workflow": "deploy"}, {"id": "c", "run": "c"}], failing("c"))
    assert does(of(play)) == {"deploy": "reused", "c": "again"}
    assert does(of(play, asked=["deploy"])) == {"deploy": "again", "c": "again"}


def test_a_step_with_a_gate_of_its_own_is_taken_over_and_asks_when_it_begins_once_more() -> None:
    steps = [{"id": "a", "run": "a", "gate": {"title": "A?"}}, {"id": "b", "run": "b", "gate": {"title": "B?"}}]
    play = played(steps, failing("b"))
    fork = of(play)
    assert does(fork) == {"a": "reused", "b": "again"}
    made = begun(Play(play.workflow), fork)
    assert [event.node for event in of_type(made.journal, e.ApprovalRequested)] == ["b.gate"]
    assert statuses(made.state)["a"] == "completed"


def test_what_is_taken_up_anew_in_a_fork_is_asked_anew_too() -> None:
    steps = [
        {"id": "ok", "gate": {"title": "Go on?"}},
        {"id": "b", "run": "b", "needs": ["ok"]},
        {"id": "z", "run": "z"},
    ]
    flat = played(steps, type="graph")
    made = begun(Play(flat.workflow), of(flat, steps=("z",)))
    assert statuses(made.state) == {"ok": "completed", "b": "completed", "z": "running"}
    plan = recover_plan(made.state, c.Recover(at=made.at, by=ANA, steps=("b",), again=True))
    assert [(step.node, step.does) for step in plan.steps] == [("ok", "asks"), ("b", "again")]
    made.send(c.Recover(at=made.at, by=ANA, steps=("b",), again=True))
    made.plan()
    assert [event.node for event in of_type(made.journal, e.ApprovalRequested)] == ["ok#2"]
    assert scheduled(made) == ["z"]


def test_outputs_that_a_step_is_to_have_left_take_what_depends_on_it_along() -> None:
    play = played(CHAIN)
    fork = of(play, outputs={"a": {"url": "https://example.org"}})
    assert does(fork) == {"a": "changed", "b": "again", "c": "again"}
    assert whys(fork)["b"] == "it needs a, whose outputs are changed"
    assert fork.part.reused[0].outputs == {"url": "https://example.org"}
    assert fork.plan.changed == ('steps.a.outputs.url is "https://example.org"',)


def test_the_variables_are_those_of_the_point_with_what_is_changed() -> None:
    sets: dict[str, dict[str, Any]] = {"a": {"x": 1, "y": 1}, "b": {"x": 2}}

    def answer(node: str, attempt: int) -> c.Outcome:
        return c.Outcome(node=node, attempt=attempt, status="succeeded", context=sets[node])

    play = played([{"id": node, "set": values} for node, values in sets.items()], answer, context={"z": 0})
    first = next(number for number, event in enumerate(play.journal, 1) if isinstance(event, e.StepSucceeded))
    fork = of(play, at=first, set={"z": [5]}, unset=("y",))
    assert fork.part.context == fork.plan.context == {"x": 1, "z": [5]}
    assert fork.plan.changed == ("context.z is [5]", "context.y is removed")


def test_an_input_that_the_definition_has_no_more_is_dropped_and_named() -> None:
    fork = of(play := played(CHAIN), other(CHAIN, inputs={"n": {"type": "integer"}}))
    assert fork.plan.inputs == {"n": 2}
    assert fork.plan.changed[1:] == ("inputs.word is dropped: the definition has it no more",)
    assert play.journal


def test_only_the_plan_that_was_shown_is_carried_out() -> None:
    play = played(CHAIN, failing("b"))
    digest = of(play).plan.digest
    assert of(play, digest=digest).plan.digest == digest
    for changed in ({"inputs": {"n": 3}}, {"steps": ("a",)}, {"set": {"v": 1}}, {"outputs": {"a": {"v": "1"}}}, {"at": 3}):
        with pytest.raises(IllegalTransition, match="not what was shown"):
            of(play, digest=digest, **changed)


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        ({"steps": ("nobody",)}, NotFound, "has no step 'nobody'"),
        ({"steps": ("inner",)}, NotFound, "inner stands in block"),
        ({"inputs": {"absent": "1"}}, InvalidInput, "there is no input 'absent'"),
        ({"inputs": {"n": "many"}}, InvalidInput, "n: must be a whole number"),
        ({"set": {"a b": 1}}, InvalidInput, "cannot be a variable"),
        ({"set": {"v": 1}, "unset": ("v",)}, InvalidInput, "cannot be set and removed"),
        ({"unset": ("absent",)}, InvalidInput, "had no variable 'absent'"),
        ({"outputs": {"nobody": {"v": "1"}}}, NotFound, "has no step 'nobody'"),
        ({"outputs": {"c": {"v": "1"}}}, InvalidInput, "outputs of c cannot be said"),
        ({"outputs": {"a": {"a b": "1"}}}, InvalidInput, "cannot be an output of a"),
        ({"outputs": {"a": {"v": "1"}}, "steps": ("a",)}, InvalidInput, "somebody wants it to"),
        ({"outputs": {"a": {"v": "1"}}, "by": e.Principal(name="claude", kind="agent")}, NotAllowed, "Only a person"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(wish: dict[str, Any], error: type[Exception], words: str) -> None:
    steps = [CHAIN[0], {"id": "block", "steps": [{"id": "inner", "run": "x"}]}, {"id": "c", "run": "c"}]
    with pytest.raises(error, match=words):
        of(played(steps, failing("c")), **wish)


def test_the_outputs_of_a_question_cannot_be_said() -> None:
    play = played([{"id": "ok", "gate": {"title": "Go on?"}}, {"id": "b", "run": "b"}])
    with pytest.raises(InvalidInput, match="no answer of another run counts"):
        of(play, outputs={"ok": {"v": "1"}})


def test_a_definition_of_another_workflow_is_refused() -> None:
    foreign = compile_graph(workflow(steps=CHAIN, inputs=INPUTS).model_copy(update={"id": "foreign"}))
    with pytest.raises(InvalidInput, match="that of foreign"):
        of(played(CHAIN), foreign)


def test_what_was_undone_begins_once_more() -> None:
    play = played(CHAIN)
    first = next(number for number, event in enumerate(play.journal, 1) if isinstance(event, e.StepSucceeded))
    [started] = decide(play.state, c.Undo(at=play.at, by=ANA, to=first))
    assert isinstance(started, e.UndoStarted)
    play.fold([started.model_copy(update={"then": "undone"})])
    play.plan()
    assert play.state.status is RunStatus.UNDONE
    assert does(of(play)) == {"a": "reused", "b": "again", "c": "again"}
    assert whys(of(play)) == {"b": "it was undone", "c": "it was undone"}
    assert set(does(of(play, at=len(play.journal) - 3)).values()) == {"reused"}
