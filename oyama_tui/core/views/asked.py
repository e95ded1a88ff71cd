"""Questions of programs from outside, as those programs see them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.events.base import Frozen

AskedStatus = Literal["checking", "waiting", "approved", "running", "completed", "failed", "rejected", "expired", "withdrawn"]
"""How a question stands: its preview runs; it waits for a person; answered with yes where nothing runs; what was approved runs, or is over;
a no; nobody answered in time; nobody is asked any more."""


class AskedView(Frozen):
    """One question from outside."""

    run_id: str
    """The run that it is."""
    run_label: str
    """That run, as people name it: `ask #12`."""
    approval_id: str
    """The approval that is asked, or was asked last; empty before there is one."""
    title: str
    """The question in one line."""
    status: AskedStatus
    """How it stands."""
    digest: str
    """Of all that a yes is bound to."""
    approval_digest: str
    """Of what people are shown."""
    key: str
    """The key with which it was asked; empty when it had none."""
    session: str
    """The agent's session that asks; empty for a script."""
    call: str
    """The call that an agent wants to make."""
    deadline: datetime | None
    """Until when it can be answered; none when there is no limit."""
    by: str
    """Who answered; empty as long as nobody has."""
    comment: str
    """What was written with the answer, or why it was withdrawn."""
    form: dict[str, JsonValue]
    """The values of the answer."""
    decided_at: datetime | None
    """When it was answered."""
    exit_code: int | None
    """Of the command that was approved; none where none ran."""
    error: str
    """Why the command did not succeed; empty otherwise."""
    cut_off: bool
    """The command was interrupted when it had begun, so that it may have run in part."""
    runs: bool = False
    """A command runs after a yes."""
    found: bool = False
    """It was asked before, with the same key, and not once more."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ("completed", "failed", "rejected", "expired", "withdrawn", "approved")
