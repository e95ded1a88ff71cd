"""What Oyama itself has looked at for a question: the preview and the files, how old that is, and how much of it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from oyama_tui.core.events import Evidence, FileEvidence
from oyama_tui.core.format import ago, between, moment
from oyama_tui.core.order_text import command_text, preview_lines
from oyama_tui.core.terminal_output import without_colours
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import ApprovalCard
from oyama_tui.tui.status_icons import NEEDS_YOU
from oyama_tui.tui.widgets.layout import BLANK, joined, labelled, plain, text_lines, wrapped
from oyama_tui.tui.wording import count_of

LABEL = 10
NOTE = "italic $text-muted"
FROM_ANSWER = "filled in from your answer"
MOST = 64 * 1024
"""The most characters of one value that are shown: as many as of a preview or a file."""
AGED: Final = 10 * 60 * 1000
"""Milliseconds after which what was looked at may well have changed."""
LOOK_AGAIN = "ctrl+l looks again"
"""How to have it looked at again, in words beside its age; empty where there is no key for that."""


def look_lines(card: ApprovalCard, width: int, now: datetime) -> Iterator[Content]:
    """The preview: its command, how it ended and when, and how much of it is shown; and when the files were looked at.

    Args:
        card: What is shown.
        width: Cells.
        now: The present.
    """
    content, evidence = card.content, card.content.evidence
    order = content.preview_order.get("preview")
    command = command_text(order) if isinstance(order, dict) else ""
    parts = wrapped(Content(safe_text(command)), width - LABEL) if command else []
    if evidence.exit_code is not None:
        code = Content.styled(f"exit {evidence.exit_code}", "bold $text-error" if evidence.exit_code else "$text-success")
        parts += wrapped(Content.assemble(code, ", ", _age(card, now)), width - LABEL)
    if evidence.truncated:
        sizes = f"{size_of(len(evidence.preview.encode()))} of {size_of(evidence.preview_size)}" if evidence.preview_size else "a part"
        row = card.row
        whole = "" if evidence.problem else f" The whole: oyama logs {row.workflow_id}#{row.run_number} --step {row.node}"
        parts += wrapped(Content.styled(f"{sizes} shown.{whole}", "bold"), width - LABEL)
    if parts:
        yield from labelled("Preview", Content("\n").join(parts), width, LABEL)
    yield from (line.pad_left(LABEL) for line in value_lines(preview_lines(content), width - LABEL))
    if evidence.files and evidence.exit_code is None and evidence.at:
        counted = Content(f"{count_of(len(evidence.files), 'file')}, looked at")
        yield from labelled("Files", Content.assemble(counted, " ", _age(card, now)), width, LABEL)


def taken(evidence: Evidence) -> datetime:
    """When evidence was gathered."""
    return moment(evidence.at)


def is_aged(card: ApprovalCard, now: datetime) -> bool:
    """Whether what was looked at may well have changed since, and still matters.

    Args:
        card: What is shown.
        now: The present.
    """
    return card.row.status == "pending" and between(taken(card.content.evidence), now) >= AGED


def _age(card: ApprovalCard, now: datetime) -> Content:
    """How old the evidence is."""
    said = ago(taken(card.content.evidence), now)
    if not is_aged(card, now):
        return plain(said, "$text-muted")
    return joined([Content.styled(said, NEEDS_YOU), Content.styled(LOOK_AGAIN, NEEDS_YOU)])


@lru_cache(maxsize=2)
def evidence_lines(evidence: Evidence, width: int) -> tuple[Content, ...]:
    """What the preview wrote, and the files: long texts, which are laid out once.

    Args:
        evidence: It.
        width: Cells.
    """
    return (*_preview(evidence, width), *_files(evidence, width))


def _preview(evidence: Evidence, width: int) -> Iterator[Content]:
    if evidence.preview:
        # In colours a program could hide a part of what it wrote.
        yield from text_lines(without_colours(evidence.preview), width, "", indent=2)


def _files(evidence: Evidence, width: int) -> Iterator[Content]:
    for file in evidence.files:
        yield BLANK
        state = f"  {size_of(file.size)}  {file.digest[:12]}" if file.digest else "  cannot be read"
        yield from labelled("File", Content.assemble(plain(file.path), (state, "$text-muted")), width, LABEL)
        if file.text:
            yield from text_lines(file.text, width, "$text-muted", indent=2)
        elif file.digest:
            yield from wrapped(Content.styled(_why_not_shown(file), NOTE), width, LABEL)


def _why_not_shown(file: FileEvidence) -> str:
    """Why the content of a file does not stand on the card."""
    if not file.size:
        return "empty"
    why = f"it is longer than {size_of(MOST)}" if file.size > MOST else "it is no plain text"
    return f"not shown, because {why}; a yes is for the content with this digest"


def value_lines(lines: Sequence[tuple[str, str]], width: int, filled: frozenset[str] = frozenset()) -> Iterator[Content]:
    """Names with their whole values; a value of several lines, or with no room beside its name, stands below it.

    Args:
        lines: Names and values.
        width: Cells.
        filled: Names of those that the answer fills in.
    """
    most = max(LABEL, width // 3)
    column = max((cell_len(name) + 2 for name, _ in lines if cell_len(name) + 2 <= most), default=LABEL)
    column = max(column, LABEL)
    for name, text in lines:
        shown, note = _bounded(text)
        if name in filled:
            note = FROM_ANSWER
        label = plain(name, "$text-muted")
        value = Content(safe_text(shown)) if shown else Content.styled("empty", NOTE)
        if note:
            value = Content.assemble(value, (f"  {note}", NOTE))
        if label.cell_length + 2 <= column and "\n" not in shown:
            head, *rest = wrapped(value, width - column)
            yield label.pad_right(column - label.cell_length) + head
            yield from (line.pad_left(column) for line in rest)
        else:
            yield from wrapped(label, width)
            yield from wrapped(value, width, indent=2)


def _bounded(text: str) -> tuple[str, str]:
    """A value as far as it is shown, and what is said about the rest."""
    if len(text) <= MOST:
        return text, ""
    return text[:MOST], f"{size_of(MOST)} of {size_of(len(text.encode(errors='replace')))} shown; --json has the whole"


def size_of(count: int) -> str:
    """A number of bytes in words: `812 bytes`, `64 KiB`, `1.5 MiB`."""
    if count < 10_240:
        return f"{count:,} bytes"
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"
