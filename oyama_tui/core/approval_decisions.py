"""Answering: how a person's answer to an open approval is taken or refused."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.answer_checks import MAX_COMMENT, check_fit, checked_answer, require_seen, way_back, with_edits
from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.approvers import named_groups, require_approver, verdict_of
from oyama_tui.core.asking import content_digest, looks_again
from oyama_tui.core.errors import AlreadyDecided, IllegalTransition, InvalidInput, NotAllowed
from oyama_tui.core.evolve.settling import outermost
from oyama_tui.core.format import near_time, time_in_zone
from oyama_tui.core.inputs import coerce
from oyama_tui.core.persons import require_person
from oyama_tui.core.rerun import FORM, kind_of_approval
from oyama_tui.core.state import ApprovalState, RunState
from oyama_tui.core.statuses import ApprovalStatus, RunStatus
from oyama_tui.core.storable import check_storable
from oyama_tui.core.views import ApprovalRow, VoteView


def require_own_run(state: RunState, by: e.Principal) -> None:
    """Refuse a step that steers another run than its own, or than a question that it asks; everybody else may steer every run.

    Args:
        state: The run that is to be steered.
        by: Who wants it.

    Raises:
        NotAllowed: It is a step of another run.
    """
    asks = state.started is not None and state.started.asker is not None and state.started.by == by
    if by.kind == "step" and by.program != state.run_id and not asks:
        raise NotAllowed(
            f"A step can steer its own run alone; this process belongs to a step of {by.program or 'another run'}, not of {state.run_id}.",
            "A person steers it, from a terminal of their own.",
        )


def require_storable(name: str, value: JsonValue) -> None:
    """Refuse what a journal cannot hold, or a text that is longer than any comment may be.

    Args:
        name: What people call it.
        value: What somebody gave.

    Raises:
        InvalidInput: It is such.
    """
    try:
        check_storable(value)
        if isinstance(value, str) and len(value) > MAX_COMMENT:
            raise ValueError(f"is longer than {MAX_COMMENT} characters")
    except ValueError as wrong:
        raise InvalidInput(f"The {name} {wrong}, so it cannot be kept.") from None


def require_live(state: RunState, so: str) -> None:
    """Refuse what a run that has not begun, is over, or is being cancelled cannot take.

    Args:
        state: The run.
        so: What follows for the wish, as the rest of a sentence.

    Raises:
        IllegalTransition: It is one of these.
    """
    if state.status is RunStatus.PENDING:
        raise IllegalTransition(f"Run {state.run_id} has not started, so {so}.")
    if state.status.ended or (state.cancel is not None and (state.finishing is None or state.handlers_cut)):
        word = state.status if state.status.ended else "being cancelled"
        raise IllegalTransition(f"Run {state.run_id} is {word}, so {so}.")


def decision_of(approval: ApprovalState, vote: e.VoteCast, at: int) -> e.ApprovalDecided:
    """The decision that a vote which suffices makes.

    Args:
        approval: What it answers.
        vote: The vote.
        at: When it counts, in milliseconds since 1970 UTC.
    """
    verdict = vote.verdict
    if verdict == "send_back" and way_back(approval) is None:
        # It was sent back as often as it may be, and what that means then stands in the definition and was shown.
        verdict = "reject"
    content = vote.content or approval.content
    return e.ApprovalDecided(
        at=at,
        id=vote.id,
        verdict=verdict,
        by=vote.principal,
        comment=vote.comment,
        form=vote.form,
        edits=content.edited if content is not None and verdict == "approve" else {},
        kind=kind_of_approval(approval),
        node=approval.node.key if approval.cut else "",
        cut=approval.cut,
    )


def require_open(state: RunState, approval_id: str, zone: int) -> ApprovalState:
    """An approval with which people may still do something.

    Args:
        state: Its run.
        approval_id: Its id.
        zone: Minutes that the clock of whoever reads the reply is ahead of UTC.

    Raises:
        IllegalTransition: There is none, it is over, or its run ends.
    """
    approval = state.approvals.get(approval_id)
    if approval is None:
        raise IllegalTransition(f"Run {state.run_id} has no approval {approval_id}.")
    if approval.status is not ApprovalStatus.PENDING:
        raise IllegalTransition(closed_words(approval, zone))
    cancelled = state.handlers_cut if state.finishing is not None else state.cancel is not None
    if cancelled or outermost(approval.node.scope).ending is not None:
        raise IllegalTransition(f"Run {state.run_id} is ending; approval {approval_id} is no longer asked.")
    return approval


def answer_approval(state: RunState, command: c.Decide) -> list[e.Event]:
    """Take a person's answer to an open approval; none when it is the same answer again.

    Raises:
        Refused: The answer does not count; nothing changes.
    """
    approval = state.approvals.get(command.id)
    if approval is None:
        raise IllegalTransition(f"Run {state.run_id} has no approval {command.id}.")
    require_person(command.by)
    if approval.status is not ApprovalStatus.PENDING:
        return _answered_before(approval, command)
    require_open(state, command.id, command.zone)
    if approval.deadline is not None and command.at - command.ahead >= approval.deadline:
        raise IllegalTransition(
            f"The time for this answer ran out at {time_in_zone(approval.deadline, command.zone)}.",
            "The run follows its gate's on_timeout as soon as an engine drives it.",
        )
    assert approval.content is not None
    if _is_said_already(approval, command):
        return []
    require_approver(approval, command.by, command.groups)
    form = checked_answer(approval, approval.content, command)
    edits, content = with_edits(state, approval, command)
    check_fit(content, approval, command, form)
    vote = e.VoteCast(
        at=command.at,
        id=command.id,
        principal=command.by,
        verdict=command.verdict,
        comment=command.comment,
        form=form,
        metadata=command.metadata,
        edits=edits,
        content=content if edits else None,
        becomes=content_digest(content) if edits else "",
        digest=command.digest,
        client_key=command.client_key,
        origin=command.origin,
        seen=command.seen,
        groups=named_groups(approval, command.groups),
    )
    enough = verdict_of(approval, {**approval.votes, vote.principal.name: vote}) is not None
    return [vote, decision_of(approval, vote, command.at)] if enough else [vote]


def look_at_edits(state: RunState, command: c.Decide) -> tuple[e.ApprovalContent, e.ApprovalContent, bool]:
    """What would be asked with the values that an answer changes; nothing is changed.

    Args:
        state: The run.
        command: A yes with changed values.

    Returns:
        What is asked, what it would be, and whether evidence would be gathered anew and shown before anything runs.

    Raises:
        Refused: They cannot be changed, do not fit, or the question is not open or not the one that was seen.
    """
    require_person(command.by)
    approval = require_open(state, command.id, command.zone)
    require_approver(approval, command.by, command.groups)
    content = approval.content
    assert content is not None
    require_seen(approval, command)
    edits, edited = with_edits(state, approval, command)
    return content, edited, bool(edits) and looks_again(state, approval, edited)


def _is_said_already(approval: ApprovalState, command: c.Decide) -> bool:
    """Whether this person has given this answer, and others are waited for."""
    vote = approval.votes.get(command.by.name)
    return vote is not None and _is_same(approval, vote, command)


def _answered_before(approval: ApprovalState, command: c.Decide) -> list[e.Event]:
    """Succeed again for the same answer of the same person, a comment or form left out meaning the same; say who was first otherwise."""
    vote = approval.vote
    vote = approval.votes.get(command.by.name, vote)
    counted = approval.status in (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED, ApprovalStatus.SENT_BACK)
    if counted and vote is not None and _is_same(approval, vote, command):
        return []
    raise AlreadyDecided(closed_words(approval, command.zone), verdict=str(approval.status), by=approval.by, at=approval.at)


def _is_same(approval: ApprovalState, vote: e.VoteCast, command: c.Decide) -> bool:
    """Whether an answer is the one that this person has given."""
    if vote.principal != command.by or vote.verdict != command.verdict:
        return False
    if command.client_key and vote.client_key == command.client_key:
        return True
    same_values = all(vote.edits.get(name) == value for name, value in command.edits.items())
    return command.comment in ("", vote.comment) and same_values and _same_form(approval, vote, command)


def closed_words(approval: ApprovalState, zone: int) -> str:
    """Why an approval that is over cannot be answered, in one sentence.

    Args:
        approval: It.
        zone: Minutes that the clock of whoever reads it is ahead of UTC.
    """
    when = time_in_zone(approval.at, zone)
    words = answer_words(kind_of_approval(approval))
    if approval.status is ApprovalStatus.CANCELLED and approval.by:
        return f"{approval.by} had the evidence gathered anew at {when}, so this is asked once more."
    return {
        ApprovalStatus.APPROVED: f"Already {words.approved} by {approval.by} at {when}.",
        ApprovalStatus.REJECTED: words.no_already.format(by=approval.by, when=when),
        ApprovalStatus.SENT_BACK: f"Already sent back by {approval.by} at {when}.",
        ApprovalStatus.EXPIRED: f"{words.late.capitalize()}: it expired at {when}.",
    }.get(approval.status, f"The question was withdrawn at {when}.")


def _same_form(approval: ApprovalState, vote: e.VoteCast, command: c.Decide) -> bool:
    """Whether the form says the same again; a rejection has none, and left out it stands for the same."""
    gate = approval.node.spec.gate
    asked = FORM if approval.cut else gate.form if gate is not None else {}
    if command.verdict != "approve" or not command.form:
        return True
    form, problems = coerce(asked, command.form)
    return not problems and form == dict(vote.form)


def looked_sentence(act: VoteView, now: datetime) -> str:
    """Why nobody can answer an approval any more whose evidence somebody wanted anew.

    Args:
        act: What they did.
        now: The present.
    """
    return f"{act.by} had the evidence gathered anew at {near_time(act.at, now, seconds=False)}, so this is asked once more."


def closed_sentence(row: ApprovalRow, now: datetime) -> str:
    """Why nobody can answer an approval any more, in one sentence; empty while somebody can.

    Args:
        row: The approval.
        now: The present.
    """
    if row.status == "pending" and row.imported:
        return "Its run came here from a file; it was not answered when that was written."
    if row.status == "pending":
        return "Its time is over." if row.deadline is not None and row.deadline <= now else ""
    said = answer_words(row.kind)
    words = {
        "approved": f"It was {said.approved} by {row.decided_by}",
        "rejected": f"It was {said.said('rejected', row.decided_by)}" if said.is_yes_or_no else said.said("rejected", row.decided_by),
        "sent_back": f"It was sent back by {row.decided_by}",
        "expired": said.late.capitalize(),
        "cancelled": "The question was withdrawn",
    }
    at = "" if row.decided_at is None else f" at {near_time(row.decided_at, now, seconds=False)}"
    return f"{words[row.status]}{at}."
