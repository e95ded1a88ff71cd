"""What runs after a yes is what was approved: whatever changes between the question and the action, and between its attempts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import InvalidForm
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import RunStatus, new_state
from tests.core.play import ANA, Play, of_type, statuses, succeed, workflow

SECRET: JsonValue = {"$secret": ["Bearer ", {"name": "TOKEN"}]}
ACTIONS: list[dict[str, object]] = [
    {"run": "./go.sh ${{ context.to }}"},
    {"run": ["./go.sh", "${{ context.to }}", "${{ secrets.TOKEN }}"], "secrets": ["TOKEN"]},
    {"run": "./go.sh", "env": {"TO": "${{ context.to }}", "AUTH": "Bearer ${{ secrets.TOKEN }}"}, "secrets": ["TOKEN"]},
    {"run": "cat", "stdin": "to ${{ context.to }}"},
    {"run": "./go.sh", "cwd": "sites/${{ context.to }}"},
    {"python": "jobs:go", "with": {"to": ["${{ context.to }}"]}},
    {"python": "jobs:go", "interpreter": "/opt/${{ context.to }}/python"},
    {"python": "jobs:go", "env": {"TO": "${{ context.to }}"}},
    {"set": {"done": "${{ context.to }}"}},
]


def deploying(step: dict[str, object], gate: object = "Deploy?", **values: object) -> Play:
    """A run of one step behind a gate, in a world where it goes to staging, started."""
    run = Play(workflow(context={"to": "staging"}, steps=[{"id": "go", "gate": gate, **step}], **values))
    run.start()
    return run


def change(run: Play, to: str = "production") -> None:
    """Somebody changes the variable."""
    run.send(c.ChangeContext(at=run.at, by=ANA, set={"to": to}))
    run.plan()


def say_yes(run: Play, **given: object) -> None:
    """Answer the open question."""
    request = of_type(run.journal, e.ApprovalRequested)[-1]
    values = {"at": run.at, "by": ANA, "id": request.id, "verdict": "approve", "digest": request.digest, **given}
    run.send(c.Decide.model_validate(values))
    run.plan()


def report(run: Play, **given: object) -> None:
    """The attempt that runs ends."""
    (node,) = run.state.running
    values = {"node": node.key, "attempt": node.attempt, "status": "succeeded", **given}
    run.send(c.ReportOutcome(at=run.at, outcome=c.Outcome.model_validate(values)))
    run.plan()


def asked(run: Play) -> list[e.ApprovalContent]:
    return [request.content for request in of_type(run.journal, e.ApprovalRequested)]


def started(run: Play, node: str = "go") -> list[dict[str, JsonValue]]:
    return [event.input for event in of_type(run.journal, e.StepScheduled) if event.node == node]


@pytest.mark.parametrize("step", ACTIONS)
def test_the_question_holds_exactly_what_the_action_gets(step: dict[str, object]) -> None:
    run = deploying({**step, **({} if "set" in step else {"timeout": {"attempt": "5m", "total": "2m", "idle": "9s"}})})
    (content,) = asked(run)
    assert content.order
    assert content.timeout == (None if "set" in step else 120_000)
    say_yes(run)
    assert started(run) == [content.order]
    assert of_type(run.journal, e.StepScheduled)[-1].timeout == content.timeout


def test_secrets_stand_in_the_question_by_name() -> None:
    (content,) = asked(deploying(ACTIONS[2]))
    assert content.order["env"] == {"TO": "staging", "AUTH": SECRET}


@pytest.mark.parametrize("step", ACTIONS)
@pytest.mark.parametrize("recheck", [True, False])
def test_a_value_that_changes_before_the_yes_is_asked_again_wherever_the_action_uses_it(step: dict[str, object], recheck: bool) -> None:
    run = deploying(step, {"title": "Deploy?", "recheck": recheck})
    change(run)
    say_yes(run)
    assert started(run) == []
    before, now = asked(run)
    assert "staging" in str(before.order)
    assert "production" in str(now.order)
    say_yes(run)
    assert started(run) == [now.order]


@pytest.mark.parametrize("step", [step for step in ACTIONS if "set" not in step])
def test_every_attempt_gets_what_was_approved(step: dict[str, object]) -> None:
    run = deploying({**step, "retry": {"max_attempts": 3, "interval": "1s"}})
    (content,) = asked(run)
    say_yes(run)
    change(run)
    report(run, status="failed", kind="exit", message="no")
    change(run, "elsewhere")
    run.fire(run.at + 2_000, "go")
    run.plan()
    report(run, status="interrupted", why="engine_stopped")
    change(run, "nowhere")
    report(run)
    assert started(run) == [content.order] * 3
    assert run.state.status is RunStatus.COMPLETED


def test_a_variable_that_changes_during_a_pause_does_not_reach_the_action() -> None:
    run = deploying(ACTIONS[2])
    (content,) = asked(run)
    say_yes(run)
    run.send(c.Pause(at=run.at, by=ANA, mode="now"))
    run.plan()
    assert run.state.status is RunStatus.PAUSED
    change(run)
    run.send(c.Resume(at=run.at, by=ANA))
    run.plan()
    assert started(run) == [content.order] * 2


def test_an_answer_that_is_carried_out_after_a_pause_is_checked_against_what_holds_then() -> None:
    run = deploying(ACTIONS[2])
    run.send(c.Pause(at=run.at, by=ANA))
    run.plan()
    say_yes(run)
    change(run)
    run.send(c.Resume(at=run.at, by=ANA))
    run.plan()
    assert started(run) == []
    assert [content.order["env"] for content in asked(run)] == [
        {"TO": "staging", "AUTH": SECRET},
        {"TO": "production", "AUTH": SECRET},
    ]


def test_silence_approves_what_was_asked_and_nothing_else() -> None:
    run = deploying(ACTIONS[2], {"timeout": "1h", "on_timeout": "approve"})
    change(run)
    (request,) = of_type(run.journal, e.ApprovalRequested)
    run.fire(request.deadline or 0, request.id)
    run.plan()
    assert started(run) == []
    second = of_type(run.journal, e.ApprovalRequested)[-1]
    run.fire(second.deadline or 0, second.id)
    run.plan()
    assert started(run) == [second.content.order]


def previewing(run: Play, text: str = "seen") -> None:
    """The look at the evidence ends."""
    report(run, result=e.Evidence(preview=text, exit_code=0, at=run.at).model_dump(mode="json"))


@pytest.mark.parametrize("recheck", [True, False])
def test_evidence_is_gathered_again_when_its_own_order_has_changed(recheck: bool) -> None:
    run = deploying({"run": "./go.sh"}, {"preview": ["./look.sh", "${{ context.to }}"], "recheck": recheck})
    change(run)
    previewing(run)
    assert asked(run) == []
    previewing(run)
    (content,) = asked(run)
    assert content.preview_order == started(run, "go.gate")[-1] == {"preview": {"argv": ["./look.sh", "production"]}}
    change(run, "elsewhere")
    say_yes(run)
    previewing(run)
    assert asked(run)[-1].preview_order == {"preview": {"argv": ["./look.sh", "elsewhere"]}}
    assert started(run) == []


def test_a_journal_from_before_orders_were_asked_goes_on() -> None:
    run = deploying({**ACTIONS[2], "retry": {"max_attempts": 2, "interval": "1s"}})
    old: dict[str, object] = {"order": {}, "timeout": None}
    asked_then = [
        event.model_copy(update={"content": event.content.model_copy(update=old), "digest": "then"})
        if isinstance(event, e.ApprovalRequested)
        else event
        for event in run.journal
    ]
    say_yes(run)
    report(run, status="failed", kind="exit", message="no")

    def read(journal: list[e.Event]) -> Play:
        other = Play(run.workflow, at=run.at)
        other.state = new_state(run.run_id, run.graph, 1)
        for event in journal:
            evolve(other.state, event)
            other.journal.append(event)
        return other

    still_open = read(asked_then)
    say_yes(still_open)
    assert started(still_open) == []
    say_yes(still_open)
    assert len(started(still_open)) == 1
    retrying = read([*asked_then, *run.journal[len(asked_then) :]])
    change(retrying)
    retrying.fire(retrying.at + 2_000, "go")
    retrying.plan()
    assert started(retrying) == started(run) * 2


ANSWER = "${{ steps.go.decision.form.note }}"
FORM = {"form": {"note": {}, "size": {"type": "integer", "default": 3}}}


def filled(step: dict[str, object], note: str = "for ana") -> tuple[e.ApprovalContent, dict[str, JsonValue]]:
    """What is asked, and what starts after an answer with a note."""
    run = deploying(step, {"title": "Deploy?", **FORM})
    (content,) = asked(run)
    say_yes(run, form={"note": note}, comment="fine")
    return content, started(run)[0]


@pytest.mark.parametrize(
    ("step", "place", "shown", "given"),
    [
        ({"run": f"echo {ANSWER}"}, ("env", "OYAMA_V1"), ANSWER, "for ana"),
        ({"run": ["echo", f"${{{{ context.to }}}}: {ANSWER}"]}, ("argv", 1), f"staging: {ANSWER}", "staging: for ana"),
        ({"run": "x", "stdin": f"<{ANSWER}>"}, ("stdin",), f"<{ANSWER}>", "<for ana>"),
        ({"run": "x", "cwd": ANSWER}, ("cwd",), ANSWER, "for ana"),
        ({"run": "x", "env": {"WHO": "${{ steps.go.decision.by }}"}}, ("env", "WHO"), "${{ steps.go.decision.by }}", "ana"),
        ({"python": "a:b", "interpreter": ANSWER}, ("interpreter",), ANSWER, "for ana"),
        (
            {"python": "a:b", "with": {"all": [{"n": "${{ steps.go.decision.form.size }}"}]}},
            ("with", "all", 0, "n"),
            "${{ steps.go.decision.form.size }}",
            3,
        ),
        ({"set": {"why": "${{ steps.go.decision.comment }}"}}, ("set", "why"), "${{ steps.go.decision.comment }}", "fine"),
    ],
)
def test_the_answer_fills_in_its_own_places_and_no_other(
    step: dict[str, object], place: e.Place, shown: JsonValue, given: JsonValue
) -> None:
    content, order = filled(step)
    assert content.from_answer == (place,)
    at: Callable[[object], object] = lambda value: at_place(value, place)  # noqa: E731
    assert at(content.order) == shown
    assert at(order) == given
    assert content.action.count("for ana") == 0


def at_place(value: object, place: e.Place) -> object:
    for key in place:
        value = value[key]  # type: ignore[index]
    return value


def test_a_value_is_never_taken_for_an_expression() -> None:
    hostile = "${{ steps.go.decision.comment }}$"
    texts = {f"${{{{ context.to }}}}{{{{ {ANSWER}": f"{hostile}{{{{ {hostile}", f"{ANSWER}${{{{ context.to }}}}": hostile * 2}
    for text, plain in texts.items():
        run = Play(workflow(context={"to": hostile}, steps=[{"id": "go", "gate": {**FORM}, "run": ["echo", text, "${{ context.to }}"]}]))
        run.start()
        say_yes(run, form={"note": hostile}, comment="fine")
        assert started(run) == [{"argv": ["echo", plain, hostile]}]


def test_secrets_and_the_answer_may_stand_in_one_text() -> None:
    content, order = filled({"run": "x", "env": {"A": f"{ANSWER}:${{{{ secrets.TOKEN }}}}:{ANSWER}"}, "secrets": ["TOKEN"]})
    assert content.order["env"] == {"A": {"$secret": [ANSWER, ":", {"name": "TOKEN"}, ":", ANSWER]}}
    assert order["env"] == {"A": {"$secret": ["for ana", ":", {"name": "TOKEN"}, ":", "for ana"]}}


def test_a_yes_with_a_value_that_the_action_cannot_take_is_refused() -> None:
    run = deploying({"run": f"echo {ANSWER}"}, {"title": "Deploy?", **FORM})
    with pytest.raises(InvalidForm, match="cannot be used in the action: the value has 200,000 bytes"):
        say_yes(run, form={"note": "x" * 200_000})
    assert statuses(run.state)["go.gate"] == "waiting"


def test_silence_fills_in_the_defaults() -> None:
    step: dict[str, object] = {"run": ["go", "${{ steps.go.decision.form.size }}", "by ${{ steps.go.decision.by }}"]}
    run = deploying(step, {"timeout": "1h", "on_timeout": "approve", **FORM})
    (request,) = of_type(run.journal, e.ApprovalRequested)
    run.fire(request.deadline or 0, request.id)
    run.plan()
    assert started(run) == [{"argv": ["go", "3", "by "]}]


def test_the_preview_does_not_get_what_only_the_answer_knows() -> None:
    run = deploying({"run": "x", "env": {"NOTE": ANSWER, "TO": "${{ context.to }}"}}, {"preview": "env", **FORM})
    assert started(run, "go.gate")[0]["preview"] == {"script": "env", "shell": ["/bin/sh", "-e", "-c"], "env": {"TO": "staging"}}


def test_a_gate_is_named_by_its_step_when_it_has_no_title() -> None:
    titles: list[str] = []
    for gate in ({}, "Publish the page?", {"title": "${{ inputs.none }}"}):
        run = Play(workflow(inputs={"none": {}}, steps=[{"id": "go", "name": "Publish", "gate": gate, "run": "x"}]), answer=succeed)
        run.start()
        titles.append(asked(run)[0].title)
    assert titles == ["Publish", "Publish the page?", "Publish"]
