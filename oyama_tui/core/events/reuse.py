"""The event by which a fork takes over what another run had done."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.events.base import FirstNodeEvent


class StepReused(FirstNodeEvent):
    """A node is over without an attempt of its own, because it was in the run that this one is forked from; no approval comes with it."""

    type: Literal["step_reused"] = "step_reused"
    status: Literal["completed", "skipped"] = "completed"
    origin: str
    """Its node in the other run."""
    output: str = ""
    truncated: bool = False
    result: JsonValue = None
    outputs: dict[str, JsonValue] = {}
    """With what was changed for the fork."""
    exit_code: int | None = None
    items: list[JsonValue] | None = None
    """Of a loop: what expressions may use of its items, as `stored_items` writes it."""
    decision: dict[str, JsonValue] | None = None
    """What expressions may use of the answer that its gate had got; it lets nothing pass here."""
    asked: bool = False
    """Somebody was asked in it and let go on what follows: nothing that depends on it begins here before that is asked again."""
