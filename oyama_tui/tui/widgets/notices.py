"""The words of empty lists, of loading and of trouble."""

from __future__ import annotations

from textual.content import Content

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.text import safe_text

LOADING = Content.styled("Reading…", "$text-muted")


def empty(what: str, press: str, command: str) -> Content:
    """An empty list.

    Args:
        what: What this is, one sentence.
        press: What to press.
        command: What does the same from a shell.
    """
    return Content.assemble(
        (what, "$foreground"), "\n\n", (press, "$text-muted"), "\n", ("from a shell  ", "$text-disabled"), (command, "$text-accent")
    )


def trouble(error: OyamaError) -> Content:
    """What failed, why, and what to press."""
    parts: list[Content | tuple[str, str] | str] = [
        (error.title, "bold $text-error"),
        "\n\n",
        (safe_text(error.sentence), "$foreground"),
    ]
    if error.hint:
        parts += ["\n", (safe_text(error.hint), "$text-muted")]
    parts += ["\n\n", ("ctrl+r", "bold $text-accent"), ("  try again", "$text-muted")]
    return Content.assemble(*parts)
