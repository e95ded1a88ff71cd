"""Every field of every part of a definition: what an executor gets from it is asked and bound, or it is said why it gets nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.step import KINDS, StepBase
from oyama_tui.steps.protocol import StepOrder
from tests.core.play import ANA, Play, of_type, workflow

Data = dict[str, Any]
RUN: Data = {"run": "./go.sh"}
PYTHON: Data = {"python": "jobs:go"}
SET: Data = {"set": {"a": 1}}
TASK: Data = {"id": "go", "task": "Turn it"}
WAIT: Data = {"wait": {"for": "5m"}}
URL: Data = {"url": "https://api.example.org/", "method": "POST"}
BODY: list[Data] = [{"id": "x", "run": "true"}]
STEPS: Data = {"steps": BODY}
REPEAT: Data = {**STEPS, "repeat": {"until": "iteration > 1", "max": 3}}
BESIDE: Data = {"parallel": BODY}
LOOP: Data = {"for_each": {"items": ["a"]}, "steps": BODY}
SWITCH: Data = {"switch": [{"if": "true", "steps": BODY}, {"steps": BODY}]}
CHILD: Data = {"workflow": "deploy"}
LOOK: Data = {"gate": {"preview": "./look.sh"}}


def one(step: Data, **values: Any) -> Data:
    """A workflow of one step behind a gate."""
    return {"steps": [{"id": "go", "gate": {}, **step}], **values}


def task(**values: Any) -> Data:
    """A workflow of one task, which is itself what is asked."""
    return {"steps": [{**TASK, **values}]}


def http(**values: Any) -> Data:
    """A workflow of one request behind a gate."""
    return one({"http": {**URL, **values}})


def gate(**values: Any) -> Data:
    """A workflow whose gate says this."""
    return one({**RUN, "gate": values})


def after_notes(**values: Any) -> Data:
    """A workflow whose gate comes after a step that names a value."""
    return {"steps": [{"id": "notes", "set": {"n": 1}, "outputs": {"mark": "7"}}, {"id": "go", **RUN, "gate": values}], "context": {"n": 0}}


def sent_back(**values: Any) -> Data:
    """A workflow whose gate may be sent back to itself, or to the wait before it."""
    back = {"gate": {"send_back": values}} if values else {"gate": {}}
    return {"type": "graph", "steps": [{"id": "mark", "gate": "First?", "if": "false"}, {"id": "go", **RUN, **back, "needs": ["mark"]}]}


EXAMPLES: dict[tuple[str, str], tuple[Data, Data, str]] = {
    ("Workflow", "env"): (one(RUN), one(RUN, env={"TO": "mark"}), "mark"),
    ("Defaults", "timeout"): (one(RUN), one(RUN, defaults={"timeout": {"idle": "77s"}}), "1m17s"),
    ("StepTimeout", "attempt"): (one(RUN), one({**RUN, "timeout": {"attempt": "77m"}}), "1h17m"),
    ("StepTimeout", "total"): (one(RUN), one({**RUN, "timeout": {"total": "77m"}}), "1h17m"),
    ("StepTimeout", "idle"): (one(PYTHON), one({**PYTHON, "timeout": {"idle": "77s"}}), "1m17s"),
    ("StepBase", "id"): (one(RUN), one({**RUN, "id": "mark"}), "mark runs"),
    ("StepBase", "name"): (one(RUN), one({**RUN, "name": "mark"}), "mark runs"),
    ("StepBase", "gate"): (one(RUN), one({**RUN, "gate": "mark"}), "mark"),
    ("RunStep", "env"): (one(RUN), one({**RUN, "env": {"TO": "mark"}}), "mark"),
    ("RunStep", "run"): (one({"run": ["go", "x"]}), one({"run": ["go", "mark"]}), "go mark"),
    ("RunStep", "shell"): (one(RUN), one({**RUN, "shell": ["/bin/mark", "-c"]}), "/bin/mark"),
    ("RunStep", "cwd"): (one(RUN), one({**RUN, "cwd": "mark"}), "/mark"),
    ("RunStep", "stdin"): (one(RUN), one({**RUN, "stdin": "a\nmark\n"}), "mark"),
    ("RunStep", "parse"): (one(RUN), one({**RUN, "parse": "json"}), "json"),
    ("PythonStep", "env"): (one(PYTHON), one({**PYTHON, "env": {"TO": "mark"}}), "mark"),
    ("PythonStep", "python"): (one(PYTHON), one({"python": "jobs:mark"}), "jobs:mark"),
    ("PythonStep", "with_"): (one(PYTHON), one({**PYTHON, "with": {"a": ["mark"]}}), "mark"),
    ("PythonStep", "interpreter"): (one(PYTHON), one({**PYTHON, "interpreter": "/opt/mark"}), "/opt/mark"),
    ("PythonStep", "cwd"): (one(PYTHON), one({**PYTHON, "cwd": "mark"}), "/mark"),
    ("HttpStep", "http"): (http(), http(url="https://mark.example.org/"), "mark"),
    ("HttpStep", "env"): (one({"http": URL, **LOOK}), one({"http": URL, **LOOK, "env": {"TO": "mark"}}), "mark"),
    ("HttpRequest", "url"): (http(), http(url="https://mark.example.org/"), "mark"),
    ("HttpRequest", "method"): (http(), http(method="PATCH"), "PATCH https"),
    ("HttpRequest", "headers"): (http(), http(headers={"X-To": "mark"}), "mark"),
    ("HttpRequest", "query"): (http(), http(query={"to": ["mark"]}), "mark"),
    ("HttpRequest", "body"): (http(), http(body="a\nmark"), "mark"),
    ("HttpRequest", "json_"): (http(), http(json={"to": {"deep": "mark"}}), "mark"),
    ("HttpRequest", "expect"): (http(), http(expect=[277]), "277"),
    ("HttpRequest", "parse"): (http(), http(parse="json"), "json"),
    ("HttpRequest", "timeout"): (http(), http(timeout="77s"), "1m17s"),
    ("HttpRequest", "follow_redirects"): (http(verify=False), http(verify=False, follow_redirects=True), "true"),
    ("HttpRequest", "verify"): (http(follow_redirects=True), http(follow_redirects=True, verify=False), "false"),
    ("HttpRequest", "ca"): (http(), http(ca="mark.pem"), "mark.pem"),
    ("HttpRequest", "max_bytes"): (http(), http(max_bytes=7777), "7777"),
    ("HttpRequest", "idempotency_key"): (http(), http(idempotency_key="X-Mark"), "X-Mark"),
    ("UseStep", "use"): (one({"use": "note"}), one({"use": "mark"}), "mark("),
    ("UseStep", "with_"): (one({"use": "note"}), one({"use": "note", "with": {"a": ["mark"]}}), "mark"),
    ("UseStep", "env"): (one({"use": "note"}), one({"use": "note", "env": {"TO": "mark"}}), "mark"),
    ("WorkflowStep", "workflow"): (one(CHILD), one({"workflow": "./mark.yaml"}), "mark"),
    ("WorkflowStep", "with_"): (one(CHILD), one({**CHILD, "with": {"a": ["mark"]}}), "mark"),
    ("WorkflowStep", "env"): (one({**CHILD, **LOOK}), one({**CHILD, **LOOK, "env": {"TO": "mark"}}), "mark"),
    ("SetStep", "set"): (one(SET), one({"set": {"a": "mark"}}), "mark"),
    ("SetStep", "env"): (one({**SET, **LOOK}), one({**SET, **LOOK, "env": {"TO": "mark"}}), "mark"),
    ("WaitSpec", "for_"): (one(WAIT), one({"wait": {"for": "77m"}}), "1h17m"),
    ("WaitSpec", "until"): (one(WAIT), one({"wait": {"until": "'2030-01-31T08:00:00Z'"}}), "2030-01-31"),
    ("WaitSpec", "event"): (one(WAIT), one({"wait": {"event": "mark"}}), "mark"),
    ("WaitSpec", "match"): (one({"wait": {"event": "e"}}), one({"wait": {"event": "e", "match": "event.mark"}}), "mark"),
    ("WaitSpec", "timeout"): (one({"wait": {"event": "e"}}), one({"wait": {"event": "e", "timeout": "77m"}}), "1h17m"),
    ("WaitStep", "wait"): (one(WAIT), one({"wait": {"for": "77m"}}), "1h17m"),
    ("WaitStep", "env"): (one({**WAIT, **LOOK}), one({**WAIT, **LOOK, "env": {"TO": "mark"}}), "mark"),
    ("TaskStep", "task"): (task(), task(task="mark"), "mark"),
    ("TaskStep", "prompt"): (task(), task(prompt="mark"), "mark"),
    ("TaskStep", "form"): (task(), task(form={"mark": {}}), ""),
    ("StepsStep", "steps"): (one(STEPS), one({"steps": [*BODY, {"id": "mark", "run": "true"}]}), "mark"),
    ("StepsStep", "type"): (one(STEPS), one({**STEPS, "type": "conditional"}), "conditional"),
    ("StepsStep", "env"): (one(STEPS), one({**STEPS, "env": {"TO": "mark"}}), "mark"),
    ("StepsStep", "fail_fast"): (one(STEPS), one({**STEPS, "fail_fast": True}), "fail_fast"),
    ("StepsStep", "max_parallel"): (one(STEPS), one({**STEPS, "type": "graph", "max_parallel": 77}), "77"),
    ("ParallelStep", "max_parallel"): (one(BESIDE), one({**BESIDE, "max_parallel": 77}), "77"),
    ("StepsStep", "repeat"): (one(STEPS), one(REPEAT), "iteration > 1"),
    ("ParallelStep", "fail_fast"): (one(BESIDE), one({**BESIDE, "fail_fast": True}), "fail_fast"),
    ("ParallelStep", "repeat"): (one(BESIDE), one({**BESIDE, "repeat": {"until": "iteration > 1", "max": 3}}), "iteration > 1"),
    ("Repeat", "until"): (one(REPEAT), one({**STEPS, "repeat": {"until": "iteration > 77", "max": 3}}), "iteration > 77"),
    ("Repeat", "while_"): (one(REPEAT), one({**STEPS, "repeat": {"while": "iteration < 77", "max": 3}}), "iteration < 77"),
    ("Repeat", "every"): (one(REPEAT), one({**STEPS, "repeat": {"until": "iteration > 1", "max": 3, "every": "77m"}}), "1h17m"),
    ("Repeat", "max"): (one(REPEAT), one({**STEPS, "repeat": {"until": "iteration > 1", "max": 77}}), "77"),
    ("ParallelStep", "parallel"): (one(BESIDE), one({"parallel": [*BODY, {"id": "mark", "run": "true"}]}), "mark"),
    ("ParallelStep", "env"): (one(BESIDE), one({**BESIDE, "env": {"TO": "mark"}}), "mark"),
    ("ForEach", "items"): (one(LOOP), one({**LOOP, "for_each": {"items": ["a", "mark"]}}), "mark"),
    ("ForEach", "as_"): (one(LOOP), one({**LOOP, "for_each": {"items": ["a"], "as": "mark"}}), "mark"),
    ("ForEach", "concurrency"): (one(LOOP), one({**LOOP, "for_each": {"items": ["a"], "concurrency": 77}}), "77"),
    ("ForEach", "fail_fast"): (one(LOOP), one({**LOOP, "for_each": {"items": ["a"], "fail_fast": True}}), "fail_fast"),
    ("ForEachStep", "for_each"): (one(LOOP), one({**LOOP, "for_each": {"items": ["a", "mark"]}}), "mark"),
    ("ForEachStep", "steps"): (one(LOOP), one({**LOOP, "steps": [*BODY, {"id": "mark", "run": "true"}]}), "mark"),
    ("ForEachStep", "type"): (one(LOOP), one({**LOOP, "type": "conditional"}), "conditional"),
    ("ForEachStep", "env"): (one(LOOP), one({**LOOP, "env": {"TO": "mark"}}), "mark"),
    ("Branch", "if_"): (one(SWITCH), one({"switch": [{"if": "'mark' == 'x'", "steps": BODY}]}), "mark"),
    ("Branch", "steps"): (one(SWITCH), one({"switch": [{"steps": [{"id": "mark", "run": "true"}]}]}), "mark"),
    ("Branch", "type"): (one(SWITCH), one({"switch": [{"steps": BODY, "type": "conditional"}]}), "conditional"),
    ("SwitchStep", "switch"): (one(SWITCH), one({"switch": [{"steps": [{"id": "mark", "run": "true"}]}]}), "mark"),
    ("SwitchStep", "env"): (one(SWITCH), one({**SWITCH, "env": {"TO": "mark"}}), "mark"),
    ("GateStep", "env"): (one(LOOK), one({**LOOK, "env": {"TO": "mark"}}), "mark"),
    ("GateStep", "gate"): (one({}), one({"gate": "mark"}), "mark"),
    ("Gate", "title"): (gate(), gate(title="mark"), "mark"),
    ("Gate", "prompt"): (gate(), gate(prompt="mark"), "mark"),
    ("Gate", "target"): (gate(), gate(target="./mark"), "./mark"),
    ("Gate", "risk"): (gate(), gate(risk="high"), "HIGH RISK"),
    ("Gate", "confirm"): (gate(target="x"), gate(target="x", confirm=True), ""),
    ("Gate", "preview"): (gate(preview="./look.sh"), gate(preview="./look.sh mark"), "./look.sh mark"),
    ("Gate", "files"): (gate(files=["a"]), gate(files=["a", "mark"]), "mark"),
    ("Gate", "form"): (gate(), gate(form={"mark": {}}), ""),
    ("Gate", "on_reject"): (gate(), gate(on_reject="skip"), "is skipped"),
    ("Gate", "approvers"): (gate(), gate(approvers={"any_of": ["mark"]}), "mark"),
    ("Approvers", "any_of"): (gate(), gate(approvers={"any_of": ["mark"]}), "mark"),
    ("Approvers", "quorum"): (gate(approvers={}), gate(approvers={"quorum": 7}), "7 different people"),
    ("Approvers", "allow_self"): (gate(approvers={}), gate(approvers={"allow_self": False}), "anybody but ana"),
    ("Approvers", "min_wait"): (gate(approvers={}), gate(approvers={"min_wait": "77m"}), "1h17m"),
    ("Approvers", "veto"): (gate(approvers={"quorum": 2}), gate(approvers={"quorum": 2, "veto": False}), "or 2 no"),
    ("Gate", "send_back"): (sent_back(), sent_back(to="mark"), "mark begins again"),
    ("Gate", "edit"): (after_notes(), after_notes(edit=["notes.mark"]), "notes.mark"),
    ("SendBack", "to"): (sent_back(to="go"), sent_back(to="mark"), "mark begins again"),
    ("SendBack", "max"): (sent_back(to="mark"), sent_back(to="mark", max=77), "77 times more"),
}
"""By model and field: two workflows that differ there, and the word that the card of the second one shows and that of the first does not;
where there is no word, the dialog of the answer shows it."""

VALUES = "reaches an executor through the expressions that use it, which are filled in where they are shown"
BEFORE = "decides whether and when the question is asked, never what is done after it"
AFTER = "is about what is made of the outcome, when the action is over"
AGAIN = "decides whether and when the same order starts again, never what it holds"
HIDES = "names only what is hidden; the secrets that an executor uses stand by name in env and arguments"
FORM = "describes what the person fills in: the form is asked as a whole"
UNDOES = "is done when the run is undone, by the plan that a person has seen then, or as the workflow says for that"
COMPENSATION = (
    *("when", "run", "shell", "stdin", "python", "with_", "interpreter", "cwd", "http", "use", "retry", "timeout", "env", "secrets"),
)
REASONS: dict[tuple[str, str], str] = {
    **{("InputField", name): FORM for name in ("type", "required", "default", "items", "fields", "pattern", "options", "min", "max")},
    ("InputField", "description"): FORM,
    **{
        ("RetryPolicy", name): AGAIN
        for name in ("max_attempts", "interval", "factor", "max_interval", "max_elapsed", "jitter", "on", "not_on")
    },
    **{("FailureCodes", name): AGAIN for name in ("exit", "status")},
    **{("Workflow", name): VALUES for name in ("inputs", "context", "steps")},
    ("Workflow", "id"): "names the run, in the card's heading",
    ("Workflow", "name"): "is for people",
    ("Workflow", "description"): "is for people",
    ("Workflow", "type"): BEFORE,
    ("Workflow", "timeout"): "ends the whole run",
    ("Workflow", "concurrency"): "its own fields are looked at",
    **{("Concurrency", name): "says when the run may go on" for name in ("limit", "overlap", "hold_while_waiting")},
    ("Workflow", "keep"): "its own fields are looked at",
    **{("Keep", name): "says how long runs that are over are kept" for name in ("newest", "older_than", "failed_older_than")},
    **{("RunTimeout", name): "ends the whole run" for name in ("working", "total")},
    ("Workflow", "notify"): "says who is told that something is asked, never what is done",
    ("Workflow", "fail_fast"): "ends the whole run",
    ("Workflow", "max_parallel"): BEFORE,
    ("Workflow", "handlers"): "its own fields are looked at",
    **{("Handlers", name): VALUES for name in ("success", "failure", "cancel", "exit")},
    ("Workflow", "defaults"): "its own fields are looked at",
    ("Workflow", "outputs"): AFTER,
    ("Workflow", "secrets"): HIDES,
    ("Defaults", "retry"): AGAIN,
    ("StepBase", "secrets"): HIDES,
    ("TaskStep", "env"): "belongs to programs, and none runs for work by hand",
    ("Branch", "else_"): "says for people what the missing condition says",
    ("StepBase", "needs"): BEFORE,
    ("StepBase", "if_"): BEFORE,
    ("StepBase", "retry"): AGAIN,
    ("StepBase", "timeout"): "its own fields are looked at",
    ("StepBase", "join"): BEFORE,
    ("StepBase", "on_failure"): AFTER,
    ("Goto", "goto"): AFTER,
    ("Goto", "max"): AFTER,
    ("StepBase", "outputs"): AFTER,
    ("StepBase", "effect"): AFTER,
    ("StepBase", "rerun"): AGAIN,
    ("StepBase", "compensate"): "its own fields are looked at",
    **{("Compensation", name): UNDOES for name in COMPENSATION},
    ("WorkflowStep", "on_parent_cancel"): "decides what becomes of the run when its step is cancelled, never what is started",
    ("Gate", "timeout"): "says how long the question is open; the card's heading counts it down",
    ("Gate", "on_timeout"): "says what silence means; the card's heading says it",
    ("Gate", "escalate"): "says whom to tell when nobody answers, and who may answer then; the card says so once it is so",
    ("Escalation", "after"): "says when; no part of what is done",
    ("Escalation", "to"): "says whom; no part of what is done",
    ("SendBack", "then"): "counts when it was sent back as often as it may be, and the card says so then",
    ("Gate", "recheck"): "says whether preview and files are looked at once more, never what is done",
}
ORDER: dict[str, str] = {
    "input": "order",
    "kind": "kind",
    "directory": "directory",
    "timeout": "timeout",
    "run_id": "names the attempt, in the card's heading",
    "workflow_id": "names the attempt, in the card's heading",
    "node": "names the attempt, in the card's heading",
    "step_id": "names the attempt, in the card's heading",
    "attempt": "counts the attempts, which one yes covers",
    "secrets": HIDES,
}
"""By field of what an executor is given: the field of what is asked that has it, or why there is none."""


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models(part)


def parts() -> dict[str, type[BaseModel]]:
    """Every model that a definition is made of, by its name."""
    found: dict[str, type[BaseModel]] = {}
    left: list[type[BaseModel]] = [Workflow]
    while left:
        model = left.pop()
        if model.__name__ not in found:
            found[model.__name__] = model
            left += [part for field in model.model_fields.values() for part in models(field.annotation)]
    return found


FIELDS = [(name, field) for name, model in sorted(parts().items()) for field in model.model_fields]


def asked(data: Data) -> e.ApprovalContent:
    """What the first gate of a workflow asks."""
    return request(data).content


def request(data: Data) -> e.ApprovalRequested:
    """The first question of a run of it, in the folder /srv."""
    run = Play(workflow(**{"id": "flow", **data}))
    run.send(c.StartRun(at=1, by=ANA, inputs={}, revision=run.graph.revision, directory="/srv"))
    run.plan()
    for index, attempt in list(run.state.running.items()):
        order = of_type(run.journal, e.StepScheduled)[-1].input
        names = order.get("files", [])
        files = tuple(e.FileEvidence(path=str(name), digest="d", size=1, text="x") for name in (names if isinstance(names, list) else ()))
        evidence = e.Evidence(files=files, exit_code=0 if "preview" in order else None)
        outcome = c.Outcome(node=index.key, attempt=attempt, status="succeeded", result=evidence.model_dump(mode="json"))
        run.send(c.ReportOutcome(at=2, outcome=outcome))
        run.plan()
    return of_type(run.journal, e.ApprovalRequested)[0]


def test_all_kinds_of_steps_are_walked() -> None:
    assert {kind.model for kind in KINDS.values()} <= set(parts().values())
    assert len(FIELDS) > 90


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_each_field_reaches_the_digest_or_no_executor(model: str, field: str) -> None:
    inherited = issubclass(parts()[model], StepBase) and (field in StepBase.model_fields)
    keys = [(model, field), *([("StepBase", field)] if inherited and field != "env" else [])]
    example = next((EXAMPLES[key] for key in keys if key in EXAMPLES), None)
    reason = next((REASONS[key] for key in keys if key in REASONS), "")
    assert (example is not None) != bool(reason), f"{model}.{field} needs an example of how it is asked, or a reason why not"
    if example is not None:
        before, after, _ = example
        assert request(before).digest != request(after).digest


def test_each_field_of_an_order_is_asked_or_no_executor_acts_by_it() -> None:
    assert {field.name for field in dataclasses.fields(StepOrder)} == set(ORDER)
    assert {"order", "kind", "directory", "timeout"} <= set(e.ApprovalContent.model_fields)
    content = asked(one({**RUN, "cwd": "below", "timeout": "5m"}))
    assert (content.kind, content.directory, content.timeout, content.cwd) == ("run", "/srv", 300_000, "below")
