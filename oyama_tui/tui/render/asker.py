"""Who asks a question from outside, what it does itself after a yes, and what it says."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from oyama_tui.core.asker_text import proposal_title, speaker, who_asks
from oyama_tui.core.terminal_output import without_colours
from oyama_tui.core.views import ApprovalCard
from oyama_tui.tui.render.edits import difference_lines
from oyama_tui.tui.widgets.layout import BLANK, labelled, plain, text_lines, wrapped
from oyama_tui.tui.wording import line_of

LABEL = 10


def asked_lines(card: ApprovalCard, width: int) -> Iterator[Content]:
    """The program that asks, and what it will do itself.

    Args:
        card: What is shown.
        width: Cells.
    """
    asker, content = card.asker, card.content
    if asker is None:
        return
    yield from labelled("Asked by", plain(who_asks(asker, card.asked_by)), width, LABEL)
    if not content.proposal:
        yield BLANK
        return
    yield from wrapped(
        Content.assemble(
            plain(proposal_title(asker, content.proposes), "bold"), plain(f" in {content.directory or card.directory}", "$text-muted")
        ),
        width,
    )
    if content.proposes == "diff":
        yield from difference_lines(content.proposal.splitlines(), width)
    else:
        yield from text_lines(without_colours(content.proposal), width, "$foreground", indent=2)
    yield BLANK


def asker_words(card: ApprovalCard, width: int) -> Iterator[Content]:
    """What the program that asks says of it: nothing that Oyama knows to be so.

    Args:
        card: What is shown.
        width: Cells.
    """
    if card.asker is None or not card.asker.words.strip():
        return
    title = f"── says {line_of(speaker(card.asker))} "
    yield BLANK
    yield Content.styled(title.ljust(width, "─")[:width], "$text-disabled")
    yield from text_lines(without_colours(card.asker.words), width)
