"""What the tools answer: a document with a schema, and the same in a few words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, Field, JsonValue

from oyama_tui.core.views import AskedStatus, AskedView, AttemptView, NodeView, RunRow, RunView

OUTPUT_END: Final = 8_000
"""Characters of the end of an output that the document has."""
WORDS_END: Final = 2_000
"""Of these, how many stand in the words too."""


class Told(NamedTuple):
    """An answer."""

    words: str
    document: BaseModel | None = None
    """None where there are words alone."""


class Asked(BaseModel):
    """How a question stands; the names are those of `oyama ask --json`."""

    summary: str = Field(description="How it stands, and what to do next, in a sentence.")
    id: str = Field(description="Of the question; what `wait`, `status` and `withdraw` take.")
    status: AskedStatus = Field(
        description="checking and waiting: nobody has answered yet; running: a yes, and the command runs; others: over."
    )
    digest: str = Field(description="Of all that a yes is bound to.")
    over: bool = Field(description="Nothing more will happen to it.")
    title: str
    run_label: str = Field(description="How people name it: `agents #12`.")
    approval_id: str = Field(description="What a person answers; empty while the preview runs.")
    found: bool = Field(description="It was asked before with the same key, and not once more.")
    deadline: datetime | None = Field(description="Until when it can be answered.")
    by: str = Field(description="Who answered, or withdrew it.")
    comment: str = Field(description="That person's words.")
    decided_at: datetime | None
    exit_code: int | None = Field(description="Of the command; null where none ran to its end.")
    error: str = Field(description="Why the command did not succeed.")
    cut_off: bool = Field(description="The command was interrupted when it had begun, so it may have run in part.")
    output: str = Field(description=f"What the command wrote: the end, at most {OUTPUT_END:,} characters.")
    truncated: bool = Field(description="`output` is not all of it.")


class Input(BaseModel):
    """One input of a workflow."""

    type: str
    required: bool
    default: JsonValue
    options: list[JsonValue]
    description: str


class Workflow(BaseModel):
    """One workflow."""

    id: str
    status: str = Field(description="That of its newest run; draft when there is none.")
    name: str
    description: str
    steps: int
    inputs: dict[str, Input] = Field(description="What `start_run` takes for it.")
    startable: bool = Field(description="`start_run` starts it.")
    trouble: str = Field(description="Why not.")


class Workflows(BaseModel):
    """The workflows that a person has kept."""

    workflows: list[Workflow]
    damaged: list[str] = Field(description="What is wrong with others, which are not among them.")


class Run(BaseModel):
    """One run in a list."""

    id: str
    status: str
    label: str = Field(description="How people name it: `release #12`.")
    workflow_id: str
    title: str = Field(description="What it asks, when it is a question.")
    reason: str = Field(description="Why it waits, or how it ended.")
    needs_you: bool = Field(description="It waits for a person.")
    ended: bool
    completed: int = Field(description="How many steps are over.")
    total: int
    started_by: str
    started_at: datetime
    ended_at: datetime | None


class Runs(BaseModel):
    """Runs, the newest first."""

    runs: list[Run]
    total: int = Field(description="How many there are in all.")
    damaged: list[str] = Field(description="What is wrong with others, which are not among them.")


class Step(BaseModel):
    """One row of a run's tree."""

    key: str
    status: str
    name: str
    kind: str
    depth: int
    note: str


class WholeRun(Run):
    """One run with its steps."""

    inputs: dict[str, JsonValue]
    outputs: dict[str, JsonValue]
    error: str
    error_node: str
    steps: list[Step]


def asked(view: AskedView, attempt: AttemptView | None) -> Told:
    """How a question stands.

    Args:
        view: The question.
        attempt: Of its command; none where none ran.
    """
    output = attempt.output if attempt is not None else ""
    fields = {name: getattr(view, name) for name in Asked.model_fields.keys() - {"summary", "id", "over", "output", "truncated"}}
    truncated = len(output) > OUTPUT_END or (attempt is not None and attempt.truncated)
    # There are clients that show a model the document alone, and others the words alone.
    words = _words(view)
    document = Asked(summary=words, id=view.run_id, over=view.over, output=output[-OUTPUT_END:], truncated=truncated, **fields)
    ran = view.exit_code is not None or output
    return Told(f"{words}{_end(output)}" if ran else words, document)


def _words(view: AskedView) -> str:
    """How a question stands, in words."""
    by, why = f" by {view.by}" if view.by else "", f": {view.comment}" if view.comment else ""
    label, yes = view.run_label, f"was approved{f' by {view.by}' if view.by else ''}{f': {view.comment}' if view.comment else ''}"
    if view.status in ("checking", "waiting"):
        what = "waits for a person" if view.status == "waiting" else "is made ready for a person"
        words = f"{label} {what}. Call wait with the id {view.run_id} until it is over; nothing runs before a person says yes."
    elif view.status == "running":
        words = f"{label} {yes}. The command runs; call wait with the id {view.run_id} until it is over."
    elif view.status == "rejected":
        words = f"{label} was rejected{by}{why}. The command has not run."
    elif view.status == "expired":
        words = f"Nobody answered {label} in time. The command has not run."
    elif view.status == "withdrawn":
        words = f"{label} was withdrawn{by}{why}. The command has not run."
    elif view.exit_code is not None:
        words = f"{label} {yes}. The command ended with exit code {view.exit_code}."
    elif view.status == "failed":
        words = f"{label} failed: {view.error}"
    else:
        words = f"{label} {yes}."
    return f"{words} The command was cut off when it had begun, so it may have run in part." if view.cut_off else words


def _end(output: str) -> str:
    """The end of what a command wrote."""
    if not output.strip():
        return " It wrote nothing."
    end = output[-WORDS_END:].rstrip("\n")
    return f" Its output{' ends' if len(output) > WORDS_END else ''}:\n{end}"


def run_row(row: RunRow) -> dict[str, Any]:
    """The fields of one run in a list.

    Args:
        row: The run.
    """
    return {name: getattr(row, name) for name in Run.model_fields}


def run_words(row: RunRow) -> str:
    """One run in a line.

    Args:
        row: The run.
    """
    asks = f": {row.title}" if row.title else ""
    return f"{row.label}{asks} - {row.word}{f' ({row.reason})' if row.reason else ''}, {row.completed} of {row.total} steps over"


def whole_run(view: RunView) -> Told:
    """One run with its steps.

    Args:
        view: The run.
    """
    steps = [Step(**{name: getattr(node, name) for name in Step.model_fields}) for node in view.nodes]
    fields = {name: getattr(view, name) for name in ("inputs", "outputs", "error", "error_node")}
    lines = [f"{run_words(view.row)}. Its id is {view.row.id}.", *map(_step_words, view.nodes)]
    if view.error:
        lines.append(f"It failed at {view.error_node}: {view.error}" if view.error_node else f"It failed: {view.error}")
    return Told("\n".join(lines), WholeRun(**run_row(view.row), **fields, steps=steps))


def _step_words(node: NodeView) -> str:
    return f"{'  ' * (node.depth + 1)}{node.key}: {node.status}{f' ({node.note})' if node.note else ''}"
