"""What a row of a run's tree says of its node: one word, and a few more.

Why a run as a whole waits stands in `waiting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.format import near_minute
from oyama_tui.core.text import first_line
from oyama_tui.core.views import StepWord

ASKS: Final = answer_words("gate").asks
PAUSES: Final = "pauses here"
"""What is said of a step before which the run is to pause."""
_LONGEST: Final = 60
"""Characters of a reason in a row."""
_ATTEMPT_WORDS: Final[Mapping[str, StepWord]] = {
    "running": "running",
    "waiting": "waiting",
    "retrying": "retrying",
    "completed": "completed",
    "failed": "failed",
    "skipped": "skipped",
    "cancelled": "cancelled",
    "interrupted": "ready",
}
_GATE_WORDS: Final[Mapping[str, StepWord]] = {
    "pending": "waiting",
    "approved": "completed",
    "rejected": "rejected",
    "sent_back": "rejected",
    "cancelled": "cancelled",
    "reject": "rejected",
    "goto": "rejected",
    "fail": "failed",
    "approve": "completed",
}
"""By an approval's status, and for an expired one by what its silence means."""


def is_over_without_an_attempt(attempt: int | None, status: str | None) -> bool:
    """Whether a node is done though it never began: somebody said so, or it was taken over from another run.

    Args:
        attempt: The number of its newest attempt; none when it has no row.
        status: Of that one.
    """
    return attempt == 0 and status == "completed"


def attempt_word(status: str | None, *, ended: bool) -> StepWord:
    """The word for a node by its newest attempt.

    Args:
        status: Of the attempt; none when there is no attempt.
        ended: The run is over.

    Raises:
        KeyError: There is no such status.
    """
    word = "pending" if status is None else _ATTEMPT_WORDS[status]
    return "cancelled" if ended and word in ("ready", "running", "waiting", "retrying") else word


def gate_word(word: StepWord, approval: str | None, on_timeout: str, *, ended: bool, kind: str = "gate") -> StepWord:
    """The word for a gate: its newest approval's, unless an attempt to gather evidence runs or has settled it otherwise.

    Args:
        word: By its newest attempt.
        approval: The status of its newest approval; none when there is no approval.
        on_timeout: What that one's silence means.
        ended: The run is over.
        kind: Of the node: a task that could not be done has failed.

    Raises:
        KeyError: There is no such status.
    """
    if approval is None:
        return "ready" if word == "completed" and not ended else word
    if word in ("running", "failed", "skipped", "cancelled", "rejected"):
        return word
    found = _GATE_WORDS[on_timeout if approval == "expired" else approval]
    return "failed" if kind == "task" and found == "rejected" else found


def attempt_note(word: StepWord, status: str, error: str, due: int | None, now: int, event: str = "", *, rests: bool = False) -> str:
    """What is to be said of the newest attempt besides its word.

    Args:
        word: Of the node.
        status: Of the attempt.
        error: Why it failed, was skipped, or counts as done without having begun.
        due: When its wait or pause ends, in milliseconds since 1970 UTC.
        now: Likewise.
        event: The event that it waits for; empty when it waits for none.
        rests: It is a block, which waits between two rounds.
    """
    if word == "skipped":
        return f"skipped: {first_line(error, _LONGEST)}"
    if word in ("failed", "rejected", "completed"):
        # Of what is completed only that has words which never began.
        return first_line(error, _LONGEST)
    if word == "retrying" and due is not None:
        return f"retry in {_rounded(due - now)}"
    if word == "retrying":
        return "is tried again at once"
    if word == "waiting" and event:
        return f"waits for event {event}{f' until {near_minute(due, now)}' if due is not None else ''}"
    if word == "waiting" and due is not None:
        return f"{'rests' if rests else 'waits'} until {near_minute(due, now)}"
    return "interrupted" if status == "interrupted" else ""


def gate_note(word: StepWord, approval: str | None, decided_by: str, error: str, kind: str = "gate") -> str:
    """What is to be said of a gate besides its word.

    Args:
        word: Of the gate.
        approval: The status of its newest approval; none when there is no approval.
        decided_by: Who answered that one.
        error: Why gathering evidence failed, or why work could not be done.
        kind: Of the node.

    Raises:
        KeyError: There is no such status.
    """
    said = answer_words(kind)
    if word == "running":
        return "looks at what would happen"
    if approval is None:
        return first_line(error, _LONGEST) if word == "failed" else said.asks
    why = f": {first_line(error, _LONGEST)}" if kind == "task" and error else ""
    words = {
        "pending": said.asks,
        "approved": said.said("approved", decided_by),
        "rejected": f"{said.said('rejected', decided_by)}{why}",
        "sent_back": said.said("sent_back", decided_by),
        "expired": said.late,
        "cancelled": "withdrawn",
    }
    return words[approval]


def _rounded(milliseconds: int) -> str:
    """A pause for people: `3s`, never less than a second."""
    return format_duration(max(1, -(-milliseconds // 1000)) * 1000)
