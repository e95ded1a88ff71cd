"""The answer to a call, before it is put into the words of an agent."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple


class Answer(NamedTuple):
    """What the agent is told."""

    outcome: Literal["yes", "no", "later", "nobody"]
    """A person said yes or no; one has not answered yet, and the agent is to come back; nobody answers any more."""
    words: str = ""
    """Who said so and why, for the agent."""
    form: dict[str, Any] | None = None
    """The values that the person filled in."""
    input: dict[str, Any] | None = None
    """What the tool is given instead, where the person has changed it."""
