"""Events of gates and of the approvals that they open."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from oyama_tui.core.answer_words import ApprovalKind
from oyama_tui.core.definition.base import InputField
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.events.base import Asker, EventBase, FirstNodeEvent, Frozen, NodeEvent, Origin, Principal, Seen

Verdict = Literal["approve", "reject", "send_back"]
OnTimeout = Literal["reject", "fail", "approve", "goto"]
Place = tuple[str | int, ...]
"""The keys and indices that lead to one value of an order."""


class FileEvidence(Frozen):
    """One file whose content is part of what is approved."""

    path: str
    """As the workflow names it."""
    digest: str
    """SHA-256 of the content, hexadecimal; empty when the file does not exist."""
    size: int = 0
    """Bytes."""
    text: str = ""
    """The content, when it is text of at most 64 KiB."""


class Evidence(Frozen):
    """What Oyama itself found out for a gate."""

    preview: str = ""
    """Output of the preview command: all of it, or its beginning and end."""
    preview_size: int = 0
    """Bytes of the whole output, secrets masked."""
    preview_digest: str = ""
    """SHA-256 of the whole output, secrets masked, hexadecimal; empty without a preview, and in journals that have no such digest."""
    truncated: bool = False
    """`preview` is not the whole output; the log of the attempt has it."""
    exit_code: int | None = None
    """Of the preview command; none when there is no preview."""
    files: tuple[FileEvidence, ...] = ()
    at: int = 0
    """When it was gathered; no part of the digest."""
    problem: str = ""
    """Why the evidence is incomplete; approving is refused while this says something."""


class ApproverRule(Frozen):
    """Who may answer, and how many yeses it takes."""

    any_of: tuple[str, ...] = ()
    """Names, and `group:NAME`; anybody when empty."""
    quorum: int = 1
    not_by: str = ""
    """Who may not answer, because they started the run; empty when nobody is left out."""
    min_wait: int = 0
    """Milliseconds after it was asked before which no yes counts."""
    veto: bool = True
    """One no is enough; otherwise it takes as many as yeses."""


class EscalationStep(Frozen):
    """Whom to tell, and when."""

    due: int
    """Milliseconds since 1970 UTC."""
    to: tuple[str, ...] = ()
    """Who may answer from then on; empty to remind those who may already."""


class ApprovalContent(Frozen):
    """Everything that a person is shown, and approves."""

    title: str
    prompt: str = ""
    target: str = ""
    risk: Risk = "normal"
    confirm: bool = False
    """The target must be typed."""
    action: str = ""
    """What runs after a yes, as one would type it; empty for a gate alone."""
    kind: str = "gate"
    """The kind of the action's step; `gate` when there is none, `task` for work by hand."""
    cwd: str = ""
    directory: str = ""
    """The folder that relative paths start from."""
    order: dict[str, JsonValue] = {}
    """All that the executor of the action gets, as `StepScheduled.input` will have it; what the answer itself fills in stands in it
    as it is written in the definition. Secrets stand in it by name."""
    preview_order: dict[str, JsonValue] = {}
    """All that the executor of the preview got."""
    timeout: int | None = None
    """The most that the action may take, in milliseconds."""
    yes: str = ""
    """What happens after a yes, in words."""
    no: str = ""
    """What happens after a no, in words."""
    form: dict[str, InputField] = {}
    evidence: Evidence = Evidence()
    from_answer: tuple[Place, ...] = ()
    """Where `order` holds what the answer fills in."""
    proposal: str = ""
    """What the program that asks will do itself after a yes; empty where Oyama does it."""
    proposes: Literal["", "command", "diff", "text"] = ""
    """As what to show that."""
    approvers: ApproverRule | None = None
    """Who may answer; none where anybody may, alone."""
    back: str = ""
    """What happens when it is sent back, in words; empty where it cannot be."""
    editable: dict[str, JsonValue] = {}
    """Values of earlier steps that may be changed before a yes, by name (`notes.text`), as these steps left them."""
    edited: dict[str, JsonValue] = {}
    """Those of them that somebody who said yes has changed, as they are now; `order` has been made with them."""

    @property
    def values_now(self) -> dict[str, JsonValue]:
        """All values that may be changed, as they are now."""
        return {**self.editable, **self.edited}


class ApprovalRequested(FirstNodeEvent):
    """A gate has opened and waits for a person."""

    type: Literal["approval_requested"] = "approval_requested"
    attempt: int
    """Ordinal of this opening, from 1."""
    id: str
    """The approval's id."""
    content: ApprovalContent
    digest: str
    """SHA-256 of the content without its times, the first 32 hexadecimal digits."""
    deadline: int | None = None
    """Milliseconds since 1970 UTC."""
    previous: str = ""
    """The approval before: one that was given, when what was approved has changed since, or one whose evidence somebody wanted anew."""
    on_timeout: OnTimeout = "reject"
    """What happens when nobody answers in time."""
    cut: int = 0
    """The attempt of an action that was cut off, of which it asks what is so; 0 for a gate and a task."""
    asker: Asker | None = None
    """The program from outside whose question it is."""
    escalate: tuple[EscalationStep, ...] = ()
    """Whom to tell, and when, if nobody answers; in the order of their times."""
    assigned: tuple[str, ...] = ()
    """To whom the question before was handed on, which this one stands for with fresh evidence."""


class VoteCast(EventBase):
    """A person has answered."""

    type: Literal["vote_cast"] = "vote_cast"
    id: str
    principal: Principal
    verdict: Verdict
    comment: str = ""
    form: dict[str, JsonValue] = Field(default_factory=dict)
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    digest: str = ""
    """What the person had seen; empty when they did not say."""
    client_key: str = ""
    origin: Origin | None = None
    groups: tuple[str, ...] = ()
    """Those of the groups in which the person was that the rule names."""
    edits: dict[str, JsonValue] = {}
    """Values that they changed before they said yes, by name."""
    content: ApprovalContent | None = None
    """What is asked from then on, where they changed something: the question with the new values."""
    becomes: str = ""
    """The digest of that."""
    seen: Seen | None = None
    """What of it they had before their eyes; none when that is not known."""


class ApprovalDecided(EventBase):
    """The votes suffice: the gate has its answer."""

    type: Literal["approval_decided"] = "approval_decided"
    id: str
    verdict: Verdict
    by: Principal
    comment: str = ""
    form: dict[str, JsonValue] = Field(default_factory=dict)
    edits: dict[str, JsonValue] = {}
    """Values of earlier steps that were changed with the yes, by name: they count from then on."""
    kind: ApprovalKind = "gate"
    """What it asked for: a yes, work by hand, or what became of a step that was cut off."""
    node: str = ""
    """Of a step that was cut off: its node."""
    cut: int = 0
    """Likewise: the attempt."""


class ApprovalExpired(EventBase):
    """Nobody answered in time."""

    type: Literal["approval_expired"] = "approval_expired"
    id: str
    then: OnTimeout = "reject"


class ApprovalCancelled(EventBase):
    """The question was withdrawn, which is not a rejection."""

    type: Literal["approval_cancelled"] = "approval_cancelled"
    id: str
    why: str = ""
    node: str = ""
    """When it asked about a step that was cut off: its node."""
    cut: int = 0
    """Likewise: the attempt."""


class ApprovalAct(EventBase):
    """What somebody did with an open question besides answering it."""

    id: str
    by: Principal
    comment: str = ""
    origin: Origin | None = None


class ApprovalCommented(ApprovalAct):
    """Somebody said something about it."""

    type: Literal["approval_commented"] = "approval_commented"


class ApprovalDelegated(ApprovalAct):
    """Somebody who may answer it has asked another one to."""

    type: Literal["approval_delegated"] = "approval_delegated"
    to: str
    """A name, or `group:NAME`, who may answer it from then on."""


class ApprovalSnoozed(ApprovalAct):
    """Somebody does not want to see it for a while; others do."""

    type: Literal["approval_snoozed"] = "approval_snoozed"
    until: int
    """Milliseconds since 1970 UTC; in the past to see it again."""


class ApprovalExtended(ApprovalAct):
    """Somebody who may answer it has given it more time."""

    type: Literal["approval_extended"] = "approval_extended"
    deadline: int
    """Milliseconds since 1970 UTC."""


class LookWanted(ApprovalAct):
    """Somebody wants the evidence of an open question gathered anew: it is closed, and asked once more with what is found."""

    type: Literal["look_wanted"] = "look_wanted"


class ApprovalEscalated(EventBase):
    """Nobody has answered for a while, and others are asked or all are reminded."""

    type: Literal["approval_escalated"] = "approval_escalated"
    id: str
    step: int
    """Which one of its escalations, from 0."""
    to: tuple[str, ...] = ()
    """Who may answer from then on; empty for a reminder."""


class GatePassed(NodeEvent):
    """A yes was given and what was approved is still what will happen."""

    type: Literal["gate_passed"] = "gate_passed"
    id: str
    """The approval that let it pass."""
    outputs: dict[str, JsonValue] = Field(default_factory=dict)
    """The named values of a step that is a gate alone."""
