"""Writes `docs/reference/json.md` from the views: `python -m tests.cli.json_reference > docs/reference/json.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from oyama_tui.core.definition.schema import meanings
from oyama_tui.core.events import Seen
from oyama_tui.core.views import (
    ApprovalCard,
    ApprovalDifference,
    ApprovalRow,
    AskedView,
    AttemptView,
    BlockCounts,
    Check,
    CheckedStep,
    CleanupPlan,
    CleanupRow,
    ComparedStep,
    ComparedValue,
    ComparedWith,
    ContextView,
    Decision,
    Difference,
    EventView,
    ForkLink,
    ForkPlan,
    ForkStep,
    HistoryRow,
    LastYes,
    MomentView,
    NodeView,
    PartDifference,
    PastApproval,
    PlannedStep,
    RecoverPlan,
    RecoverStep,
    Removed,
    RunComparison,
    RunFile,
    RunMatrix,
    RunRow,
    RunView,
    ScopeSpan,
    SnapshotView,
    Spread,
    StepFigures,
    StepOutcome,
    StepRow,
    TokenView,
    UndoPlan,
    UndoStep,
    VoteView,
    WorkflowFigures,
    WorkflowRow,
)

Fields = dict[str, str]
LABEL: Final[Fields] = {"label": "How people name it: `release #12`."}
SHAPES: Final[dict[str, tuple[str, tuple[type[BaseModel], ...], Fields, frozenset[str]]]] = {
    "Workflow": ("`list` (a list), `init`", (WorkflowRow,), {}, frozenset()),
    "Run": (
        "`runs` (a list), `pause` (with `--at`, `--clear` also `breakpoints` of a whole run), `cancel`, `pin`, `unpin`, `run --detach`,"
        " `fork --detach`",
        (RunRow,),
        LABEL,
        frozenset(),
    ),
    "Whole run": (
        "`show`, and `run`, `resume`, `watch`, `fork` at their end; `approvals` in `show` alone",
        (RunRow, RunView),
        {**LABEL, "approvals": "Its approvals, each as [approval](#approval)."},
        frozenset({"row"}),
    ),
    "Node": ("`nodes` of a whole run; with `show --block` those of the block alone", (NodeView,), {}, frozenset()),
    "Counts": ("`counts` of a node that is a loop", (BlockCounts,), {}, frozenset()),
    "Span": ("`span` of a node that is a loop or a repetition, with `show --block`", (ScopeSpan,), {}, frozenset()),
    "Attempt": ("`logs` (a list)", (AttemptView,), {"id": "Run, node and attempt."}, frozenset()),
    "Event": (
        "`run --jsonl`, `watch --jsonl`, one on each line",
        (EventView,),
        {"id": "Run and number.", "run_id": "The run.", "status": "That of the run after it."},
        frozenset(),
    ),
    "Variable": (
        "`context` (a list)",
        (ContextView,),
        {"id": "Run and name.", "status": "That of the run."},
        frozenset(),
    ),
    "Point": ("`snapshots` (a list), `snapshot`", (SnapshotView,), {"id": "Run and number.", "run_id": "The run."}, frozenset()),
    "Moment": (
        "`show --at`",
        (RunRow, RunView, MomentView),
        {
            **LABEL,
            "attempts": "The newest attempts then of the nodes that are shown, each as [attempt](#attempt).",
            "approvals": "The approvals that there were then, each as [approval](#approval).",
        },
        frozenset({"row", "run"}),
    ),
    "Difference": (
        "`diff` (a list)",
        (Difference,),
        {"id": "Run, kind and name.", "status": "`new`, `gone` or `changed`."},
        frozenset(),
    ),
    "Figures of a workflow": (
        "`stats` (a list), `stats WORKFLOW` with `steps` and `matrix`",
        (WorkflowFigures,),
        {
            "id": "The workflow.",
            "status": "`running`, `waiting` or `idle`: what its runs do now.",
            "matrix": "Its newest runs beside each other, as [matrix](#matrix).",
        },
        frozenset({"workflow_id"}),
    ),
    "Spread": ("`worked` and `asked` of figures", (Spread,), {}, frozenset()),
    "Figures of a step": ("`steps` of the figures of one workflow", (StepFigures,), {}, frozenset()),
    "Matrix": ("`matrix` of the figures of one workflow", (RunMatrix,), {}, frozenset()),
    "Step in several runs": ("`steps` of a matrix", (StepRow,), {}, frozenset()),
    "Outcome": ("`outcomes` of a step in several runs, `one` and `other` of a compared step", (StepOutcome,), {}, frozenset()),
    "Comparison": (
        "`compare`; `one` and `other` each as [run](#run)",
        (RunComparison,),
        {"id": "The ids of both runs.", "status": "`alike` or `different`."},
        frozenset(),
    ),
    "Compared step": ("`steps` of a comparison", (ComparedStep,), {}, frozenset()),
    "Compared value": ("`values` of a comparison", (ComparedValue,), {}, frozenset()),
    "Approval": (
        "`approvals` (a list), and `approvals --watch`, one on each line, with `change`: `new`, `answered`, `expired` or `withdrawn`",
        (ApprovalRow,),
        {},
        frozenset(),
    ),
    "Count": (
        "`approvals --count`, with `--watch` one on each line",
        (),
        {"id": "`approvals`.", "status": "`waiting`, or `clear` when none waits.", "waiting": "How many wait for an answer."},
        frozenset(),
    ),
    "Past approval": (
        "`approvals` (a list) with a `--status` other than `pending`, with `--by`, `--since`, `--until`, `--kind` or `--risk`",
        (PastApproval,),
        {},
        frozenset({"key"}),
    ),
    "Card": ("`approvals --show`", (ApprovalRow, ApprovalCard), {}, frozenset({"row"})),
    "Checked step": ("`checked` of a card", (CheckedStep,), {}, frozenset()),
    "Compared approval": ("`approvals --show --diff`", (ApprovalRow, ApprovalDifference), {}, frozenset({"row"})),
    "Earlier approval": ("`compared` and `possible` of a compared approval", (ComparedWith,), {}, frozenset()),
    "Part": ("`parts` of a compared approval", (PartDifference,), {}, frozenset()),
    "Last yes": ("`last_yes` of a card", (LastYes,), {}, frozenset()),
    "Vote": ("`votes` of a card", (VoteView,), {}, frozenset()),
    "Seen": ("`seen` of a vote, `looked` of a past approval", (Seen,), {}, frozenset()),
    "Decision": ("`approve`, `reject`", (ApprovalRow, Decision), {}, frozenset({"approval"})),
    "Question": (
        "`ask` without a command or with `--json`",
        (AskedView,),
        {
            "id": "The run that it is.",
            "verdict": "`approve`, `reject`, or null when nobody has answered.",
            "output": "What the command wrote: all of it, or its beginning and end.",
            "truncated": "`output` is not all of it.",
        },
        frozenset(),
    ),
    "Fork plan": (
        "`fork --plan`: the run with what a fork of it would do",
        (RunRow, ForkPlan),
        {**LABEL, "point": "That point in words for people: `after build`, `after event 17`, `at its end`."},
        frozenset(),
    ),
    "Fork step": ("`steps` of a fork plan", (ForkStep,), {}, frozenset()),
    "Fork link": ("`fork_of` and `forks` of a whole run", (ForkLink,), {}, frozenset()),
    "Recover plan": ("`recover --plan`: the run with what recovering it would do", (RunRow, RecoverPlan), LABEL, frozenset()),
    "Recover step": ("`steps` of a recover plan", (RecoverStep,), {}, frozenset()),
    "Undo plan": (
        "`undo --plan`: the run with what undoing it would do",
        (RunRow, UndoPlan),
        {**LABEL, "point": "To which point, in words for people: `to after build`, `to its beginning`."},
        frozenset(),
    ),
    "Undo step": ("`steps` of an undo plan", (UndoStep,), {}, frozenset()),
    "Past run": ("`history` (a list)", (HistoryRow,), LABEL, frozenset()),
    "Planned step": ("`run --dry-run` (a list)", (PlannedStep,), {"id": "The step.", "status": "`planned`."}, frozenset()),
    "Run file": ("`export`", (RunFile,), {"id": "The run."}, frozenset({"run_id"})),
    "Imported run": (
        "`import`",
        (RunRow,),
        {
            **LABEL,
            "origin": "Its id where it comes from.",
            "already": "It was here before, so that nothing was done.",
        },
        frozenset(),
    ),
    "Backup": (
        "`backup`",
        (),
        {"id": "The file.", "status": "`written`.", "bytes": "How large it is.", "runs": "How many runs are in it."},
        frozenset(),
    ),
    "Cleanup": (
        "`cleanup`",
        (CleanupPlan,),
        {
            "id": "`cleanup`.",
            "status": "`planned`, or `removed`.",
            "removed": "What was [removed](#removed); null when nothing was asked to be.",
        },
        frozenset(),
    ),
    "Planned removal": ("`rows` of a cleanup", (CleanupRow,), {}, frozenset()),
    "Removed": ("`removed` of a cleanup and of `delete`, which has `id` and `status` (`deleted`) beside it", (Removed,), {}, frozenset()),
    "Token": (
        "`token create`, `token list` and `token revoke` (lists)",
        (TokenView,),
        {
            "status": "`counts`, `expired` or `revoked`.",
            "token": "With `create` alone: what a program shows; it cannot be seen again.",
        },
        frozenset(),
    ),
    "Server": (
        "`serve`, once it listens",
        (),
        {"id": "`serve`.", "status": "`ready`.", "url": "Where it listens.", "engine": "It drives runs too."},
        frozenset(),
    ),
    "Finding": ("`verify`, `doctor` (lists)", (Check,), {}, frozenset()),
    "Setting": (
        "`config` (a list)",
        (),
        {
            "id": "Its name.",
            "status": "Where it comes from: `default`, `file`, `environment`, `option` or `path`.",
            "value": "What is in effect.",
        },
        frozenset(),
    ),
    "Checked definition": (
        "`validate`",
        (),
        {
            "id": "The workflow's id.",
            "status": "`valid`.",
            "name": "For people.",
            "type": "`sequential`, `parallel`, `conditional` or `graph`.",
            "steps": "How many do something themselves.",
            "blocks": "How many consist of steps.",
            "tree": "Both, in the order of the file: each with the fields of a planned step, but `step_id`, `status` and `note`.",
            "revision": "The hash of its content.",
            "file": "As it was named.",
            "warnings": "What may not be meant: each with `message`, `where`, `file`, `line`, `column`, `hint`.",
        },
        frozenset(),
    ),
    "Error": (
        "every command with `--json` or `--jsonl` that fails, on standard error",
        (),
        {
            "id": "The kind of error.",
            "status": "`error`.",
            "title": "In a few words.",
            "sentence": "What went wrong, and where.",
            "hint": "What to do about it.",
            "exit_code": "See [exit codes](exit-codes.md).",
            "problems": "Single mistakes: each with `message`, `where`, `file`, `line`, `column`, `hint`.",
        },
        frozenset(),
    ),
}
"""Heading; who prints it; the views whose fields it has; fields besides; fields of the views that it leaves out."""
INTRODUCTION: Final = """\
# JSON

`--json` prints one document, an object or a list of objects, on standard output; `--jsonl` prints one object on each line as things happen.
Names are in snake case. Every object that a command prints has `id` and `status`. Moments are ISO 8601 in UTC with a `Z`, on every machine;
lengths end in `_ms` and are milliseconds.

`runs`, `approvals` and `history` print a part of a long list: `--limit` and `--offset` say which, and what is left out is told on
standard error.

`status` is the word that people see: a run is `queued`, `running`, `waiting`, `draining`, `paused`, `completed`, `failed`, `rejected` or
`cancelled`. Where an open gate makes people read `needs you`, `needs_you` is true beside it; where
they read `waiting: ana` because others must answer, `asks_others` names these. `state` is the coarser word of the table, in
which a rejected or cancelled run is `failed` and a waiting one `running`.
"""


def fields_of(heading: str) -> Fields:
    """What each field of a shape means."""
    _, models, besides, without = SHAPES[heading]
    found: Fields = {}
    for model in models:
        found.update((name, meaning) for name, meaning in meanings(model).items() if name not in without)
    return {**found, **besides}


def _type(part: dict[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_type(choice) for choice in part["anyOf"]))
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" if value != "" else "empty" for value in part.get("enum", [part.get("const")]))
    if part.get("format") == "date-time":
        return "moment"
    kinds = {"string": "text", "boolean": "true or false", "integer": "number", "number": "number", "array": "list", "null": "null"}
    return kinds.get(str(part.get("type")), "object" if part.get("type") == "object" or "$ref" in part else "any")


def _types_of(heading: str) -> Fields:
    found: Fields = {}
    for model in SHAPES[heading][1]:
        schema = model.model_json_schema()
        definitions = schema.get("$defs", {})
        for name, part in schema["properties"].items():
            reference = str(part.get("$ref", "")).rsplit("/", 1)[-1]
            found[name] = _type(definitions.get(reference, part))
    return found


def _lines() -> Iterator[str]:
    yield INTRODUCTION
    for heading, (printed, *_) in SHAPES.items():
        yield f"## {heading}\n\nPrinted by {printed}.\n"
        yield "| field | type | meaning |\n| --- | --- | --- |"
        types = _types_of(heading)
        for name, meaning in fields_of(heading).items():
            yield f"| `{name}` | {types.get(name, '')} | {meaning.replace('|', chr(92) + '|').replace(chr(10), ' ')} |"
        yield ""


def page() -> str:
    """Every shape with its fields."""
    return "\n".join(_lines())


if __name__ == "__main__":
    print(page(), end="")
