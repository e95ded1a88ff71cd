"""How people call the two answers to an approval: a gate is approved, a task is done, of a step that was cut off it is said what is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

ApprovalKind = Literal["gate", "task", "rerun", "ask", "tool_call", "elicitation"]
"""What an approval asks for: a yes, work by hand, what became of a step that was cut off; or a program from outside asks for a yes to a
command, to what an agent is about to do, or to what a server wants to know."""


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """The words for one kind of approval."""

    yes: str
    """The answer as a button and a key name it."""
    no: str
    approved: str
    """How it stands after a yes, in one word."""
    rejected: str
    no_by: str
    """Who said no, with `{by}`."""
    no_already: str
    """That it was said already, with `{by}` and `{when}`."""
    ask_yes: str
    """The last question before the answer."""
    ask_no: str
    why: str
    """The question for the reason of a no."""
    no_needs_comment: str
    """Why a no without a comment is refused."""
    asks: str
    """What the step does while nobody has answered."""
    late: str
    """What is said when nobody has answered in time."""
    is_yes_or_no: bool = False
    """It is answered with yes or no, and needs no other words for that."""

    def said(self, status: str, by: str) -> str:
        """How an approval was answered, and by whom; its status when nobody answered it.

        Args:
            status: Of the approval.
            by: Who decided.
        """
        if status == "approved":
            return f"{self.approved} by {by}"
        if status == "sent_back":
            return f"sent back by {by}"
        return self.no_by.format(by=by) if status == "rejected" else status

    def word(self, status: str) -> str:
        """How an approval stands, in one word.

        Args:
            status: Of the approval.
        """
        return {"approved": self.approved, "rejected": self.rejected, "sent_back": "sent back"}.get(status, status)


_GATE: Final = AnswerWords(
    yes="Approve",
    no="Reject",
    approved="approved",
    rejected="rejected",
    no_by="rejected by {by}",
    no_already="Already rejected by {by} at {when}.",
    ask_yes="Approve this?",
    ask_no="Reject this?",
    why="Why not? ",
    no_needs_comment="A rejection needs a comment",
    asks="asks a person",
    late="nobody answered in time",
    is_yes_or_no=True,
)
_WORDS: Final[Mapping[str, AnswerWords]] = {
    "gate": _GATE,
    "ask": _GATE,
    "tool_call": replace(_GATE, ask_yes="Let the agent do this?", ask_no="Refuse this?", asks="an agent asks a person"),
    "elicitation": replace(
        _GATE,
        yes="Answer",
        no="Decline",
        approved="answered",
        rejected="declined",
        no_by="declined by {by}",
        no_already="Already declined by {by} at {when}.",
        ask_yes="Give these values?",
        ask_no="Decline to answer?",
        no_needs_comment="Declining needs a comment",
        asks="a server asks a person",
        is_yes_or_no=False,
    ),
    "task": AnswerWords(
        yes="Done",
        no="Could not do",
        approved="done",
        rejected="could not do",
        no_by="{by} could not do it",
        no_already="{by} has said already, at {when}, that it could not be done.",
        ask_yes="Is this done?",
        ask_no="Say that this could not be done?",
        why="Why could it not be done? ",
        no_needs_comment="Work that could not be done needs a comment",
        asks="a person does it by hand",
        late="nobody did it in time",
    ),
    "rerun": AnswerWords(
        yes="Answer",
        no="Let it fail",
        approved="answered",
        rejected="failed",
        no_by="{by} let it fail",
        no_already="{by} has let it fail already, at {when}.",
        ask_yes="Is that so?",
        ask_no="Let this step fail?",
        why="Why does it fail? ",
        no_needs_comment="Letting a step fail needs a comment",
        asks="asks whether it was done",
        late="nobody answered in time",
    ),
}


def status_after(verdict: str) -> str:
    """How an approval stands after an answer that suffices.

    Args:
        verdict: The answer.
    """
    return {"approve": "approved", "send_back": "sent_back"}.get(verdict, "rejected")


def answer_words(kind: str) -> AnswerWords:
    """The words for an approval.

    Args:
        kind: What it asks for, or the kind of its node.
    """
    return _WORDS.get(kind, _GATE)
