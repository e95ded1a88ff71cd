"""Questions from outside in words: who asks, and what becomes of it after a yes and after a no."""

from __future__ import annotations

from typing import Final

from oyama_tui.core.events.base import Asker

_SCRIPT: Final = "a script"
_PROGRAM: Final = "the program that asks"


def who_asks(asker: Asker, account: str) -> str:
    """Who asks, in one line: the program and its version, its session and tool, and the account that it acts for.

    Args:
        asker: What the program said of itself.
        account: As the system knows it.
    """
    named = f"{asker.program} {asker.version}".strip() or _SCRIPT
    more = [f"session {asker.session}" if asker.session else "", f"tool {asker.tool}" if asker.tool else "", asker.mode]
    beside = ", ".join(part for part in more if part)
    return f"{named}{f' ({beside})' if beside else ''}{f', as {account}' if account else ''}"


def speaker(asker: Asker) -> str:
    """Whose words those of an asker are: nothing that Oyama knows to be so."""
    return asker.program or _PROGRAM


def yes_and_no(asker: Asker, *, runs: bool) -> tuple[str, str]:
    """What happens after a yes and after a no, as clauses.

    Args:
        asker: Who asks.
        runs: Oyama itself runs a command after a yes.
    """
    if runs:
        return "the command runs, once", "it does not run"
    who = asker.program or _PROGRAM
    if asker.kind == "tool_call":
        return f"{who} does it itself", f"{who} is told no, with your words"
    if asker.kind == "elicitation":
        return f"{who} gets these values", f"{who} gets no values"
    return f"{who} is told yes", f"{who} is told no"


def proposal_title(asker: Asker, proposes: str) -> str:
    """The heading over what a program does itself after a yes.

    Args:
        asker: Who asks.
        proposes: As what it is shown.
    """
    verb = {"command": "runs", "diff": "changes"}.get(proposes, "does")
    return f"{speaker(asker)} {verb}"


def diff_style(line: str) -> str:
    """What a line of a difference is: `added`, `removed`, `place`, or nothing of these.

    Args:
        line: One line of a unified difference.
    """
    if line.startswith(("+++", "---", "@@")):
        return "place"
    return {"+": "added", "-": "removed"}.get(line[:1], "")
