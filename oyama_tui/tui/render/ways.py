"""Names of runs with the way that leads down to them, in as many cells as there are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from oyama_tui.core.text import ELLIPSIS
from oyama_tui.core.views import RunPlace
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import plain


def way_down(path: Sequence[RunPlace], name: Content, width: int, icons: StatusIcons) -> Content:
    """A name after the way to it; the middle of the way is left out first, then its beginning.

    Args:
        path: The steps that lead down, from the outermost run on.
        name: What stands at the end.
        width: Cells.
        icons: How the way is drawn.
    """
    if not path:
        return name
    mark = f" {icons.chevron} "
    parts = [part for place in path for part in (place.run, place.step)]
    for before in (parts, [parts[0], ELLIPSIS], [ELLIPSIS]):
        way = Content.assemble(*(plain(f"{part}{mark}", "$text-muted") for part in before), name)
        if way.cell_length <= width:
            return way
    return Content.assemble(plain(mark.lstrip(), "$text-muted"), name)
