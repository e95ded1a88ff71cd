"""Approvals: questions that people answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from oyama_tui.api.models.base import Body, Model

ApprovalStatus = Literal["pending", "approved", "rejected", "sent_back", "expired", "cancelled"]
Text = Annotated[str, Field(max_length=100_000)]
Name = Annotated[str, Field(min_length=1, max_length=300)]
UserId = Annotated[str | None, Field(max_length=300, description="Kept as metadata. Who decides is whose token is shown.")]


class ApprovalItem(Model):
    """An approval as in lists."""

    gate_id: str = Field(description="The approval's id: an opening of a gate has its own.", examples=["release-1795776276471.publish.1"])
    state_id: str = Field(description="The run that asks.")
    run_number: int
    workflow_id: str
    workflow_name: str
    step_id: str
    node: str = Field(description="The gate within its run, with the items and rounds that it stands in.")
    kind: str = Field(description="`gate`, `task` or another kind of question.")
    status: ApprovalStatus
    title: str = Field(description="The question in one line.")
    target: str = Field(description="On what the action acts; empty when that is not said.")
    risk: Literal["low", "normal", "high"]
    requested_at: datetime
    deadline: datetime | None = Field(description="Until when it can be answered; none without a limit.")
    on_timeout: JsonValue = Field(description="What happens when nobody answers in time.")
    decided_at: datetime | None
    decided_by: str = Field(description="Who decided; empty when nobody did.")
    comment: str = Field(description="What was written with the answer.")
    digest: str = Field(description="Of what is asked: a decision carries it, to say what was looked at.")
    needed: int = Field(description="How many different people must say yes.")
    yes_by: list[str] = Field(description="Who has said yes so far, where it takes several.")
    approvers: list[str] = Field(description="Who may answer: names, and `group:NAME`; anybody when empty.")
    waits_for: str = Field(description="Whom it waits for, where that is not the token's person; empty where it is.")


class ApprovalVote(Model):
    """What somebody did with an approval."""

    by: str
    verdict: str = Field(description="`approve`, `reject`, `send_back`, or what else was done: `comment`, `delegate`, `look` ...")
    comment: str
    at: datetime
    digest: str = Field(description="What had been looked at; empty when the answer was given unseen.")
    how: str = Field(description="`screen`, `tty`, `command`, `hook` or `token`; empty where that was not kept.")


class ApprovalRecord(Model):
    """Where the journal of a run has how one of its approvals ended."""

    seq: int = Field(description="The event's number in the run.")
    hash: str = Field(description="The event's, hexadecimal.")
    previous: str = Field(description="That of the event before it, over which it is taken.")


class ApprovalDetail(ApprovalItem):
    """An approval with everything needed to decide."""

    content: dict[str, Any] = Field(
        description="Everything that is asked: prompt, preview, files, the action as it would run. It stands here as the digest is taken"
        " over it, with the names that it has in definition files."
    )
    form: dict[str, Any] = Field(description="The fields of its form, by name.")
    can_decide: bool = Field(description="It is open, and the token's person may answer.")
    can_approve: bool = Field(description="And a yes is possible now.")
    obstacle: str = Field(description="Why not, in one sentence; empty when it is.")
    votes: list[ApprovalVote] = Field(description="All that people did with it so far.")
    recorded: ApprovalRecord | None = Field(description="Where the journal has how it ended; null while it is open.")


class DecisionBody(Body):
    """An answer."""

    approved: bool | None = Field(None, description="True: yes. False: no, which needs a comment.")
    send_back: bool = Field(
        False, description="Neither yes nor no: the earlier step does its work anew, with the comment. Where the gate offers that."
    )
    comment: Text = Field("", description="Why.")
    digest: str = Field(
        "", max_length=200, description="Of what was looked at. Without it the answer is kept as unseen, and refused at high risk."
    )
    form: dict[str, JsonValue] = Field(default_factory=dict, description="The values of the gate's form, by name.")
    edits: dict[str, JsonValue] = Field(
        default_factory=dict, description="Values of earlier steps to change with a yes, where the gate offers that."
    )
    confirmed: str = Field("", max_length=1000, description="The target, typed once more, where the gate asks for that.")
    metadata: dict[str, JsonValue] = Field(default_factory=dict, description="Kept with the vote.")
    client_key: str = Field("", max_length=200, description="The same key again is the same answer.")
    user_id: UserId = None


class ApprovalDecision(Body):
    """Which approval is answered, and how."""

    gate_id: Name = Field(description="The approval's id, or a part that fits no other.")
    decision: DecisionBody
    user_id: UserId = None

    model_config = {
        "json_schema_extra": {"examples": [{"gateId": "a1b2", "decision": {"approved": True, "comment": "Looks right", "digest": "9f2c"}}]}
    }


class Decided(Model):
    """What became of an answer."""

    approval: ApprovalItem
    already: bool = Field(description="The same person had given the same answer before.")
    message: str = Field(description="One sentence: `approved by ana at 14:05:12`.")


class Withdrawn(Model):
    """Questions that are asked no more: their runs end as cancelled, which is no rejection."""

    cancelled: list[str] = Field(description="The ids of the approvals.")
    kept: list[str] = Field(description="Why each of the others was not, a sentence each.")
