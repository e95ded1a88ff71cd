"""Notices of questions: who is told, of what, and in which words.

A notice leaves this program, for terminals, other people's servers and phones. It holds what the queue shows in one line and nothing
of what is asked: no prompt, command, preview, file or form.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.events.gate import ApprovalEscalated, ApprovalRequested
from oyama_tui.core.format import moment, near_time
from oyama_tui.core.notifiers import DEFAULT
from oyama_tui.core.state import ApprovalState
from oyama_tui.core.text import one_line
from oyama_tui.core.views.approvals import ApprovalRow

ASKED: Final = "asked"
"""Why somebody is told of a question: that it has opened. Each escalation of it is a reason of its own; for each one is told once."""
LONGEST: Final = 200
"""Cells of a title, of a way to a run and of a line at the most."""
LISTED: Final = 10
"""Questions that one message lists."""
NEWS_FOR: Final = 3_600_000
"""Milliseconds after its opening in which a question is news for those outside."""
_SEPARATES: Final = re.compile(r"\s*;\s*")


class Notice(Frozen):
    """What is told of a question."""

    approval_id: str
    run_id: str
    run: str
    """The run as people name it, with the way to it where it is known."""
    workflow_id: str
    title: str
    """The question, one safe line."""
    risk: Risk
    deadline: datetime | None
    occasion: str = ASKED
    """Why it is told; those who are told twice for the same reason are told once."""
    still: bool = False
    """Nobody has answered for a while."""
    to: tuple[str, ...] = ()
    """Who is asked besides from now on."""

    @property
    def line(self) -> str:
        """The whole in one line: `release #12 asks: Publish v1`."""
        whom = f" {', '.join(self.to)}" if self.to else ""
        return one_line(f"{self.run} {'still asks' if self.still else 'asks'}{whom}: {self.title}", LONGEST)


def notice_of(row: ApprovalRow) -> Notice:
    """What may be told of an approval in the queue.

    Args:
        row: The approval.
    """
    return Notice(
        approval_id=row.id,
        run_id=row.run_id,
        run=one_line(row.run_way, LONGEST),
        workflow_id=row.workflow_id,
        title=one_line(row.title, LONGEST),
        risk=row.risk,
        deadline=row.deadline,
    )


def notice_of_open(
    approval: ApprovalState, event: ApprovalRequested | ApprovalEscalated, run_id: str, run_label: str, workflow_id: str
) -> Notice:
    """What may be told of a gate that has just opened, or that nobody has answered for a while.

    Args:
        approval: What is asked.
        event: That it opened, or that others are asked or all are reminded.
        run_id: The run's state id.
        run_label: The run as people name it.
        workflow_id: Its workflow.
    """
    content = approval.content
    assert content is not None
    return Notice(
        approval_id=approval.id,
        run_id=run_id,
        run=one_line(run_label, LONGEST),
        workflow_id=workflow_id,
        title=one_line(content.title, LONGEST),
        risk=content.risk,
        deadline=moment(approval.deadline) if approval.deadline is not None else None,
        occasion=f"escalated {event.step}" if isinstance(event, ApprovalEscalated) else ASKED,
        still=isinstance(event, ApprovalEscalated),
        to=event.to if isinstance(event, ApprovalEscalated) else (),
    )


def recipients(wanted: Sequence[str] | None, known: Collection[str]) -> tuple[str, ...]:
    """The notifiers that are told of a question of a workflow; a name that is not known is among them, for that is a mistake to be told.

    Args:
        wanted: Those that the workflow names; none where it says nothing, so that `default` is told where there is one.
        known: The notifiers of the settings.
    """
    if wanted is None:
        return (DEFAULT,) if DEFAULT in known else ()
    return tuple(dict.fromkeys(wanted))


def is_news(asked_at: int, now: int) -> bool:
    """Whether a question has opened so lately that those outside are still to be told of it.

    Args:
        asked_at: When it opened, in milliseconds since 1970 UTC.
        now: The present, likewise.
    """
    return now - asked_at < NEWS_FOR


def headline(notices: Sequence[Notice]) -> str:
    """One line about one question or several: `release #12 asks: Publish v1, and 2 more`.

    Args:
        notices: At least one.
    """
    more = f", and {len(notices) - 1} more" if len(notices) > 1 else ""
    return notices[0].line + more


def message(notices: Sequence[Notice], now: datetime) -> tuple[str, str]:
    """The title and the text of a message to somebody outside; of each question its newest notice.

    Args:
        notices: At least one, in the order in which they came.
        now: The present, from which times are told.
    """
    notices = list({notice.approval_id: notice for notice in notices}.values())
    if len(notices) == 1:
        return headline(notices), _facts(notices[0], now)
    lines = [f"{notice.line} ({_facts(notice, now)})" for notice in notices[:LISTED]]
    rest = len(notices) - len(lines)
    return f"{len(notices)} questions wait for an answer", "\n".join([*lines, *([f"and {rest} more"] if rest else [])])


def environment(notice: Notice) -> dict[str, str]:
    """A notice as variables for a program; empty text where there is nothing to say.

    Args:
        notice: What is told.
    """
    deadline = notice.deadline.astimezone(UTC).isoformat().replace("+00:00", "Z") if notice.deadline is not None else ""
    return {
        "OYAMA_APPROVAL_ID": notice.approval_id,
        "OYAMA_APPROVAL_RUN": notice.run_id,
        "OYAMA_APPROVAL_WORKFLOW": notice.workflow_id,
        "OYAMA_APPROVAL_TITLE": notice.title,
        "OYAMA_APPROVAL_RISK": notice.risk,
        "OYAMA_APPROVAL_DEADLINE": deadline,
    }


def without_separators(text: str) -> str:
    """A text for a terminal sequence whose parts semicolons separate: they become commas.

    Args:
        text: A safe line.
    """
    return _SEPARATES.sub(", ", text).strip(", ")


def _facts(notice: Notice, now: datetime) -> str:
    """Risk and deadline in words; with the zone, because whoever reads it may be in another one."""
    until = "no deadline"
    if notice.deadline is not None:
        until = f"until {near_time(notice.deadline, now, seconds=False)} {notice.deadline.astimezone():%Z}"
    return f"{notice.risk} risk, {until}"
