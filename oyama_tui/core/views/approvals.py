"""Approvals: the queue, and the card with everything needed to decide."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.answer_words import ApprovalKind, answer_words
from oyama_tui.core.definition.base import InputField
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.events.base import Asker, Frozen, Origin
from oyama_tui.core.events.gate import ApprovalContent, OnTimeout
from oyama_tui.core.views.ways import RunPlace, way_to
from oyama_tui.core.views.words import StepWord


class ApprovalRow(Frozen):
    """One approval in the queue."""

    id: str
    """The approval's id."""
    run_id: str
    """The run that asks."""
    run_number: int
    """The run's number within its workflow."""
    workflow_id: str
    """The workflow."""
    workflow_name: str
    """The workflow's name for people."""
    step_id: str
    """The step whose gate it is."""
    node: str
    """The gate's node."""
    kind: ApprovalKind = "gate"
    """What it asks for: a yes, or work by hand."""
    status: Literal["pending", "approved", "rejected", "expired", "cancelled"]
    """How it stands; a task that is done is `approved`, one that could not be done `rejected`."""
    title: str
    """The question in one line."""
    target: str
    """On what the action acts; empty when that is not said."""
    risk: Risk
    """How careful the answer must be."""
    requested_at: datetime
    """When the gate opened."""
    deadline: datetime | None
    """Until when it can be answered; none when there is no limit."""
    on_timeout: OnTimeout
    """What happens when nobody answers in time."""
    decided_at: datetime | None
    """When it was over."""
    decided_by: str
    """Who decided; empty when nobody did."""
    comment: str
    """What was written with the answer."""
    digest: str
    """Of what is asked; an answer carries it."""
    form: dict[str, JsonValue] = {}
    """The values of the answer."""
    parent: str = ""
    """The state id of the run of which a step has started the run that asks; empty when none has."""
    parent_node: str = ""
    """The node of that step."""
    imported: bool = False
    """Its run came here from a file: nobody answers it here."""
    path: tuple[RunPlace, ...] = ()
    """The steps that lead down to the run that asks, from the outermost run on; empty when no step has started it."""

    @property
    def run_way(self) -> str:
        """The run that asks, with the way to it: `release #12 › deploy › apply #3`."""
        return way_to(self.path, self.run_label)

    @property
    def run_label(self) -> str:
        """How people name its run: `release #12`."""
        return f"{self.workflow_id} #{self.run_number}"

    @property
    def word(self) -> str:
        """How it stands, in the word that people read."""
        return answer_words(self.kind).word(self.status)

    @property
    def said(self) -> str:
        """How it was answered, and by whom; its status when nobody answered it."""
        return answer_words(self.kind).said(self.status, self.decided_by)

    @property
    def way(self) -> str:
        """The step that is asked about, with the items and rounds that it stands in: `fan[3].copy`."""
        return self.node.removesuffix(".gate")


class CheckedStep(Frozen):
    """A step that was over when the gate opened: what Oyama itself knows."""

    step_id: str
    """The step."""
    name: str
    """Its name for people."""
    status: StepWord
    """How it ended."""
    duration_ms: int | None
    """How long its last attempt took."""


class LastYes(Frozen):
    """The newest approval of the same gate in an earlier run, and what is different now."""

    run_label: str
    """The run, as people name it."""
    by: str
    """Who said yes."""
    at: datetime
    """When."""
    changes: tuple[str, ...]
    """Each one line: `title: Publish v1 -> Publish v2`, `publish.sh +3 -1`."""


class VoteView(Frozen):
    """One answer to an approval."""

    by: str
    """Who answered."""
    verdict: Literal["approve", "reject"]
    """The answer."""
    comment: str
    """Why."""
    form: dict[str, JsonValue]
    """The values of the form."""
    at: datetime
    """When."""
    origin: Origin | None = None
    """How it was given; none when that was not kept."""
    digest: str = ""
    """What its giver had seen; empty when it was given unseen."""


class ApprovalCard(Frozen):
    """Everything needed to decide."""

    row: ApprovalRow
    """The approval as in lists."""
    content: ApprovalContent
    """Everything that is asked."""
    form: dict[str, InputField]
    """The fields of the form, by name."""
    can_decide: bool
    """It is open and this person may answer."""
    can_approve: bool
    """And a yes is possible now."""
    obstacle: str
    """Why approval is blocked, in one sentence; empty when it is not."""
    checked: tuple[CheckedStep, ...]
    """Steps that were over when the gate opened."""
    last_yes: LastYes | None
    """The newest yes to the same gate in an earlier run."""
    reopened: tuple[str, ...]
    """What has changed since this opening's own earlier yes, one line each; empty when it was not reopened."""
    votes: tuple[VoteView, ...]
    """All answers."""
    directory: str
    """Where the action runs."""
    asked_by: str
    """Who started the run."""
    asker: Asker | None = None
    """The program from outside whose question it is, and what it said of itself."""


class Decision(Frozen):
    """What became of an answer."""

    approval: ApprovalRow
    """The approval afterwards."""
    already: bool
    """The same person had given the same answer before."""
    message: str
    """One sentence: `approved by ana at 14:05:12`."""
