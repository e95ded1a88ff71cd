"""Approvals: the queue, and the card with everything needed to decide."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.answer_words import ApprovalKind, answer_words, status_after
from oyama_tui.core.approvers import rule_words
from oyama_tui.core.definition.base import InputField
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.events.base import Asker, Frozen, Origin, Seen, round_of
from oyama_tui.core.events.gate import ApprovalContent, OnTimeout
from oyama_tui.core.format import date_and_time, spoken
from oyama_tui.core.views.ways import RunPlace, way_to
from oyama_tui.core.views.words import StepWord, waiting_for

ApprovalWord = Literal["pending", "approved", "rejected", "sent_back", "expired", "cancelled"]
"""How an approval stands."""
ActVerdict = Literal["approve", "reject", "send_back", "comment", "delegate", "snooze", "extend", "look", "escalate"]
"""What somebody did with an approval: the first three are answers."""


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
    status: ApprovalWord
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
    needed: int = 1
    """How many different people must say yes."""
    yes_by: tuple[str, ...] = ()
    """Who has said yes so far, where it takes several."""
    approvers: tuple[str, ...] = ()
    """Who may answer: names, and `group:NAME`; anybody when empty."""
    assigned: tuple[str, ...] = ()
    """To whom it was handed on: they may answer too."""
    snoozed: dict[str, datetime] = {}
    """By person: until when they do not want to see it."""
    comments: int = 0
    """How often somebody said something without answering."""
    parent: str = ""
    """The state id of the run of which a step has started the run that asks; empty when none has."""
    parent_node: str = ""
    """The node of that step."""
    imported: bool = False
    """Its run came here from a file: nobody answers it here."""
    asks_others: str = ""
    """Whom it waits for, where that is not whoever looks: `ana, ben`, `group release`; empty where it is, and where it is over."""
    alike: str = ""
    """The same for questions that are the same but for their target; empty where that was not kept."""
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
        return waiting_for(self.asks_others) if self.asks_others else answer_words(self.kind).word(self.status)

    @property
    def votes_so_far(self) -> str:
        """How many have said yes, and who: `1 of 2: ana`; empty where one is enough."""
        return f"{len(self.yes_by)} of {self.needed}{': ' if self.yes_by else ''}{', '.join(self.yes_by)}" if self.needed > 1 else ""

    def is_snoozed(self, name: str, now: datetime) -> bool:
        """Whether somebody does not want to see it now.

        Args:
            name: The person's account.
            now: The present.
        """
        return self.status == "pending" and name in self.snoozed and self.snoozed[name] > now

    @property
    def said(self) -> str:
        """How it was answered, and by whom; its status when nobody answered it."""
        return answer_words(self.kind).said(self.status, self.decided_by)

    @property
    def way(self) -> str:
        """The step that is asked about, with the items and rounds that it stands in: `fan[3].copy`."""
        first, number = round_of(self.node)
        return first.removesuffix(".gate") + (f"#{number}" if number > 1 else "")


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


def looked_words(seen: Seen | None, digest: str, origin: Origin | None) -> str:
    """What of a question whoever answered had before their eyes: `read 4 of 4 parts in 1 m 44 s`, `printed on the terminal, 12 s`.

    Args:
        seen: What is known of it.
        digest: What the answer says that its giver had seen.
        origin: How it was given.
    """
    if seen is not None:
        typed = f", typed {seen.typed}" if seen.typed else ""
        took = spoken(seen.milliseconds)
        if seen.how == "printed":
            return f"printed on the terminal, {took}{typed}"
        return f"read {seen.read} of {seen.parts} {'part' if seen.parts == 1 else 'parts'} in {took}{typed}"
    if not digest:
        return "unseen"
    if origin is not None and origin.how in ("screen", "tty"):
        return "shown; how much of it was read was not kept"
    return "digest named, not looked at here"


class VoteView(Frozen):
    """One answer to an approval, or something else that somebody did with it."""

    by: str
    """Who did it."""
    verdict: ActVerdict
    """What: an answer, or something else."""
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
    to: tuple[str, ...] = ()
    """To whom it was handed on."""
    until: datetime | None = None
    """Until when it was put off, or may be answered now."""
    groups: tuple[str, ...] = ()
    """The groups for which the rule let them answer."""
    edits: dict[str, JsonValue] = {}
    """Values that they changed before they said yes, by name."""
    seen: Seen | None = None
    """What of it they had before their eyes; none when that is not known."""

    @property
    def is_answer(self) -> bool:
        """Whether it is an answer."""
        return self.verdict in ("approve", "reject", "send_back")

    @property
    def looked(self) -> str:
        """What of it they had before their eyes, in words: `read 4 of 4 parts in 1 m 44 s`; empty for what is no answer."""
        return looked_words(self.seen, self.digest, self.origin) if self.is_answer else ""

    def did(self, kind: str) -> str:
        """What was done, in words that go before `by ana`.

        Args:
            kind: What the approval asks for.
        """
        if self.is_answer:
            return answer_words(kind).word(status_after(self.verdict))
        until = date_and_time(self.until) if self.until is not None else ""
        to = ", ".join(self.to)
        return {
            "comment": "said",
            "look": "looked at again",
            "delegate": f"handed on to {to}",
            "snooze": f"put off until {until}",
            "extend": f"given time until {until}",
        }.get(self.verdict, f"{to} may answer too" if to else "a reminder")


class RoundView(Frozen):
    """An earlier opening of a gate in the same run."""

    approval_id: str
    """Its id."""
    said: str
    """How it ended, and by whom: `sent back by ana`."""
    comment: str
    """What was written with that."""
    at: datetime | None
    """When."""


class Recorded(Frozen):
    """Where the journal of a run has how one of its questions ended."""

    seq: int
    """The event's number in the run."""
    hash: str
    """The event's, hexadecimal."""
    previous: str
    """That of the event before it, over which it is taken."""


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
    can_send_back: bool = False
    """And it may be sent back."""
    rounds: tuple[RoundView, ...] = ()
    """Earlier openings of this gate in the same run that were turned down or sent back, the oldest first."""
    since_round: tuple[str, ...] = ()
    """What is different from the newest of them, one line each; empty when there is none, or nothing is."""
    recorded: Recorded | None = None
    """Where the journal has how it ended; none while it is open."""

    @property
    def has_evidence(self) -> bool:
        """Whether Oyama has looked at a preview or files for it, and could look again."""
        return bool(self.content.preview_order) and self.row.kind != "rerun"

    @property
    def who_may(self) -> str:
        """Who may answer, how many yeses it takes and from when on, in words; empty where anybody may, alone and at once."""
        return rule_words(self.content.approvers, self.row.assigned) if self.content.approvers is not None else ""


class EditedView(Frozen):
    """What would be asked with other values, to be looked at before the yes."""

    edits: dict[str, JsonValue]
    """The values that would be others, by name."""
    lines: tuple[str, ...]
    """What is different in them, as a unified difference with a line `@@ NAME` before each."""
    action: str
    """What would run, as one would type it; empty where nothing does."""
    changes: tuple[str, ...]
    """What is different in all else that is asked but the action, a line each."""
    looks_again: bool
    """The preview or the files depend on them: they would be looked at anew, and the question asked once more."""


class Decision(Frozen):
    """What became of an answer."""

    approval: ApprovalRow
    """The approval afterwards."""
    already: bool
    """The same person had given the same answer before."""
    message: str
    """One sentence: `approved by ana at 14:05:12`."""
