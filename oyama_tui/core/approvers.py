"""Who may answer a question, and when the answers of several people make one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oyama_tui.core import events as e
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.errors import NotAllowed

if TYPE_CHECKING:
    from oyama_tui.core.state import ApprovalState

GROUP = "group:"
"""Begins the name of a group where accounts are named too."""
ANYBODY = e.ApproverRule()
SOMEBODY_ELSE = "somebody else"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who looks at questions."""

    name: str = ""
    """The account; empty for nobody in particular, whom every question is for."""
    groups: tuple[str, ...] = ()
    """In which that person is."""


def rule_of(approval: ApprovalState) -> e.ApproverRule:
    """Who may answer an open question.

    Args:
        approval: The question.
    """
    found = approval.content.approvers if approval.content is not None else None
    return found or ANYBODY


def not_an_approver(rule: e.ApproverRule, assigned: Iterable[str], name: str, groups: Collection[str]) -> str:
    """Why somebody may not answer, in one sentence; empty when they may.

    Args:
        rule: Who may.
        assigned: To whom the question was handed on.
        name: The person's account.
        groups: In which that person is.
    """
    if rule.not_by and name == rule.not_by:
        return f"{name} started this run, so somebody else must answer."
    wanted = {*rule.any_of, *assigned}
    if not rule.any_of or name in wanted or any(f"{GROUP}{group}" in wanted for group in groups):
        return ""
    return f"{name} may not answer this; {who_may(rule, assigned)} may."


def asks_others(rule: e.ApproverRule, assigned: Iterable[str], yes_so_far: Collection[str], person: Person) -> str:
    """Whom an open question waits for, where that is not the person who looks: `ana, ben`, `group release`; empty where it is.

    It waits for others where that person may not answer it, and where they have said yes to it already and it takes more.

    Args:
        rule: Who may answer.
        assigned: To whom it was handed on.
        yes_so_far: Who has said yes to it.
        person: Who looks.
    """
    if not person.name:
        return ""
    if person.name not in yes_so_far and not not_an_approver(rule, assigned, person.name, person.groups):
        return ""
    names = dict.fromkeys([*rule.any_of, *assigned]) if rule.any_of else {}
    others = [name for name in names if name not in (*yes_so_far, rule.not_by, person.name)]
    return ", ".join(name.replace(GROUP, "group ", 1) if name.startswith(GROUP) else name for name in others) or SOMEBODY_ELSE


def who_may(rule: e.ApproverRule, assigned: Iterable[str] = ()) -> str:
    """Who may answer, in words: `ana, bob or the group release`; `anybody` where nobody is named.

    Args:
        rule: Who may.
        assigned: To whom the question was handed on.
    """
    names = list(dict.fromkeys([*rule.any_of, *assigned])) if rule.any_of else []
    words = [f"the group {name.removeprefix(GROUP)}" if name.startswith(GROUP) else name for name in names]
    if not words:
        return f"anybody but {rule.not_by}" if rule.not_by else "anybody"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def rule_words(rule: e.ApproverRule, assigned: Iterable[str] = ()) -> str:
    """A rule in words, as a card says it; empty where anybody may answer alone.

    Args:
        rule: Who may answer.
        assigned: To whom the question was handed on.
    """
    parts = []
    if rule.any_of or rule.not_by:
        parts.append(who_may(rule, assigned))
    if rule.quorum > 1:
        parts.append(f"{rule.quorum} different people must say yes{'' if rule.veto else f', or {rule.quorum} no'}")
    if rule.min_wait:
        parts.append(f"a yes counts {format_duration(rule.min_wait)} after it was asked at the earliest")
    return "; ".join(parts)


def require_approver(approval: ApprovalState, by: e.Principal, groups: Collection[str]) -> None:
    """Refuse whoever may not answer.

    Args:
        approval: The question.
        by: Who answers.
        groups: In which that person is.

    Raises:
        NotAllowed: They may not.
    """
    obstacle = not_an_approver(rule_of(approval), approval.assigned, by.name, groups)
    if obstacle:
        raise NotAllowed(obstacle, "Whoever may answer can hand it on: oyama delegate.")


def named_groups(approval: ApprovalState, groups: Collection[str]) -> tuple[str, ...]:
    """Those of somebody's groups for which the rule lets them answer.

    Args:
        approval: The question.
        groups: In which that person is.
    """
    wanted = {*rule_of(approval).any_of, *approval.assigned}
    return tuple(sorted(group for group in groups if f"{GROUP}{group}" in wanted))


def yes_by(votes: Mapping[str, e.VoteCast]) -> list[str]:
    """Who has said yes, in the order of their first answers.

    Args:
        votes: The newest answer of each person.
    """
    return [name for name, vote in votes.items() if vote.verdict == "approve"]


def verdict_of(approval: ApprovalState, votes: Mapping[str, e.VoteCast]) -> e.Verdict | None:
    """What the answers come to; none while more are needed.

    Args:
        approval: The question.
        votes: The newest answer of each person.
    """
    rule = rule_of(approval)
    if any(vote.verdict == "send_back" for vote in votes.values()):
        return "send_back"
    noes = sum(vote.verdict == "reject" for vote in votes.values())
    if noes and (rule.veto or noes >= rule.quorum):
        return "reject"
    return "approve" if len(yes_by(votes)) >= rule.quorum else None
