"""Where one is in the output of a step."""

from __future__ import annotations

from oyama_tui.core.views import NodeView
from oyama_tui.tui.widgets.log_finder import LogFinder


def output_place(log: LogFinder, node: NodeView | None) -> tuple[str, str]:
    """What to say beside the output: found places, the lines in sight, or how it goes on; and the same in few letters.

    Args:
        log: The output.
        node: Whose it is.
    """
    first, last, lines = log.numbers
    about = "about " if node is not None and node.status == "running" else ""
    where = f"lines {first:,}-{last:,} of {about}{lines:,}" if last else ""
    share = f"{last * 100 // max(lines, 1)}%" if last else ""
    if log.sought and log.search is not None and not log.search.ended:
        return f"{log.found[1]:,} found in {log.share}% of the log; esc stops", f"{log.share}%"
    if log.sought and log.found[1]:
        place, places = log.found
        more = "+" if log.search is not None and (log.search.stopped or log.search.is_full) else ""
        number = f"{place:,} of {places:,}{more}" if place else f"{places:,}{more} places"
        return f"{number}   {where}".rstrip(), number
    if log.note:
        return log.note, ""
    if node is None:
        return "", ""
    if node.child:
        return f"enter opens {node.child_run}", node.child_run
    if node.is_around:
        words = "enter opens it" if node.folded else "enter folds it" if node.opens else ""
        return words or "not started", words or "not started"
    if node.attempt < 1:
        return "not started", "not started"
    if where:
        return where, share
    if node.status == "running":
        return ("following", "following") if log.follow else ("end follows", "end follows")
    return "", ""
