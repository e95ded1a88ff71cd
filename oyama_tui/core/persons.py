"""Who may decide at all: people, and nobody for them."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.errors import NotAllowed


def not_a_person(by: e.Principal) -> str:
    """Why an answer of this principal does not count, in one sentence; empty for a person."""
    if by.kind == "human":
        return ""
    if by.kind == "agent":
        return f"Only a person can answer a gate, and this process acts for an agent: {by.program or by.name}."
    if by.kind == "step":
        return f"Only a person can answer a gate, and this process belongs to a step of {by.program or 'a run'}."
    return "Only a person can answer a gate."


def require_person(by: e.Principal) -> None:
    """Refuse whoever is no person.

    Args:
        by: Who answers.

    Raises:
        NotAllowed: It is an agent, a step or Oyama itself.
    """
    obstacle = not_a_person(by)
    if obstacle:
        raise NotAllowed(obstacle, "A person answers it, from a terminal of their own.")
