"""Values that may be changed before a yes, and what is different once they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.content import Content

from oyama_tui.core.asker_text import diff_style
from oyama_tui.core.edits import difference
from oyama_tui.core.format import as_text
from oyama_tui.core.terminal_output import without_colours
from oyama_tui.core.views import ApprovalCard, EditedView
from oyama_tui.tui.status_icons import NEEDS_YOU
from oyama_tui.tui.widgets.layout import BLANK, plain, text_lines, wrapped

STYLES = {"added": "$text-success", "removed": "$text-error", "place": "$text-muted"}
"""By what a line of a difference is."""


def difference_lines(lines: Iterable[str], width: int, indent: int = 2) -> Iterator[Content]:
    """A unified difference, coloured.

    Args:
        lines: It.
        width: Cells.
        indent: Cells left free before each line.
    """
    for line in lines:
        yield from text_lines(without_colours(line), width, STYLES.get(diff_style(line), "$foreground"), indent=indent)


def editable_lines(card: ApprovalCard, width: int) -> Iterator[Content]:
    """The values that may be changed, whole, and how somebody has changed them.

    Args:
        card: What is shown.
        width: Cells.
    """
    content = card.content
    if not content.editable:
        return
    yield BLANK
    yield Content.styled("Can be edited before a yes" if card.row.status == "pending" else "Could be edited", "bold $text-muted")
    for name, value in content.editable.items():
        if name in content.edited:
            yield Content.styled(f"{name} is edited", NEEDS_YOU)
            yield from difference_lines(difference(name, value, content.edited[name])[1:], width)
        else:
            yield plain(name, "$text-muted")
            yield from text_lines(without_colours(as_text(value, indent=2)), width, "", indent=2)


def edited_lines(view: EditedView, width: int) -> Iterator[Content]:
    """What is different with other values, before somebody says yes to them.

    Args:
        view: It.
        width: Cells.
    """
    yield from difference_lines(view.lines, width, 0)
    for change in view.changes:
        yield from wrapped(plain(change), width, 2, 0)
    if view.looks_again:
        words = "The evidence was gathered with the old value: it is gathered anew, and you are asked once more before anything runs."
        yield from wrapped(Content.styled(words, NEEDS_YOU), width)
