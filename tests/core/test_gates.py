"""How gates open, what is bound to an approval, and what follows when nobody answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.errors import IllegalTransition, StaleDigest
from oyama_tui.core.state import RunStatus
from tests.core.play import ANA, Answer, Play, approve, of_type, statuses, succeed, workflow

HOUR = 3_600_000


def gathering(*previews: str, exit_code: int = 0, problem: str = "") -> Answer:
    """Each look at the evidence shows the next preview, then the last one again."""

    def answer(node: str, attempt: int) -> c.Outcome:
        if not node.endswith(".gate"):
            return succeed(node, attempt)
        shown = previews[min(attempt, len(previews)) - 1]
        evidence = e.Evidence(preview=shown, exit_code=exit_code, at=attempt, problem=problem)
        return c.Outcome(node=node, attempt=attempt, status="succeeded", result=evidence.model_dump(mode="json"))

    return answer


def publishing(answer: Answer = succeed, **gate: object) -> Play:
    """A run of one step with a gate, started."""
    step = {"id": "publish", "run": "./publish.sh", "gate": {"title": "Publish?", **gate}}
    run = Play(workflow(steps=[step, {"id": "after", "run": "true"}]), answer=answer)
    run.start()
    return run


def go_on(run: Play, *moves: Callable[[], object]) -> None:
    """Let these things happen, and plan after each."""
    for happen in moves or (run.moves()[0],):
        run.at += 1
        happen()
        run.plan()


def requests(run: Play) -> list[e.ApprovalRequested]:
    return of_type(run.journal, e.ApprovalRequested)


def test_a_gate_without_evidence_opens_at_once() -> None:
    run = publishing()
    (request,) = requests(run)
    assert (request.attempt, request.previous, request.deadline) == (1, "", None)
    assert (request.content.title, request.content.action, request.content.kind) == ("Publish?", "./publish.sh", "run")
    assert (request.content.yes, request.content.no) == ("publish runs, then after", "the run stops here")
    assert len(request.digest) == 32
    assert len(request.id) == 13


@pytest.mark.parametrize(
    ("steps", "following"),
    [
        ([{"id": "notify", "run": "x", "if": "failure"}], ""),
        ([{"id": "notify", "run": "x", "if": "failure"}, {"id": "tidy", "run": "x"}], ", then tidy"),
        (
            [
                {"id": "notify", "run": "x", "if": "failure"},
                {"id": "mend", "run": "x", "if": "failure"},
                {"id": "tidy", "run": "x", "if": "always"},
            ],
            ", then tidy",
        ),
        ([{"id": "tidy", "run": "x", "if": "success"}], ", then tidy"),
        ([{"id": "tell", "run": "x", "if": "inputs.loud"}], ", then tell if its condition holds"),
        ([{"id": "next", "run": "x", "gate": "Go on?"}], ", then next"),
    ],
)
@pytest.mark.parametrize("on_reject", ["stop", "skip"])
def test_a_card_promises_only_what_comes_after_an_answer(steps: list[dict[str, object]], following: str, on_reject: str) -> None:
    asking = {"id": "rotate", "run": "x", "gate": {"title": "Rotate?", "on_reject": on_reject}}
    run = Play(workflow(type="conditional", inputs={"loud": {"type": "boolean", "default": True}}, steps=[asking, *steps]))
    run.start()
    content = requests(run)[0].content
    assert content.yes == f"rotate runs{following}"
    assert content.no == ("the run stops here" if on_reject == "stop" else f"rotate is skipped{following}")


def test_a_card_promises_nothing_that_a_graph_keeps_for_failures() -> None:
    steps = [
        {"id": "rotate", "run": "x", "gate": "Rotate?"},
        {"id": "roll_back", "run": "x", "needs": ["rotate"], "if": "failure"},
        {"id": "tell", "run": "x", "needs": ["rotate"]},
        {"id": "close", "run": "x", "needs": ["roll_back", "tell"]},
    ]
    run = Play(workflow(type="graph", steps=steps))
    run.start()
    assert requests(run)[0].content.yes == "rotate runs, then tell, close"


def test_a_preview_runs_before_the_gate_opens_and_is_part_of_what_is_asked() -> None:
    run = publishing(gathering("will upload 3 files"), preview="./publish.sh --dry-run", files=["publish.sh"])
    (order,) = of_type(run.journal, e.StepScheduled)
    assert order.node == "publish.gate"
    assert order.input == {
        "preview": {"script": "./publish.sh --dry-run", "shell": ["/bin/sh", "-e", "-c"]},
        "files": ["publish.sh"],
    }
    assert requests(run) == []
    go_on(run)
    assert requests(run)[0].content.evidence.preview == "will upload 3 files"


def test_a_preview_is_bounded_as_its_step_is() -> None:
    gate = {"title": "Publish?", "preview": "./show.sh"}
    run = Play(workflow(steps=[{"id": "publish", "run": "./publish.sh", "gate": gate, "timeout": {"attempt": "10m", "idle": "1m"}}]))
    run.start()
    (order,) = of_type(run.journal, e.StepScheduled)
    assert (order.node, order.timeout, order.input["idle"]) == ("publish.gate", 600_000, 60_000)


def test_the_time_of_a_look_does_not_change_the_digest_and_what_was_seen_does() -> None:
    digests: list[str] = []
    for shown in ("one", "one", "two"):
        run = publishing(gathering(shown), preview="./show.sh")
        run.at = 5_000 + len(digests)
        go_on(run)
        digests.append(requests(run)[0].digest)
    assert digests[0] == digests[1] != digests[2]


def test_evidence_is_checked_again_before_the_action_and_the_same_lets_it_pass() -> None:
    run = publishing(gathering("one"), preview="./show.sh")
    go_on(run)
    go_on(run)
    assert statuses(run.state) == {"publish.gate": "running", "publish": "pending", "after": "pending"}
    go_on(run)
    assert len(of_type(run.journal, e.GatePassed)) == 1
    assert statuses(run.state)["publish"] == "running"


def test_evidence_that_has_changed_opens_the_gate_again_with_the_approval_it_had() -> None:
    run = publishing(gathering("one", "two"), preview="./show.sh", timeout="4h")
    for _ in range(3):
        go_on(run)
    first, second = requests(run)
    assert (second.attempt, second.previous, second.content.evidence.preview) == (2, first.id, "two")
    assert second.id != first.id
    assert second.deadline == run.at + 4 * HOUR
    assert of_type(run.journal, e.GatePassed) == []
    assert run.run().status is RunStatus.COMPLETED
    assert of_type(run.journal, e.GatePassed)[0].id == second.id


def test_without_recheck_the_evidence_is_looked_at_once() -> None:
    run = publishing(gathering("one", "two"), preview="./show.sh", recheck=False)
    go_on(run)
    go_on(run)
    assert statuses(run.state) == {"publish.gate": "completed", "publish": "running", "after": "pending"}
    assert len(requests(run)) == 1


def test_a_gate_alone_is_not_checked_again() -> None:
    run = Play(workflow(steps=[{"id": "ask", "gate": {"title": "Sure?", "files": ["plan.txt"]}}]))
    run.answer = lambda node, attempt: c.Outcome(node=node, attempt=attempt, status="succeeded", result={"exit_code": None})
    run.start()
    go_on(run)
    go_on(run)
    assert run.state.status is RunStatus.COMPLETED
    assert len(of_type(run.journal, e.StepScheduled)) == 1


def test_a_variable_that_changes_while_the_gate_is_open_asks_again() -> None:
    gate = {"title": "Publish to ${{ context.channel }}?"}
    run = Play(workflow(context={"channel": "beta"}, steps=[{"id": "publish", "run": "./publish.sh", "gate": gate}]))
    run.start()
    run.send(c.ChangeContext(at=run.at, by=ANA, set={"channel": "stable"}))
    run.plan()
    go_on(run)
    assert [request.content.title for request in requests(run)] == ["Publish to beta?", "Publish to stable?"]
    assert statuses(run.state)["publish"] == "pending"


def test_an_answer_to_the_first_opening_does_not_count_for_the_second() -> None:
    run = publishing(gathering("one", "two"), preview="./show.sh")
    for _ in range(3):
        go_on(run)
    first, second = requests(run)
    with pytest.raises(StaleDigest):
        run.send(c.Decide(at=run.at, by=ANA, id=second.id, verdict="approve", digest=first.digest))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (gathering("broken", exit_code=3), "the preview ended with exit code 3"),
        (gathering("", problem="plan.txt does not exist"), "plan.txt does not exist"),
    ],
)
def test_a_preview_that_fails_blocks_a_yes_and_not_a_no(answer: Answer, why: str) -> None:
    run = publishing(answer, preview="./show.sh")
    go_on(run)
    (request,) = requests(run)
    yes = c.Decide(at=run.at, by=ANA, id=request.id, verdict="approve", digest=request.digest)
    with pytest.raises(IllegalTransition, match=why):
        run.send(yes)
    run.send(yes.model_copy(update={"verdict": "reject", "comment": "broken"}))
    run.plan()
    assert run.state.status is RunStatus.REJECTED


@pytest.mark.parametrize(
    ("then", "status", "gate"),
    [("reject", RunStatus.REJECTED, "rejected"), ("fail", RunStatus.FAILED, "failed"), ("approve", RunStatus.COMPLETED, "completed")],
)
def test_when_nobody_answers_in_time_the_gate_follows_on_timeout(then: str, status: RunStatus, gate: str) -> None:
    run = publishing(timeout="4h", on_timeout=then)
    (request,) = requests(run)
    assert request.deadline == 1_000 + 4 * HOUR
    assert run.send(c.FireTimer(at=request.deadline - 1, id=request.id)) == []
    go_on(run, lambda: run.fire(request.deadline or 0, request.id))
    assert run.run().status is status
    assert statuses(run.state)["publish.gate"] == gate


def test_silence_approves_nothing_that_a_person_could_not_approve() -> None:
    run = publishing(gathering("broken", exit_code=3), preview="./show.sh", timeout="4h", on_timeout="approve")
    go_on(run)
    (request,) = requests(run)
    go_on(run, lambda: run.fire(request.deadline or 0, request.id))
    assert run.state.status is RunStatus.REJECTED
    assert of_type(run.journal, e.GatePassed) == []


def test_silence_fills_a_form_with_its_defaults() -> None:
    gate = {"title": "Publish?", "timeout": "1h", "on_timeout": "approve", "form": {"why": {"default": "nobody minded"}, "note": {}}}
    echo = {"id": "echo", "run": ["echo", "${{ steps.ask.decision.form.why }}", "${{ steps.ask.decision.form.note == null }}"]}
    run = Play(workflow(steps=[{"id": "ask", "gate": gate}, echo]))
    run.start()
    (request,) = requests(run)
    go_on(run, lambda: run.fire(request.deadline or 0, request.id))
    assert of_type(run.journal, e.StepScheduled)[-1].input == {"argv": ["echo", "nobody minded", "true"]}


def test_a_vote_that_suffices_is_decided_by_whoever_plans_next() -> None:
    run = publishing()
    (request,) = requests(run)
    vote = decide(run.state, c.Decide(at=5_000, by=ANA, id=request.id, verdict="approve", comment="fine"))[0]
    run.fold([vote])
    run.plan()
    (decided,) = of_type(run.journal, e.ApprovalDecided)
    assert (decided.id, decided.by, decided.comment, decided.at) == (request.id, ANA, "fine", 5_000)


def test_a_gate_that_nobody_answers_and_may_fail_skips_its_action_only() -> None:
    for kind in ("sequential", "parallel", "conditional", "graph"):
        gate = {"title": "Publish?", "timeout": "1h", "on_timeout": "fail"}
        step = {"id": "publish", "run": "./publish.sh", "gate": gate, "on_failure": "continue"}
        run = Play(workflow(type=kind, steps=[step, {"id": "after", "run": "true", "needs": ["publish"]}]))
        run.start()
        (request,) = requests(run)
        go_on(run, lambda: run.fire(request.deadline or 0, request.id))  # noqa: B023
        assert run.run().status is RunStatus.COMPLETED
        assert statuses(run.state) == {"publish.gate": "failed", "publish": "skipped", "after": "completed"}


def test_evidence_that_cannot_be_gathered_fails_the_step() -> None:
    def answer(node: str, attempt: int) -> c.Outcome:
        return c.Outcome(node=node, attempt=attempt, status="failed", kind="timeout", message="the preview took too long")

    run = publishing(answer, preview="./show.sh")
    assert run.run().status is RunStatus.FAILED
    assert run.state.error == e.RunError(kind="step", message="the preview took too long", node="publish.gate")


def test_evidence_of_a_wrong_shape_fails_the_step_instead_of_the_engine() -> None:
    run = publishing(lambda node, attempt: c.Outcome(node=node, attempt=attempt, status="succeeded", result=[1]), preview="./show.sh")
    assert run.run().status is RunStatus.FAILED
    assert of_type(run.journal, e.StepFailed)[0].kind == "internal"


def test_one_approval_covers_the_automatic_retries() -> None:
    step = {"id": "publish", "run": "./publish.sh", "gate": {"title": "Publish?"}, "retry": {"max_attempts": 3}}
    failures = {1: "exit", 2: "exit"}

    def answer(node: str, attempt: int) -> c.Outcome:
        kind = failures.get(attempt)
        return succeed(node, attempt) if kind is None else c.Outcome(node=node, attempt=attempt, status="failed", kind="exit", message="no")

    run = Play(workflow(steps=[step]), answer=answer)
    run.start()
    assert run.run().status is RunStatus.COMPLETED
    assert (len(requests(run)), run.state.nodes["publish"].attempt) == (1, 3)


def test_approval_ids_are_derived_from_run_node_and_opening() -> None:
    ids = {requests(publishing())[0].id for _ in range(2)}
    assert len(ids) == 1
    other = Play(publishing().workflow, verdict=approve, run_id="play-2")
    other.start()
    assert requests(other)[0].id not in ids


def test_a_gate_says_what_its_step_left_to_later_expressions() -> None:
    steps = [
        {"id": "ask", "gate": {"title": "Which?", "form": {"size": {"type": "integer", "required": True}}}},
        {"id": "use", "run": ["use", "${{ steps.ask.decision.form.size }}", "${{ steps.ask.decision.by }}"]},
    ]
    run = Play(workflow(steps=steps))
    run.start()
    (request,) = requests(run)
    run.send(c.Decide(at=1, by=ANA, id=request.id, verdict="approve", form={"size": "7"}))
    run.plan()
    assert of_type(run.journal, e.StepScheduled)[0].input == {"argv": ["use", "7", "ana"]}
